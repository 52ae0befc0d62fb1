"""Those who were erased, as digests: so that what a CRM tells of them anew is struck before it is stored."""

from __future__ import annotations

from collections.abc import Collection
from secrets import token_hex
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.domain.erasing import Kind, Needle, Stricken, digest, normal
from stalewatch.store import bulk, facts
from stalewatch.store.tables import tombstones

_SALT: Final = "tombstones:salt"


def add(conn: Connection, needles: Collection[Needle], at: int) -> None:
    """Know these again."""
    salt = _salt(conn)
    rows = {
        stone: {
            "hash": stone, "kind": one.kind.value, "pseudonym": one.pseudonym,
            "length": len(normal(one.kind, one.text)), "at": at,
        }
        for one in needles
        if (stone := digest(salt, one.kind, one.text))
    }  # fmt: skip
    bulk.insert(conn, tombstones, list(rows.values()))


def pseudonym_of(conn: Connection, kind: Kind, text: str) -> str | None:
    """The pseudonym of somebody who was erased before; None if nobody of that name was."""
    stone = sa.select(tombstones.c.pseudonym).where(tombstones.c.hash == digest(_salt(conn), kind, text))
    return conn.execute(stone).scalar_one_or_none()


def stricken(conn: Connection) -> Stricken:
    """What strikes them all; nothing, and false, while nobody was ever erased."""
    rows = conn.execute(sa.select(tombstones)).all()
    if not rows:
        return Stricken()
    shapes = sorted({(Kind(row.kind), row.length) for row in rows}, key=lambda one: (-one[1], one[0]))
    return Stricken(_salt(conn), {row.hash: row.pseudonym for row in rows}, tuple(shapes))


def _salt(conn: Connection) -> bytes:
    found = facts.read(conn, _SALT)
    if found is None:
        found = token_hex(32)
        facts.write(conn, _SALT, found)
    return bytes.fromhex(found)
