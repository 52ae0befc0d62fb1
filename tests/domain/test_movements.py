"""Since when a deal stands where it stands, and how its amount and close date moved."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stalewatch.domain.movements import (
    Event,
    Visit,
    amount_decreases,
    close_date_pushes,
    previous_amount,
    proposals_sent,
    stage_entered_at,
    stage_regressions,
    stage_runs,
)

ORDER = ("qualification", "discovery", "proposal", "negotiation")
stages = st.sampled_from((*ORDER, "elsewhere"))
histories = st.lists(
    st.builds(Visit, stages, st.integers(0, 50), st.none()), max_size=10, unique_by=lambda visit: visit.at
)


def instants(events: list[Event]) -> list[int]:
    return [event.at for event in events]


def test_an_amount_edit_does_not_restart_the_stage() -> None:
    visits = [Visit("discovery", 1), Visit("proposal", 5), Visit("proposal", 20)]
    assert stage_entered_at(visits, "proposal") == 5


def test_a_stage_entered_again_counts_from_the_last_time() -> None:
    visits = [Visit("proposal", 1), Visit("discovery", 5), Visit("proposal", 9), Visit("proposal", 12)]
    assert stage_entered_at(visits, "proposal") == 9
    assert stage_entered_at(visits, "discovery") == 5


def test_a_stage_that_the_history_never_shows_has_no_entry() -> None:
    assert stage_entered_at([Visit("discovery", 1)], "proposal") is None
    assert stage_entered_at([], "proposal") is None
    assert stage_entered_at([Visit("discovery", 1)], None) is None


def test_the_same_stage_of_another_pipeline_is_another_stage() -> None:
    visits = [Visit("proposal", 1, "new_business"), Visit("proposal", 9, "renewal")]
    assert stage_entered_at(visits, "proposal") == 9


def test_the_previous_amount_is_the_one_at_the_entry_of_the_stage() -> None:
    amounts = [(9, 600.0), (1, 1000.0), (5, 900.0)]
    assert [previous_amount(amounts, entered) for entered in (0, 1, 5, 8, 9)] == [None, 1000, 900, 900, 600]
    assert previous_amount(amounts, None) is None
    assert previous_amount([(1, 5.0), (2, None)], 3) is None, "it was empty then"


@pytest.mark.parametrize(("days", "pushes"), [(6, 0), (7, 1), (30, 1), (-30, 0), (0, 0)])
def test_a_push_is_a_move_seven_or_more_days_later(days: int, pushes: int) -> None:
    assert len(close_date_pushes([(1, 100), (5, 100 + days)])) == pushes


def test_a_date_that_was_emptied_in_between_was_still_pushed() -> None:
    assert instants(close_date_pushes([(1, 100), (3, None), (5, 130)])) == [5]


def test_only_moves_of_an_open_deal_count() -> None:
    dates = [(1, 100), (5, 110), (9, 120)]
    assert instants(close_date_pushes(dates, closed_at=9)) == [5]
    assert instants(amount_decreases([(1, 10.0), (5, 8.0), (9, 7.0)], closed_at=9)) == [5]


def test_an_amount_that_rose_or_stayed_did_not_fall() -> None:
    assert instants(amount_decreases([(1, 10.0), (2, 10.0), (3, 12.0), (4, 11.5), (5, None), (6, 11.0)])) == [4, 6]


def test_a_regression_is_a_step_back_in_the_order_of_its_pipeline() -> None:
    visits = [Visit("discovery", 1), Visit("negotiation", 2), Visit("proposal", 3), Visit("elsewhere", 4)]
    assert stage_regressions(visits, ORDER) == [Event("stage_regressed:3", 3)]


def test_every_pipeline_has_its_own_order_and_changing_pipelines_is_no_step_back() -> None:
    visits = [Visit("b", 1, "one"), Visit("a", 2, "one"), Visit("a", 3, "two"), Visit("b", 4, "two"), Visit("a", 5)]
    assert instants(stage_regressions(visits, {"one": ("a", "b"), "two": ("b", "a")})) == [2, 4]


def test_a_proposal_is_sent_when_its_date_moves_forward() -> None:
    sent = [(10, 9), (20, 19), (30, 5), (40, None), (50, 19)]
    assert instants(proposals_sent(sent, [Visit("proposal", 1)])) == [9, 19]


def test_without_that_date_a_proposal_is_sent_when_its_stage_is_entered() -> None:
    visits = [
        Visit("discovery", 1),
        Visit("proposal", 3),
        Visit("proposal", 4),
        Visit("discovery", 6),
        Visit("proposal", 8),
    ]
    assert instants(proposals_sent([], visits)) == [3, 8]
    assert instants(proposals_sent([(2, None)], visits)) == [3, 8]


@given(histories.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_of_rows_does_not_matter(both: tuple[list[Visit], list[Visit]]) -> None:
    told, shuffled = both
    assert stage_runs(shuffled) == stage_runs(told)
    assert stage_regressions(shuffled, ORDER) == stage_regressions(told, ORDER)


@given(histories, st.integers(0, 60))
def test_writing_the_present_stage_again_changes_nothing(told: list[Visit], at: int) -> None:
    present = max((visit for visit in told if visit.at < at), key=lambda visit: visit.at, default=None)
    assume(present is not None and all(visit.at != at for visit in told))
    assert present is not None
    assert stage_runs([*told, present._replace(at=at)]) == stage_runs(told)


@given(histories)
def test_a_deal_that_only_moves_on_never_regressed(told: list[Visit]) -> None:
    known = sorted((visit for visit in told if visit.stage in ORDER), key=lambda visit: ORDER.index(visit.stage))
    onward = [visit._replace(at=at) for at, visit in enumerate(known)]
    assert stage_regressions(onward, ORDER) == []
