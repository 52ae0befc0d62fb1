"""A meeting in the calendar that is no next meeting: whoever asks why is told what became of it."""

from __future__ import annotations

import pytest

from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.domain.instants import from_us
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.reporting.reports import Reports
from stalewatch.store import clocks
from stalewatch.store.reports import Filters
from tests.services.conftest import Founder
from tests.services.world import World, at, deal

RULES = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: no-next-meeting
    title: {en: No next meeting, ja: 次回商談なし}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 14d
    severity: critical
  - id: too-old
    title: {en: Open for too long, ja: 長期化}
    watch: deal
    start: created_at
    within: 10d
    severity: warning
"""


def meets(world: World, **meetings: MeetingState) -> None:
    """Acme's meetings of April, by their day."""
    world.crm.activities = [
        Activity(id=day, kind=ActivityKind.MEETING, actor=Actor.NOBODY, at=at(f"2026-04-{day[1:]} 10:00"),
                 meeting=state, records=("acme",))
        for day, state in meetings.items()
    ]  # fmt: skip
    world.rounds()


def says(world: World, language: str) -> dict[str, tuple[str, str]]:
    """Per rule what the deal's page and a list say of Acme."""
    reports, now = Reports(world.db, world.book, {"crm": None}, language), world.us
    told = {
        one.rule_id: explanation_text(one, language, from_us(now))
        for one in reports.explain("crm:acme", now, visible=None) or []
    }
    [item] = reports.stalled(Filters(), now, visible=None).items
    return {one.rule: (told[one.rule], one.explain or "") for one in item.reasons}


@pytest.mark.parametrize(
    ("state", "english", "japanese"),
    [
        (MeetingState.DECLINED, "declined by all of the customer's people", "お客様全員が辞退"),
        (MeetingState.CANCELLED, "cancelled", "中止"),
        (MeetingState.RESCHEDULED, "moved to another time", "日程変更"),
        (MeetingState.NO_SHOW, "the customer did not come", "お客様が不参加"),
    ],
)
def test_sf43_hs26_no_next_meeting_says_why_the_one_in_the_calendar_does_not_count(
    found: Founder, state: MeetingState, english: str, japanese: str
) -> None:
    world = found(RULES)
    world.has(deal("acme", created_at=at("2026-03-02 10:00")))
    world.reaches("2026-03-20 10:00")
    meets(world, d07=state)
    for language, sentence in (
        ("en", f"the meeting on 7 Apr does not count: {english}"),
        ("ja", f"4月7日の商談は数えません({japanese})"),
    ):
        said = says(world, language)
        assert all(text.endswith(sentence) for text in said["no-next-meeting"])
        assert not any(sentence in text for text in said["too-old"]), "that one does not wait for a meeting"


def test_sf43_what_takes_place_or_is_past_needs_no_words(found: Founder) -> None:
    world = found(RULES)
    world.has(deal("acme", created_at=at("2026-03-02 10:00")))
    world.reaches("2026-03-20 10:00")
    meets(world, d07=MeetingState.DECLINED, d08=MeetingState.CANCELLED, d09=MeetingState.CANCELLED)
    first, _ = says(world, "en")["no-next-meeting"]
    assert [first.count(f"the meeting on {day} Apr") for day in (7, 8, 9)] == [1, 1, 0], "two are enough"
    world.reaches("2026-04-10 10:00")
    assert not any("does not count" in text for text in says(world, "en")["no-next-meeting"])


def test_a_meeting_called_off_is_still_looked_at_in_its_hour_and_then_never_again(found: Founder) -> None:
    """An edge may be early, never late: no record is stored anew only because one of its moments has gone."""
    world = found(RULES)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), outcome=Outcome.WON, closed_at=at("2026-03-19 10:00")))
    world.reaches("2026-03-20 10:00")
    meets(world, d07=MeetingState.PLANNED)
    meeting = next_look(world)
    assert meeting is not None
    meets(world, d07=MeetingState.CANCELLED)
    assert next_look(world) == meeting
    world.clock.move_to(from_us(meeting))
    world.syncs()
    looked = world.ticks()
    assert (looked.looked, looked.opened, looked.said) == (1, 0, 0)
    assert next_look(world) is None


def next_look(world: World) -> int | None:
    """When the next tick looks at Acme."""
    with world.db.read() as conn:
        return clocks.next_edge(conn, "crm")
