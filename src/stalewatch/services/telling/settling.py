"""Messages of which nobody saw how they ended: looked for where they would be, and never guessed about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery.by_address import service_of
from stalewatch.domain.deliveries import DeliveryState, Event
from stalewatch.domain.instants import DAY, SECOND, from_us
from stalewatch.sdk.errors import NotifierError, WorkspaceDown
from stalewatch.sdk.notifier import Outcome, Receipt, Settled
from stalewatch.services.telling.moving import Dispatched, Moving
from stalewatch.services.telling.unknown_past import looked_for_since
from stalewatch.store import leases, outbox
from stalewatch.store.engine import Connection
from stalewatch.store.leases import DESTINATIONS

LOOKS: Final = 2
STALE: Final = DAY
"""A message of unknown fate that is older than this is never sent again."""


def is_open(delivery: Any) -> bool:
    """Whether a message may have arrived without our knowing: being sent, unknown, or unknown when its service died."""
    state = DeliveryState(delivery.state)
    may_have_left = state in (DeliveryState.SENDING, DeliveryState.UNKNOWN)
    return may_have_left or (state is DeliveryState.READY and delivery.look_at is not None)


@dataclass(frozen=True, slots=True)
class Settling(Moving):
    """Finds out what became of messages."""

    def settle(self, place: Any, delivery: Any, now: int, done: Dispatched) -> bool:
        """Find out what became of a delivery that nobody saw end; True if it is settled and we may go on."""
        real = self.db.now()
        is_unknown = delivery.state == DeliveryState.UNKNOWN
        look_at = delivery.look_at if is_unknown else self._lose(place, delivery, real, now)
        if real < look_at:
            self._wait(place, now, look_at - real)
            return False
        try:
            self.recall(place, delivery.address or "")
            found = self._look(delivery, real, done)
        except WorkspaceDown as error:
            self._paused(place, delivery, error, now, done)
            return False
        if found is None:
            self._wait(place, now, self._look_after(delivery.address or ""))
            return False
        done.settled += 1
        if found.outcome is Outcome.ARRIVED:
            receipt = found.receipt or Receipt(at=self.clock.now())
            done.told += self._sent(place, delivery.id, DeliveryState.UNKNOWN, Event.FOUND, receipt, now)
            return False
        return self._absent(place, delivery, found.outcome, now, real, done)

    def _lose(self, place: Any, delivery: Any, real: int, now: int) -> int:
        """Nobody is at it any more: from now on its fate is unknown. Returns when it can be looked for."""
        look_at = (delivery.sending_at or real) + self._look_after(delivery.address or "")
        with self.db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self.lease)
            if delivery.state == DeliveryState.READY:  # it is taken up again where its service died, and not sent
                self.move(conn, delivery.id, DeliveryState.READY, Event.CLAIMED, now, fence=place.fence)
            why = delivery.error or "its worker went away"
            self.move(conn, delivery.id, DeliveryState.SENDING, Event.LOST, now, look_at=look_at, error=why)
        return look_at

    def _wait(self, place: Any, now: int, wait: int) -> None:
        with self.db.write() as conn:
            self.go_on(conn, place, now, wait=wait)

    def _look(self, delivery: Any, real: int, done: Dispatched) -> Settled | None:
        """What the other side says of a delivery; None if it could not be asked now, which says nothing."""
        address = delivery.address or ""
        with self.db.read() as conn:
            since = looked_for_since(conn, delivery, real)
        try:
            thread = (delivery.body or {}).get("thread")
            return service_of(self.notifier, address).settle(delivery.id, address, from_us(since), thread)
        except WorkspaceDown:
            raise
        except NotifierError as error:
            done.errors.append(str(error))
            return Settled(outcome=Outcome.CANNOT_LOOK) if real - since > STALE else None

    def _paused(self, place: Any, delivery: Any, error: WorkspaceDown, now: int, done: Dispatched) -> None:
        """The service died while a message was looked for. It goes back to ready, and keeps the moment of its look:
        that says that it may have arrived, so that after the repair it is looked for before it is sent."""
        self.pause(service_of(self.notifier, delivery.address or ""), error, now, done)
        with self.db.write() as conn:
            self.move(conn, delivery.id, DeliveryState.UNKNOWN, Event.PAUSED, now)
            self.go_on(conn, place, now, wait=0)

    def _absent(self, place: Any, delivery: Any, outcome: Outcome, now: int, real: int, done: Dispatched) -> bool:
        is_stale = real - (delivery.sending_at or real) > STALE
        apart = int(service_of(self.notifier, delivery.address or "").settle_after_seconds * SECOND)
        if outcome is Outcome.ABSENT and not is_stale and apart > 0 and delivery.looks + 1 < LOOKS:
            with self.db.write() as conn:
                outbox.note_look(conn, delivery.id, look_at=real + apart)
                self.go_on(conn, place, now, wait=apart)
            return False
        with self.db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self.lease)
            event = Event.ABANDONED if is_stale else self._verdict(conn, delivery, outcome)
            done.parked += event is Event.ABANDONED
            self.move(conn, delivery.id, DeliveryState.UNKNOWN, event, now, look_at=None, looks=0)
        return True

    def _verdict(self, conn: Connection, delivery: Any, outcome: Outcome) -> Event:
        if outcome is Outcome.ABSENT:
            return Event.ABSENT
        return Event.UNSEEABLE if self.composer.resends(conn, delivery) else Event.ABANDONED
