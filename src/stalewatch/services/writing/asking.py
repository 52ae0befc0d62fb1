"""Ask for a write: it is put down in the caller's transaction, and written by whoever works next.

What follows from the same word here (a hold, an alert that is done with) is the caller's, and never waits for the CRM.
"""

from __future__ import annotations

from enum import StrEnum
from secrets import token_hex
from typing import Any

from stalewatch.domain.writebacks import Writeback, WriteState
from stalewatch.sdk.errors import StalewatchError
from stalewatch.sdk.writing import Fields, Kind, Lost, Meeting, Note, Task, Wish, kind_of
from stalewatch.services.writing.wishes import document_of, seen_of
from stalewatch.store import audit, writebacks
from stalewatch.store.engine import Connection


class Why(StrEnum):
    """Why something is not written."""

    OFF = "off"  # the connection's `writeback` is none
    NOTES_ONLY = "notes_only"  # it is notes, and this changes the record itself
    GONE = "gone"  # the record is not there any more
    CLOSED = "closed"  # a deal that is closed cannot be lost
    NO_DEAL = "no_deal"  # only deals are lost
    EMPTY = "empty"  # nothing was given to be written
    BACKWARDS = "backwards"  # a meeting that ends before it begins
    TOO_OLD = "too_old"  # nobody could write it for a day
    NEEDED = "needed"  # what had to be written before was not
    NO_CONNECTION = "no_connection"  # its connection is not configured any more
    BY_HAND = writebacks.DROPPED  # somebody said so


class NotAllowed(StalewatchError):
    """Nothing is written: the configuration, or the record, does not allow it."""

    def __init__(self, why: Why, what: str, *, where: str, cure: str | None = None) -> None:
        super().__init__(what, where=where, cure=cure)
        self.why = why


def ask(
    conn: Connection, allowed: Writeback, record: Any, wish: Wish, *, actor: str, now: int,
    seen_version: int | None = None, needs: str | None = None, alert: str | None = None,
) -> str:  # fmt: skip
    """Ask for one write; returns its id, which is also its marker in the CRM.

    Args:
        allowed: what the connection's `writeback` says.
        record: its stored row.
        actor: who asks, by id or address, for the audit log.
        seen_version: the record's `modified_at` as the person saw it; None: as it is stored now.
        needs: id of a write that has to be done before, and without which this one is not.
        alert: that was answered with it.

    Raises:
        NotAllowed: in words, and by a reason.
    """
    check(allowed, record, wish)
    write_id = token_hex(8)
    seen = record.modified_at if seen_version is None else seen_version
    document, shown = document_of(wish), seen_of(record, wish)
    writebacks.add(conn, {
        "id": write_id, "connection": record.connection, "record_id": record.id, "object": record.object,
        "kind": kind_of(wish).value, "wish": document, "actor": actor, "state": WriteState.ASKED.value,
        "alert_id": alert, "needs_id": needs, "seen_version": seen, "due_at": now,
        "asked_at": _next(conn, record.id, now), "answer": {"seen": shown},
    })  # fmt: skip
    after = {"write": write_id, "kind": kind_of(wish).value, "wish": document}
    audit.add(conn, at=now, actor=actor, action="crm.ask", obj=record.id, before=shown, after=after, request=write_id)
    return write_id


def _next(conn: Connection, record: str, now: int) -> int:
    """Its place among the writes of its record: after all that were asked for before, however the clock stands."""
    before = writebacks.of_record(conn, record)
    return max(now, before[-1].asked_at + 1) if before else now


def check(allowed: Writeback, record: Any, wish: Wish) -> None:
    """See whether this may be asked for at all.

    Raises:
        NotAllowed: in words, and by a reason.
    """
    kind = kind_of(wish)
    if not allowed.takes(kind):
        least = Writeback.FIELDS if allowed is Writeback.NOTES else Writeback.NOTES
        least = Writeback.FIELDS if kind in (Kind.FIELDS, Kind.LOST) else least
        why, what = (Why.OFF, "nothing") if allowed is Writeback.NONE else (Why.NOTES_ONLY, "notes, tasks and meetings")
        raise NotAllowed(
            why, f"{what} may be written into the CRM of {record.connection}", where=record.id,
            cure=f"set `writeback: {least.value}` at that connection",
        )  # fmt: skip
    wrong = _wrong(record, wish)
    if wrong is not None:
        raise NotAllowed(*wrong, where=record.id)


def _wrong(record: Any, wish: Wish) -> tuple[Why, str] | None:
    if record.gone_at is not None:
        return Why.GONE, "the CRM does not show this record any more"
    if isinstance(wish, Lost):
        return _not_losable(record)
    if isinstance(wish, Meeting) and wish.ends_at <= wish.starts_at:
        return Why.BACKWARDS, "the meeting ends before it begins"
    is_empty = isinstance(wish, Fields) and not wish.given
    if is_empty or (isinstance(wish, Note | Task) and not wish.text.strip()):
        return Why.EMPTY, "nothing was given to be written"
    return None


def _not_losable(record: Any) -> tuple[Why, str] | None:
    if record.object == "lead":
        return Why.NO_DEAL, "only deals are lost"
    return None if record.is_open else (Why.CLOSED, "the deal is closed already")
