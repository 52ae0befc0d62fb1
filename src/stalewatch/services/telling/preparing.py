"""The next message for a destination: chosen, worded, and the intent to send it written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from stalewatch.domain.deliveries import DeliveryState, Event
from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import DAY, NEVER
from stalewatch.domain.routing import MAIL
from stalewatch.sdk.notifier import Message, Style
from stalewatch.services.judging.golive import live_since
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling.choosing import Batch, Chooser
from stalewatch.services.telling.composing import body_of
from stalewatch.services.telling.moving import Dispatched
from stalewatch.services.telling.retrying import unload
from stalewatch.services.telling.sending import ATTEMPTS, Sending
from stalewatch.services.telling.unknown_past import delivery_id as id_of
from stalewatch.services.telling.unknown_past import look_first
from stalewatch.store import clocks, notices, outbox
from stalewatch.store.engine import Connection

AGE: Final = 7 * DAY
"""A message that could not be sent for so long, and that no newer one replaced, is given up."""

Intent = tuple[str, Message]
"""A delivery's id and its words: they are about to be sent."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """Prepares messages inside the transaction that holds their destination."""

    book: Rulebook
    sending: Sending
    sources: Sources

    def next(
        self, conn: Connection, place: Any, people: Directory, chooser: Chooser, done: Dispatched
    ) -> Intent | int | None:
        """The next message, its intent written down.

        Without one: the instant at which what waits may be sent, None if nothing does.
        """
        now = chooser.now
        for row in outbox.unfinished(conn, place.target):
            if row.state != DeliveryState.READY:
                continue
            if not chooser.may_go(row.style):
                return chooser.opens()
            if self._is_exhausted(row, now):
                done.dead += 1
                self.sending.move(conn, row.id, DeliveryState.READY, Event.EXHAUSTED, now)
                continue
            intent = self._again(conn, chooser, people, row)
            if intent is not None:
                is_new = intent[0] != row.id
                return now if is_new and look_first(conn, intent[0]) else self._intend(conn, place, *intent, now)
        made = self._make(conn, chooser, people, chooser.choose)
        if made is None:
            return None
        return now if look_first(conn, made[0]) else self._intend(conn, place, *made, 0, now)

    def chooser(self, conn: Connection, people: Directory, target: str, now: int) -> Chooser:
        """Who chooses for a target at a moment."""
        ready, _ = trusted(conn, self.sources, now)
        looked = min((clocks.watermark(conn, connection) for connection in ready), default=now)
        mine = (one for one in people.people.values() if target in (one.target, f"{MAIL}{one.email}"))
        since = _since(conn, self.book)
        return Chooser(
            self.book, self.sending.speaking, target, next(mine, None), now, looked if looked != NEVER else now,
            since, ready,
        )  # fmt: skip

    def _is_exhausted(self, row: Any, now: int) -> bool:
        since = row.created_at if row.not_before is None else row.not_before  # when a person said: once more
        return bool(row.attempts >= ATTEMPTS or now - since > AGE)

    def _intend(
        self, conn: Connection, place: Any, delivery_id: str, message: Message, attempts: int, now: int
    ) -> Intent:
        """Write down that this message is about to be sent: whoever comes after a crash finds it."""
        self.sending.move(
            conn, delivery_id, DeliveryState.READY, Event.CLAIMED, now,
            attempts=attempts + 1, sending_at=self.sending.db.now(), fence=place.fence, **body_of(message),
        )  # fmt: skip
        return delivery_id, message

    def _again(
        self, conn: Connection, chooser: Chooser, people: Directory, row: Any
    ) -> tuple[str, Message, int] | None:
        """A message that did not arrive, in words that are still true; None if it is not to be sent any more."""
        if chooser.is_old_digest(row) and not self._was_made(conn, chooser):
            return self._superseded(conn, chooser, people, row)
        carried = unload(conn, row.id)
        message = msgspec.convert(row.body, Message)
        if not carried.shrank:
            return row.id, message, row.attempts
        batch = Batch(row.key, Style(row.style), carried.left)
        worded = None
        if not carried.is_empty:
            worded = self.sending.composer.compose(conn, people, row.target, chooser.person, batch, row.id, chooser.now)
        if worded is not None:
            return row.id, replace(worded, plain=message.plain, address=message.address), row.attempts
        notices.give_back(conn, [one.key for one in carried.left])
        self.sending.move(conn, row.id, DeliveryState.READY, Event.EMPTIED, chooser.now)
        return None

    def _was_made(self, conn: Connection, chooser: Chooser) -> bool:
        return bool(outbox.by_key(conn, [chooser.digest_key()]))

    def _superseded(
        self, conn: Connection, chooser: Chooser, people: Directory, row: Any
    ) -> tuple[str, Message, int] | None:
        """Today's digest in place of one of a day before that never left: one message, with today's figures."""
        carried = unload(conn, row.id)
        notices.give_back(conn, [one.key for one in carried.left])
        made = self._make(conn, chooser, people, chooser.digest)
        event = Event.EMPTIED if made is None else Event.REPLACED
        successor = None if made is None else made[0]
        self.sending.move(conn, row.id, DeliveryState.READY, event, chooser.now, successor=successor)
        return None if made is None else (*made, 0)

    def _make(
        self, conn: Connection, chooser: Chooser, people: Directory, choose: Callable[[Connection], Batch | None]
    ) -> Intent | None:
        """A new delivery out of what waits for a target, in state ready."""
        while (batch := choose(conn)) is not None:
            delivery_id = id_of(conn, batch.key)
            message = self.sending.composer.compose(
                conn, people, chooser.target, chooser.person, batch, delivery_id, chooser.now
            )
            if message is not None:
                self._add(conn, delivery_id, batch, message, chooser.now)
                return delivery_id, message
            chooser.wait_for_company(conn, batch.notices)
        return None

    def _add(self, conn: Connection, delivery_id: str, batch: Batch, message: Message, now: int) -> None:
        row = {
            "id": delivery_id,
            "key": batch.key,
            "target": message.target,
            "address": message.address,
            "style": message.style.value,
            "language": message.language,
            "state": DeliveryState.READY.value,
            **body_of(message),
            "created_at": now,
            "updated_at": now,
        }
        outbox.add(conn, [row])
        notices.claim(conn, [row.key for row in batch.notices], delivery_id)


def _since(conn: Connection, book: Rulebook) -> Mapping[str, int]:
    """Rule -> when it began to speak, on the connection where that was last."""
    found: dict[str, int] = {}
    for rules in live_since(conn, book).values():
        for rule, since in rules.items():
            found[rule] = max(since, found.get(rule, since))
    return found
