"""Whether a tick has anything to do: one statement, however much is stored.

Most ticks find nothing. Every search of this one ends at the first entry of an index, above the watermark.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.clocks import TICKED
from stalewatch.store.tables import alerts, clocks, connections, facts, notices, waits
from stalewatch.store.trails import records_aside

_IS_HELD: Final = sa.text("notices.state = 'held'")
"""Written out, not as a parameter: only so may SQLite use the index over what is held."""


def pulse(conn: Connection, now: int, held_for: str, fact: str) -> Sequence[Found]:
    """What there is to do on each connection, by id.

    A row has id, first_sync_at, data_at, `seen` (the watermark; None: it was never ticked), `edge` (the earliest edge
    of a clock above it), `timer` (whether an alert's timer is due by `now`); and, the same in every row, `wait` (when
    the next day of a wait comes), `held` (whether a notice is held for the reason `held_for`) and `said` (the value
    of `fact`).
    """
    return conn.execute(_statement(), {"now": now, "held_for": held_for, "fact": fact}).all()


@cache
def _statement() -> sa.Select[Any]:
    """Built once: putting it together costs more than running it."""
    mine = connections.c.id
    watermark = sa.cast(sa.type_coerce(facts.c.value, sa.Text()), sa.BigInteger())
    ticked = sa.select(watermark).where(facts.c.key == sa.literal(TICKED, sa.Text()) + mine)
    seen = ticked.correlate(connections).scalar_subquery()
    ahead = sa.select(clocks.c.next_at).where(clocks.c.connection == mine, clocks.c.next_at >= seen)
    edge = ahead.order_by(clocks.c.next_at).limit(1).correlate(connections).scalar_subquery()
    is_past = alerts.c.due_at <= sa.bindparam("now", type_=sa.BigInteger())
    rings = (is_past, alerts.c.connection == mine, alerts.c.record_id.not_in(records_aside()))
    timer = sa.exists(sa.select(sa.literal(1)).select_from(alerts).where(*rings).correlate(connections))
    days = (waits.c.ended_at.is_(None), waits.c.due_at.is_not(None))
    day = sa.select(sa.func.min(waits.c.due_at)).where(*days).scalar_subquery()
    holds = sa.select(sa.literal(1)).select_from(notices).where(_IS_HELD, notices.c.reason == sa.bindparam("held_for"))
    fact = facts.alias("fact")
    said = sa.select(fact.c.value).where(fact.c.key == sa.bindparam("fact")).scalar_subquery()
    columns = (mine, connections.c.first_sync_at, connections.c.data_at)
    found = (seen.label("seen"), edge.label("edge"), timer.label("timer"))
    shared = (day.label("wait"), sa.exists(holds).label("held"), said.label("said"))
    return sa.select(*columns, *found, *shared).order_by(mine)
