"""A Slack that keeps a ledger of what it took, and that misbehaves by the seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from stalewatch.clock import FixedClock
from stalewatch.sdk.errors import BadContent, NotAccepted, OutcomeUnknown, SlowDown, WorkspaceDown
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled
from tests.simulation.stage import Killed

FINE: Final = "fine"
MOODS: Final = (
    *(FINE,) * 16, "refuses", "slows down", "loses the reply", "loses the request", "refuses the words", "dies before",
    "dies after", "freezes after",
)  # fmt: skip
"""What may happen to one request; two of three are fine."""


class Ledger(Notifier):
    """What arrived, in order; the truth that everything else is compared with.

    Attributes:
        revoked: the token is. blind: nobody can look. calm: nothing goes wrong.
        freezes: called where a worker is frozen with an accepted request whose answer it did not read.
    """

    type = "ledger"
    can_edit = True

    def __init__(self, clock: FixedClock, dice: Random) -> None:
        self.clock, self.dice = clock, dice
        self.arrived: list[tuple[datetime, Message]] = []
        self.edited = 0
        self.revoked = self.blind = False
        self.calm = False
        self.freezes: Callable[[], None] = lambda: None
        self.said: Callable[[str], None] = lambda _: None

    @property
    def counted(self) -> Counter[str]:
        """How often each delivery arrived."""
        return Counter(message.delivery for _, message in self.arrived)

    def send(self, message: Message) -> Receipt:
        mood = FINE if self.calm else self.dice.choice(MOODS)
        self._answers()
        self.said(f"a message to {message.target}: {'revoked' if self.revoked else mood}")
        match mood:
            case "refuses":
                raise NotAccepted("no route")
            case "slows down":
                raise SlowDown("wait", after=timedelta(minutes=self.dice.choice([1, 30, 120])))
            case "refuses the words" if not message.plain:
                raise BadContent("invalid_blocks")
            case "loses the request":
                raise OutcomeUnknown("no answer in time")
            case "dies before":
                raise Killed
        self.arrived.append((self.clock.now(), message))
        match mood:
            case "loses the reply":
                raise OutcomeUnknown("the connection was reset")
            case "dies after":
                raise Killed
            case "freezes after":
                self.freezes()
        return self._receipt(message.delivery)

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        mood = FINE if self.calm else self.dice.choice(MOODS)
        self._answers()
        if mood == "refuses":
            raise NotAccepted("no route")
        if mood.startswith("dies"):
            raise Killed
        assert receipt.handle["delivery"] == message.delivery, "what is edited is what was said"
        self.edited += 1
        return receipt

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        self._answers()
        if self.blind:
            raise NotAccepted("the history does not answer")
        if not any(message.delivery == delivery for _, message in self.arrived):
            return Settled(outcome=Outcome.ABSENT)
        return Settled(outcome=Outcome.ARRIVED, receipt=self._receipt(delivery))

    def check(self) -> None:
        self._answers()

    def _answers(self) -> None:
        if self.revoked:
            raise WorkspaceDown("the token was revoked")

    def _receipt(self, delivery: str) -> Receipt:
        return Receipt(at=self.clock.now(), handle={"delivery": delivery})
