"""Whom a rule concerns now: how many of its late records each owner has."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.alerts import IS_OPEN
from stalewatch.store.bulk import Found
from stalewatch.store.tables import alerts, deals, leads, people
from stalewatch.store.visibility import Visible, may_see


def late_by_owner(conn: Connection, rule: str, *, visible: Visible | None, limit: int) -> list[Found]:
    """(owner, name, email, many) of those with alerts of a rule beyond their limit, the most first; `owner` is None
    for what nobody owns."""
    owner = sa.func.coalesce(deals.c.owner, leads.c.owner)
    record = alerts.outerjoin(deals, deals.c.id == alerts.c.record_id)
    record = record.outerjoin(leads, leads.c.id == alerts.c.record_id).outerjoin(people, people.c.id == owner)
    many = sa.func.count().label("many")
    columns = (owner.label("owner"), people.c.name.label("name"), people.c.email.label("email"))
    late = (alerts.c.rule_id == rule, IS_OPEN, alerts.c.breached_at.is_not(None))
    there = sa.select(*columns, many).select_from(record)
    mine = there.where(*late, may_see(conn, owner, alerts.c.record_id, visible)).group_by(owner, *columns[1:])
    return list(conn.execute(mine.order_by(many.desc(), people.c.name, owner).limit(limit)))
