"""Blow after blow, in an order and at moments that a seed decides, while the company goes on entering deals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import monotonic, sleep
from typing import Any, Final

from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault
from stalewatch_sandbox.slack.faults import on
from tests.acceptance.harness.company import Company
from tests.acceptance.harness.crew import Crew
from tests.acceptance.harness.nursery import works_for
from tests.acceptance.harness.work import LEASE

KILL: Final = "kill"
FREEZE: Final = "freeze"
FROZEN: Final = 1.4 * LEASE
"""Seconds for which a process is frozen: longer than anything that it holds."""
_POST: Final = "chat.postMessage"
_PATIENCE: Final = 3.0
"""Seconds to wait for the request at which a process is to be killed."""


@dataclass
class Torment:
    """Torments a crew.

    Attributes:
        more: what else can be done to it or around it, by name.
        pause: seconds between two blows, at least and at most.
    """

    company: Company
    crew: Crew
    seed: int
    more: Mapping[str, Callable[[Random], None]] = field(default_factory=dict)
    pause: tuple[float, float] = (0.05, 0.35)

    def run(self, plan: Mapping[str, int]) -> None:
        """Each kind of blow so many times, mixed."""
        dice = Random(self.seed)  # noqa: S311
        blows = [kind for kind, times in plan.items() for _ in range(times)]
        dice.shuffle(blows)
        strikes: Mapping[str, Callable[[Random], None]] = {KILL: self._kill, FREEZE: self._freeze, **self.more}
        for kind in blows:
            self.company.enters(dice.choice((1, 1, 2)))
            sleep(dice.uniform(*self.pause))
            strikes[kind](dice)
            self.crew.look_after()

    def _kill(self, dice: Random) -> None:
        """At any moment; or as a request of somebody's is answered, when most is at stake."""
        pid = self.crew.pid(dice.randrange(1_000))
        where = dice.choice(("anywhere", "anywhere", "slack", "crm"))
        if where == "anywhere" or not self._at_a_request(where, lambda: self.crew.kill(pid)):
            works_for(pid, dice.uniform(*self.pause))
            self.crew.kill(pid)

    def _freeze(self, dice: Random) -> None:
        pid = self.crew.pid(dice.randrange(1_000))
        if dice.choice(("anywhere", "slack")) == "slack":
            self._at_a_request("slack", lambda: self.crew.stop(pid))
        self.crew.freeze(pid, FROZEN)

    def _at_a_request(self, where: str, strike: Callable[[], bool]) -> bool:
        """Strike as the next request is about to be answered; False if none came, or nobody was there to be struck."""
        struck: list[bool] = []

        def afterwards(_: Request, response: Response) -> Response:
            struck.append(strike())
            return response

        faults = self.company.slack.board.faults if where == "slack" else self.company.crm.board.faults
        about: dict[str, Any] = {"on": on(_POST)} if where == "slack" else {}
        faults.arm_fault("strike", Fault(afterwards=afterwards, times=1, **about))
        end = monotonic() + _PATIENCE
        while not struck and monotonic() < end:
            sleep(0.002)
        faults.disarm("strike")
        return any(struck)


@contextmanager
def armed(faults: Any, case: str, **options: Any) -> Iterator[None]:
    """A fault of the sandbox for as long as the block lasts."""
    faults.arm(case, times=None, **options)
    try:
        yield
    finally:
        faults.disarm(case)
