"""A bad month: every fault that a simulated CRM knows, one after the other, over a company whose life goes on.

Which faults there are is asked of the sandbox, so that a new one is lived through without a word here. After each,
what is stored is what a calm copy of the company shows, the same alerts stand, and nobody was told amiss.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from stalewatch_sandbox.pipeline import Size
from tests.acceptance.watched_twice import FIVE_MINUTES, NAMES, UNTRACEABLE, Twins, twins
from tests.databases import SQLITE_DAILY

BEGIN: Final = datetime(2026, 4, 1, 0, 2, tzinfo=UTC)
COMPANY: Final = Size(open=12, closed=2, later=60, leads=4)
OFFICE: Final = Size(open=8, closed=2, later=20, leads=2)
AFTERWARDS: Final = (
    FIVE_MINUTES, FIVE_MINUTES, timedelta(minutes=20), timedelta(hours=1), timedelta(hours=1), timedelta(hours=25),
    FIVE_MINUTES,
)  # fmt: skip
"""The pauses until every look that a connector takes was taken: the next cycles, the hourly one, the nightly one."""
RESTED: Final = (FIVE_MINUTES, timedelta(hours=25), timedelta(hours=25))
"""The pauses after which a connector asks again, whatever it was told."""
BRIEF: Final = (FIVE_MINUTES,)
LONG: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=13), timedelta(hours=13))
"""The rounds that are gone through while a fault lasts; the long ones see an hour, and a day, of it."""
REFUSING: Final[Mapping[str, frozenset[str]]] = {
    "sf": frozenset({"SF12", "SF13", "SF15", "SF16", "SF17", "SF23", "SF24", "SF25", "SF26", "X04"}),
    "hs": frozenset({"HS15", "HS16", "HS18", "HS22", "X04", "html", "silent", "drip", "cut", "bad_chunk",
                     "reset"}),
}  # fmt: skip
"""Faults through which nothing can be read while they last: that has to be said."""

AT_ONCE: Final = 4
"""Faults of each CRM that come together."""
IN_A_ROW: Final = 6
"""How often faults come one after the other before anybody looks at what they have left."""

each_crm = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


@pytest.fixture
def urls(tmp_path: Path, sqlite_template: Path, migrated_database_url: str) -> tuple[str, str]:
    """A database for the disturbed one, and one for the calm one."""
    shutil.copyfile(sqlite_template, tmp_path / "calm.db")
    return migrated_database_url, f"sqlite:///{tmp_path / 'calm.db'}"


@pytest.fixture
def both(crm: str, tmp_path: Path, urls: tuple[str, str]) -> Iterator[Twins]:
    """A company in one CRM, watched twice."""
    with twins((crm,), COMPANY, BEGIN, tmp_path, urls) as made:
        yield made


Struck = Mapping[str, Collection[str]]
"""Cases by connection."""


def lasts(both: Twins, struck: Struck, spans: Sequence[timedelta], **options: Any) -> None:
    """Faults come at once, last for some rounds, and end."""
    before = both.disturbed.errors.copy()
    for connection, case in each(struck):
        both.arm(connection, case, **options)
    for span in spans:
        both.passes(span)
        for connection in struck:
            error = both.disturbed.last[connection]
            assert both.disturbed.row(connection).last_error == (None if error is None else str(error))
    failed = {connection for connection, _ in both.disturbed.errors - before}
    for connection, case in each(struck):
        both.disarm(connection, case)
        if case in REFUSING[connection] and options:
            assert connection in failed, f"{case}: nothing could be read, and nobody said so"


def each(struck: Struck) -> Iterator[tuple[str, str]]:
    """Every connection and case."""
    return ((connection, case) for connection, cases in struck.items() for case in cases)


def reads_again(both: Twins) -> None:
    """The disturbed one has waited as long as the last fault made it wait."""
    for pause in RESTED:
        if not any(both.disturbed.last.values()):
            return
        both.passes(pause)


def comes_round(both: Twins, struck: Struck, pauses: Sequence[timedelta] = AFTERWARDS) -> None:
    """All is as if the faults had not been, at once or after one of the looks that connectors take now and then."""
    both.passes(FIVE_MINUTES)
    for pause in pauses:
        if not any(both.disturbed.last[connection] or both.differences(connection) for connection in struck):
            break
        both.passes(pause)
    if any(case in UNTRACEABLE for _, case in each(struck)):
        both.reads_everything()
    for connection in struck:
        assert both.disturbed.last[connection] is None
        assert both.disturbed.row(connection).last_error is None
        assert both.differences(connection) == []
    assert both.told_amiss() == {}


def ends(both: Twins) -> None:
    """When the month is over the same alerts stand, and something was told."""
    both.passes(timedelta(hours=3))  # what is no longer so stands for two hours, lest it come back
    both.passes(timedelta(hours=3))
    for connection in both.calm.crms:
        assert both.disturbed.standing(connection) == both.calm.standing(connection)
    assert both.disturbed.told()


def month(both: Twins, connection: str, spans: Sequence[timedelta], **options: Any) -> None:
    """Every fault of the catalogue; what went wrong is told of each, and not only of the first."""
    wrong = {}
    for case in both.disturbed.crms[connection].faults.cases:
        if case in UNTRACEABLE and spans is LONG:
            continue  # what is rewritten for a day is as good as typed in, and may be told
        try:
            lasts(both, {connection: {case}}, spans, **options)
            comes_round(both, {connection: {case}})
        except AssertionError as error:
            wrong[case] = str(error)[:2_000]
            both.disarm(connection)
            both.reads_everything()
    assert wrong == {}
    ends(both)


def catalogue(both: Twins) -> Iterator[dict[str, list[str]]]:
    """Some faults of each CRM at a time, until each has come; those that no stamp tells of last."""
    columns = {
        connection: sorted(crm.faults.cases, key=lambda case: (case in UNTRACEABLE, case in refusing, case))
        for (connection, crm), refusing in zip(both.disturbed.crms.items(), REFUSING.values(), strict=True)
    }
    for begin in range(0, max(map(len, columns.values())), AT_ONCE):
        yield {connection: cases[begin : begin + AT_ONCE] for connection, cases in columns.items()}


@SQLITE_DAILY
def test_every_fault_is_outlived_beside_others(tmp_path: Path, urls: tuple[str, str]) -> None:
    with twins(NAMES, OFFICE, BEGIN, tmp_path, urls) as both:
        for number, struck in enumerate(catalogue(both), 1):
            reads_again(both)
            lasts(both, struck, BRIEF, times=None)
            if number % IN_A_ROW == 0:
                comes_round(both, struck, RESTED)
        comes_round(both, struck, RESTED)
        ends(both)


@pytest.mark.slow
@each_crm
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
