"""Who acted last, which meetings were held, which are planned: as stories, and as laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stalewatch.domain.evidence import (
    DERIVED,
    Act,
    DerivedChange,
    Evidence,
    act_of,
    changes_of,
    fold,
    meetings_held,
)
from stalewatch.domain.instants import DAY, HOUR, MINUTE, NEVER, to_us
from stalewatch.sdk.records import CALLED_OFF, Activity, ActivityKind, Actor, MeetingState

DAWN = to_us(datetime(2026, 3, 2, tzinfo=UTC))
KINDS = st.sampled_from(ActivityKind)


def on(day: float, hour: float = 0) -> int:
    """An instant, counted from 2 March 2026, midnight UTC."""
    return DAWN + round(day * DAY + hour * HOUR)


def mail(at: int, *people: str, by: Actor = Actor.SELLER, kind: ActivityKind = ActivityKind.EMAIL) -> Act:
    return Act(f"{kind}{by}{at}{people}", kind, by, at, people=frozenset(people))


def reply(at: int, *people: str) -> Act:
    return mail(at, *people, by=Actor.CUSTOMER)


def meeting(at: int, state: MeetingState = MeetingState.PLANNED, **more: Any) -> Act:
    told: dict[str, Any] = {"id": f"m{at}", "kind": ActivityKind.MEETING, "actor": Actor.CUSTOMER}
    return Act(**(told | {"at": at, "meeting": state} | more))


# -------------------------------------------------------------------------------------------------- stories


def test_our_own_mails_never_count_as_the_customer() -> None:
    evidence = fold([reply(on(1)), mail(on(3)), mail(on(5))], on(9))
    assert evidence.last_customer_activity_at == on(1)
    assert evidence.last_seller_activity_at == on(5)
    assert evidence.seller_touches_since_customer == 2


def test_an_answer_sets_the_touches_back_to_none() -> None:
    acts = [mail(on(1)), mail(on(2)), reply(on(3)), mail(on(4))]
    assert [fold(acts, on(day)).seller_touches_since_customer for day in (1, 2, 3, 4)] == [1, 2, 0, 1]


def test_touches_of_a_deal_that_never_answered_count_from_its_creation() -> None:
    acts = [mail(on(1)), mail(on(2)), mail(on(3))]
    assert fold(acts, on(9), created_at=on(2)).seller_touches_since_customer == 1
    assert fold(acts, on(9)).seller_touches_since_customer == 3


def test_at_most_one_touch_per_hour_and_contact() -> None:
    ito, abe = "ito@x.example", "abe@x.example"
    acts = [mail(on(1, 9), ito), mail(on(1, 9.5), ito), mail(on(1, 9.75), abe), mail(on(1, 10), ito, abe)]
    assert [fold(acts, on(1, hour)).seller_touches_since_customer for hour in (9, 9.5, 9.75, 10)] == [1, 1, 2, 3]


def test_one_mail_to_three_people_is_one_touch() -> None:
    assert fold([mail(on(1), "a", "b", "c")], on(2)).seller_touches_since_customer == 1


@pytest.mark.parametrize("kind", [ActivityKind.TASK, ActivityKind.NOTE])
@pytest.mark.parametrize("by", list(Actor))
def test_tasks_and_notes_are_paperwork(kind: ActivityKind, by: Actor) -> None:
    assert fold([mail(on(1), "a", by=by, kind=kind)], on(2)) == Evidence()


def test_automatic_replies_show_nobody_at_work() -> None:
    assert fold([mail(on(1), "a", by=Actor.NOBODY)], on(2)) == Evidence()


def test_a_planned_meeting_is_next_until_its_end_and_then_was_the_last() -> None:
    acts = [meeting(on(5, 10), ends_at=on(5, 11), recorded_at=on(1))]
    before_booking, booked, during, over = (fold(acts, at) for at in (on(0), on(1), on(5, 10.5), on(5, 11)))
    assert before_booking == Evidence()
    assert (booked.next_meeting_at, booked.meeting_ends_at, booked.last_meeting_at) == (on(5, 10), on(5, 11), None)
    assert (during.next_meeting_at, during.last_meeting_at) == (on(5, 10), None)
    assert (over.next_meeting_at, over.meeting_ends_at, over.last_meeting_at) == (None, None, on(5, 10))
    assert over.last_customer_activity_at == over.last_seller_activity_at == on(5, 11)


def test_a_past_meeting_without_a_logged_outcome_is_no_word_from_the_customer() -> None:
    evidence = fold([meeting(on(5, 10), MeetingState.UNLOGGED)], on(9))
    assert evidence.last_meeting_at == on(5, 10)
    assert (evidence.last_customer_activity_at, evidence.last_seller_activity_at) == (None, None)


def test_a_later_no_show_corrects_it() -> None:
    acts = [meeting(on(2)), meeting(on(5), MeetingState.CANCELLED, recorded_at=on(1))]
    assert fold(acts, on(4)).next_meeting_at is None
    assert fold(acts, on(9)).last_meeting_at == on(2)


def test_a_meeting_without_an_end_lasts_an_hour() -> None:
    assert fold([meeting(on(5, 10))], on(5, 10)).meeting_ends_at == on(5, 11)


def test_the_record_changes_by_itself_when_the_first_of_two_overlapping_meetings_ends() -> None:
    fair = meeting(on(5), ends_at=on(6), id="fair")
    demo = meeting(on(5, 10), ends_at=on(5, 11), id="demo")
    evidence = fold([fair, demo], on(5, 10.5))
    assert (evidence.next_meeting_at, evidence.meeting_ends_at) == (on(5), on(5, 11))
    assert fold([fair, demo], on(6)).last_meeting_at == on(5, 10)


def test_a_held_meeting_that_nobody_had_booked_is_not_foreseen() -> None:
    acts = [meeting(on(5, 10), MeetingState.HELD)]
    assert fold(acts, on(5)).next_meeting_at is None
    assert fold(acts, on(5, 10)).next_meeting_at == on(5, 10)


def test_stakeholders_are_roles_and_whom_we_met_in_the_180_days_before_the_newest_activity() -> None:
    acts = [reply(on(0), "old"), reply(on(100), "cfo"), meeting(on(200, 10), people=frozenset({"ceo", "cfo"}))]
    roles = frozenset({"champion"})
    assert fold(acts, on(99), contacts=roles).stakeholders == 2
    assert fold(acts, on(150), contacts=roles).stakeholders == 3
    assert fold(acts, on(250), contacts=roles).stakeholders == 3, "the old one is out, the CEO is in"
    assert fold(acts, on(900), contacts=roles).stakeholders == 3, "time alone changes nothing"


def test_held_meetings_are_events_at_their_end() -> None:
    acts = [meeting(on(5, 10)), meeting(on(7), MeetingState.CANCELLED), meeting(on(9)), reply(on(1))]
    assert meetings_held(acts, on(8)) == [(f"m{on(5, 10)}", on(5, 11), on(5, 10))]


def test_a_history_begins_at_creation_and_tells_each_change() -> None:
    acts = [meeting(on(5, 10), MeetingState.UNLOGGED, recorded_at=on(2)), mail(on(3))]
    rows = changes_of(acts, on(9), created_at=on(0))
    assert {row.field for row in rows if row.at == on(0)} == set(DERIVED)
    assert [row for row in rows if row.at != on(0)] == [
        DerivedChange("next_meeting_at", on(2), on(5, 10)),
        DerivedChange("last_seller_activity_at", on(3), on(3)),
        DerivedChange("seller_touches_since_customer", on(3), 1),
        DerivedChange("last_meeting_at", on(5, 11), on(5, 10)),
        DerivedChange("next_meeting_at", on(5, 11), None),
    ]


def test_without_activities_or_a_creation_there_is_no_history() -> None:
    assert changes_of([], on(9)) == []
    assert changes_of([reply(on(5))], on(4)) == []
    assert changes_of([meeting(on(20))], on(4)) == []


def test_activities_of_the_sdk_fold_as_they_are() -> None:
    start = datetime(2026, 3, 4, 10, tzinfo=UTC)
    activity = Activity(
        id="a1",
        kind=ActivityKind.MEETING,
        actor=Actor.CUSTOMER,
        at=start,
        ends_at=start + timedelta(minutes=30),
        recorded_at=start - timedelta(days=1),
        records=("d1",),
        meeting=MeetingState.PLANNED,
        people=frozenset({"a"}),
    )
    expected = meeting(on(2, 10), id="a1", ends_at=on(2, 10.5), recorded_at=on(1, 10), people=frozenset({"a"}))
    assert act_of(activity) == expected


# ----------------------------------------------------------------------------------------------------- laws

moments = st.integers(0, 400 * 24 * 4).map(lambda quarter: DAWN + quarter * 15 * MINUTE)
crowds = st.frozensets(st.sampled_from(["a", "b", "c"]))
lengths = st.none() | st.sampled_from([0, HOUR // 2, 3 * HOUR, 3 * DAY])


@st.composite
def acts(draw: st.DrawFn) -> Act:
    kind, at = draw(KINDS), draw(moments)
    is_meeting = kind is ActivityKind.MEETING
    length = draw(lengths) if is_meeting else None
    return Act(
        id=str(draw(st.uuids())),
        kind=kind,
        actor=draw(st.sampled_from(Actor)),
        at=at,
        ends_at=None if length is None else at + length,
        recorded_at=draw(st.none() | moments) if is_meeting else None,
        meeting=draw(st.sampled_from(MeetingState)) if is_meeting else None,
        people=draw(crowds),
    )


some_acts = st.lists(acts(), max_size=12)
creations = st.none() | moments


@given(some_acts.flatmap(lambda given: st.tuples(st.just(given), st.permutations(given))), moments, creations)
def test_the_order_of_activities_does_not_matter(
    both: tuple[list[Act], list[Act]], at: int, created: int | None
) -> None:
    told, shuffled = both
    assert fold(shuffled, at, created) == fold(told, at, created)
    assert changes_of(shuffled, at, created) == changes_of(told, at, created)
    assert meetings_held(shuffled, at) == meetings_held(told, at)


@given(some_acts, acts(), moments)
def test_one_more_activity_never_moves_a_last_time_back(told: list[Act], more: Act, at: int) -> None:
    before, after = fold(told, at), fold([*told, more], at)
    for name in ("last_customer_activity_at", "last_seller_activity_at", "last_meeting_at"):
        assert (getattr(after, name) or NEVER) >= (getattr(before, name) or NEVER)


@given(some_acts, moments, moments)
def test_no_last_time_moves_back_as_time_goes_on(told: list[Act], one: int, other: int) -> None:
    earlier, later = (fold(told, at) for at in sorted((one, other)))
    for name in ("last_customer_activity_at", "last_seller_activity_at", "last_meeting_at"):
        assert (getattr(later, name) or NEVER) >= (getattr(earlier, name) or NEVER)


@given(some_acts, moments, creations, crowds)
def test_the_evidence_at_an_instant_is_the_last_row_of_each_field_up_to_it(
    told: list[Act], at: int, created: int | None, contacts: frozenset[str]
) -> None:
    rows = changes_of(told, on(500), created, contacts)
    assume(bool(rows) and rows[0].at <= at)
    latest = {row.field: row.value for row in rows if row.at <= at}
    assert latest == {name: getattr(fold(told, at, created, contacts), name) for name in DERIVED}


@given(some_acts, moments, creations)
def test_a_history_is_in_order_and_has_no_row_without_a_change(told: list[Act], at: int, created: int | None) -> None:
    rows = changes_of(told, at, created)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    for name in DERIVED:
        values = [row.value for row in rows if row.field == name]
        assert all(before != after for before, after in pairwise(values))


@given(some_acts, moments, moments)
def test_what_happens_after_an_instant_is_not_known_at_it(told: list[Act], at: int, later: int) -> None:
    """A future mail changes nothing now, and a history does not depend on how far it is told."""
    future = mail(max(at, later) + MINUTE, "new", by=Actor.CUSTOMER)
    assert fold([*told, future], at) == fold(told, at)
    told_to_the_end = changes_of(told, on(500), created_at=DAWN)
    assert changes_of(told, at, created_at=DAWN) == [row for row in told_to_the_end if row.at <= at]


@given(some_acts, moments)
def test_nothing_changes_between_an_instant_and_the_end_it_foresees(told: list[Act], at: int) -> None:
    """Without new activities and bookings, the evidence stands still until `meeting_ends_at`."""
    known = [act for act in told if act.at <= at or (act.kind is ActivityKind.MEETING and act.known_from <= at)]
    evidence = fold(known, at)
    until = on(500) if evidence.meeting_ends_at is None else evidence.meeting_ends_at
    assert fold(known, until - 1) == evidence


@given(some_acts, moments, creations)
def test_touches_by_their_definition(told: list[Act], at: int, created: int | None) -> None:
    evidence = fold(told, at, created)
    base = evidence.last_customer_activity_at
    since = base if base is not None else created
    reached: dict[str, int] = {}
    touches = 0
    kinds = (ActivityKind.EMAIL, ActivityKind.CALL, ActivityKind.OTHER)
    for act in sorted(told, key=lambda act: (act.at, act.id)):
        if act.actor is not Actor.SELLER or act.kind not in kinds or act.at > at:
            continue
        if since is not None and act.at <= since:
            continue
        news = [who for who in (act.people or {""}) if who not in reached or act.at - reached[who] >= HOUR]
        touches += 1 if news else 0
        reached.update((who, act.at) for who in news)
    assert evidence.seller_touches_since_customer == touches


@given(some_acts, moments)
def test_meetings_by_their_definition(told: list[Act], at: int) -> None:
    real = [act for act in told if act.kind is ActivityKind.MEETING and act.meeting not in CALLED_OFF]
    over = [act.at for act in real if act.end <= at]
    ahead = [act for act in real if act.known_from <= at < act.end]
    evidence = fold(told, at)
    assert evidence.last_meeting_at == max(over, default=None)
    assert evidence.next_meeting_at == min((act.at for act in ahead), default=None)
    assert evidence.meeting_ends_at == min((act.end for act in ahead), default=None)
    assert sorted(event.began for event in meetings_held(told, at)) == sorted(over)
