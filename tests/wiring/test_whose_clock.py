"""B18: workers whose machines' clocks are wrong, or jump, do what they would have done.

PostgreSQL's clock is theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from stalewatch import wiring
from stalewatch.clock import GOOD_FOR, BorrowedClock, SystemClock
from stalewatch.domain.instants import from_us
from tests import databases
from tests.wiring.test_wiring import DEALS, RULE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 4, 15, 12, tzinfo=UTC)


class Watch:
    """Seconds that pass when we say so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_borrowed_clock_asks_now_and_then_and_goes_on_by_itself() -> None:
    watch, asked = Watch(), [NOON]
    clock = BorrowedClock(lambda: asked[-1], watch)
    assert clock.now() == NOON
    watch.seconds += GOOD_FOR - 1
    asked.append(NOON + HOUR)
    assert clock.now() == NOON + timedelta(seconds=GOOD_FOR - 1)
    watch.seconds += 1
    assert clock.now() == NOON + HOUR


def test_a_borrowed_clock_goes_on_while_nobody_answers() -> None:
    watch, answers = Watch(), [NOON, None, None, NOON + HOUR]
    clock = BorrowedClock(lambda: answers.pop(0), watch)
    for seconds in (10, 20):
        watch.seconds += 10
        assert clock.now() == NOON + timedelta(seconds=seconds)
    watch.seconds += 10
    assert clock.now() == NOON + HOUR


@pytest.mark.parametrize(
    "wrong", [(HOUR,), (-HOUR,), (DAY,), (-DAY,), (DAY, -HOUR, timedelta(), -DAY)],
    ids=["an hour ahead", "an hour behind", "a day ahead", "a day behind", "jumping"],
)  # fmt: skip
@pytest.mark.bar
def test_b18_a_machine_whose_clock_is_wrong_has_the_databases_time(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: tuple[timedelta, ...]
) -> None:
    databases._migrate(postgres_url)
    right, errors = SystemClock.now, cycle(wrong)
    monkeypatch.setattr(SystemClock, "now", lambda self: right(self) + next(errors))
    project = opened(tmp_path, postgres_url)
    try:
        for _ in range(4):
            assert abs(project.clock.now() - from_us(project.db.now())) < timedelta(seconds=GOOD_FOR)
        assert project.following(project.settings, project.rulebook).clock is project.clock
    finally:
        project.close()


def opened(folder: Path, url: str) -> wiring.Stalewatch:
    """A project on a database, by nobody's `--now`."""
    (folder / "rules").mkdir()
    (folder / "deals.csv").write_text(DEALS)
    (folder / "rules" / "late.yaml").write_text(RULE)
    config = f"stalewatch: 1\nconnections: [{{id: export, type: csv, path: .}}]\ndatabase: '{url}'\n"
    (folder / "stalewatch.yaml").write_text(config)
    return wiring.open_project(folder / "stalewatch.yaml", env={})


def test_a_given_now_is_nobody_elses(postgres_url: str, tmp_path: Path) -> None:
    databases._migrate(postgres_url)
    project = opened(tmp_path, postgres_url)
    project.close()
    make: Callable[..., wiring.Stalewatch] = wiring.open_project
    again = make(tmp_path / "stalewatch.yaml", env={}, now=NOON)
    try:
        assert again.clock.now() == NOON
    finally:
        again.close()
