"""After a deal was put on hold: its open alerts whose clocks stand still now wait at once, and not at the next tick.

What else follows (a wait that ended, a deadline that moved) is the tick's, which is due for the deal right away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Alert
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry
from stalewatch.domain.readings import readings
from stalewatch.services.alerting import outdated
from stalewatch.services.answering.matter import Matter
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.store import alerts, clocks, notices

REASON: Final = "on_hold"
"""Why what was to be said of an alert is not, when its deal was put on hold."""


def stand_still(matter: Matter) -> Alert | None:
    """Let the deal's other alerts wait; answers with the alert that is answered as it waits, None if it does not."""
    conn, own = matter.conn, None
    rows = {row.id: row for row in alerts.open_for(conn, [matter.record.id])}
    for alert_id, alert in _waiting(matter, rows).items():
        if alert_id == matter.row.id:
            own = alert
            continue
        row = rows[alert_id]
        alerts.update(conn, [{"id": row.id, "version": row.version, **changing(alert, row, matter.now)}])
        hush(matter, row.id, REASON)
    return own


def hush(matter: Matter, alert_id: str, reason: str) -> None:
    """What waits to be said of an alert is never said (with no reason: it is), and what was said of it is put right."""
    waiting = notices.of_alerts(matter.conn, [alert_id], (notices.PENDING, notices.HELD)) if reason else ()
    notices.drop(matter.conn, [notice.key for notice in waiting], reason)
    outdated.ask(matter.conn, [alert_id], matter.now)


def _waiting(matter: Matter, rows: dict[str, Any]) -> dict[str, Alert]:
    """Those of the alerts whose clocks a wait holds now, as they wait."""
    book, problems = matter.office.book, {(row.rule_id, row.subject): row for row in rows.values()}
    entries = clocks.entries(matter.conn, [matter.record.id], list[Entry]).get(matter.record.id, [])
    found = readings(entries, problems, book.by_id, matter.now, is_open=True)
    waiting: dict[str, Alert] = {}
    for problem, row in problems.items():
        if found[problem].state is State.PAUSED:
            alert = from_row(row)
            policy = replace(matter.policy, shadow=alert.shadow, holdout=alert.holdout)
            step = episodes.step(alert, alert.fingerprint, found[problem], matter.now, policy)
            waiting[row.id] = step.alert or alert
    return waiting
