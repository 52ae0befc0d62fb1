"""How a message is sent: ours, and the two usual ones, which lose or double. A harness must tell them apart (B3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from stalewatch.domain.deliveries import DeliveryState, Event
from stalewatch.sdk.notifier import Message, Receipt
from stalewatch.services.telling.sending import Sending


class Design(StrEnum):
    """In which order a message leaves and is written down."""

    OURS = "intent, send, look, record"
    SENDS_FIRST = "send, then record"
    RECORDS_FIRST = "record, then send"


def take(design: Design) -> None:
    """Let this process send by a design, for good."""
    if design is Design.SENDS_FIRST:
        Sending.settle = _knows_nothing_of_it  # type: ignore[method-assign,assignment]
    elif design is Design.RECORDS_FIRST:
        Sending.send = _records_first  # type: ignore[method-assign]


def _knows_nothing_of_it(self: Sending, place: Any, delivery: Any, now: int, done: Any) -> bool:  # noqa: ARG001
    """Nothing was written before the request left, so whatever is not recorded is sent."""
    with self.db.write() as conn:
        if delivery.state == DeliveryState.SENDING:
            self.move(conn, delivery.id, DeliveryState.SENDING, Event.LOST, now)
        self.move(conn, delivery.id, DeliveryState.UNKNOWN, Event.ABSENT, now, look_at=None)
    return True


def _records_first(self: Sending, place: Any, delivery_id: str, message: Message, now: int, done: Any) -> None:
    """It counts as sent before the request leaves."""
    receipt = Receipt(at=self.clock.now())
    done.told += self._sent(place, delivery_id, DeliveryState.SENDING, Event.ACCEPTED, receipt, now)
    self.notifier.send(message)
