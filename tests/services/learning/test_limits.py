"""Which groups a limit is suggested for, and which are too small."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stalewatch.domain.instants import DAY
from stalewatch.domain.learning.history import Found, History, Visits, history
from stalewatch.domain.learning.spells import Watched
from stalewatch.domain.learning.suggesting import Lacking
from stalewatch.services.learning.limits import Group, Learned, learned, stage_order
from tests.services.learning.test_files import read

ORDER = {"discovery": 0, "proposal": 1}


def company(pipelines: tuple[str | None, ...], segments: tuple[str | None, ...], size: int) -> History:
    """Deals that are won within 40 days, or linger: three of four of each pipeline and segment are won."""
    rows = [(number, pipeline, segment) for pipeline in pipelines for segment in segments for number in range(size)]
    start = np.array([number * DAY for number, *_ in rows], np.int64)
    won = np.array([number % 4 > 0 for number, *_ in rows], np.bool_)
    end = start + np.where(won, 10 + np.arange(len(rows)) % 30, 120) * DAY
    names = {"pipeline": [row[1] for row in rows], "segment": [row[2] for row in rows]}
    every = np.arange(len(rows))
    stages = np.empty(2 * len(rows), np.object_)
    stages[:] = ["discovery", "proposal"] * len(rows)
    visits = Visits(np.repeat(every, 2), stages, np.stack([start, start + 5 * DAY], axis=1).ravel())
    columns = {name: np.array(values, np.object_) for name, values in names.items()}
    found = Found([str(row) for row in every], start, end, won, ~won, columns, every * 0, visits, has_stages=True)
    return history(found, observed_from=0)


def by_group(some: list[Learned]) -> dict[Group, Learned]:
    return {one.group: one for one in some}


def test_each_pipeline_stage_and_large_segment_has_its_own() -> None:
    found = by_group(learned(company(("new", "expansion"), ("smb", None), 80), ORDER, horizon=30))
    assert list(found) == [
        Group(),
        *(Group(name, None, segment) for name in ("expansion", "new") for segment in (None, "smb")),
        *(
            Group(name, stage, segment)
            for name in ("expansion", "new")
            for stage in ("discovery", "proposal")
            for segment in (None, "smb")
        ),
    ]
    whole = found[Group("new")].found
    assert whole.limit is not None
    assert whole.warn is not None
    assert 10 < whole.warn.day <= whole.limit.day <= 40
    lift = found[Group("new")].scores[whole.limit.day].lift
    assert lift is not None
    assert lift > 1


def test_a_small_segment_shares_the_limit_of_its_stage() -> None:
    groups = by_group(learned(company(("new",), ("smb", "public"), 60), ORDER, horizon=30))
    assert [one for one in groups if one.stage != "discovery"] == [Group("new"), Group("new", "proposal")]
    assert groups[Group("new", "proposal")].found.won == 90, "45 of each are too few"
    assert groups[Group("new", "discovery", "smb")].found.won == 60, "from there all went on"


def test_where_everything_goes_on_nothing_is_suggested() -> None:
    found = by_group(learned(company(("new",), (None,), 80), ORDER, horizon=30))[Group("new", "discovery")]
    assert found.found.lacking is Lacking.NONE_ENDED_OTHERWISE
    assert found.scores == {}


def test_a_limit_is_learned_before_a_day_and_tried_after_it() -> None:
    one = company(("new",), (None,), 80)
    early, late = (replace(one, watched=Watched(since, one.watched.until)) for since in (0, 60 * DAY))
    found = learned(early, ORDER, horizon=30, scored=late)[0]
    assert found.found.limit is not None
    tried = found.scores[found.found.limit.day]
    assert tried.late_entries > 0, "what it would have said before that day is not counted"
    assert found.found.limit == learned(early, ORDER, horizon=30)[0].found.limit


def test_stages_that_nobody_named_stand_as_deals_went_through_them() -> None:
    one = company(("new",), (None,), 3)
    assert stage_order(one, ("discovery", "proposal")) == ORDER
    renamed = one.visits.stage.copy()
    renamed[renamed == "discovery"] = "Zero"
    strange = replace(one, visits=Visits(one.visits.row, renamed, one.visits.at))
    assert stage_order(strange, ("discovery", "proposal")) == {"Zero": 0, "proposal": 1}
    assert stage_order(replace(one, visits=Visits.none()), ("a", "b")) == {"a": 0, "b": 1}


@pytest.fixture
def folder() -> Path:
    named = os.environ.get("STALEWATCH_TEST_DATA")
    if not named or not (Path(named) / "maven_deals.csv").is_file():
        pytest.skip("STALEWATCH_TEST_DATA does not name a folder with maven_deals.csv: its figures are not reproduced")
    return Path(named)


def test_the_third_party_file_suggests_what_the_page_says(folder: Path) -> None:
    [one] = learned(read(folder, "maven_deals.csv"), {}, horizon=60)
    assert one.found.warn is not None
    assert one.found.limit is not None
    assert (one.group, one.found.warn.day, one.found.limit.day) == (Group(), 83, 101)
    assert one.found.percentiles == (88, 106)
    assert one.scores[88].mature == (2242, 728, 332, 1182)
