"""A wait is over before its day because somebody says so: the deal's clocks go on."""

from __future__ import annotations

from typing import Final

from stalewatch.services.judging import holds, in_force
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import audit, clocks, waits
from stalewatch.store.engine import Connection

BY_HAND: Final = "by_hand"


def end_wait(conn: Connection, book: Rulebook, record_id: str, *, actor: str, now: int) -> bool:
    """End what a deal waits for; False if it does not wait. Who may do that is the caller's to know.

    What is late then is asked again at the close of the day, as at the end of every wait.

    Raises:
        RulesMoved: other rules are in force than these; nothing was kept.
    """
    running = [row for row in waits.read(conn, [record_id]) if row.ended_at is None]
    if not running:
        return False
    in_force.require(conn, book.version)
    clocks.share(conn, record_id.partition(":")[0])
    holds.end(conn, book, [row.id for row in running], now, BY_HAND, now)
    audit.add(
        conn, at=now, actor=actor, action="wait.end", obj=record_id,
        before={"until": running[-1].until_day, "reason": running[-1].reason}, after={"because": BY_HAND},
    )  # fmt: skip
    return True
