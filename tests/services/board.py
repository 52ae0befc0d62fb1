"""A service whose messages can be edited, whose token can be revoked, and beside it a mail server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stalewatch.clock import FixedClock
from stalewatch.delivery.by_address import ByAddress
from stalewatch.sdk.errors import WorkspaceDown
from stalewatch.sdk.notifier import Message, Outcome, Receipt, Settled
from tests.services.world import IMMEDIATE, Mailboxes, World


class Board(Mailboxes):
    """What everybody sees, message by message; while it is `revoked` it takes nothing and answers nothing."""

    type = "board"
    can_edit = True

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock)
        self.shown: dict[str, Message] = {}
        self.edits: list[Message] = []
        self.log: list[str] = []
        self.edit_faults: list[Exception] = []
        self.revoked = False
        self.asked = 0

    def send(self, message: Message) -> Receipt:
        if self.revoked:
            self.asked += 1
            raise WorkspaceDown("the token was revoked")
        receipt = super().send(message)
        self.shown[message.delivery] = message
        self.log.append("send")
        return receipt

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        assert receipt.handle, "what is edited was found by its receipt"
        if self.revoked:
            raise WorkspaceDown("the token was revoked")
        if self.edit_faults:
            raise self.edit_faults.pop(0)
        self.edits.append(message)
        self.log.append("edit")
        self.shown[message.delivery] = message
        return receipt

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """What arrived is found with all that an edit needs."""
        found = super().settle(delivery, address, since, thread)
        if found.outcome is not Outcome.ARRIVED:
            return found
        return Settled(outcome=found.outcome, receipt=Receipt(at=self.clock.now(), handle={"found": delivery}))

    def check(self) -> None:
        self.asked += 1
        if self.revoked:
            raise WorkspaceDown("the token was revoked")


class Letters(Mailboxes):
    """E-mail: it arrives, and nobody can look."""

    type = "email"

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock)
        self.can_look = False


def board(world: World) -> Board:
    """Let the world speak on a board."""
    found = Board(world.clock)
    world.mail = found
    return found


def board_and_letters(world: World) -> tuple[Board, Letters]:
    """Let the world speak on a board, and by e-mail where that is the way; the operator has an address."""
    found, letters = board(world), Letters(world.clock)
    world.mail = ByAddress(found, letters)  # type: ignore[assignment]
    world.speaking = replace(world.speaking or IMMEDIATE, by_email=True, operator_email="ops@acme.example")
    return found, letters
