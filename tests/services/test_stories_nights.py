"""B20: through the nights on which clocks change every alert opens once, in the hour in which it is due."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from stalewatch.clock import FixedClock
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.instants import to_us
from stalewatch.store.tables import alerts, notices
from tests import databases
from tests.databases import SQLITE_DAILY
from tests.services.heard import rows
from tests.services.test_laws import fresh_enough
from tests.services.world import IMMEDIATE, TOKYO, World, at, deal, rulebook

pytestmark = [SQLITE_DAILY, pytest.mark.bar]
RULES = """
stalewatch: 1
pack: nights
title: {en: Nights, ja: 夜}
rules:
  - {id: hours, title: {en: A day of hours, ja: 24時間}, watch: deal, start: created_at, within: 24h, severity: warning}
  - {id: dates, title: {en: A date, ja: 1日}, watch: deal, start: created_at, within: 1d, severity: warning}
  - {id: open, title: {en: Open hours, ja: 営業時間}, watch: deal, start: created_at, within: 3bh, severity: warning}
"""
NIGHTS = [
    ("Europe/London", "2026-03-28 22:00"),
    pytest.param("Europe/London", "2026-10-24 22:00", marks=pytest.mark.slow),
    pytest.param("America/New_York", "2026-03-07 22:00", marks=pytest.mark.slow),
    ("America/New_York", "2026-10-31 22:00"),
    pytest.param("Australia/Lord_Howe", "2026-04-04 22:00", marks=pytest.mark.slow),
    ("Australia/Lord_Howe", "2026-10-03 22:00"),
    ("Africa/Casablanca", "2026-02-14 22:00"),
    pytest.param("Africa/Casablanca", "2026-03-21 22:00", marks=pytest.mark.slow),
    ("Pacific/Apia", "2011-12-29 22:00"),
]


@pytest.mark.parametrize(("zone", "evening"), NIGHTS)
def test_b20_no_alert_is_missed_or_doubled_in_the_night(migrated_database_url: str, zone: str, evening: str) -> None:
    calendar = replace(TOKYO, name="night", zone=zone, holidays=None, closed=(), days=frozenset(range(7)))
    first = at(evening, zone).astimezone(UTC) - timedelta(hours=30)
    starts = {f"d{number}": first + timedelta(hours=3 * number) for number in range(12)}
    book = rulebook(RULES, calendars=Calendars.single(Calendar(calendar)))
    world = World(databases.opened(migrated_database_url), book, FixedClock(first - timedelta(days=1)), IMMEDIATE)
    world.has(*(deal(name, created_at=moment, next_step="x") for name, moment in starts.items()))
    world.syncs()
    world.ticks()
    seen: dict[tuple[str, str], int] = {}
    for _ in range(24 * 5 + 12):
        before = world.us
        world.clock.advance(timedelta(hours=1))
        fresh_enough(world)
        world.ticks()
        for row in rows(world, alerts):
            if row.breached_at is not None and (row.record_id, row.rule_id) not in seen:
                seen[row.record_id, row.rule_id] = row.breach_at
                assert before < row.breach_at <= world.us, "in its own hour"
    assert len(seen) == len(starts) * 3, "none is missed"
    assert {key: at_ for key, at_ in seen.items() if key[1] == "hours"} == {
        (f"crm:{name}", "hours"): to_us(moment + timedelta(hours=24)) for name, moment in starts.items()
    }
    said = Counter((row.record_id, row.rule_id) for row in rows(world, notices) if row.kind == "breach")
    assert set(said.values()) == {1}, "none is doubled"
    assert len(said) == len(seen)
    assert {row.episode for row in rows(world, alerts)} == {1}
    world.db.dispose()
