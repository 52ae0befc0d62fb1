"""Say what is to be said: one destination at a time, one message at a time, told once.

The destination is the leased row. Before a request leaves, its intent is committed; after a crash the next
worker finds it, looks whether the message arrived, and only then goes on. What the database cannot know (a
reply that was lost) is a state of its own and never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.deliveries import DeliveryState, Event
from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import NEVER, SECOND, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.notifier import Message, Notifier, Style
from stalewatch.services.choosing import Batch, Chooser
from stalewatch.services.composing import Composer
from stalewatch.services.golive import live_since
from stalewatch.services.people import directory
from stalewatch.services.retrying import unload
from stalewatch.services.rulebook import Rulebook
from stalewatch.services.sending import ATTEMPTS, Dispatched, Sending
from stalewatch.services.sources import Sources, trusted
from stalewatch.store import clocks, leases, notices, outbox
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import ChangedMeanwhile, LeaseLost, StoreError
from stalewatch.store.leases import DESTINATIONS

LOOK_AGAIN: Final = 15 * SECOND
"""After so long a destination is asked again whose notices wait for something else than the time."""


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
                claimed = leases.claim(conn, DESTINATIONS, due=now, lease_us=self._sending.lease)
            if not claimed:
                break
            try:
                self._serve(claimed[0], now, done)
            except (LeaseLost, ChangedMeanwhile):
                continue  # another worker has it now
            except StoreError:
                raise
            except Exception as error:  # one message that breaks the notifier, or us, must not silence the others
                # Its lease runs out by itself, and the next claim finds out what became of it; in the end it is parked.
                done.errors.append(f"{claimed[0].target}: {type(error).__name__}: {error}")
        return done

    @property
    def _sending(self) -> Sending:
        return Sending(self.db, self.clock, self.speaking, self.notifier, self.composer)

    # ------------------------------------------------------------------------------------- one destination

    def _serve(self, place: Any, now: int, done: Dispatched) -> None:
        with self.db.read() as conn:
            unfinished = outbox.unfinished(conn, place.target)
        for delivery in unfinished:
            is_open = delivery.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN)
            if is_open and not self._sending.settle(place, delivery, now, done):
                return
        prepared = self._prepare(place, now)
        if prepared is not None:
            self._sending.send(place, *prepared, now, done)

    def _prepare(self, place: Any, now: int) -> tuple[str, Message] | None:
        """Choose and word the next message and commit the intent to send it; None: nothing may go now."""
        with self.db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self._sending.lease)
            people = directory(conn, self.speaking)
            chooser = self._chooser(conn, people, place.target, now)
            for row in outbox.unfinished(conn, place.target):
                if row.state != DeliveryState.READY:
                    continue
                if not chooser.may_go(row.style):
                    leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=chooser.opens())
                    return None
                message = self._again(conn, chooser, people, row, now)
                if message is not None:
                    return self._intend(conn, place, row.id, message, row.attempts, now)
            made = self._make(conn, chooser, people, now)
            if made is None:
                self._rest(conn, place, now)
                return None
            return self._intend(conn, place, *made, 0, now)

    def _intend(
        self, conn: Connection, place: Any, delivery_id: str, message: Message, attempts: int, now: int
    ) -> tuple[str, Message]:
        """Write down that this message is about to be sent: whoever comes after a crash finds it."""
        body = _body(message)
        self._sending.move(
            conn, delivery_id, DeliveryState.READY, Event.CLAIMED, now,
            attempts=attempts + 1, sending_at=self.db.now(), fence=place.fence, **body,
        )  # fmt: skip
        return delivery_id, message

    def _again(self, conn: Connection, chooser: Chooser, people: Directory, row: Any, now: int) -> Message | None:
        """A message that did not arrive, in words that are still true; None if it is not to be sent any more."""
        if row.attempts >= ATTEMPTS:
            self._sending.move(conn, row.id, DeliveryState.READY, Event.EXHAUSTED, now)
            return None
        carried = unload(conn, row.id)
        if not carried.shrank:
            return msgspec.convert(row.body, Message)
        batch = Batch(row.key, Style(row.style), carried.left)
        message = None
        if not carried.is_empty:
            message = self.composer.compose(conn, people, row.target, chooser.person, batch, row.id, now)
        if message is None:
            notices.give_back(conn, [one.key for one in carried.left])
            self._sending.move(conn, row.id, DeliveryState.READY, Event.EMPTIED, now)
        return message

    def _chooser(self, conn: Connection, people: Directory, target: str, now: int) -> Chooser:
        ready, _ = trusted(conn, self.sources, now)
        looked = min((clocks.watermark(conn, connection) for connection in ready), default=now)
        person = next((one for one in people.people.values() if one.target == target), None)
        since = _since(conn, self.book)
        return Chooser(self.book, self.speaking, target, person, now, looked if looked != NEVER else now, since, ready)

    def _make(self, conn: Connection, chooser: Chooser, people: Directory, now: int) -> tuple[str, Message] | None:
        """A new delivery out of what waits for a target, in state ready."""
        while (batch := chooser.choose(conn)) is not None:
            delivery_id = uuid4().hex
            message = self.composer.compose(conn, people, chooser.target, chooser.person, batch, delivery_id, now)
            if message is not None:
                self._add(conn, delivery_id, batch, message, now)
                return delivery_id, message
            chooser.wait_for_company(conn, batch.notices)
        return None

    def _add(self, conn: Connection, delivery_id: str, batch: Batch, message: Message, now: int) -> None:
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
                    **_body(message),
                    "created_at": now,
                    "updated_at": now,
                }
            ],
        )
        notices.claim(conn, [row.key for row in batch.notices], delivery_id)

    def _rest(self, conn: Connection, place: Any, now: int) -> None:
        """Nothing may go now: the destination is due again when the next notice is ripe.

        What is ripe already waits for a tick or for fresh data, so a look at once would only spin.
        """
        ripe = notices.next_ripe(conn, place.target)
        due_at = None if ripe is None else max(ripe, now + LOOK_AGAIN)
        leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=due_at)


def _body(message: Message) -> dict[str, Any]:
    body = msgspec.to_builtins(message)
    return {"body": body, "text_hash": sha256(msgspec.json.encode(body)).hexdigest()}


def _since(conn: Connection, book: Rulebook) -> Mapping[str, int]:
    """Rule -> when it began to speak, on the connection where that was last."""
    found: dict[str, int] = {}
    for rules in live_since(conn, book).values():
        for rule, since in rules.items():
            found[rule] = max(since, found.get(rule, since))
    return found
