"""The picture of time: everything lies in it where its moment lies, and nothing is drawn that is not stored."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import DAY, from_us, to_us
from stalewatch.services.reporting.record_story import Doing, Lane, Stay, Story, stays
from stalewatch.web.pages.picture import GUTTER, WIDTH, picture
from tests.services.world import at

NOW = to_us(at("2026-04-15 09:00"))
moments = st.integers(-500, 120).map(lambda days: NOW + days * DAY)
titles = st.text("abc 提案", min_size=1, max_size=40)


def clock(state: str, anchor: int, length: int, title: str) -> Explanation:
    return Explanation(
        rule_id="r", rule_title={"en": title}, state=state, anchor=anchor, due=anchor + length * DAY,
        limit=Duration(length, Unit.DAY), zone="Asia/Tokyo",
    )  # fmt: skip


@st.composite
def stories(draw: st.DrawFn) -> Story:
    starts = sorted(draw(st.lists(moments.filter(lambda at: at <= NOW), max_size=5, unique=True)))
    ends: list[int | None] = [*starts[1:], None]
    lanes = st.sampled_from(list(Lane))
    doings = draw(st.lists(st.builds(Doing, moments, lanes, st.just("email"), st.none()), max_size=12))
    running = st.builds(clock, st.sampled_from(["at_risk", "watching", "paused"]), moments, st.integers(0, 90), titles)
    late = st.builds(
        lambda over, length, title: clock("breached", NOW - (over + length) * DAY, length, title),
        st.integers(0, 100), st.integers(0, 90), titles,
    )  # fmt: skip
    return Story(
        record={},
        deadlines=tuple(draw(st.lists(late | running, max_size=12))),
        stays=tuple(Stay(f"s{n}", since, end) for n, (since, end) in enumerate(zip(starts, ends, strict=False))),
        doings=tuple(sorted(doings, key=lambda one: one.at)),
        created_at=draw(st.none() | moments),
        names={},
    )


def drawn(story: Story, language: str = "en") -> Any:
    return picture(story, {"s0": "First stage"}, NOW, Reader(language, from_us(NOW), "Asia/Tokyo"))


@settings(max_examples=60, deadline=None)
@given(stories(), st.sampled_from(["en", "ja"]))
def test_everything_lies_inside_and_in_its_order(story: Story, language: str) -> None:
    found = drawn(story, language)
    if found is None:
        assert not story.stays
        assert not story.doings
        return
    lanes = (found.customer, found.meetings, found.seller)
    marks = [mark for lane in lanes for mark in lane]
    places = [one.x for one in (*marks, *found.bands, *found.clocks, *found.ticks, found.today)]
    assert all(GUTTER - 10 <= place <= WIDTH for place in places)
    assert all(band.x + band.width <= found.today.x + 1.5 for band in found.bands)  # one of today is still seen
    assert all(band.width > 0 for band in found.bands)
    for lane in lanes:
        assert [one.x for one in lane] == sorted(one.x for one in lane)
    for one in found.clocks:
        assert one.x <= one.limit <= WIDTH
        assert one.limit + one.late <= found.today.x + 0.11 or not one.late
        assert (one.late > 0) <= (one.state == "breached")
        assert one.y + 8 <= found.foot


@settings(max_examples=50, deadline=None)
@given(stories())
def test_what_is_drawn_is_what_is_stored(story: Story) -> None:
    found = drawn(story)
    if found is None:
        return
    marks = len(found.customer) + len(found.meetings) + len(found.seller)
    ahead = sum(one.at > NOW + 60 * DAY for one in story.doings)
    assert len(story.doings) - found.earlier - ahead <= marks <= len(story.doings) - found.earlier
    assert len(found.bands) <= len(story.stays)
    running = [one for one in story.deadlines if one.due is not None]
    assert len(found.clocks) == min(8, len(running))


def record(**told: Any) -> Any:
    known = {"stage": "proposal", "stage_entered_at": None, **told}
    return SimpleNamespace(
        _mapping=known, is_open=known.pop("is_open", True), closed_at=known.pop("closed_at", None)
    )  # fmt: skip


def change(when: int, value: str | int | None, ordinal: int = 0) -> tuple[Any, ...]:
    return ("crm:x", "stage", when, ordinal, value, "crm")


def test_stages_lie_between_their_changes_and_writing_the_same_again_is_no_change() -> None:
    told = [change(10, "discovery"), change(20, "discovery"), change(30, "proposal")]
    assert stays(record(), "stage", told) == (Stay("discovery", 10, 30), Stay("proposal", 30, None))


def test_a_time_without_a_stage_is_a_gap() -> None:
    told = [change(10, "discovery"), change(20, None), change(30, "proposal")]
    assert stays(record(), "stage", told) == (Stay("discovery", 10, 20), Stay("proposal", 30, None))


def test_without_a_history_only_the_present_stage_is_known_and_only_since_it_was_entered() -> None:
    assert stays(record(stage_entered_at=40), "stage", []) == (Stay("proposal", 40, None),)
    assert stays(record(), "stage", []) == ()
    assert stays(record(stage_entered_at=40), "stage", [change(10, "discovery")]) == (
        Stay("discovery", 10, 40), Stay("proposal", 40, None)
    )  # fmt: skip


def test_a_stage_that_was_stored_when_the_field_was_a_number_is_said_as_text() -> None:
    assert stays(record(), "stage", [change(10, 3), change(30, "proposal")]) == (
        Stay("3", 10, 30),
        Stay("proposal", 30, None),
    )


def test_a_closed_record_stays_nowhere_after_its_end() -> None:
    told = [change(10, "discovery")]
    assert stays(record(is_open=False, closed_at=50, stage="discovery"), "stage", told) == (Stay("discovery", 10, 50),)
