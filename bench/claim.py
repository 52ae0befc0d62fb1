"""Rows claimed and finished, one transaction each that reaches the disk, by the workers that a database is shared by.

Two processes on SQLite, where one writes at a time; on PostgreSQL the three workers of compose.yaml, each with the
threads that claim in it: one for each kind of work of which several do more than one (`Job.shared`). Whoever commits
while another commit is on its way to the disk goes with the next one, all of them at once; two who claim alone wait
for the disk each time, which is shown beside it. Beside each stand the same statements without a library, by as many.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any, Final

import psycopg

from bench._databases import databases, migrated
from bench.measuring import say
from bench.processes import together, wait_for_all
from stalewatch.store import bulk, leases
from stalewatch.store.engine import Database
from stalewatch.store.leases import DESTINATIONS
from stalewatch.store.tables import destinations

ROWS: Final = 4_000
TURNS: Final = 3
SHAPES: Final = {"SQLite": ((2, 1),), "PostgreSQL": ((3, 3), (3, 1), (2, 1))}
"""Processes, and threads that claim in each. The first is what the promise is measured with."""
LEAST: Final = {"SQLite": 500, "PostgreSQL": 800}
_DUE: Final = 1_000
_LEASE: Final = 60_000_000

_CLAIM: Final = """
WITH picked AS (
  SELECT target FROM destinations
  WHERE due_at <= 1000 AND lease_until <= {now} AND parked_at IS NULL AND paused_reason IS NULL AND attempts < 5
  ORDER BY due_at LIMIT 1 {lock}
)
UPDATE destinations SET lease_until = {now} + 60000000, fence = fence + 1, attempts = attempts + 1
WHERE target IN (SELECT target FROM picked) RETURNING target, fence
"""
_FINISH: Final = """
UPDATE destinations SET due_at = NULL, lease_until = 0, attempts = 0 WHERE target = {one} AND fence = {one}
"""
_LITE: Final = {"now": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000", "lock": "", "one": "?"}
_POSTGRES: Final = {
    "now": "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint)",
    "lock": "FOR UPDATE SKIP LOCKED",
    "one": "%s",
}


def main() -> None:
    """On SQLite and on PostgreSQL."""
    with databases() as some:
        for kind, url in some:
            for shape in SHAPES[kind]:
                _measured(kind, url, *shape)


def _measured(kind: str, url: str, processes: int, threads: int) -> None:
    pairs = [[_rate(url, how, processes, threads) for how in ("ours", "plain")] for _ in range(TURNS)]
    ours, plain = median(one for one, _ in pairs), median(other for _, other in pairs)
    promised = f", of {LEAST[kind]} promised" if (processes, threads) == SHAPES[kind][0] else ""
    say(
        f"{ours / plain:8.2f}x  {kind}: {ours:,.0f} rows a second claimed and finished by {processes} processes of "
        f"{threads} threads{promised}, against {plain:,.0f} (the same statements without a library)"
    )


def _rate(url: str, how: str, processes: int, threads: int) -> float:
    with migrated(url) as db, db.write() as conn:
        bulk.insert(conn, destinations, [{"target": f"t{n:05}", "due_at": n % 7} for n in range(ROWS)])
    took, told = together("bench.claim", how, url, str(threads), many=processes)
    taken = Counter(target for mine in told for target in mine.split())
    assert len(taken) == ROWS, "some were left"
    assert set(taken.values()) == {1}, "some were claimed twice"
    return ROWS / took


# ------------------------------------------------------------------------------------------------- in each process


def work(how: str, url: str, threads: int) -> None:
    """Claim and finish in so many threads until nothing is left, from the moment that all are ready."""
    db = Database(url)
    with ThreadPoolExecutor(threads) as pool:
        make = {"ours": _ours, "plain": _plain}[how]
        prepared = [make(db) for _ in range(threads)]
        wait_for_all()
        mine = list(pool.map(_until_none, prepared))
    sys.stdout.write(" ".join(target for some in mine for target in some))


def _until_none(one: Callable[[], str | None]) -> list[str]:
    done = []
    while (target := one()) is not None:
        done.append(target)
    return done


def _ours(db: Database) -> Callable[[], str | None]:
    db.now()

    def one() -> str | None:
        with db.write() as conn:
            rows = leases.claim(conn, DESTINATIONS, due=_DUE, lease_us=_LEASE)
        if not rows:
            return None
        with db.write() as conn:
            leases.finish(conn, DESTINATIONS, rows[0].target, rows[0].fence, due_at=None)
        return str(rows[0].target)

    return one


def _plain(db: Database) -> Callable[[], str | None]:
    """A connection of its own, each statement of which is a transaction."""
    words = _LITE if db.is_sqlite else _POSTGRES
    claim, finish = _CLAIM.format(**words), _FINISH.format(**words)
    execute = _sqlite(db) if db.is_sqlite else _postgresql(db)

    def one() -> str | None:
        rows = execute(claim, ()).fetchall()  # all of them: SQLite commits when there are no more to come
        if not rows:
            return None
        execute(finish, tuple(rows[0]))
        return str(rows[0][0])

    return one


def _sqlite(db: Database) -> Callable[..., Any]:
    conn = sqlite3.connect(str(db.url.database), timeout=30.0, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        conn.execute(f"PRAGMA {pragma}")
    return conn.execute


def _postgresql(db: Database) -> Callable[..., Any]:
    url = db.url.set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True).execute


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
