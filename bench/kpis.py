"""The KPIs of one day of many stored deals with their past, in seconds of the processor."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Final

from bench._stored import CRM, fill
from bench.calendar import TOKYO
from bench.judge import rules_of
from bench.measuring import say
from stalewatch import shipped
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Judging
from stalewatch.services.measuring.kpi_days import Measuring, last_ended
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import migrate
from stalewatch.store.engine import Database

DEALS: Final = int(os.environ.get("STALEWATCH_BENCH_DEALS", "200000"))
NOW: Final = to_us(datetime(2026, 3, 2, 12, tzinfo=UTC))


def main() -> None:
    """On SQLite."""
    calendar = Calendar(TOKYO)
    book = Rulebook(rules_of((shipped.rules() / "default.yaml").read_text()), Calendars.single(calendar), Judging())
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate.upgrade(db, shipped.migrations())
        fill(db, DEALS, NOW, book.rules.catalogue)
        day = last_ended(calendar, NOW)
        spent = process_time()
        found = Measuring(db, book, [CRM]).days([day])
        spent = process_time() - spent
        assert found[day], "there is nothing to keep of the day"
        db.dispose()
    say(f"           {DEALS:,} deals, the KPIs of one day: {spent / DEALS * 1e6:.1f} µs of one processor a deal")
