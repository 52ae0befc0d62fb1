"""Messages that were sent are made to say what is true by now: quietly, and never in the way of a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from stalewatch.delivery.answered import Answered
from stalewatch.delivery.by_address import service_of
from stalewatch.delivery.edited import Standing, edited
from stalewatch.delivery.telling import Telling
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.alerts import AlertState, Cause, Kind
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.instants import MINUTE, SECOND, from_us
from stalewatch.sdk.errors import BadContent, NotifierError, SlowDown, TargetGone, WorkspaceDown
from stalewatch.sdk.notifier import Message, Receipt
from stalewatch.services.alerting.announcing import BACKLOG
from stalewatch.services.alerting.tellings import Teller
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling.composing import body_of
from stalewatch.services.telling.given import Given
from stalewatch.services.telling.moving import Dispatched, Moving
from stalewatch.store import alerts, edits, leases, notices, outbox
from stalewatch.store.engine import Connection
from stalewatch.store.leases import DESTINATIONS

ATTEMPTS: Final = 5
APART: Final = MINUTE
"""So long after an edit that failed it is tried again: doing it twice is the same as once."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A message that is to be replaced: its row, what the service needs to find it, and the new words."""

    row: Any
    receipt: Receipt
    message: Message
    text_hash: str


@dataclass(frozen=True, slots=True)
class Editing:
    """Edits messages under the claim of their destination, at its pace, after everything that is still to be said."""

    book: Rulebook
    moving: Moving

    def next(self, conn: Connection, people: Directory, person: Person | None, target: str, now: int) -> Edit | None:
        """The next edit that changes what readers see; those that would not are done with here."""
        for row in edits.due(conn, target, now):
            delivery = outbox.by_id(conn, [row.delivery_id]).get(row.delivery_id)
            if delivery is None or delivery.state != DeliveryState.SENT:
                edits.finish(conn, row, error="the message is not there any more")
                continue
            if delivery.body is None:
                edits.finish(conn, row, error="its words are not kept any more")
                continue
            message = self._restated(conn, people, person, delivery, now)
            text_hash = body_of(message)["text_hash"]
            if text_hash != row.text_hash:
                return Edit(row, Receipt(at=from_us(delivery.sent_at), handle=delivery.receipt), message, text_hash)
            edits.finish(conn, row, error=None)
        return None

    def edit(self, place: Any, edit: Edit, now: int, done: Dispatched) -> None:
        """One request. Whatever comes of it, no new message waits for it longer than the service itself asks."""
        service = service_of(self.moving.notifier, edit.message.address)
        wait = int(service.seconds_apart * SECOND)
        try:
            service.edit(edit.receipt, edit.message)
        except SlowDown as error:
            wait = max(wait, int(error.after.total_seconds() * SECOND))
            values: dict[str, Any] | None = None
        except WorkspaceDown as error:
            self.moving.pause(service, error, now, done)
            values = None
        except (TargetGone, BadContent) as error:  # deleted, too old, or never to be accepted: it stays as it is
            values = {"error": str(error)}
        except NotifierError as error:
            self._failed(place, edit, now, str(error), wait)
            return
        else:
            done.edited += 1
            values = {"error": None, "edited_at": now, "text_hash": edit.text_hash}
        with self.moving.db.write() as conn:
            self.moving.go_on(conn, place, now, wait=wait)
            if values is not None:
                edits.finish(conn, edit.row, **values)

    def _failed(self, place: Any, edit: Edit, now: int, error: str, wait: int) -> None:
        with self.moving.db.write() as conn:
            self.moving.go_on(conn, place, now, wait=wait)
            if edit.row.attempts + 1 >= ATTEMPTS:
                edits.finish(conn, edit.row, attempts=ATTEMPTS, error=error)
            else:
                edits.again(conn, edit.row, due_at=now + APART, error=error)

    # ------------------------------------------------------------------------------------------- the words

    def _restated(self, conn: Connection, people: Directory, person: Person | None, delivery: Any, now: int) -> Message:
        carried = _latest(notices.of_deliveries(conn, [delivery.id]))
        known = alerts.by_id(conn, list(carried))
        told = Teller(self.book, people, now).tell(conn, list(carried.values()))
        zone = (person.zone if person else None) or self.book.calendars.default.spec.zone
        given = Given.read(conn, known.values(), people, now)
        moved = _handed_over(conn, carried, person)
        standings = {
            alert: self._standing(
                known[alert], row, told.get(row.key), given.of(known[alert]),
                _not_theirs(told.get(row.key), person, people) if alert in moved else None,
            )
            for alert, row in carried.items()
            if alert in known
        }  # fmt: skip
        message = msgspec.convert(delivery.body, Message)
        return edited(message, standings, Reader(message.language, from_us(now), zone))

    def _standing(
        self, alert: Any, row: Any, telling: Telling | None, answer: Answered | None, handed_to: str | None
    ) -> Standing:
        muter = self.book.by_id.get(alert.muted_by or "")
        return Standing(
            telling=None if telling is None else replace(telling, kind=Kind.RESOLVE),
            state=AlertState(alert.state),
            cause=None if alert.cause is None else Cause(alert.cause),
            answer=answer,
            late_since=alert.breach_at if row.kind == Kind.WARN and alert.breached_at is not None else None,
            instead=None if muter is None else muter.title,
            handed_to=handed_to,
        )


def _handed_over(conn: Connection, carried: Mapping[str, Any], person: Person | None) -> set[str]:
    """Of these alerts those that were told anew to somebody else because their record has another owner.

    A channel goes on being told; a person whose deal is now somebody else's has nothing to do about it any more.
    """
    if person is None:
        return set()
    told = notices.of_alerts(conn, carried, (notices.TOLD, notices.CLAIMED, notices.PENDING, notices.HELD))
    return {
        row.alert_id
        for row in told
        if row.kind in (Kind.WARN, Kind.BREACH)
        and row.target != carried[row.alert_id].target
        and row.created_at > carried[row.alert_id].created_at
        and (row.kind, row.n) == (carried[row.alert_id].kind, carried[row.alert_id].n)
    }


def _not_theirs(telling: Telling | None, person: Person | None, people: Directory) -> str | None:
    """Whose a deal is by now, if it is neither this person's nor anybody's below them; "" if it is nobody's."""
    if telling is None or person is None:
        return None
    seen: set[str] = set()
    above = telling.owner
    while above is not None and above not in seen:
        seen.add(above)
        known = people.people.get(above)
        above = None if known is None else known.manager
    return None if person.key in seen else telling.owner_name


def _latest(carried: Sequence[Any]) -> dict[str, Any]:
    """Alert -> the last that a message says of it; what it only counts as settled, or as a backlog, stays as it is."""
    rows = sorted(carried, key=lambda row: (row.created_at, row.edge_at))
    return {row.alert_id: row for row in rows if row.alert_id and row.kind not in (Kind.RESOLVE, BACKLOG)}


def rest(conn: Connection, place: Any, due_at: int | None) -> None:
    """Nothing may go now: the destination is due again then, or when one of its messages is to be edited."""
    moments = [at for at in (due_at, edits.next_due(conn, place.target)) if at is not None]
    leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=min(moments, default=None))
