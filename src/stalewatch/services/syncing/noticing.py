"""What a pull noticed and `doctor` is to show, in whatever process it runs; and which records it should look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.instants import DAY, to_us
from stalewatch.sdk.connector import Finding, Level
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.store import clocks, facts, notices, outbox
from stalewatch.store.engine import Connection, Database

MISSING: Final = "missing records"
DOUBTED: Final = "doubted"
"""The kind of the operator's notice is `doubted:<connection>`."""
_CURE: Final = (
    "Most often the connection's user may see less than before: give back the right to see all records, and the next "
    "comparison takes this back. If they are really gone, say so: `stalewatch sync {connection} --full "
    "--believe-vanished`."
)


def noticed(conn: Connection, connection: str) -> list[Finding]:
    """What the last pull of a connection that said anything noticed."""
    return msgspec.convert(facts.read(conn, f"noticed:{connection}") or [], list[Finding])


def note(conn: Connection, connection: str, found: Sequence[Finding]) -> None:
    """Remember it in place of what was noticed before."""
    facts.write(conn, f"noticed:{connection}", msgspec.to_builtins(list(found)))


def doubt(conn: Connection, connection: str, missing: int, of: int, now: int) -> None:
    """Remember that so many records were missing at once, which nobody believed; 0: the latest look was believed.

    The operator hears of it, once a day.
    """
    known = noticed(conn, connection)
    found = [one for one in known if one.subject != MISSING]
    if missing:
        message = f"{missing:,} of {of:,} records were missing all at once; that was not believed, and they stay open"
        found.append(
            Finding(subject=MISSING, level=Level.WARNING, message=message, cure=_CURE.format(connection=connection))
        )
        notices.add(conn, [operator_notice(f"{DOUBTED}:{connection}", missing, now)])
        outbox.call(conn, {"operator": now})
    if found != known:
        note(conn, connection, found)


def due_soon(db: Database, clock: Clock, connection: str) -> list[str]:
    """The CRM's own ids of the records with a deadline, or an edge of one, within the next day."""
    now = to_us(clock.now())
    with db.read() as conn:
        rows = clocks.due_between(conn, connection, now, now + DAY)
    return [row.record_id.removeprefix(f"{connection}:") for row in rows]
