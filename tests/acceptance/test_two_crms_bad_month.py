"""A bad month: every fault that a simulated CRM knows, one after the other, over a company whose life goes on.

Which faults there are is asked of the sandbox, so that a new one is lived through without a word here. After each,
what is stored is what a calm copy of the company shows, the same alerts stand, and nobody was told amiss.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from stalewatch_sandbox.pipeline import Size
from tests.acceptance.watched_twice import FIVE_MINUTES, NAMES, UNTRACEABLE, Twins, twins

BEGIN: Final = datetime(2026, 4, 1, 0, 2, tzinfo=UTC)
COMPANY: Final = Size(open=12, closed=2, later=60, leads=4)
AFTERWARDS: Final = (
    FIVE_MINUTES, FIVE_MINUTES, timedelta(minutes=20), timedelta(hours=1), timedelta(hours=1), timedelta(hours=25),
    FIVE_MINUTES,
)  # fmt: skip
"""The pauses until every look that a connector takes was taken: the next cycles, the hourly one, the nightly one."""
BRIEF: Final = (FIVE_MINUTES,)
LONG: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=13), timedelta(hours=13))
"""The rounds that are gone through while a fault lasts; the long ones see an hour, and a day, of it."""
REFUSING: Final[Mapping[str, frozenset[str]]] = {
    "sf": frozenset({"SF12", "SF13", "SF15", "SF16", "SF17", "SF23", "SF24", "SF25", "SF26", "X04"}),
    "hs": frozenset({"HS15", "HS16", "HS18", "HS22", "X04", "html", "silent", "drip", "cut", "bad_chunk",
                     "reset"}),
}  # fmt: skip
"""Faults through which nothing can be read while they last: that has to be said."""

each_crm = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


@pytest.fixture
def both(crm: str, tmp_path: Path, sqlite_template: Path, migrated_database_url: str) -> Iterator[Twins]:
    """A company in one CRM, watched twice."""
    shutil.copyfile(sqlite_template, tmp_path / "calm.db")
    urls = (migrated_database_url, f"sqlite:///{tmp_path / 'calm.db'}")
    with twins((crm,), COMPANY, BEGIN, tmp_path, urls) as made:
        yield made


def lives_through(both: Twins, connection: str, case: str, spans: Sequence[timedelta], **options: Any) -> None:
    """One fault comes, lasts for some rounds, and ends."""
    failed = []
    both.arm(connection, case, **options)
    for span in spans:
        (both.suffers if span <= FIVE_MINUTES else both.passes)(span)
        error = both.disturbed.last[connection]
        failed.append(error is not None)
        assert both.disturbed.row(connection).last_error == (None if error is None else str(error))
    if case in REFUSING[connection] and options:
        assert any(failed), "nothing could be read, and nobody said so"
    both.disarm(connection)
    comes_round(both, connection, case)


def comes_round(both: Twins, connection: str, case: str) -> None:
    """All is as if the fault had not been, at once or after one of the looks that connectors take now and then."""
    both.passes(FIVE_MINUTES)
    for pause in AFTERWARDS:
        if both.disturbed.last[connection] is None and not both.differences(connection):
            break
        both.passes(pause)
    if case in UNTRACEABLE:
        both.reads_everything()
    assert both.disturbed.last[connection] is None
    assert both.disturbed.row(connection).last_error is None
    assert both.differences(connection) == []
    assert both.told_amiss() == {}


def month(both: Twins, connection: str, spans: Sequence[timedelta], **options: Any) -> None:
    """Every fault of the catalogue; what went wrong is told of each, and not only of the first."""
    wrong = {}
    for case in both.disturbed.crms[connection].faults.cases:
        if case in UNTRACEABLE and spans is LONG:
            continue  # what is rewritten for a day is as good as typed in, and may be told
        try:
            lives_through(both, connection, case, spans, **options)
        except AssertionError as error:
            wrong[case] = str(error)[:2_000]
            both.disarm(connection)
            both.reads_everything()
    assert wrong == {}
    both.passes(timedelta(hours=3))  # what is no longer so stands for two hours, lest it come back
    both.passes(timedelta(hours=3))
    assert both.disturbed.standing(connection) == both.calm.standing(connection)
    assert both.disturbed.told()


@each_crm
@pytest.mark.parametrize(
    "migrated_database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_every_fault_is_outlived(both: Twins, crm: str) -> None:
    month(both, NAMES[crm], BRIEF, times=None)


@pytest.mark.slow
@each_crm
def test_every_fault_is_outlived_that_strikes_once(both: Twins, crm: str) -> None:
    month(both, NAMES[crm], BRIEF)


@pytest.mark.slow
@each_crm
def test_every_fault_is_outlived_that_lasts_for_a_day(both: Twins, crm: str) -> None:
    month(both, NAMES[crm], LONG, times=None)
