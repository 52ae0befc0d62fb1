"""A wait is over before its day because somebody says so: the deal's clocks go on."""

from __future__ import annotations

from typing import Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import to_us
from stalewatch.services.answering.outcomes import Answer, Refusal
from stalewatch.services.judging import holds, in_force
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, audit, clocks, records, waits
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible

BY_HAND: Final = "by_hand"


def resume(db: Database, clock: Clock, book: Rulebook, alert_id: str, *, actor: str, visible: Visible | None) -> Answer:
    """Take the deal of an alert off hold, in a transaction of its own; the next tick goes on with its alerts.

    Raises:
        RulesMoved: other rules are in force than these; nothing was kept.
    """
    with db.write() as conn:
        row = alerts.standing(conn, alert_id)
        if row is None or not records.read_by_ids(conn, row.object, [row.record_id], visible=visible):
            return Answer(refusal=Refusal.NOT_FOUND)
        if not end_wait(conn, book, row.record_id, actor=actor, now=to_us(clock.now())):
            return Answer(alert=row, refusal=Refusal.NOT_WAITING)
        return Answer(alert=row)


def end_wait(conn: Connection, book: Rulebook, record_id: str, *, actor: str, now: int) -> bool:
    """End what a deal waits for; False if it does not wait. Who may do that is the caller's to know.

    What is late then is asked again at the close of the day, as at the end of every wait.

    Raises:
        RulesMoved: other rules are in force than these; nothing was kept.
    """
    in_force.require(conn, book.version)
    clocks.share(conn, record_id.partition(":")[0])
    running = [row for row in waits.read(conn, [record_id]) if row.ended_at is None]
    if not running:
        return False
    holds.end(conn, book, [row.id for row in running], now, BY_HAND, now)
    audit.add(
        conn, at=now, actor=actor, action="wait.end", obj=record_id,
        before={"until": running[-1].until_day, "reason": running[-1].reason}, after={"because": BY_HAND},
    )  # fmt: skip
    return True
