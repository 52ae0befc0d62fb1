"""Say what is to be said: one destination at a time, one message at a time, told once.

The destination is the leased row. Before a request leaves, its intent is committed; after a crash the next
worker finds it, looks whether the message arrived, and only then goes on. What the database cannot know (a
reply that was lost) is a state of its own and never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.deliveries import DeliveryState, Event, after
from stalewatch.domain.instants import DAY, NEVER, SECOND, from_us, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.errors import BadContent, NotAccepted, OutcomeUnknown, SlowDown, TargetGone, WorkspaceDown
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt
from stalewatch.services.choosing import Batch, Chooser
from stalewatch.services.composing import Composer
from stalewatch.services.golive import live_since
from stalewatch.services.people import directory
from stalewatch.services.rulebook import Rulebook
from stalewatch.services.sources import Sources, trusted
from stalewatch.store import audit, clocks, leases, notices, outbox
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
    """What a dispatch did: messages by how they ended, and targets that are still waiting."""

    sent: int = 0
    told: int = 0
    unknown: int = 0
    refused: int = 0
    dead: int = 0
    settled: int = 0
    targets: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is ripe through one notifier.

    Attributes:
        composer: puts notices into words.
        is_stopping: asked before each message; True ends the run and leaves the rest to the next worker.
    """

    db: Database
    clock: Clock
    book: Rulebook
    speaking: Speaking
    sources: Sources
    notifier: Notifier
    composer: Composer
    is_stopping: Callable[[], bool] = lambda: False

    def run(self) -> Dispatched:
        """Serve every destination that is due, until none is."""
        done = Dispatched()
        while not self.is_stopping():
            now = to_us(self.clock.now())
            with self.db.write() as conn:
                claimed = leases.claim(conn, DESTINATIONS, due=now, lease_us=self._lease)
            if not claimed:
                break
            self._serve(claimed[0], now, done)
        return done

    @property
    def _lease(self) -> int:
        """Long enough for one request that takes its whole time, and the two transactions around it."""
        return int((2 * self.notifier.timeout_seconds + 1) * SECOND)

    # ------------------------------------------------------------------------------------- one destination

    def _serve(self, place: Any, now: int, done: Dispatched) -> None:
        with self.db.read() as conn:
            unfinished = outbox.unfinished(conn, place.target)
        for delivery in unfinished:
            is_open = delivery.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN)
            if is_open and not self._settle(place, delivery, now, done):
                return
        prepared = self._prepare(place, now)
        if prepared is not None:
            self._send(place, *prepared, now, done)

    def _prepare(self, place: Any, now: int) -> tuple[str, Message] | None:
        """Choose and word the next message and commit the intent to send it; None: nothing may go now."""
        with self.db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self._lease)
            waiting = [row for row in outbox.unfinished(conn, place.target) if row.state == DeliveryState.READY]
            if waiting:
                delivery_id, message = waiting[0].id, msgspec.convert(waiting[0].body, Message)
                attempts = waiting[0].attempts
            else:
                made = self._make(conn, place.target, now)
                if made is None:
                    self._rest(conn, place, now)
                    return None
                delivery_id, message, attempts = made[0], made[1], 0
            self._move(
                conn, delivery_id, DeliveryState.READY, Event.CLAIMED, now,
                attempts=attempts + 1, sending_at=self.db.now(), fence=place.fence,
            )  # fmt: skip
        return delivery_id, message

    def _make(self, conn: Connection, target: str, now: int) -> tuple[str, Message] | None:
        """A new delivery out of what waits for a target, in state ready."""
        people = directory(conn, self.speaking)
        ready, _ = trusted(conn, self.sources, now)
        looked = min((clocks.watermark(conn, connection) for connection in ready), default=now)
        person = next((one for one in people.people.values() if one.target == target), None)
        chooser = Chooser(
            self.book, self.speaking, target, person, now, looked if looked != NEVER else now, _since(conn, self.book)
        )
        while (batch := chooser.choose(conn)) is not None:
            delivery_id = uuid4().hex
            message = self.composer.compose(conn, people, target, person, batch, delivery_id, now)
            if message is not None:
                self._add(conn, delivery_id, batch, message, now)
                return delivery_id, message
            chooser.wait_for_company(conn, batch.notices)
        return None

    def _add(self, conn: Connection, delivery_id: str, batch: Batch, message: Message, now: int) -> None:
        body = msgspec.to_builtins(message)
        outbox.add(
            conn,
            [
                {
                    "id": delivery_id,
                    "key": batch.key,
                    "target": message.target,
                    "address": message.address,
                    "style": message.style.value,
                    "language": message.language,
                    "state": DeliveryState.READY.value,
                    "text_hash": sha256(msgspec.json.encode(body)).hexdigest(),
                    "body": body,
                    "created_at": now,
                    "updated_at": now,
                }
            ],
        )
        notices.claim(conn, [row.key for row in batch.notices], delivery_id)

    def _rest(self, conn: Connection, place: Any, now: int) -> None:
        """Nothing may go now: the destination is due again when the next notice is ripe."""
        ripe = notices.next_ripe(conn, place.target)
        leases.finish(
            conn, DESTINATIONS, place.target, place.fence, due_at=None if ripe is None else max(ripe, now + 1)
        )

    # ------------------------------------------------------------------------------------- one message

    def _send(self, place: Any, delivery_id: str, message: Message, now: int, done: Dispatched) -> None:
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
            self._move(
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
            self._move(conn, delivery_id, DeliveryState.SENDING, event, now, **values)
            if event is Event.PAUSED:
                outbox.pause(conn, place.target, str(error))
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
        """What it carried goes to the next rung of its ladder, as a message of that rung's own."""
        with self.db.write() as conn:
            target = self.composer.next_target(conn, directory(conn, self.speaking), delivery_id, message)
            self._move(
                conn, delivery_id, DeliveryState.SENDING, Event.TARGET_GONE, now, error=str(error), successor=target
            )
            notices.retarget(conn, delivery_id, target)
            outbox.call(conn, {target: now})
            self._go_on(conn, place, now, wait=0)

    def _go_on(self, conn: Connection, place: Any, now: int, *, wait: int) -> None:
        """End the claim; the destination is due at once, but nobody may claim it before `wait` has passed.

        The wait is real time (a service's pace), so it is kept by the lease and not by the clock that `--now` moves.
        """
        leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=wait, due_at=now, attempts=0)

    # ------------------------------------------------------------------------------------- unknown outcomes

    def _settle(self, place: Any, delivery: Any, now: int, done: Dispatched) -> bool:
        """Find out what became of a delivery that nobody saw end; True if it is settled and we may go on."""
        state, real = DeliveryState(delivery.state), self.db.now()
        look_at = delivery.look_at
        if state is DeliveryState.SENDING:
            look_at = (delivery.sending_at or real) + self._look_after
            with self.db.write() as conn:
                leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self._lease)
                self._move(conn, delivery.id, state, Event.LOST, now, look_at=look_at, error="its worker went away")
        if real < look_at:
            with self.db.write() as conn:
                self._go_on(conn, place, now, wait=look_at - real)
            return False
        found = self.notifier.settle(delivery.id, delivery.address or "", from_us(delivery.sending_at or real))
        done.settled += 1
        if found.outcome is Outcome.ARRIVED:
            receipt = found.receipt or Receipt(at=self.clock.now())
            done.told += self._sent(place, delivery.id, DeliveryState.UNKNOWN, Event.FOUND, receipt, now)
            return False
        return self._absent(place, delivery, found.outcome, now, real)

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
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self._lease)
            self._move(conn, delivery.id, DeliveryState.UNKNOWN, event, now, look_at=None, looks=0)
        return True

    def _move(
        self, conn: Connection, delivery_id: str, state: DeliveryState, event: Event, now: int, **values: Any
    ) -> None:
        """One transition, with its audit row."""
        following = after(state, event)
        outbox.move(conn, delivery_id, state.value, following.value, at=now, **values)
        audit.add(
            conn, at=now, actor="stalewatch", action=f"delivery.{event.value}", obj=delivery_id,
            before=state.value, after=following.value,
        )  # fmt: skip


def _since(conn: Connection, book: Rulebook) -> Mapping[str, int]:
    """Rule -> when it began to speak, on the connection where that was last."""
    found: dict[str, int] = {}
    for rules in live_since(conn, book).values():
        for rule, since in rules.items():
            found[rule] = max(since, found.get(rule, since))
    return found
