"""Who may see a record: one condition that every list of records takes."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.expressions import among


@dataclass(frozen=True, slots=True)
class Visible:
    """The records of these owners (ids of `people`) and no others; None in its place means every record.

    It is worked out anew for each request, so that a change of manager shows at once.
    """

    owners: frozenset[str]


def seen_by(conn: Connection, table: sa.Table, visible: Visible | None) -> sa.ColumnElement[bool]:
    """The condition on `table` (deals or leads) under which a record may be shown."""
    return sa.true() if visible is None else among(conn, table.c.owner, sorted(visible.owners))
