"""The limit of a tick: statements written by hand for this one case, which write the rows that our tick writes.

They decide nothing: no rule is asked, no episode looked up, no route, no hour. What is late is late by the index.
"""

from __future__ import annotations

from typing import Final

from bench._due_store import BREACHED, PLAIN
from stalewatch.domain.instants import DAY
from stalewatch.store.engine import Database

_FROM: Final = f"""
FROM clocks c JOIN deals d ON d.id = c.record_id JOIN people p ON p.id = d.owner
WHERE c.connection = '{PLAIN}' AND c.next_at >= {{since}} AND c.next_at <= {{now}} AND d.gone_at IS NULL
"""
_MARKS: Final = {
    "sqlite": "printf('%08x%08x%08x%08x', (c.rowid * 2654435761) % 4294967296, (c.rowid * 2246822519) % 4294967296, "
    "(c.rowid * 3266489917) % 4294967296, (c.rowid * 668265263) % 4294967296)",
    "postgresql": "md5(c.record_id)",
}
"""The fingerprints of problems: as long as ours, and as scattered in their index."""
_ALERTS: Final = """
INSERT INTO alerts (id, fingerprint, episode, rule_id, object, record_id, connection, severity, state, anchor, warn_at,
  breach_at, opened_at, breached_at, breach_told_at, repeats, reopens, snoozes, backlog, shadow, holdout,
  resolved_since_told, ladder, told, climbed, updated_at)
SELECT {mark} || '.1', {mark}, 1, '{rule}', 'deal', c.record_id, '{connection}', 'warning', 'open', {now} - {day} * 20,
  {now}, {now}, {now}, {now}, {now}, 0, 0, 0, {no}, {no}, {no}, {no},
  '[{{"after":3,"again":true,"style":null,"to":["owner"],"unit":"bd"}}]', '{{"owner":"' || d.owner || '"}}', 0, {now}
"""
_NOTICES: Final = """
INSERT INTO notices (key, alert_id, record_id, rule_id, kind, n, target, style, state, reason, severity, not_before,
  edge_at, created_at)
SELECT {mark} || ':1:breach:1:person:' || p.email, {mark} || '.1', c.record_id, '{rule}', 'breach', 1,
  'person:' || p.email, 'digest', 'pending', 'digest', 'warning', {now} + {day}, {now}, {now}
"""
_DESTINATIONS: Final = """
INSERT INTO destinations (target, due_at) SELECT DISTINCT 'person:' || p.email, {now} + {day}
"""
_EARLIER: Final = """
ON CONFLICT (target) DO UPDATE SET due_at = excluded.due_at
  WHERE destinations.due_at IS NULL OR destinations.due_at > excluded.due_at
"""
_LISTED: Final = """
INSERT INTO stalled (record_id, shelf, object, connection, owner, stage, name, amount, created_at, gravity, breaches,
  breach_at, rank, stamp)
SELECT d.id, 'deal', 'deal', d.connection, d.owner, d.stage, d.name, d.amount, d.created_at, 2, 1, {now},
  {now} - 200000000000000000, random()
"""
"""On PostgreSQL triggers do it, for statements written by hand as well."""
_REARMED: Final = """
UPDATE clocks SET next_at = next_at + {day} * 5, breach_at = breach_at + {day} * 9
WHERE connection = '{connection}' AND next_at >= {since} AND next_at <= {now}
"""
_WATERMARK: Final = "UPDATE facts SET value = '{now}' WHERE key = 'ticked:{connection}'"


def tick(db: Database, since: int, now: int) -> None:
    """Everything that is due by `now`, in one transaction."""
    given = {
        "since": since, "now": now, "day": DAY, "rule": BREACHED, "connection": PLAIN,
        "no": "0" if db.is_sqlite else "false", "mark": _MARKS["sqlite" if db.is_sqlite else "postgresql"],
    }  # fmt: skip
    rows = [f"{_ALERTS}{_FROM}", f"{_NOTICES}{_FROM}", f"{_DESTINATIONS}{_FROM}{_EARLIER}"]
    listed = [f"{_LISTED}{_FROM}"] if db.is_sqlite else []
    with db.write() as conn:
        for statement in (*rows, *listed, _REARMED, _WATERMARK):
            conn.exec_driver_sql(statement.format(**given))
