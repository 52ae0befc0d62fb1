"""An operator says that records which vanished all at once are really gone: the next comparison is taken as it is."""

from __future__ import annotations

from stalewatch.store import audit, facts
from stalewatch.store.engine import Connection, Database


def believe(db: Database, connection: str, actor: str, now: int) -> None:
    """Take the next comparison of this connection as it is, once, however much is missing; it is noted who said so.

    Args:
        actor: who says it, for the audit log.
        now: microseconds since the epoch.
    """
    with db.write() as conn:
        facts.write(conn, _key(connection), actor)
        audit.add(conn, at=now, actor=actor, action="vanished.believe", obj=connection)


def taken(conn: Connection, connection: str) -> str | None:
    """Who said that this comparison is to be believed; it counts for this one alone. None: nobody did."""
    actor = facts.read(conn, _key(connection))
    if actor is None:
        return None
    facts.forget(conn, _key(connection))
    return str(actor)


def note(conn: Connection, connection: str, actor: str, missing: int, of: int, now: int) -> None:
    """Remember what went because somebody said so."""
    after = {"gone": missing, "of": of}
    audit.add(conn, at=now, actor=actor, action="vanished.gone", obj=connection, after=after)


def _key(connection: str) -> str:
    return f"believed:{connection}"
