"""What stages.csv and events.csv tell, and what a connection without them cannot tell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from stalewatch.sdk.errors import Refused
from stalewatch.sdk.records import Actor, FieldChange, MeetingState, StageVisit
from tests.connectors.exports import Export, open_deals

FEB_1 = datetime(2026, 2, 1, tzinfo=UTC)
FEB_9 = datetime(2026, 2, 9, 10, tzinfo=UTC)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    export = Export(tmp_path)
    export.deals(*open_deals(3))
    return export


def events(export: Export, *rows: str) -> None:
    export.write("events.csv", "deal_id,at,kind,value", *rows)


def test_stage_visits_come_with_their_deal_oldest_first_whatever_the_order_of_the_file(export: Export) -> None:
    export.write(
        "stages.csv",
        "deal_id,stage,entered_at",
        "D1,proposal,2026-02-09T10:00:00Z",
        "D3,discovery,2026-02-01",
        "D1,discovery,2026-02-01",
    )
    (page,) = export.pull().pages
    assert page.visits == [
        StageVisit(deal="D1", stage="discovery", entered_at=FEB_1),
        StageVisit(deal="D1", stage="proposal", entered_at=FEB_9),
        StageVisit(deal="D3", stage="discovery", entered_at=FEB_1),
    ]
    assert (set(page.histories), set(page.history_fields)) == ({"D1", "D3"}, {"stage"})


def test_stages_are_told_in_our_words(export: Export) -> None:
    export.options["map"] = {"deal": {"stages": {"discovery": ["Needs analysis"]}}}
    export.write("stages.csv", "deal_id,stage,entered_at", "D1,Needs analysis,2026-02-01")
    assert export.pull().visits[0].stage == "discovery"


def test_actions_say_who_acted(export: Export) -> None:
    events(export, "D1,2026-02-01,customer_action,", "D1,2026-02-09T10:00:00Z,seller_action,")
    told = [(activity.actor, activity.at, activity.records) for activity in export.pull().activities]
    assert told == [(Actor.CUSTOMER, FEB_1, ("D1",)), (Actor.SELLER, FEB_9, ("D1",))]


def test_a_booking_is_a_planned_meeting_known_since_it_was_made(export: Export) -> None:
    events(export, "D1,2026-02-01,meeting_booked,2026-02-09T10:00:00Z")
    (meeting,) = export.pull().activities
    assert (meeting.at, meeting.recorded_at, meeting.meeting) == (FEB_9, FEB_1, MeetingState.UNLOGGED)


def test_a_booking_and_the_row_that_says_it_was_held_are_one_meeting(export: Export) -> None:
    events(export, "D1,2026-02-09T10:00:00Z,meeting_held,", "D1,2026-02-01,meeting_booked,2026-02-09T19:00:00+09:00")
    (meeting,) = export.pull().activities
    assert (meeting.at, meeting.recorded_at, meeting.meeting) == (FEB_9, FEB_1, MeetingState.HELD)


def test_the_same_row_twice_is_one_activity(export: Export) -> None:
    events(export, "D1,2026-02-01,customer_action,", "D1,2026-02-01,customer_action,")
    assert len(export.pull().activities) == 1


def test_fields_have_a_history(export: Export) -> None:
    events(
        export,
        "D1,2026-02-01,close_date_moved,2026-04-30",
        "D1,2026-02-01,field_set,next_step = call the CFO = soon",
        "D1,2026-02-09T10:00:00Z,field_set,next_step=",
    )
    assert export.pull().changes == [
        FieldChange(record="D1", field="close_date", at=FEB_1, value=date(2026, 4, 30)),
        FieldChange(record="D1", field="next_step", at=FEB_1, value="call the CFO = soon"),
        FieldChange(record="D1", field="next_step", at=FEB_9, value=None),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-02-01,customer_action,", "no deal_id"),
        ("D1,,customer_action,", "unparsable date"),
        ("D1,2026-02-01,,", "no kind"),
        ("D1,2026-02-01,party,", "unknown kind of event"),
        ("D1,2026-02-01,meeting_booked,", "unparsable date"),
        ("D1,2026-02-01,close_date_moved,soon", "unparsable date"),
        ("D1,2026-02-01,field_set,next_step", "field_set needs field=value"),
        ("D1,2026-02-01,field_set,shoe_size=44", "unknown field"),
        ("D1,2026-02-01,field_set,stakeholders=many", "stakeholders is not a number"),
        ("D77,2026-02-01,customer_action,", "no such deal in the deals file"),
    ],
)
def test_a_bad_event_is_left_out_and_the_deals_stay_complete(export: Export, row: str, reason: str) -> None:
    events(export, "D1,2026-02-01,customer_action,", row)
    pulled = export.pull()
    assert pulled.complaints == [("events.csv:3", reason)]
    assert (len(pulled.activities), pulled.ids, pulled.is_complete) == (1, ["D1", "D2", "D3"], True)


def test_an_events_file_without_its_columns_is_refused(export: Export) -> None:
    export.write("events.csv", "deal_id,when,kind", "D1,2026-02-01,customer_action")
    with pytest.raises(Refused, match=r"events\.csv: the column at is missing"):
        export.pull()


def test_many_events_make_more_pages_and_never_tear_a_deal_from_its_evidence(export: Export) -> None:
    rows = [f"D{n % 3 + 1},2026-02-01T00:00:00.{n:06},customer_action," for n in range(45_000)]
    events(export, *rows)
    pages = export.pull().pages
    assert [len(page.deals) for page in pages] == [2, 1]
    for page in pages:
        owners = {activity.records[0] for activity in page.activities}
        assert owners == {deal.id for deal in page.deals}
        assert len(page.activities) == 15_000 * len(page.deals)


def test_only_what_the_files_feed_is_available(export: Export) -> None:
    always = {"name", "created_at", "owner", "is_open"}
    assert set(export.fields()) == always | {"stage", "amount"}
    export.write("stages.csv", "deal_id,stage,entered_at")
    assert set(export.fields()) == always | {"stage", "amount", "stage_entered_at"}
    events(export)
    evidence = {
        "last_customer_activity_at",
        "last_seller_activity_at",
        "seller_touches_since_customer",
        "last_meeting_at",
        "next_meeting_at",
        "close_date_pushes",
    }
    assert set(export.fields()) == always | {"stage", "amount", "stage_entered_at"} | evidence


def test_a_column_can_tell_what_no_file_does(export: Export) -> None:
    export.deals("D1,open,2026-02-01", header="deal_id,outcome,stage_entered_at")
    assert export.fields()["stage_entered_at"] == "deals.csv: stage_entered_at"
    assert export.pull().deal.fields == {"stage_entered_at": FEB_1}


def test_fields_show_how_full_they_are(export: Export) -> None:
    export.deals("D1,open,slow", "D2,open,", header="deal_id,outcome,pain")
    pain = next(info for info in export.connector().describe().fields["deal"] if info.ours == "pain")
    assert (pain.type, pain.fill_rate, pain.example) == ("text", 0.5, "slow")
