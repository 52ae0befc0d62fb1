"""Leads by when they came in, and when anything was last heard of them: what became of them is worked out elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.columns import as_text
from stalewatch.store.expressions import among
from stalewatch.store.reports import Filters
from stalewatch.store.tables import activities, activity_records, leads, people
from stalewatch.store.visibility import Visible, seen_by

_OWN: Final = (
    *("id", "connection", "name", "owner", "team", "url", "is_open", "status", "source", "created_at", "gone_at"),
    *("mql_at", "handed_off_at", "first_touch_at"),
)


def entered(
    conn: Connection, filters: Filters, since: int, until: int, dated: Collection[str], *, visible: Visible | None
) -> list[Found]:
    """The leads that came in in [since, until), vanished ones included, those merged into another left out.

    A lead came in when it became an MQL; one of a connection that cannot tell that, when it was made.

    Args:
        dated: connections that tell when a lead became an MQL; theirs without such a time never became one.

    Returns:
        the columns of leads, `fields` and `unreadable` as text, `entered_at`, `owner_name`, `owner_email`; the last
        to come in first.
    """
    tells = among(conn, leads.c.connection, sorted(dated))
    at = sa.case((tells, leads.c.mql_at), else_=sa.func.coalesce(leads.c.mql_at, leads.c.created_at))
    columns = (
        *(leads.c[name] for name in _OWN), as_text(leads.c.fields), as_text(leads.c.unreadable), at.label("entered_at"),
        people.c.name.label("owner_name"), people.c.email.label("owner_email"),
    )  # fmt: skip
    qualified = sa.or_(leads.c.mql_at.is_not(None), leads.c.status.is_distinct_from("new"), leads.c.is_open.is_(False))
    wanted = [at >= since, at < until, qualified, leads.c.merged_into.is_(None), seen_by(conn, leads, visible)]
    wanted += _narrowed(conn, filters)
    there = sa.select(*columns).select_from(leads).outerjoin(people, people.c.id == leads.c.owner)
    return list(conn.execute(there.where(*wanted).order_by(at.desc(), leads.c.id)))


def last_heard(conn: Connection, ids: Collection[str], upto: int) -> dict[str, int]:
    """By record when the last of its activities was that had begun by then; records without any are left out."""
    found: dict[str, int] = {}
    both = activity_records.join(activities, activities.c.id == activity_records.c.activity_id)
    record, last = activity_records.c.record_id, sa.func.max(activities.c.at)
    for chunk in bulk.chunks(sorted(ids)):
        wanted = (among(conn, record, chunk), activities.c.at <= upto)
        rows = conn.execute(sa.select(record, last).select_from(both).where(*wanted).group_by(record))
        found.update((row[0], row[1]) for row in rows)
    return found


def _narrowed(conn: Connection, filters: Filters) -> list[sa.ColumnElement[bool]]:
    found: list[Any] = []
    if filters.connection is not None:
        found.append(leads.c.connection == filters.connection)
    if filters.team is not None:
        found.append(leads.c.team == filters.team)
    if filters.owners is not None:
        found.append(among(conn, leads.c.owner, sorted(filters.owners)))
    if filters.q:
        found.append(leads.c.name.icontains(filters.q, autoescape=True))
    return found
