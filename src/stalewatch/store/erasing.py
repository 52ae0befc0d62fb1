"""Erase somebody from every table there is, whichever part of stalewatch wrote it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.domain.erasing import Needle, put
from stalewatch.store import bulk, versions
from stalewatch.store.bulk import Found
from stalewatch.store.columns import Code, Json, as_text
from stalewatch.store.expressions import among
from stalewatch.store.tables import (
    audit,
    audit_permits,
    deliveries,
    destinations,
    habits,
    homes,
    metadata,
    notices,
    people,
    roles,
    sessions,
    tokens,
    tombstones,
)

ERASED: Final = "erased"
"""The reason of a message that is not sent because its reader was erased."""
_SEPARATE: Final = (audit, audit_permits, tombstones)
"""The log has a door of its own (audit_doors.py); of the erased there are only digests."""
_SAID: Final = ("body", "address", "receipt", "error")
_UNSENT: Final = ("held", "ready", "sending", "unknown")
CODES: Final = frozenset(column.name for table in metadata.sorted_tables for column in table.c if column.type is Code)
"""Names of columns whose texts are for machines, in some table at least."""


class Place(NamedTuple):
    """A row that speaks of somebody: its key, and its columns as they are to be."""

    key: dict[str, Any]
    values: dict[str, str]


def people_at(conn: Connection, address: str) -> list[Found]:
    """(id, external_id, name) of everybody whom a CRM knows under this address."""
    columns = (people.c.id, people.c.external_id, people.c.name)
    return list(conn.execute(sa.select(*columns).where(sa.func.lower(people.c.email) == address).order_by(people.c.id)))


def members_at(conn: Connection, address: str) -> list[str]:
    """The accounts at the messenger that were found for this address."""
    there = sa.select(habits.c.member).where(sa.func.lower(habits.c.address) == address, habits.c.member.is_not(None))
    return list(conn.scalars(there))


def holding(conn: Connection, needles: Collection[Needle]) -> dict[str, int]:
    """Per table how many rows speak of somebody; tables without any are left out."""
    counted = {table.name: sum(1 for _ in _places(conn, table, needles)) for table in _tables()}
    return {name: many for name, many in sorted(counted.items()) if many}


def sweep(conn: Connection, needles: Collection[Needle]) -> dict[str, int]:
    """Put pseudonyms wherever a row speaks of somebody; return per table how many rows did."""
    done = {}
    for table in _tables():
        places = list(_places(conn, table, needles))
        for place in places:
            _put(conn, table, place)
        done[table.name] = len(places)
    return {name: many for name, many in sorted(done.items()) if many}


def _put(conn: Connection, table: sa.Table, place: Place) -> None:
    """Write a row anew. Where triggers keep a table, the row may stand under its pseudonym already: then it goes."""
    there = [table.c[name] == value for name, value in place.key.items()]
    key = {name: place.values.get(name, value) for name, value in place.key.items()}
    if key != place.key:
        taken = sa.select(sa.literal(1)).select_from(table).where(*(table.c[name] == one for name, one in key.items()))
        if conn.execute(taken).first() is not None:
            bulk.delete_where(conn, table, sa.and_(*there))
            return
    # As text: a JSON column would write the text of a JSON value as a value once more.
    literal = {name: sa.literal(text, sa.Text()) for name, text in place.values.items()}
    bulk.set_where(conn, table, sa.and_(*there), literal)


def settle_ids(conn: Connection, keys: Collection[str]) -> None:
    """Let people whose keys are pseudonyms now be called so in their CRM, too."""
    for key in keys:
        bulk.set_where(conn, people, people.c.id == key, {"external_id": key.partition(":")[2]})


def dismiss(conn: Connection, *, addresses: Collection[str], members: Collection[str], ids: Collection[str]) -> None:
    """Take away what somebody could do and was told: roles, sessions, tokens, habits, messages that were for them.

    Args:
        addresses: in lower case.
        ids: as people of CRMs.
    """
    if conn.execute(sa.delete(habits).where(sa.func.lower(habits.c.address).in_(addresses))).rowcount:
        versions.rise(conn, versions.HABITS)
    conn.execute(sa.delete(homes).where(homes.c.member.in_(members)))
    if conn.execute(sa.delete(roles).where(sa.func.lower(roles.c.address).in_(addresses))).rowcount:
        versions.rise(conn, versions.ROLES)
    conn.execute(sa.delete(sessions).where(sa.func.lower(sessions.c.person).in_(addresses)))
    if conn.execute(sa.delete(tokens).where(sa.func.lower(tokens.c.person).in_(addresses))).rowcount:
        versions.rise(conn, versions.TOKENS)
    bulk.set_where(conn, people, people.c.id.in_(ids), {"email": None})
    for connection in conn.scalars(sa.select(people.c.connection).where(people.c.id.in_(ids)).distinct()).all():
        versions.rise(conn, versions.people_of(connection))


def silence(conn: Connection, targets: Collection[str], at: int) -> None:
    """Say nothing more to these targets, and empty what was said to them; its keys stay: it is not told anew."""
    conn.execute(sa.delete(destinations).where(destinations.c.target.in_(targets)))
    empty: dict[str, Any] = {name: sa.null() for name in _SAID}
    mine = deliveries.c.target.in_(targets)
    unsent = sa.update(deliveries).where(mine, deliveries.c.state.in_(_UNSENT))
    conn.execute(unsent.values(state="cancelled", reason=ERASED, look_at=None, updated_at=at))
    conn.execute(sa.update(deliveries).where(mine).values(empty))
    waiting = sa.and_(notices.c.target.in_(targets), notices.c.state.in_(("pending", "held", "claimed")))
    conn.execute(sa.update(notices).where(waiting).values(state="dropped", reason=ERASED))


def owned(conn: Connection, ids: Collection[str]) -> int:
    """How many open deals and leads these people own."""
    many = 0
    for table in (metadata.tables["deals"], metadata.tables["leads"]):
        mine = (among(conn, table.c.owner, sorted(ids)), table.c.is_open, table.c.gone_at.is_(None))
        many += conn.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one()
    return many


def _tables() -> Iterator[sa.Table]:
    return (table for table in metadata.sorted_tables if table not in _SEPARATE)


def _places(conn: Connection, table: sa.Table, needles: Collection[Needle]) -> Iterator[Place]:
    """The rows of a table that speak of somebody, found by the database and looked at closely here."""
    told = [column for column in table.c if isinstance(column.type, sa.Text | Json)]
    if not told:
        return
    # One text of a row: six needles are looked for in it once each, and not in each of thirty columns.
    whole: sa.ColumnElement[str] = sa.literal("", sa.Text())
    for column in told:
        whole = whole.concat("\n").concat(sa.func.coalesce(sa.type_coerce(column, sa.Text()), ""))
    may_hold = sa.or_(*(whole.icontains(text, autoescape=True) for text in {one.text.lower() for one in needles}))
    keys = list(table.primary_key)
    columns = dict.fromkeys((*keys, *told))
    for row in conn.execute(sa.select(*(as_text(column) for column in columns)).where(may_hold)).all():
        values = {
            column.name: after
            for column in told
            if (before := row._mapping[column.name]) is not None
            and (after := put(needles, before, for_machines=column.type is Code)) != before
        }
        if values:
            yield Place({key.name: row._mapping[key.name] for key in keys}, values)
