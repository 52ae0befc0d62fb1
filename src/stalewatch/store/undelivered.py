"""What reached nobody, and what has come to a halt: read for the dashboard, and counted for each of its pages.

Messages name records: whoever sees some records (`visible`) sees the messages about them, and nothing at a halt.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.notices import CLAIMED, HELD
from stalewatch.store.outbox import UNFINISHED
from stalewatch.store.tables import connections, deals, deliveries, destinations, leads, notices
from stalewatch.store.visibility import Visible, seen_by

ENDED: Final = ("dead", "parked")

_IS_HELD: Final = notices.c.state == sa.literal_column(f"'{HELD}'")
"""Written out and not bound: only so does a database know that `ix_notices_held` has all of them."""
_HAS_ENDED: Final = deliveries.c.state.in_([sa.literal_column(f"'{state}'") for state in ENDED])
"""Given up, or of unknown fate; likewise for `ix_deliveries_ended`."""


def count(conn: Connection, *, visible: Visible | None, but: str, most: int) -> int:
    """How many messages reached nobody and how many things are at a halt, in one statement.

    Of each kind of message up to `most` are counted. Notices held for the reason `but` are not.
    """
    of_held, of_stuck = _held(conn, visible, but), _stuck(conn, visible)
    counts = [
        _up_to(most, sa.select(sa.literal(1)).select_from(notices).where(*of_held)),
        _up_to(most, sa.select(sa.literal(1)).select_from(deliveries).where(*of_stuck)),
    ]
    if visible is None:
        counts += [
            sa.select(sa.func.count()).select_from(connections).where(connections.c.parked_at.is_not(None)),
            sa.select(sa.func.count()).select_from(destinations).where(destinations.c.parked_at.is_not(None)),
            sa.select(sa.func.count(sa.distinct(destinations.c.paused_reason))),
        ]
    return sum(conn.execute(sa.select(*(one.scalar_subquery() for one in counts))).one())


def held(conn: Connection, *, visible: Visible | None, but: str, limit: int) -> list[Found]:
    """Notices that are held for another reason than `but`, by reason, and the oldest first."""
    there = sa.select(notices).where(*_held(conn, visible, but))
    return list(conn.execute(there.order_by(notices.c.reason, notices.c.created_at, notices.c.key).limit(limit)))


def held_by_reason(conn: Connection, *, visible: Visible | None, but: str) -> dict[str, int]:
    """How many notices are held for each reason but one."""
    wanted = _held(conn, visible, but)
    statement = sa.select(notices.c.reason, sa.func.count()).where(*wanted).group_by(notices.c.reason)
    return {row[0] or "": row[1] for row in conn.execute(statement.order_by(notices.c.reason))}


def stuck(conn: Connection, *, visible: Visible | None, limit: int) -> list[Found]:
    """Deliveries that are dead or parked and still carry something nobody was told, the oldest first."""
    there = sa.select(deliveries).where(*_stuck(conn, visible))
    return list(conn.execute(there.order_by(deliveries.c.created_at, deliveries.c.id).limit(limit)))


def stuck_by_state(conn: Connection, *, visible: Visible | None) -> dict[str, int]:
    """How many of them there are, by state."""
    statement = sa.select(deliveries.c.state, sa.func.count()).where(*_stuck(conn, visible))
    return {row[0]: row[1] for row in conn.execute(statement.group_by(deliveries.c.state))}


def carried(conn: Connection, delivery_ids: Collection[str], *, visible: Visible | None) -> list[Found]:
    """What these deliveries still carry, the oldest first."""
    mine = (among(conn, notices.c.delivery_id, sorted(delivery_ids)), notices.c.state == CLAIMED)
    there = sa.select(notices).where(*mine, _about(conn, visible))
    return list(conn.execute(there.order_by(notices.c.created_at, notices.c.key)))


def under_way(conn: Connection) -> int:
    """How many deliveries are not finished, and go on by themselves."""
    wanted = deliveries.c.state.in_(UNFINISHED)
    return conn.execute(sa.select(sa.func.count()).select_from(deliveries).where(wanted)).scalar_one()


def _held(conn: Connection, visible: Visible | None, but: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_IS_HELD, notices.c.reason.is_distinct_from(but), _about(conn, visible))


def _stuck(conn: Connection, visible: Visible | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Ended, while it still carries something that nobody was told."""
    carries = (notices.c.delivery_id == deliveries.c.id, notices.c.state == CLAIMED)
    return (_HAS_ENDED, sa.exists().where(*carries, _about(conn, visible)))


def _about(conn: Connection, visible: Visible | None) -> sa.ColumnElement[bool]:
    """The condition on notices under which one is about a record that may be seen."""
    if visible is None:
        return sa.true()
    some = (sa.exists().where(one.c.id == notices.c.record_id, seen_by(conn, one, visible)) for one in (deals, leads))
    return sa.or_(*some)


def _up_to(most: int, rows: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(rows.limit(most).subquery())
