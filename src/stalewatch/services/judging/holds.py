"""What the waits of a deal make of its fields: clocks that name those stand still (rules.md, "Waits").

All waits are kept; the fields show the latest. While it runs the deal is on hold. When its day comes only that is over;
what ends it before its day (an event, a person) empties the other fields as well, which is how clocks see that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from stalewatch.services.judging import arming
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes, records, waits
from stalewatch.store.engine import Connection

Row = dict[str, Any]
SHOWN: Final = ("on_hold", "hold_set_at", "hold_until", "hold_reason", "wait_count")
"""The fields that follow from the waits of a deal."""
BY_DATE: Final = "date"
"""Why a wait ended (`waits.ended_because`): its day came. Everything else ended it before its day."""
_PAGE: Final = 500


def refresh(conn: Connection, book: Rulebook, ids: Collection[str], now: int, *, at: int | None = None) -> None:
    """Bring the fields of these deals in line with their waits, with their past, and judge the deals anew.

    A deal that never waited stays as it is.

    Args:
        at: when it came about (µs), if that was before `now`; the past of the fields says so.
    """
    told = {record: _shown(list(mine)) for record, mine in groupby(waits.read(conn, ids), attrgetter("record_id"))}
    objects = {record: obj for record, obj in records.objects(conn, told).items() if obj != "lead"}
    for obj in sorted(set(objects.values())):
        mine = sorted(record for record in objects if objects[record] == obj)
        before = records.columns(conn, obj, mine, [*SHOWN, "created_at"])
        _note(conn, told, before, now if at is None else at, now)
        records.update(conn, obj, [{"id": record, **told[record]} for record in mine])
        arming.judge(conn, book, obj, mine, coverage(conn), now)


def kept(conn: Connection, rows: Sequence[Row]) -> list[Row]:
    """Rows of deals as a CRM has them, without a hold of its own where one of ours runs.

    A CRM that is not told of our wait, or not yet, would empty it with the next word about the deal.
    """
    naming = [row["id"] for row in rows if not row.keys().isdisjoint(SHOWN)]
    waiting = waits.running(conn, naming) if naming else ()
    return [
        {name: value for name, value in row.items() if name not in SHOWN} if row["id"] in waiting else row
        for row in rows
    ]


def end(conn: Connection, book: Rulebook, wait_ids: Collection[str], at: int, because: str, now: int) -> list[str]:
    """End waits that run, and let their deals go on; returns the deals that waited.

    Args:
        at: when it ended (µs), not after `now`.
        because: `customer_reply`, `meeting_over`, `replaced`, `by_hand` or `BY_DATE`.
    """
    waited = waits.end(conn, wait_ids, at, because)
    refresh(conn, book, waited, now, at=at)
    return waited


def lapse(conn: Connection, book: Rulebook, now: int) -> int:
    """End the waits whose day has come, some hundred at a time; returns how many there were."""
    over = waits.over(conn, now, _PAGE)
    for moment, mine in groupby(over, attrgetter("due_at")):
        end(conn, book, [row.id for row in mine], moment, BY_DATE, now)
    return len(over)


def _shown(mine: Sequence[Any]) -> Row:
    """The fields as the waits of one deal have them, which come in the order of time."""
    last = mine[-1]
    there = last.ended_at is None or last.ended_because == BY_DATE
    return {
        "on_hold": last.ended_at is None,
        "hold_set_at": last.set_at if there else None,
        "hold_until": last.until_day if there else None,
        "hold_reason": last.reason if there else None,
        "wait_count": len(mine),
    }


def _note(conn: Connection, told: dict[str, Row], before: dict[str, list[Any]], at: int, now: int) -> None:
    """What changed of the fields, behind everything that is known of their past."""
    last = changes.latest(conn, before["id"], SHOWN)
    rows: list[Row] = []
    for position, record in enumerate(before["id"]):
        differing = [name for name in SHOWN if before[name][position] != told[record][name]]
        created = before["created_at"][position] or 0
        moment = max([at, *(last.get((record, name), created) + 1 for name in differing)])
        for name in differing:
            if (record, name) not in last:
                rows.append(_change(record, name, created, before[name][position], now))
            rows.append(_change(record, name, moment, told[record][name], now))
    changes.append(conn, rows)


def _change(record: str, name: str, at: int, value: Any, now: int) -> Row:
    return {
        "record_id": record, "field": name, "at": at, "ordinal": 0, "value": value, "source": "stalewatch",
        "seen_at": now,
    }  # fmt: skip
