"""One message on its way: sent, refused, or lost and looked for. Every transition is fenced and audited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from stalewatch.clock import Clock
from stalewatch.domain.deliveries import DeliveryState, Event, after
from stalewatch.domain.instants import DAY, SECOND, from_us, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import UNDELIVERED
from stalewatch.sdk.errors import (
    BadContent,
    NotAccepted,
    NotifierError,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled
from stalewatch.services.composing import Composer
from stalewatch.services.people import directory
from stalewatch.store import audit, leases, notices, outbox
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import DESTINATIONS

ATTEMPTS: Final = 5
LOOKS: Final = 2
STALE: Final = DAY
"""A message of unknown fate that is older than this is never sent again."""
PAUSE: Final = 5 * 60 * SECOND
"""How long a destination rests when the whole service is down."""


@dataclass(slots=True)
class Dispatched:
    """What a dispatch did: messages by how they ended, and targets that heard something."""

    sent: int = 0
    told: int = 0
    unknown: int = 0
    refused: int = 0
    dead: int = 0
    settled: int = 0
    targets: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sending:
    """Takes messages through one notifier and writes down what became of them."""

    db: Database
    clock: Clock
    speaking: Speaking
    notifier: Notifier
    composer: Composer

    @property
    def lease(self) -> int:
        """Long enough for one request that takes its whole time, and the two transactions around it."""
        return int((2 * self.notifier.timeout_seconds + 1) * SECOND)

    def send(self, place: Any, delivery_id: str, message: Message, now: int, done: Dispatched) -> None:
        try:
            receipt = self.notifier.send(message)
        except OutcomeUnknown as error:
            done.unknown += 1
            self._end(place, delivery_id, Event.LOST, now, error, wait=self._look_after)
        except SlowDown as error:
            wait = int(error.after.total_seconds() * SECOND)
            self._end(place, delivery_id, Event.SLOWED, now, error, wait=wait)
        except WorkspaceDown as error:
            done.errors.append(str(error))
            self._end(place, delivery_id, Event.PAUSED, now, error, wait=PAUSE)
        except TargetGone as error:
            self._reroute(place, delivery_id, message, now, error)
        except NotAccepted as error:
            done.errors.append(str(error))
            self._refused(place, delivery_id, now, error, done)
        else:
            done.sent += 1
            done.targets.add(message.target)
            done.told += self._sent(place, delivery_id, DeliveryState.SENDING, Event.ACCEPTED, receipt, now)

    @property
    def _look_after(self) -> int:
        return int((self.notifier.timeout_seconds + self.notifier.settle_after_seconds) * SECOND)

    def _sent(
        self, place: Any, delivery_id: str, state: DeliveryState, event: Event, receipt: Receipt, now: int
    ) -> int:
        with self.db.write() as conn:
            self.move(
                conn, delivery_id, state, event, now,
                sent_at=to_us(receipt.at), receipt=dict(receipt.handle), look_at=None, error=None,
            )  # fmt: skip
            told = notices.tell(conn, delivery_id, now)
            self._go_on(conn, place, now, wait=int(self.notifier.seconds_apart * SECOND))
        return told

    def _end(self, place: Any, delivery_id: str, event: Event, now: int, error: Exception, *, wait: int) -> None:
        """The request ended without acceptance: note it, and leave the destination alone for a while."""
        values: dict[str, Any] = {"error": str(error)}
        if event is Event.LOST:
            values["look_at"] = self.db.now() + wait
        with self.db.write() as conn:
            if event in (Event.SLOWED, Event.PAUSED):  # being told to wait is no attempt
                values["attempts"] = outbox.by_id(conn, [delivery_id])[delivery_id].attempts - 1
            self.move(conn, delivery_id, DeliveryState.SENDING, event, now, **values)
            self._go_on(conn, place, now, wait=wait)

    def _refused(self, place: Any, delivery_id: str, now: int, error: NotAccepted, done: Dispatched) -> None:
        with self.db.read() as conn:
            attempts = outbox.by_id(conn, [delivery_id])[delivery_id].attempts
        if attempts >= ATTEMPTS or isinstance(error, BadContent):
            done.dead += 1
            self._end(place, delivery_id, Event.EXHAUSTED, now, error, wait=0)
            return
        done.refused += 1
        self._end(place, delivery_id, Event.REFUSED, now, error, wait=SECOND << attempts)

    def _reroute(self, place: Any, delivery_id: str, message: Message, now: int, error: TargetGone) -> None:
        """What it carried goes to the next rung of its ladder, as a message of that rung's own.

        Another address of the same person takes the same words; below the last rung it is held and shown.
        """
        with self.db.write() as conn:
            rung = self.composer.next_rung(conn, directory(conn, self.speaking), delivery_id, message)
            again = uuid4().hex if rung.target == message.target else None
            self.move(
                conn, delivery_id, DeliveryState.SENDING, Event.TARGET_GONE, now, error=str(error),
                successor=again or rung.target,
            )  # fmt: skip
            if again is not None:
                outbox.add(
                    conn, [_at_address(outbox.by_id(conn, [delivery_id])[delivery_id], again, rung.address, now)]
                )
                notices.hand_over(conn, delivery_id, again)
            else:
                keys = [row.key for row in notices.of_deliveries(conn, [delivery_id])]
                notices.retarget(conn, delivery_id, rung.target)
                if rung.target == UNDELIVERED:
                    notices.hold(conn, keys, rung.reason.value)
                else:
                    outbox.call(conn, {rung.target: now})
            self._go_on(conn, place, now, wait=0)

    def _go_on(self, conn: Connection, place: Any, now: int, *, wait: int) -> None:
        """End the claim; the destination is due at once, but nobody may claim it before `wait` has passed.

        The wait is real time (a service's pace), so it is kept by the lease and not by the clock that `--now` moves.
        """
        leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=wait, due_at=now, attempts=0)

    # ------------------------------------------------------------------------------------- unknown outcomes

    def settle(self, place: Any, delivery: Any, now: int, done: Dispatched) -> bool:
        """Find out what became of a delivery that nobody saw end; True if it is settled and we may go on."""
        state, real = DeliveryState(delivery.state), self.db.now()
        look_at = delivery.look_at
        if state is DeliveryState.SENDING:
            look_at = (delivery.sending_at or real) + self._look_after
            with self.db.write() as conn:
                leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self.lease)
                self.move(conn, delivery.id, state, Event.LOST, now, look_at=look_at, error="its worker went away")
        if real < look_at:
            with self.db.write() as conn:
                self._go_on(conn, place, now, wait=look_at - real)
            return False
        found = self._look(delivery, real, done)
        if found is None:
            with self.db.write() as conn:
                self._go_on(conn, place, now, wait=self._look_after)
            return False
        done.settled += 1
        if found.outcome is Outcome.ARRIVED:
            receipt = found.receipt or Receipt(at=self.clock.now())
            done.told += self._sent(place, delivery.id, DeliveryState.UNKNOWN, Event.FOUND, receipt, now)
            return False
        return self._absent(place, delivery, found.outcome, now, real)

    def _look(self, delivery: Any, real: int, done: Dispatched) -> Settled | None:
        """What the other side says of a delivery; None if it could not be asked now, which says nothing."""
        since = delivery.sending_at or real
        try:
            return self.notifier.settle(delivery.id, delivery.address or "", from_us(since))
        except NotifierError as error:
            done.errors.append(str(error))
            return Settled(outcome=Outcome.CANNOT_LOOK) if real - since > STALE else None

    def _absent(self, place: Any, delivery: Any, outcome: Outcome, now: int, real: int) -> bool:
        if real - (delivery.sending_at or real) > STALE:
            event = Event.ABANDONED
        elif outcome is Outcome.CANNOT_LOOK:
            event = Event.UNSEEABLE
        elif delivery.looks + 1 < LOOKS and self.notifier.settle_after_seconds > 0:
            wait = int(self.notifier.settle_after_seconds * SECOND)
            with self.db.write() as conn:
                outbox.note_look(conn, delivery.id, look_at=real + wait)
                self._go_on(conn, place, now, wait=wait)
            return False
        else:
            event = Event.ABSENT
        with self.db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self.lease)
            self.move(conn, delivery.id, DeliveryState.UNKNOWN, event, now, look_at=None, looks=0)
        return True

    def move(
        self, conn: Connection, delivery_id: str, state: DeliveryState, event: Event, now: int, **values: Any
    ) -> None:
        """One transition, with its audit row."""
        following = after(state, event)
        outbox.move(conn, delivery_id, state.value, following.value, at=now, **values)
        audit.add(
            conn, at=now, actor="stalewatch", action=f"delivery.{event.value}", obj=delivery_id,
            before=state.value, after=following.value,
        )  # fmt: skip


def _at_address(row: Any, delivery_id: str, address: str, now: int) -> dict[str, Any]:
    """The same message for another address of the same person, as a delivery of its own."""
    body = {**row.body, "delivery": delivery_id, "address": address}
    same = {name: getattr(row, name) for name in ("target", "style", "language", "text_hash")}
    return {
        **same, "id": delivery_id, "key": f"{row.key}>{address}", "address": address, "body": body,
        "state": DeliveryState.READY.value, "created_at": now, "updated_at": now,
    }  # fmt: skip
