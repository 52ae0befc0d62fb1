"""What runs in a worker's process: the real command, in a machine whose waits are short enough to be tormented."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine.default import DefaultDialect

from stalewatch import wiring
from stalewatch.cli import main as command_line
from stalewatch.cli import worker as _worker  # noqa: F401 - read in the nursery: commands are imported when called
from stalewatch.delivery.slack import notifier, options
from stalewatch.delivery.slack.notifier import SlackNotifier
from stalewatch.domain.instants import SECOND
from stalewatch.engine import __main__ as embedded_engine
from stalewatch.engine import alarms, distributed, embedded, performing, queue
from stalewatch.sdk.network import GuardedTransport
from stalewatch.services.syncing import sync
from stalewatch.services.telling import dispatch, outages, preparing, sending
from stalewatch.store import leases
from stalewatch.store.engine import Database
from stalewatch.wiring import cycles
from stalewatch.wiring.cycles import cycle_of
from stalewatch_hubspot import transport
from stalewatch_sandbox.hubspot import server as _portal  # noqa: F401 - read in the nursery, for whoever needs it
from tests.acceptance.harness.designs import Design, take

DIED: Final = 9
"""The exit status of a process that ended at a step."""
_STEPS: Final = (
    (DefaultDialect, "do_commit"), (HTTPConnection, "request"), (HTTPConnection, "getresponse"),
    (GuardedTransport, "handle_request"),
)  # fmt: skip
TIMEOUT: Final = 1.0
"""Seconds that a message may take: 0.4 to find its place, as `_Patience` has it, and 0.6 for the post itself."""
LEASE: Final = 2 * TIMEOUT + 1
"""Seconds that a destination is held for at most, as `Moving.lease` makes it of that."""
READ_LEASE: Final = 1.0
"""Seconds that a connection is held for at most between two pages."""


def engine(arguments: Sequence[str], log: Path, design: Design = Design.OURS) -> None:
    """`python -m stalewatch.engine`: the engine of `stalewatch serve`."""
    _begin(log, design)
    sys.exit(embedded_engine.main(arguments))


def worker(arguments: Sequence[str], log: Path, design: Design = Design.OURS) -> None:
    """`stalewatch worker`: one of several on PostgreSQL."""
    _begin(log, design)
    sys.exit(command_line.run(["worker", *arguments]))


def cycle(config: Path, log: Path, dies_at: int) -> None:
    """One whole round, as `stalewatch run --once` does it, in a process that ends at a step of its own.

    Args:
        dies_at: which of its steps is the last: a commit that begins or has happened, a request that leaves or has been
            answered. 0: it lives.
    """
    _begin(log, Design.OURS)
    with closing(wiring.open_project(config)) as project:
        if dies_at:
            _count_steps(dies_at)
        cycle_of(project).run(force=True)


def _count_steps(left: int) -> None:
    """End this process, without a word, at so many steps from now."""
    steps = count(1)

    def step() -> None:
        if next(steps) == left:
            os._exit(DIED)

    for place, name in _STEPS:
        setattr(place, name, _between(step, getattr(place, name)))


def _between(step: Callable[[], None], done: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*given: Any, **named: Any) -> Any:
        step()
        found = done(*given, **named)
        step()
        return found

    return stepped


def _begin(log: Path, design: Design) -> None:
    """What it says goes into a file; a fault hurries, and so does everything that waits for one to be over."""
    kept = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(kept, stream)
    os.close(kept)
    logging.captureWarnings(capture=True)
    hurry()
    take(design)


def hurry() -> None:
    """Every wait as short as this company is small.

    That what fails five times is set aside, and what is refused rests for a while, has its own stories.

    Raises:
        AttributeError: a wait has another name by now.
    """
    for place, name, value in _SHORTER:
        getattr(place, name)
        setattr(place, name, value)
    transport.Pace = partial(transport.Pace, **_HASTY)  # type: ignore[misc,assignment]
    for called, name, seconds in ((options.client, "timeout", 0.6), (Database.__init__, "busy_seconds", 2.0)):
        assert called.__kwdefaults__ is not None
        called.__kwdefaults__[name] = seconds


_WAIT: Final = SECOND // 5
_OFTEN: Final = 1_000
_HASTY: Final[Mapping[str, Any]] = {"read": 0.5, "connect": 0.5, "call": 2.0, "lost": 4.0, "pauses": (0.02, 0.05)}
_SHORTER: Final[tuple[tuple[object, str, object], ...]] = (
    (cycles, "elapsed", lambda _every: _WAIT),  # how often the CRM is read
    (sync, "LEASE", int(READ_LEASE * SECOND)),
    (sync, "RETRY", _WAIT),
    (sync, "RECONNECT", _WAIT),
    (embedded, "LONGEST_SLEEP", 1.0),
    (embedded, "SHORTEST_SLEEP", 0.05),
    (performing, "LONGEST_SLEEP", 1.0),
    (alarms, "LOOK", 0.3),
    (alarms, "LONGEST_SLEEP", 1.0),
    (distributed, "LOOK", 0.3),
    (distributed, "POLL", 0.2),
    (distributed, "CLEARING", 1.0),
    (queue, "STALLED", 3.0),
    (outages, "CHECK_EVERY", _WAIT),
    (dispatch, "LOOK_AGAIN", _WAIT),
    (leases, "PATIENCE", _OFTEN),
    (sending, "ATTEMPTS", _OFTEN),
    (preparing, "ATTEMPTS", _OFTEN),
    (sending, "BACKOFF", (_WAIT,) * _OFTEN),
    (notifier._Patience, "seconds", 0.4),
    (SlackNotifier, "timeout_seconds", TIMEOUT),
    (SlackNotifier, "settle_after_seconds", 0.2),
    (SlackNotifier, "seconds_apart", 0.02),
)
