"""How a delivery moves: every transition is fenced by its destination's claim, and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.delivery.by_address import service_of, services
from stalewatch.domain.deliveries import DeliveryState, Event, after
from stalewatch.domain.instants import SECOND, from_us, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import OPERATOR
from stalewatch.sdk.errors import WorkspaceDown
from stalewatch.sdk.notifier import Notifier, Place, Receipt
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.services.alerting.outdated import DEBOUNCE
from stalewatch.services.telling.composing import Composer
from stalewatch.services.telling.outages import Outages
from stalewatch.store import alerts, audit, edits, leases, notices, outbox
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import DESTINATIONS

_TROUBLES: Final = (DeliveryState.DEAD, DeliveryState.PARKED)


@dataclass(slots=True)
class Dispatched:
    """What a dispatch did: messages by how they ended, and targets that heard something."""

    sent: int = 0
    told: int = 0
    edited: int = 0
    unknown: int = 0
    refused: int = 0
    dead: int = 0
    parked: int = 0
    settled: int = 0
    targets: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Moving:
    """Moves deliveries from state to state."""

    db: Database
    clock: Clock
    speaking: Speaking
    notifier: Notifier
    composer: Composer

    @property
    def lease(self) -> int:
        """Long enough for one request that takes its whole time, and the two transactions around it."""
        return int((2 * max(one.timeout_seconds for one in services(self.notifier)) + 1) * SECOND)

    @property
    def outages(self) -> Outages:
        """The services that are down."""
        return Outages(self.db, self.clock, self.speaking, self.notifier)

    def move(
        self, conn: Connection, delivery_id: str, state: DeliveryState, event: Event, now: int, **values: Any
    ) -> None:
        """One transition, with its audit row; of what was given up or set aside the operator hears."""
        following = after(state, event)
        outbox.move(conn, delivery_id, state.value, following.value, at=now, **values)
        audit.add(
            conn, at=now, actor="stalewatch", action=f"delivery.{event.value}", obj=delivery_id,
            before=state.value, after=following.value,
        )  # fmt: skip
        if following in _TROUBLES:
            notices.add(conn, [operator_notice(following.value, 1, now)])
            outbox.call(conn, {OPERATOR: now})

    def recall(self, place: Any, address: str) -> None:
        """Tell the service what another process found out about an address of a destination."""
        known = place.place
        if known and known["address"] == address:
            found = Place(handle=known["handle"], until=from_us(known["until"]))
            service_of(self.notifier, address).recall(address, found)

    def remember(self, conn: Connection, place: Any, address: str) -> None:
        """Keep with a destination where its address leads, or that it leads nowhere for now."""
        found = service_of(self.notifier, address).place(address)
        kept = None
        if found is not None:
            handle = None if found.handle is None else dict(found.handle)
            kept = {"address": address, "handle": handle, "until": to_us(found.until)}
        if kept != place.place:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, place=kept)

    def go_on(self, conn: Connection, place: Any, now: int, *, wait: int) -> None:
        """End the claim; the destination is due at once, but nobody may claim it before `wait` has passed.

        The wait is real time (a service's pace), so it is kept by the lease and not by the clock that `--now` moves.
        """
        leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=wait, due_at=now, attempts=0)

    def pause(self, service: Notifier, error: WorkspaceDown, now: int, done: Dispatched) -> None:
        """The service is down: all its destinations stand still, this one among them."""
        if self.outages.begin(service, error, now):
            done.errors.append(str(error))

    def _look_after(self, address: str) -> int:
        """Microseconds after a request whose outcome is not known until a look is certain to show it."""
        service = service_of(self.notifier, address)
        return int((service.timeout_seconds + service.settle_after_seconds) * SECOND)

    def _sent(
        self, place: Any, delivery_id: str, state: DeliveryState, event: Event, receipt: Receipt, now: int
    ) -> int:
        with self.db.write() as conn:
            delivery = outbox.by_id(conn, [delivery_id])[delivery_id]
            service = service_of(self.notifier, delivery.address or "")
            self.move(
                conn, delivery_id, state, event, now,
                sent_at=to_us(receipt.at), receipt=dict(receipt.handle), look_at=None, error=None,
            )  # fmt: skip
            told = notices.tell(conn, delivery_id, now)
            alerts.delivered(conn, delivery_id, now)
            if service.can_edit and receipt.handle:
                outdated = edits.is_outdated(conn, delivery_id, delivery.created_at)
                due_at = now + DEBOUNCE if outdated else None
                edits.add(conn, delivery_id, delivery.target, delivery.text_hash, asked_at=now, due_at=due_at)
            self.outages.over(conn, service)
            self.remember(conn, place, delivery.address or "")
            self.go_on(conn, place, now, wait=int(service.seconds_apart * SECOND))
        return told
