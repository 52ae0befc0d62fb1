"""Rows claimed and finished, one transaction each, by two processes that share a database."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from time import perf_counter
from typing import Final

from bench._databases import databases, migrated
from bench.environments import ROOT
from bench.measuring import say
from stalewatch.store import bulk, leases
from stalewatch.store.engine import Database
from stalewatch.store.leases import DESTINATIONS
from stalewatch.store.tables import destinations

ROWS: Final = 4_000
PROCESSES: Final = 2
LEAST: Final = {"SQLite": 500, "PostgreSQL": 800}
_DUE: Final = 1_000
_LEASE: Final = 60_000_000


def main() -> None:
    """On SQLite and on PostgreSQL."""
    with databases() as some:
        for kind, url in some:
            with migrated(url) as db:
                _measured(kind, db, url)


def _measured(kind: str, db: Database, url: str) -> None:
    with db.write() as conn:
        bulk.insert(conn, destinations, [{"target": f"t{n:05}", "due_at": n % 7} for n in range(ROWS)])
    command = [sys.executable, "-m", "bench.claim", url]
    workers = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True, cwd=ROOT) for _ in range(PROCESSES)]  # noqa: S603
    for one in workers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    began = perf_counter()
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate()[0].split() for one in workers]
    took = perf_counter() - began
    taken = Counter(target for mine in told for target in mine)
    assert len(taken) == ROWS, "some were left"
    assert set(taken.values()) == {1}, "some were claimed twice"
    say(f"{ROWS / took / LEAST[kind]:8.1f}x  {kind}: {ROWS / took:,.0f} rows a second claimed and finished by "
        f"{PROCESSES} processes, of {LEAST[kind]} promised")  # fmt: skip


def work(url: str) -> None:
    """Claim and finish until nothing is left, from the moment that a line comes in."""
    db = Database(url)
    db.now()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    mine: list[str] = []
    while True:
        with db.write() as conn:
            rows = leases.claim(conn, DESTINATIONS, due=_DUE, lease_us=_LEASE)
        if not rows:
            break
        with db.write() as conn:
            leases.finish(conn, DESTINATIONS, rows[0].target, rows[0].fence, due_at=None)
        mine.append(rows[0].target)
    sys.stdout.write(" ".join(mine))
    db.dispose()


if __name__ == "__main__":
    work(sys.argv[1])
