"""People who own records, as their CRM knows them; e-mail addresses are kept in lower case."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, versions
from stalewatch.store.bulk import Found, Row
from stalewatch.store.tables import people


def upsert(conn: Connection, rows: Sequence[Row]) -> int:
    """Store people; return how many are new or differ. Every row names the same columns."""
    changed = bulk.upsert(conn, people, [{**row, "email": _lower(row.get("email"))} for row in rows])
    if changed:
        _changed(conn, {row["connection"] for row in rows})
    return changed


def _changed(conn: Connection, connections: Collection[str]) -> None:
    """Who may see what may be another now."""
    for connection in sorted(connections):
        versions.rise(conn, versions.people_of(connection))


def _lower(address: str | None) -> str | None:
    return address.strip().lower() if address else None


def read(conn: Connection, connection: str | None = None) -> list[Found]:
    """Everybody, or everybody of one connection, by id."""
    statement = sa.select(people).order_by(people.c.id)
    return list(conn.execute(statement if connection is None else statement.where(people.c.connection == connection)))


def by_id(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """People by their id; unknown ids are missing."""
    return {row.id: row for row in bulk.read(conn, list(people.c), people.c.id, ids)}


def by_email(conn: Connection, address: str) -> list[Found]:
    """The people of all CRMs who have this address, by id."""
    there = sa.select(people).where(people.c.email == _lower(address))
    return list(conn.execute(there.order_by(people.c.id)))


def by_emails(conn: Connection, addresses: Collection[str]) -> dict[str, Found]:
    """The first by id of those who have each of these addresses, by the address in small letters."""
    wanted = {address.strip().lower() for address in addresses}
    rows = bulk.read(conn, list(people.c), people.c.email, wanted)
    return {row.email: row for row in sorted(rows, key=lambda row: row.id, reverse=True)}


def absent(conn: Connection, connection: str, present: Collection[str]) -> int:
    """Everybody of a connection who is not among `present` has left: inactive. Return how many that changed."""
    here = set(present)
    gone = [row.id for row in read(conn, connection) if row.active and row.id not in here]
    if gone:
        _changed(conn, [connection])
    return bulk.update(conn, people, [{"id": id_, "active": False} for id_ in gone], by=("id",))
