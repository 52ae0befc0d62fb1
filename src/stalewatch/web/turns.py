"""Work that takes long, one piece at a time in this process: nobody's trial of rules keeps others from their lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Final

from stalewatch.web.problems import Problem

PATIENCE: Final = 20.0
"""Seconds that a preview may take."""
CHECK_WAITS: Final = 2.0
"""Seconds that a check of rules waits for the one before it."""
_AGAIN: Final = 5
"""Seconds after which somebody who was turned away may ask again."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is."""

    previews: Lock = field(default_factory=Lock)
    checks: Lock = field(default_factory=Lock)

    @contextmanager
    def preview(self) -> Iterator[Watch]:
        """The turn to judge every open record by other rules.

        Raises:
            Problem: 503 while somebody else has it.
        """
        with _taken(self.previews, 0.0):
            yield Watch(monotonic() + PATIENCE)

    @contextmanager
    def check(self) -> Iterator[None]:
        """The turn to read rules.

        Raises:
            Problem: 503 if somebody else does not end.
        """
        with _taken(self.checks, CHECK_WAITS):
            yield


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at the time while records are judged.

    Attributes:
        until: seconds of the monotonic clock.
    """

    until: float

    def look(self, _connection: str, done: int, total: int) -> None:
        """Called after each piece.

        Raises:
            Problem: 503 if it takes too long.
        """
        if done < total and monotonic() > self.until:
            said = (
                f"More than {PATIENCE:.0f} s: {done} of {total} records were judged. `stalewatch rules diff` has time."
            )
            raise Problem(503, said, kind="took_too_long", headers={"Retry-After": str(60)})


@contextmanager
def _taken(lock: Lock, patience: float) -> Iterator[None]:
    if not lock.acquire(timeout=patience):
        said = "Somebody else's rules are being tried at this moment. Try again."
        raise Problem(503, said, kind="busy", headers={"Retry-After": str(_AGAIN)})
    try:
        yield
    finally:
        lock.release()
