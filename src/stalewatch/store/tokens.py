"""API tokens. Only their hash is stored: a stolen database opens nothing."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import versions
from stalewatch.store.bulk import Found
from stalewatch.store.tables import tokens


def add(
    conn: Connection,
    *,
    id: str,  # noqa: A002 - the column's name
    name: str,
    hash: str,  # noqa: A002 - the column's name
    scopes: Collection[str],
    created_at: int,
    expires_at: int | None,
    person: str | None = None,
    deals: Collection[str] | None = None,
) -> None:
    """Store a token by its hash.

    Args:
        person: address of whom it belongs to. deals: ids of those it is for.
    """
    row = {"id": id, "name": name, "hash": hash, "scopes": sorted(scopes), "person": person}
    row["deals"] = None if deals is None else sorted(deals)
    conn.execute(sa.insert(tokens).values(**row, created_at=created_at, expires_at=expires_at))
    versions.rise(conn, versions.TOKENS)


def by_hash(conn: Connection, digest: str, now: int) -> Found | None:
    """The token with this hash, if it is neither revoked nor expired."""
    return conn.execute(sa.select(tokens).where(tokens.c.hash == digest, *_alive(now))).one_or_none()


def by_id(conn: Connection, token_id: str, now: int) -> Found | None:
    """The token with this id, if it is neither revoked nor expired."""
    return conn.execute(sa.select(tokens).where(tokens.c.id == token_id, *_alive(now))).one_or_none()


def read(conn: Connection) -> list[Found]:
    """All tokens, without their hashes, the oldest first."""
    shown = [column for column in tokens.c if column.name != "hash"]
    return list(conn.execute(sa.select(*shown).order_by(tokens.c.created_at, tokens.c.id)))


def revoke(conn: Connection, token_id: str, at: int) -> bool:
    """End a token's life; False if there is none or it was revoked before."""
    there = sa.and_(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    revoked = conn.execute(sa.update(tokens).where(there).values(revoked_at=at)).rowcount == 1
    versions.rise(conn, versions.TOKENS)
    return revoked


def used(conn: Connection, token_id: str, at: int, *, not_within: int) -> None:
    """Note a use, but not more often than every `not_within` microseconds: reading must not become writing."""
    old = sa.or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at <= at - not_within)
    conn.execute(sa.update(tokens).where(tokens.c.id == token_id, old).values(last_used_at=at))


def _alive(now: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (tokens.c.revoked_at.is_(None), sa.or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now))
