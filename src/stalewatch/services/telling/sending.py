"""One message on its way: sent, refused, or lost. Every transition is fenced and audited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from stalewatch.delivery.by_address import service_of
from stalewatch.domain.deliveries import DeliveryState, Event
from stalewatch.domain.instants import MINUTE, SECOND
from stalewatch.domain.routing import UNDELIVERED, Target
from stalewatch.sdk.errors import (
    BadContent,
    NotAccepted,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)
from stalewatch.sdk.notifier import Message
from stalewatch.services.alerting.people import directory
from stalewatch.services.telling.composing import body_of
from stalewatch.services.telling.moving import Dispatched
from stalewatch.services.telling.settling import Settling
from stalewatch.services.telling.unknown_past import delivery_id as id_of
from stalewatch.store import notices, outbox
from stalewatch.store.engine import Connection

ATTEMPTS: Final = 5
BACKOFF: Final = (15 * SECOND, MINUTE, 4 * MINUTE, 16 * MINUTE)
"""How long a destination rests after each refusal: a line that is down for a while kills no message."""


@dataclass(frozen=True, slots=True)
class Sending(Settling):
    """Takes messages to their service and writes down what became of them."""

    def send(self, place: Any, delivery_id: str, message: Message, now: int, done: Dispatched) -> None:
        """One request, whose intent was committed before."""
        service = service_of(self.notifier, message.address)
        self.recall(place, message.address)
        try:
            receipt = service.send(message)
        except OutcomeUnknown as error:
            done.unknown += 1
            self._end(
                place, delivery_id, message.address, Event.LOST, now, error, wait=self._look_after(message.address)
            )
        except SlowDown as error:
            wait = int(error.after.total_seconds() * SECOND)
            self._end(place, delivery_id, message.address, Event.SLOWED, now, error, wait=wait)
        except WorkspaceDown as error:
            self.pause(service, error, now, done)
            self._end(place, delivery_id, message.address, Event.PAUSED, now, error, wait=0)
        except TargetGone as error:
            self._reroute(place, delivery_id, message, now, error)
        except NotAccepted as error:
            done.errors.append(str(error))
            self._refused(place, delivery_id, message, now, error, done)
        else:
            done.sent += 1
            done.targets.add(message.target)
            done.told += self._sent(place, delivery_id, DeliveryState.SENDING, Event.ACCEPTED, receipt, now)

    def _end(
        self, place: Any, delivery_id: str, address: str, event: Event, now: int, error: Exception, *, wait: int,
        **more: Any,
    ) -> None:  # fmt: skip
        """The request ended without acceptance: note it, and leave the destination alone for a while."""
        values: dict[str, Any] = {"error": str(error), **more}
        if event is Event.LOST:
            values["look_at"] = self.db.now() + wait
        with self.db.write() as conn:
            if event in (Event.SLOWED, Event.PAUSED):  # being told to wait is no attempt
                values["attempts"] = outbox.by_id(conn, [delivery_id])[delivery_id].attempts - 1
            self.move(conn, delivery_id, DeliveryState.SENDING, event, now, **values)
            self.remember(conn, place, address)
            self.go_on(conn, place, now, wait=wait)

    def _refused(
        self, place: Any, delivery_id: str, message: Message, now: int, error: NotAccepted, done: Dispatched
    ) -> None:
        """Again later; words that were refused go once more as plain text, and at once. In the end it is given up."""
        with self.db.read() as conn:
            attempts = outbox.by_id(conn, [delivery_id])[delivery_id].attempts
        is_content = isinstance(error, BadContent)
        if attempts >= ATTEMPTS or (is_content and message.plain):
            done.dead += 1
            self._end(place, delivery_id, message.address, Event.EXHAUSTED, now, error, wait=0)
            return
        done.refused += 1
        if is_content:
            plain = body_of(replace(message, plain=True))
            self._end(place, delivery_id, message.address, Event.REFUSED, now, error, wait=0, **plain)
        else:
            wait = BACKOFF[max(attempts, 1) - 1]
            self._end(place, delivery_id, message.address, Event.REFUSED, now, error, wait=wait)

    def _reroute(self, place: Any, delivery_id: str, message: Message, now: int, error: TargetGone) -> None:
        """What it carried goes to the next rung of its ladder, as a message of that rung's own.

        Another address of the same person takes the same words; below the last rung it is held and shown.
        """
        with self.db.write() as conn:
            rung = self.composer.next_rung(conn, directory(conn, self.speaking), delivery_id, message)
            gone = outbox.by_id(conn, [delivery_id])[delivery_id]
            again = id_of(conn, _key_at(gone, rung.address)) if rung.target == message.target else None
            self.move(
                conn, delivery_id, DeliveryState.SENDING, Event.TARGET_GONE, now, error=str(error),
                successor=again or rung.target,
            )  # fmt: skip
            if again is None:
                _retarget(conn, delivery_id, rung, now)
            else:
                outbox.add(conn, [_at_address(gone, again, rung.address, now)])
                notices.hand_over(conn, delivery_id, again)
            self.remember(conn, place, message.address)
            self.go_on(conn, place, now, wait=0)


def _retarget(conn: Connection, delivery_id: str, rung: Target, now: int) -> None:
    keys = [row.key for row in notices.of_deliveries(conn, [delivery_id])]
    notices.retarget(conn, delivery_id, rung.target)
    if rung.target == UNDELIVERED:
        notices.hold(conn, keys, rung.reason.value)
    else:
        outbox.call(conn, {rung.target: now})


def _key_at(row: Any, address: str) -> str:
    return f"{row.key}>{address}"


def _at_address(row: Any, delivery_id: str, address: str, now: int) -> dict[str, Any]:
    """The same message for another address of the same person, as a delivery of its own."""
    message = replace(msgspec.convert(row.body, Message), delivery=delivery_id, address=address)
    same = {name: getattr(row, name) for name in ("target", "style", "language")}
    return {
        **same, **body_of(message), "id": delivery_id, "key": _key_at(row, address), "address": address,
        "state": DeliveryState.READY.value, "created_at": now, "updated_at": now,
    }  # fmt: skip
