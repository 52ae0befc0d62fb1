"""A tick at which nothing is due, with few and with many deals stored: its cost must not follow what exists."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.calendar import TOKYO
from bench.judge import rules_of
from bench.measuring import figure, say, seconds
from stalewatch import shipped
from stalewatch.clock import FixedClock
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.policies import Judging, Speaking
from stalewatch.services.alerting.tick import tick
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, connections, migrate
from stalewatch.store.engine import Database

FEW, MANY = 10_000, 300_000
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def main() -> None:
    """SQLite; the same on PostgreSQL is part of the reliability runs."""
    book = Rulebook(
        rules_of((shipped.rules() / "default.yaml").read_text()), Calendars.single(Calendar(TOKYO)), Judging()
    )
    took = []
    for size in (FEW, MANY):
        with stored(size) as db:
            clock = FixedClock(NOW)
            tick(db, clock, book, Speaking(), {"crm": None})
            clock.advance(timedelta(seconds=5))
            took.append(seconds(lambda: tick(db, clock, book, Speaking(), {"crm": None}), turns=51))  # noqa: B023
            figure(f"an idle tick with {size:,} deals", took[-1])
    say(f"{took[1] / took[0]:8.2f}x  its cost with {MANY // FEW} times the deals")


@contextmanager
def stored(size: int) -> Iterator[Database]:
    """A database whose clocks all ring tomorrow."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate.upgrade(db, shipped.migrations())
        now = to_us(NOW)
        with db.write() as conn:
            connections.ensure(conn, {"crm": "bench"}, now)
            connections.set_values(conn, "crm", first_sync_at=now - DAY, data_at=now)
            clocks.upsert(conn, [_clock(number, now) for number in range(size)])
        yield db
        db.dispose()


def _clock(number: int, now: int) -> dict[str, object]:
    return {
        "record_id": f"crm:{number:08}",
        "connection": "crm",
        "object": "deal",
        "entries": [],
        "next_at": now + DAY + number,
        "breach_at": now + DAY + number,
        "ruleset": "bench",
        "judged_at": now,
    }
