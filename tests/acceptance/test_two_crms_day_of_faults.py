"""A day on which everything happens to both CRMs at once, and what it must not change.

A calm copy of the same companies is read beside the disturbed one. When the faults are over and every connector has
had its hourly and its nightly look, both know the same, the same alerts stand, and nobody heard more than they had to.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from stalewatch_sandbox.pipeline import Size
from stalewatch_sandbox.salesforce.scenes import NothingToTell
from tests.acceptance.watched_twice import FIVE_MINUTES, UNTRACEABLE, Twins, twins
from tests.databases import SQLITE_DAILY

BEGIN: Final = datetime(2026, 4, 15, 0, 2, tzinfo=UTC)
TINY: Final = Size(open=8, closed=2, later=10, leads=2)
SMALL: Final = Size(open=60, closed=4, later=60, leads=20)
WHOLE: Final = Size(open=5_000, closed=50, later=500, leads=500)
SEED: Final = 2026
QUIET: Final = (*[FIVE_MINUTES] * 3, *[timedelta(hours=2)] * 13, FIVE_MINUTES)
"""What passes between the last rounds: after it every look that a connector takes has been taken."""
SHORT: Final = (timedelta(hours=25), timedelta(hours=3), FIVE_MINUTES)
"""The same in fewer rounds."""
OPTIONS: Final[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
    "SF14": ({"used": 81_000}, {"used": 96_000, "form": "app_first"}),
    "SF17": ({}, {"shape": "object"}),
    "SF23": ({}, {"status": 406, "empty": True}),
    "SF24": ({"status": 200}, {"status": 503}),
    "SF25": ({"how": "cut"}, {"how": "json"}, {"how": "reset"}, {"how": "bad_chunk"}),
    "SF26": ({}, {"how": "drip"}, {"login": True}),
    "HS24": ({}, {"blank": True}),
}
"""The ways in which a case may come."""


@dataclass
class Storm:
    """Faults that come and go, several at a time.

    Attributes:
        left: rounds until each of the armed cases is over, by connection and case.
        armed: how often each came.
        often: how likely something happens to a CRM before a round.
    """

    dice: random.Random
    twins: Twins
    often: float
    left: dict[tuple[str, str], int] = field(default_factory=dict)
    armed: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    restarts: int = 0

    def blows(self) -> None:
        """What happens before one round."""
        for one in list(self.left):
            self.left[one] -= 1
            if self.left[one] <= 0:
                self.twins.disarm(*one)
                del self.left[one]
        for connection, crm in self.twins.disturbed.crms.items():
            if self.dice.random() < self.often:
                self._strikes(connection, self.dice.choice([one for one in crm.faults.cases if one not in UNTRACEABLE]))
        if self.dice.random() < 0.04:
            self.restarts += 1
            self.twins.disturbed.restarts()
        if self.dice.random() < 0.06:
            self.kills += 1
            self.twins.disturbed.fuse.left = self.dice.randrange(200)

    def ends(self) -> None:
        for connection in self.twins.disturbed.crms:
            self.twins.disarm(connection)
        self.left.clear()

    def _strikes(self, connection: str, case: str) -> None:
        if (connection, case) in self.left:
            return
        options = dict(self.dice.choice(OPTIONS.get(case, ({},))))
        if self.dice.random() < 0.5:
            options["times"] = None
        try:
            self.twins.arm(connection, case, **options)
        except NothingToTell:  # no deal is such that the case could be about it
            return
        self.left[connection, case] = self.dice.randint(1, 12)
        self.armed[f"{connection}:{case}"] += 1

    def told(self) -> str:
        """What happened, to be printed."""
        errors = ", ".join(f"{name} {error} {count}" for (name, error), count in self.twins.disturbed.errors.items())
        faults = ", ".join(f"{case} {count}" for case, count in sorted(self.armed.items()))
        calls = sum(sum(1 for _ in crm.ledger) for crm in self.twins.disturbed.crms.values())
        return f"{calls} calls, {self.kills} kills, {self.restarts} restarts; errors: {errors}; faults: {faults}"


def a_day(
    both: Twins, span: timedelta, seed: int, often: float = 0.25, quiet: Sequence[timedelta] = QUIET
) -> Storm:  # fmt: skip
    """Live through it, then wait until everything was looked at again."""
    storm = Storm(random.Random(seed), both, often)  # noqa: S311  # chance, not secrecy
    for _ in range(span // FIVE_MINUTES):
        storm.blows()
        both.passes()
    storm.ends()
    for pause in quiet:
        both.passes(pause)
    return storm


def as_if_nothing_had_been(both: Twins) -> None:
    """What is known, what stands and what was said are those of the calm one."""
    for crm in both.calm.crms:
        assert both.disturbed.last[crm] is None
        assert both.differences(crm) == []
        assert both.disturbed.standing(crm) == both.calm.standing(crm)
    assert both.told_amiss() == {}


@pytest.fixture
def calm_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A database for the calm one."""
    shutil.copyfile(sqlite_template, tmp_path / "calm.db")
    return f"sqlite:///{tmp_path / 'calm.db'}"


@SQLITE_DAILY
def test_after_half_an_hour_of_faults_all_is_known_and_said_as_if_there_had_been_none(
    tmp_path: Path, migrated_database_url: str, calm_url: str
) -> None:
    with twins(("salesforce", "hubspot"), TINY, BEGIN, tmp_path, (migrated_database_url, calm_url)) as both:
        storm = a_day(both, timedelta(minutes=30), 1, 1.0, SHORT)
        assert len(storm.armed) > 8
        as_if_nothing_had_been(both)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_after_six_hours_of_faults_too(tmp_path: Path, sqlite_template: Path, calm_url: str, seed: int) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "disturbed.db")
    url = f"sqlite:///{tmp_path / 'disturbed.db'}"
    with twins(("salesforce", "hubspot"), SMALL, BEGIN, tmp_path, (url, calm_url), seed) as both:
        storm = a_day(both, timedelta(hours=6), seed)
        print(f"seed {seed}: {storm.told()}")  # noqa: T201  # the figures of the run
        as_if_nothing_had_been(both)


@pytest.mark.slow
def test_after_a_day_of_faults_with_5000_deals_in_each_crm_too(
    tmp_path: Path, migrated_database_url: str, calm_url: str
) -> None:
    with twins(("salesforce", "hubspot"), WHOLE, BEGIN, tmp_path, (migrated_database_url, calm_url)) as both:
        storm = a_day(both, timedelta(days=1), SEED)
        print(f"seed {SEED}: {storm.told()}")  # noqa: T201
        as_if_nothing_had_been(both)
