"""What the messenger told of the people whom we write to: the language and the time zone that they set there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, versions
from stalewatch.store.bulk import Found, Row
from stalewatch.store.tables import habits


def note(conn: Connection, rows: Sequence[Row]) -> None:
    """Write down what was told, by the address that was asked about (an e-mail address or an id of the messenger).

    Every row names address, member (None: nobody is there), language, zone and asked_at.
    """
    if bulk.upsert(conn, habits, rows):
        versions.rise(conn, versions.HABITS)


def read(conn: Connection) -> dict[str, Found]:
    """Everything that was told, by address."""
    return {row.address: row for row in conn.execute(sa.select(habits))}
