"""Limits that the history suggested: those of each month, until a year is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, facts
from stalewatch.store.tables import limit_suggestions

DONE: Final = "suggestions.month"
"""The fact that says of which month they were worked out last."""
KEPT: Final = 13
"""Months that are kept."""


class Suggested(NamedTuple):
    """A limit in days of age for one group; None: for all of them.

    Attributes:
        about: "deal", or of leads "conversion" or "hand_off".
        low, high: between which the day lies nineteen times of twenty; None where the draws do not agree.
    """

    about: str
    pipeline: str | None
    stage: str | None
    segment: str | None
    day: int
    low: int | None
    high: int | None
    won: int
    lost: int
    open: int


def is_done(conn: Connection, month: str) -> bool:
    """Whether a month's were worked out, whatever came of it."""
    return bool(facts.read(conn, DONE) == month)


def keep(conn: Connection, month: str, some: Sequence[Suggested]) -> None:
    """Let these be the suggestions of a month ("2026-11"), whatever was kept of it."""
    conn.execute(sa.delete(limit_suggestions).where(limit_suggestions.c.month == month))
    rows = [{"month": month, "number": number, **one._asdict()} for number, one in enumerate(some)]
    bulk.insert(conn, limit_suggestions, rows)
    facts.write(conn, DONE, month)
    known = sorted(conn.scalars(sa.select(limit_suggestions.c.month).distinct()))
    conn.execute(sa.delete(limit_suggestions).where(limit_suggestions.c.month.in_(known[:-KEPT])))


def latest(conn: Connection) -> tuple[Suggested, ...]:
    """The suggestions of the month that was worked out last, in the order in which they were kept."""
    own = [limit_suggestions.c[name] for name in Suggested._fields]
    there = sa.select(*own).where(limit_suggestions.c.month == facts.read(conn, DONE))
    return tuple(Suggested(*row) for row in conn.execute(there.order_by(limit_suggestions.c.number)))
