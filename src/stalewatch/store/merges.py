"""Two records that became one: whatever belongs to the old one is given to the new one.

Each function takes the ids of old records with the id of the new one, and may be called again: what went over is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.domain.writebacks import WriteState
from stalewatch.sdk.writing import Kind
from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among, among_given, given, is_sqlite
from stalewatch.store.tables import (
    activity_records,
    alerts,
    answers,
    changes,
    deals,
    leads,
    links,
    loss_answers,
    losses,
    notices,
    partner_reports,
    waits,
    writebacks,
)

Merged = Mapping[str, str]
"""Old id to new id."""
_UNDONE: Final = tuple(state.value for state in WriteState if not state.is_terminal)
_NEVER: Final = 0
"""A version that is older than any: nobody has seen the record."""


def mark(conn: Connection, merged: Merged, at: int) -> None:
    """Note that these records are not there any more, and which ones stand for them."""
    rows = [{"id": old, "merged_into": new} for old, new in sorted(merged.items())]
    for table in (deals, leads):
        bulk.update(conn, table, rows, by=("id",))
        gone = sa.and_(among(conn, table.c.id, sorted(merged)), table.c.gone_at.is_(None))
        bulk.set_where(conn, table, gone, {"gone_at": at})


def known(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Of those of these records that became one with another, the id of that one; a chain is followed to its end."""
    found: dict[str, str] = {}
    for table in (deals, leads):
        rows = bulk.read(conn, [table.c.id, table.c.merged_into], table.c.id, ids)
        found.update((row[0], row[1]) for row in rows if row[1] is not None)
    beyond = known(conn, set(found.values()) - set(ids)) if found else {}
    return {old: beyond.get(new, new) for old, new in found.items()}


def alerts_of(conn: Connection, ids: Collection[str]) -> list[Found]:
    """Every episode of these records, held until the transaction ends, in the order of ids."""
    there = sa.select(alerts).where(among(conn, alerts.c.record_id, sorted(ids))).order_by(alerts.c.id)
    return list(conn.execute(there.with_for_update()))


def move_alerts(conn: Connection, merged: Merged, objects: Mapping[str, str], at: int) -> None:
    """Let the alerts of old records, and what was and will be said of them, be those of the new ones.

    Args:
        objects: of each new record.
    """
    for old, new in sorted(merged.items()):
        mine = sa.select(alerts.c.id).where(alerts.c.record_id == old)
        conn.execute(sa.update(notices).where(notices.c.alert_id.in_(mine)).values(record_id=new))
        first = sa.func.coalesce(alerts.c.moved_from, alerts.c.record_id)
        moved = {"record_id": new, "object": objects[new], "moved_from": first, "updated_at": at}
        bulk.set_where(conn, alerts, alerts.c.record_id == old, {**moved, "version": alerts.c.version + 1})


def moved_away(conn: Connection, ids: Collection[str]) -> dict[str, set[str]]:
    """Per record the fingerprints of problems of its own that are another record's now; most have none."""
    found: dict[str, set[str]] = {}
    for chunk in bulk.chunks(sorted(ids)):
        for record, fingerprint in conn.execute(_away(lite=is_sqlite(conn)), given(conn, chunk)):
            found.setdefault(record, set()).add(fingerprint)
    return found


@cache
def _away(*, lite: bool) -> sa.Select[Any]:
    """Built once, as what else every tick asks."""
    first = alerts.c.moved_from
    moved = (first.is_not(None), among_given(first, lite=lite), first != alerts.c.record_id)
    return sa.select(first, alerts.c.fingerprint).where(*moved)


def give_notices(conn: Connection, keys: Collection[str], alert_id: str) -> None:
    """Let these notices, which wait to be said, be said of another alert."""
    there = sa.and_(among(conn, notices.c.key, sorted(keys)), notices.c.state.in_(("pending", "held")))
    conn.execute(sa.update(notices).where(there).values(alert_id=alert_id))


def move_waits(conn: Connection, merged: Merged) -> None:
    """Let the waits of old records be those of the new ones."""
    for old, new in sorted(merged.items()):
        conn.execute(sa.update(waits).where(waits.c.record_id == old).values(record_id=new))


def move_answers(conn: Connection, merged: Merged) -> None:
    """Let what was answered about old records, here and outside, and that they were lost, be said of the new ones."""
    for old, new in sorted(merged.items()):
        for table in (answers, losses, links, loss_answers, partner_reports):
            conn.execute(sa.update(table).where(table.c.record_id == old).values(record_id=new))


def move_writebacks(conn: Connection, merged: Merged, objects: Mapping[str, str]) -> None:
    """Let what is to be written into old records, and was, be written into the new ones.

    Nobody who asked has seen these: what would overwrite something there ends as a conflict, whatever its version.

    Args:
        objects: of each new record.
    """
    for old, new in sorted(merged.items()):
        there = sa.update(writebacks).where(writebacks.c.record_id == old)
        overwrites = writebacks.c.kind.in_((Kind.FIELDS.value, Kind.LOST.value)) & writebacks.c.state.in_(_UNDONE)
        conn.execute(there.where(overwrites).values(seen_version=_NEVER))
        conn.execute(there.values(record_id=new, object=objects[new]))


def move_activities(conn: Connection, merged: Merged) -> None:
    """Let what happened around old records have happened around the new ones."""
    link = activity_records.c
    for old, new in sorted(merged.items()):
        mine = sa.select(link.activity_id).where(link.record_id == old)
        rows = [{"record_id": new, "activity_id": one} for one in conn.scalars(mine)]
        bulk.insert(conn, activity_records, rows)
        bulk.delete_where(conn, activity_records, link.record_id == old)


def fields_changed(conn: Connection, ids: Collection[str]) -> Sequence[Found]:
    """Every change that is kept of these records (record_id, field, at, ordinal, value, source, seen_at), in order."""
    there = sa.select(changes).where(among(conn, changes.c.record_id, sorted(ids)))
    return list(conn.execute(there.order_by(*changes.primary_key)))
