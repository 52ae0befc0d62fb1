"""What a pull noticed and `doctor` is to show, in whatever process it runs; and which records it should look at."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.instants import DAY, to_us
from stalewatch.sdk.connector import Finding
from stalewatch.store import clocks, facts
from stalewatch.store.engine import Connection, Database


def noticed(conn: Connection, connection: str) -> list[Finding]:
    """What the last pull of a connection that said anything noticed."""
    return msgspec.convert(facts.read(conn, f"noticed:{connection}") or [], list[Finding])


def note(conn: Connection, connection: str, found: Sequence[Finding]) -> None:
    """Remember it in place of what was noticed before."""
    facts.write(conn, f"noticed:{connection}", msgspec.to_builtins(list(found)))


def due_soon(db: Database, clock: Clock, connection: str) -> list[str]:
    """The CRM's own ids of the records with a deadline, or an edge of one, within the next day."""
    now = to_us(clock.now())
    with db.read() as conn:
        rows = clocks.due_between(conn, connection, now, now + DAY)
    return [row.record_id.removeprefix(f"{connection}:") for row in rows]
