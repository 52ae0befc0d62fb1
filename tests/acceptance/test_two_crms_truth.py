"""From each CRM over HTTP into the database: what is stored is what is true, field by field, of every deal.

Two sizes of the same story: a hundred deals for every day, and 2,000 as `make thorough` tells it, which also takes
each CRM to the database where it is not every day.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from stalewatch.domain.instants import MINUTE, to_us
from stalewatch.services.alerting.tick import tick
from stalewatch.services.syncing.sync import Sync, Synced, register
from stalewatch.store.engine import Database
from stalewatch_sandbox.pipeline import Size
from tests.acceptance.living_company import Comparison, Crm, Difference, company
from tests.services.world import IMMEDIATE, default_pack, rulebook

END: Final = datetime(2026, 4, 15, 0, 2, tzinfo=UTC)
"""A Wednesday morning in Tokyo, two minutes past: nothing happens in the minute before it."""
FIVE_MINUTES: Final = timedelta(minutes=5)
DAILY: Final = Size(open=100, closed=10, later=100, leads=60)
WHOLE: Final = Size(open=2_000, closed=20, later=1_000, leads=500)
LEADS: Final = Size(open=5, closed=2, later=2, leads=200)
TOLD_BY_PAST: Final = ("mql_at", "handed_off_at")
"""Fields of leads that follow from their past where no field of the CRM is mapped."""


@dataclass
class Office:
    """A stalewatch that watches one company."""

    crm: Crm
    url: str
    begin: datetime
    rows: int = 0

    def __post_init__(self) -> None:
        self._starts()
        register(self.db, {"crm": "either"}, to_us(self.crm.clock.now()))

    def _starts(self) -> None:
        """A process begins: it knows what is in the database, and nothing else."""
        self.book, self.db = rulebook(default_pack()), Database(self.url)
        self.sync = Sync(self.db, self.crm.clock, self.book, IMMEDIATE)
        self.connector = self.crm.connector()

    def syncs(self) -> Synced:
        done = self.sync.run("crm", self.connector, every=5 * MINUTE)
        assert done.error is None
        assert not done.rejected
        self.rows += done.records
        return done

    def watches(self, span: timedelta, *, every: timedelta) -> None:
        """Sync by sync through a span, true every evening; in the middle the process ends and another one goes on."""
        cycles, daily = span // every, timedelta(days=1) // every
        for number in range(1, cycles + 1):
            self.crm.passes(every)
            if number == cycles // 2:
                self.db.dispose()
                self._starts()
            self.syncs()
            if number % daily == 0:
                assert self.differences() == [], f"after {number // daily} days"
        tick(self.db, self.crm.clock, self.book, IMMEDIATE, {"crm": None})

    def differences(self) -> list[Difference]:
        """Wherever what is true and what is stored are not the same."""
        return Comparison(self.crm, self.book, self.begin).differences(self.db)


@contextmanager
def office(
    crm: str, size: Size, span: timedelta, folder: Path, url: str, unmapped: tuple[str, ...] = ()
) -> Iterator[Office]:  # fmt: skip
    with company(crm, size, END - span, folder, unmapped) as acme:
        watching = Office(acme, url, END - span)
        yield watching
        watching.db.dispose()


CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
EACH_ON_ONE = pytest.mark.parametrize(
    ("crm", "migrated_database_url"),
    [
        ("salesforce", "postgresql"), ("hubspot", "sqlite"),
        pytest.param("salesforce", "sqlite", marks=pytest.mark.slow),
        pytest.param("hubspot", "postgresql", marks=pytest.mark.slow),
    ],
    indirect=["migrated_database_url"],
)  # fmt: skip
"""Every day each CRM and each database once: what a connector reads does not depend on where it is stored."""


def tells_the_truth(crm: str, size: Size, span: timedelta, every: timedelta, folder: Path, url: str) -> None:
    """Read first, then again and again, by two processes one after the other."""
    with office(crm, size, span, folder, url) as watching:
        first = watching.syncs()
        assert first.records >= size.open
        assert watching.differences() == []
        watching.watches(span, every=every)
        assert watching.differences() == []
        assert watching.rows > first.records, "people were at work"


@EACH_ON_ONE
def test_what_is_stored_of_a_hundred_deals_is_true_at_first_and_after_a_day(
    crm: str, tmp_path: Path, migrated_database_url: str
) -> None:
    tells_the_truth(crm, DAILY, timedelta(days=1), 3 * FIVE_MINUTES, tmp_path, migrated_database_url)


@EACH_ON_ONE
def test_what_the_past_of_leads_tells_is_what_was_typed_in_at_first_and_after_three_days(
    crm: str, tmp_path: Path, migrated_database_url: str
) -> None:
    with office(crm, LEADS, timedelta(days=3), tmp_path, migrated_database_url, TOLD_BY_PAST) as watching:
        watching.syncs()
        assert watching.differences() == []
        watching.watches(timedelta(days=3), every=timedelta(hours=2))
        now, begin = watching.crm.told_until(), watching.begin
        given = [lead.handed_off_at for lead in watching.crm.world.leads if lead.handed_off_at is not None]
        assert [at for at in given if at <= begin], "some were handed over before anybody looked"
        assert [at for at in given if begin < at <= now], "and some while somebody did"


@pytest.mark.slow
@CRMS
def test_what_is_stored_of_2000_deals_is_true_at_first_and_after_30_days_of_five_minutes(
    crm: str, tmp_path: Path, sqlite_url: str, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "stalewatch.db")
    tells_the_truth(crm, WHOLE, timedelta(days=30), FIVE_MINUTES, tmp_path, sqlite_url)
