"""Who may see a record: one condition that everything which reads records takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.expressions import among
from stalewatch.store.tables import deals, leads


@dataclass(frozen=True, slots=True)
class Visible:
    """The records of these owners (ids of `people`), and these records; None in its place means every record.

    What nobody owns is seen by those alone who see every record. It is worked out anew for each request, so that a
    change of manager shows at once.
    """

    owners: frozenset[str]
    records: frozenset[str] = frozenset()

    def covers(self, owner: str | None, record: str) -> bool:
        """Whether a record of this owner is among them."""
        return owner in self.owners or record in self.records


NOTHING: Final = Visible(frozenset())
"""No record at all."""


def seen_by(conn: Connection, table: sa.Table, visible: Visible | None) -> sa.ColumnElement[bool]:
    """The condition on `table` (deals or leads) under which a record may be shown."""
    return may_see(conn, table.c.owner, table.c.id, visible)


def of_records(conn: Connection, record: sa.ColumnElement[Any], visible: Visible | None) -> sa.ColumnElement[bool]:
    """The same where only the record's id stands: on clocks, alerts and answers."""
    return sa.true() if visible is None else record.in_(seen_ids(conn, visible))


def seen_ids(conn: Connection, visible: Visible) -> sa.CompoundSelect[tuple[str]]:
    """SELECT of the ids of the records that may be seen."""
    return sa.union_all(*(sa.select(table.c.id).where(seen_by(conn, table, visible)) for table in (deals, leads)))


def may_see(
    conn: Connection, owner: sa.ColumnElement[Any], record: sa.ColumnElement[Any], visible: Visible | None
) -> sa.ColumnElement[bool]:
    """The same on any statement in which a record's owner and id stand in these columns."""
    if visible is None:
        return sa.true()
    owned = among(conn, owner, sorted(visible.owners))
    return sa.or_(owned, among(conn, record, sorted(visible.records))) if visible.records else owned
