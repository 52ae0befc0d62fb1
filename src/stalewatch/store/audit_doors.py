"""The two ways into the audit log besides adding to it: what is old enough goes, and a name becomes a pseudonym.

The database lets nothing else through. Its triggers ask for a permit: a row that lives inside one transaction only, and
whose making is a row of the log itself. A pseudonym is let through if putting the needle back gives the old row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.columns import as_text
from stalewatch.store.tables import audit, audit_permits

MAY_HOLD: Final = ("actor", "object", "before", "after", "request")
"""Columns that may name somebody."""


def expire(conn: Connection, *, before: int, at: int, actor: str, limit: int) -> int:
    """Delete up to `limit` rows from before an instant, the oldest first; return how many there were.

    Raises:
        IntegrityError: `before` is less than a year before `at`.
    """
    old = sa.select(audit.c.id).where(audit.c.at < before).order_by(audit.c.id).limit(limit)
    ids = list(conn.scalars(old))
    if not ids:
        return 0
    with _permit(conn, at=at, actor=actor, before=before):
        return conn.execute(sa.delete(audit).where(audit.c.id.in_(ids))).rowcount


def holding(conn: Connection, needle: str) -> int:
    """How many rows hold a text, in upper or lower case."""
    return conn.execute(sa.select(sa.func.count()).select_from(audit).where(_holds(needle))).scalar_one()


def texts(conn: Connection, needle: str) -> Iterator[str]:
    """Every text of the rows that hold a text, in upper or lower case."""
    columns = [as_text(audit.c[name]) for name in MAY_HOLD]
    for row in conn.execute(sa.select(*columns).where(_holds(needle))):
        yield from (text for text in row if text is not None)


def pseudonymise(
    conn: Connection, needle: str, pseudonym: str, *, put: Callable[[str], str], at: int, actor: str
) -> int:
    """Put a pseudonym in the place of a text wherever `put` does so; return how many rows changed.

    Args:
        put: replaces the needle, in this very spelling, by the pseudonym, and does nothing else to a text.
        actor: who asks for it.
    """
    columns = [as_text(audit.c[name]) for name in MAY_HOLD]
    rows = conn.execute(sa.select(audit.c.id, *columns).where(_holds(needle))).all()
    changes = [(row[0], _changed(row, put)) for row in rows]
    changes = [(id_, values) for id_, values in changes if values]
    if not changes:
        return 0
    with _permit(conn, at=at, actor=actor, needle=needle, pseudonym=pseudonym):
        for id_, values in changes:
            literal = {name: sa.literal(text, sa.Text()) for name, text in values.items()}
            conn.execute(sa.update(audit).where(audit.c.id == id_).values(literal))
    return len(changes)


def _changed(row: sa.Row[tuple[object, ...]], put: Callable[[str], str]) -> dict[str, str]:
    texts = {name: row._mapping[name] for name in MAY_HOLD}
    put_in = {name: put(text) for name, text in texts.items() if text is not None}
    return {name: text for name, text in put_in.items() if text != texts[name]}


def _holds(needle: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.type_coerce(audit.c[name], sa.Text()).icontains(needle, autoescape=True) for name in MAY_HOLD))


@contextmanager
def _permit(conn: Connection, *, at: int, actor: str, **values: object) -> Iterator[None]:
    conn.execute(sa.insert(audit_permits).values(at=at, actor=actor, **values))
    yield
    conn.execute(sa.delete(audit_permits))
