"""What people have to do, at a glance: the open alerts of some owners, what is coming, and counts by owner.

`owners` are ids of people; None means everybody's records.
"""

from __future__ import annotations

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.tables import alerts, clocks, connections, deals, leads

Owners = Collection[str] | None

_STATES: Final = ("open", "backlog", "snoozed", "claimed", "waiting")
"""Of alerts that are not over and not in shadow."""


def unsettled(conn: Connection, of_leads: bool, owners: Owners) -> list[Found]:
    """The alerts that are not over, of deals or of leads, the gravest and longest over first.

    Each with the `owner` and the `amount` (hundredths of the project's currency) of its record.
    """
    table = _table(of_leads)
    there = sa.select(*alerts.c, table.c.owner, _amount(table)).join(table, table.c.id == alerts.c.record_id)
    some = there.where(alerts.c.state.in_(_STATES), *_present(conn, table, owners))
    return list(conn.execute(some.order_by(_gravity().desc(), alerts.c.breach_at, alerts.c.id)))


def coming(conn: Connection, of_leads: bool, owners: Owners, *, now: int, until: int, limit: int) -> list[Found]:
    """(record_id, object, owner, amount, entries as text) of records of which a deadline breaks in (now, until].

    The first due first; without those that are late already.
    """
    table, each = _table(of_leads), _by_record(now)
    columns = (clocks.c.record_id, table.c.object, table.c.owner, _amount(table), clocks.c.entries)
    there = sa.select(*columns).join(table, table.c.id == clocks.c.record_id)
    there = there.outerjoin(each, each.c.record_id == table.c.id)
    not_late = sa.func.coalesce(each.c.late, 0) == 0
    some = there.where(*_breaking(now, until), not_late, *_present(conn, table, owners))
    return list(conn.execute(some.order_by(clocks.c.breach_at, clocks.c.record_id).limit(limit)))


def unopened(**values: Any) -> Any:
    """What is known of an alert that has not opened, as a row: every other column of it is None."""
    return SimpleNamespace(**{**dict.fromkeys(alerts.c.keys()), **values})


def late_by_owner(conn: Connection, of_leads: bool, owners: Owners, now: int) -> list[Found]:
    """(owner, late, amount, resting): records that wait for an answer with their amounts, and those that rest."""
    table, each = _table(of_leads), _by_record(now)
    is_resting = sa.and_(each.c.late == 0, each.c.resting == 1)
    columns = (
        table.c.owner,
        sa.func.sum(each.c.late).label("late"),
        sa.func.sum(sa.case((each.c.late == 1, _amount(table)), else_=0)).label("amount"),
        sa.func.sum(sa.case((is_resting, 1), else_=0)).label("resting"),
    )
    there = sa.select(*columns).join(each, each.c.record_id == table.c.id).where(*_present(conn, table, owners))
    return list(conn.execute(there.group_by(table.c.owner)))


def worst(conn: Connection, of_leads: bool, owners: Owners, now: int, limit: int) -> list[Found]:
    """The late alerts of the few records that are the gravest, among them those that are over for longest."""
    table = _table(of_leads)
    gravest = (sa.func.max(_gravity()).desc(), sa.func.min(alerts.c.breach_at), alerts.c.record_id)
    there = sa.select(alerts.c.record_id).join(table, table.c.id == alerts.c.record_id)
    some = there.where(_asked(now), *_present(conn, table, owners)).group_by(alerts.c.record_id)
    ids = list(conn.scalars(some.order_by(*gravest).limit(limit)))
    return list(conn.execute(sa.select(alerts).where(among(conn, alerts.c.record_id, ids), _asked(now))))


def owners_of_open(conn: Connection, of_leads: bool, owners: Owners) -> list[str]:
    """Those who own open records."""
    table = _table(of_leads)
    there = sa.select(table.c.owner).where(table.c.owner.is_not(None), *_present(conn, table, owners))
    return list(conn.scalars(there.distinct()))


def _by_record(now: int) -> sa.Subquery:
    """(record_id, late, resting): 1 where any of its alerts waits for an answer, and where any rests."""
    late, resting = (sa.func.max(sa.case((one, 1), else_=0)) for one in (_asked(now), _resting(now)))
    columns = (alerts.c.record_id, late.label("late"), resting.label("resting"))
    there = sa.select(*columns).where(alerts.c.state.in_(_STATES))
    return there.group_by(alerts.c.record_id).subquery("each_record")


def _asked(now: int) -> sa.ColumnElement[bool]:
    """Late, and nobody has answered."""
    is_open = alerts.c.state.in_(("open", "backlog"))
    return sa.and_(alerts.c.breached_at.is_not(None), is_open, sa.not_(_resting(now)))


def _resting(now: int) -> sa.ColumnElement[bool]:
    """Somebody answered, and until then nothing is said."""
    is_hushed = sa.func.coalesce(alerts.c.hushed_until, 0) > now
    return sa.or_(alerts.c.state.in_(("snoozed", "claimed", "waiting")), is_hushed)


def _table(of_leads: bool) -> sa.Table:
    return leads if of_leads else deals


def _amount(table: sa.Table) -> sa.ColumnElement[Any]:
    amount = sa.func.coalesce(table.c.amount, 0) if "amount" in table.c else sa.literal(0)
    return amount.label("amount")


def _present(conn: Connection, table: sa.Table, owners: Owners) -> tuple[sa.ColumnElement[bool], ...]:
    mine = sa.true() if owners is None else among(conn, table.c.owner, sorted(owners))
    return (table.c.is_open, table.c.gone_at.is_(None), mine)


def _breaking(now: int, until: int) -> tuple[sa.ColumnElement[bool], ...]:
    """An edge lies no later than the breach, so the index over edges, which begins with the connection, finds it."""
    everywhere = clocks.c.connection.in_(sa.select(connections.c.id))
    return (everywhere, clocks.c.next_at <= until, clocks.c.breach_at > now, clocks.c.breach_at <= until)


def _gravity() -> sa.ColumnElement[int]:
    return sa.case({"info": 1, "warning": 2, "critical": 3}, value=alerts.c.severity, else_=0)
