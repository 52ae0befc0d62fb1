"""Whom a rule concerns now: how many of its late records each owner has."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.alerts import IS_LATE
from stalewatch.store.bulk import Found
from stalewatch.store.tables import alerts, people, stalled
from stalewatch.store.visibility import Visible, may_see


def late_by_owner(conn: Connection, rule: str, *, visible: Visible | None, limit: int) -> list[Found]:
    """(owner, name, email, many) of those with stalled records that are late by a rule, the most alerts first; `owner`
    is None for what nobody owns."""
    late = (alerts.c.rule_id == rule, IS_LATE, may_see(conn, stalled.c.owner, stalled.c.record_id, visible))
    many = sa.func.count().label("many")
    each = sa.select(stalled.c.owner, many).select_from(alerts.join(stalled, stalled.c.record_id == alerts.c.record_id))
    mine = each.where(*late).group_by(stalled.c.owner).subquery("mine")
    there = sa.select(mine.c.owner, people.c.name, people.c.email, mine.c.many).select_from(
        mine.outerjoin(people, people.c.id == mine.c.owner)
    )
    return list(conn.execute(there.order_by(mine.c.many.desc(), people.c.name, mine.c.owner).limit(limit)))
