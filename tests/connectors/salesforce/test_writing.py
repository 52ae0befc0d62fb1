"""Writing back: what a person asked for stands in Salesforce once, and nothing newer is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import Conflict, NeedsReconnect, Refused, TryLater, WriteUnknown
from stalewatch.sdk.writing import Change, Fields, Kind, Lost, Meeting, Note, Task, Wish, marked
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.salesforce.schema import Field
from stalewatch_sandbox.salesforce.stock import Stage
from tests.connectors.salesforce.desk import Desk, Snapshot, open_desk

REASONS = ("Price", "Timing", "No decision")
MAP = {"deal": {"fields": {"loss_reason": "Loss_Reason__c", "hold_until": "On_Hold_Until__c"}}}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_desk() as desk:
        at = desk.org.clock.now()
        picklist = Field(name="Loss_Reason__c", type="picklist", values=REASONS, is_restricted=True)
        desk.org.schema.add_field("Opportunity", picklist, at)
        desk.org.schema.add_field("Opportunity", Field(name="On_Hold_Until__c", type="date"), at)
        yield desk


def writer(desk: Desk, writeback: str = "fields", **more: Any) -> SalesforceConnector:
    return desk.connector(writeback=writeback, map=MAP, **more)


def change(record: str, wish: Wish, id_: str = "7f3a", **more: Any) -> Change:
    return Change(id=id_, record=record, wish=wish, **more)


def seen(desk: Desk, deal: str) -> datetime:
    """When the deal was last changed, as a rep's message shows it."""
    at: datetime = desk.org.record(deal)["LastModifiedDate"]
    return at


def children(desk: Desk, name: str, deal: str) -> list[dict[str, Any]]:
    return [row for row in desk.org.tables[name] if row.get("WhatId") == deal]


# ---------------------------------------------------------------------------------------------- what is written


def test_a_next_step_and_a_close_date_are_set_and_the_old_values_told(desk: Desk) -> None:
    deal = desk.deal(NextStep="Wait")
    wish = Fields(next_step="Send the offer", close_date=date(2026, 7, 31), hold_until=date(2026, 4, 1))
    done = writer(desk).write_back(change(deal, wish, seen_version=seen(desk, deal)))
    row = desk.org.record(deal)
    assert (row["NextStep"], row["CloseDate"]) == ("Send the offer", date(2026, 7, 31))
    assert row["On_Hold_Until__c"] == date(2026, 4, 1)
    assert (done.ref, done.before["NextStep"], done.after["NextStep"]) == (deal, "Wait", "Send the offer")
    assert done.before["CloseDate"] == "2026-06-30"
    assert (done.version, done.answer) == (row["LastModifiedDate"], "204")


def test_a_lost_deal_goes_to_the_lost_stage_with_its_reason(desk: Desk) -> None:
    deal = desk.deal()
    writer(desk).write_back(change(deal, Lost(reason="Timing"), seen_version=seen(desk, deal)))
    row = desk.org.record(deal)
    assert (row["StageName"], row["IsClosed"], row["IsWon"]) == ("Closed Lost", True, False)
    assert row["Loss_Reason__c"] == "Timing"


def test_of_several_lost_stages_the_configured_one_is_taken(desk: Desk) -> None:
    usual = [Stage(name="Qualification", probability=10), Stage(name="Closed Lost", probability=0, is_closed=True)]
    desk.org.set_stages((*usual, Stage(name="Rejected by us", probability=0, is_closed=True)))
    deal = desk.deal()
    writer(desk, lost_stage="rejected by us").write_back(change(deal, Lost()))
    assert desk.org.record(deal)["StageName"] == "Rejected by us"


def test_meeting_task_and_note_stand_beside_the_deal_with_their_marker(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    starts = datetime(2026, 3, 10, 1, tzinfo=UTC)
    meeting = Meeting(title="Review", starts_at=starts, ends_at=starts + timedelta(hours=1), agenda="Prices")
    connector.write_back(change(deal, meeting, "a1", owner=desk.seller))
    connector.write_back(change(deal, Task(text="Call Yamada\nabout prices", due=date(2026, 3, 5)), "b2"))
    noted = connector.write_back(change(deal, Note(text="They wait for the budget."), "c3"))
    [event], tasks = children(desk, "Event", deal), children(desk, "Task", deal)
    assert (event["Subject"], event["StartDateTime"], event["OwnerId"]) == ("Review", starts, desk.seller)
    assert event["Description"] == "Prices\n\n[stalewatch:a1]"
    assert [(row["Subject"], marked(row["Description"])) for row in tasks] == [
        ("Call Yamada", "b2"), ("They wait for the budget.", "c3"),
    ]  # fmt: skip
    assert [(row.get("ActivityDate"), row["IsClosed"]) for row in tasks] == [(date(2026, 3, 5), False), (None, True)]
    assert (noted.ref, noted.version) == (tasks[1]["Id"], None)


def test_beside_a_lead_the_lead_is_who(desk: Desk) -> None:
    lead = desk.org.insert("Lead", {"LastName": "Mori", "Company": "Mori KK"})
    writer(desk).write_back(change(lead, Note(text="Called back"), object="lead"))
    assert [row["WhoId"] for row in desk.org.tables["Task"]] == [lead]


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ask your manager before you move a close date."),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Loss Reason: bad value for restricted picklist field: Weather"),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
    ],
)
def test_sf53_what_salesforce_says_is_shown_as_it_is_and_not_tried_again(desk: Desk, code: str, words: str) -> None:
    deal, connector = desk.deal(NextStep="Wait"), writer(desk)
    connector.write_back(change(deal, Note(text="warm up")))
    desk.sandbox.faults.arm("SF53", error=code, message=words)
    desk.sandbox.ledger.reset()
    with pytest.raises(Refused) as refused:
        connector.write_back(change(deal, Fields(next_step="Call"), seen_version=seen(desk, deal)))
    assert (refused.value.what, refused.value.code) == (words, code)
    assert len(desk.sandbox.ledger.where(wanted=lambda call: call.method == "PATCH")) == 1
    assert desk.org.record(deal)["NextStep"] == "Wait"


def test_sf53_a_missing_field_is_named(desk: Desk) -> None:
    deal = desk.deal()
    with pytest.raises(Refused, match="bad value for restricted picklist field: Weather") as refused:
        writer(desk).write_back(change(deal, Lost(reason="Weather")))
    assert refused.value.fields == ("Loss_Reason__c",)


def test_sf54_a_locked_row_is_tried_again_with_pauses(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    desk.sandbox.faults.arm("SF54", times=2)
    connector.write_back(change(deal, Fields(next_step="Call")))
    assert desk.org.record(deal)["NextStep"] == "Call"
    assert desk.time.waits == [1.0, 2.0]


def test_sf54_a_row_that_stays_locked_is_for_later(desk: Desk) -> None:
    desk.sandbox.faults.arm("SF54", times=None)
    with pytest.raises(TryLater, match="UNABLE_TO_LOCK_ROW"):
        writer(desk).write_back(change(desk.deal(), Fields(next_step="Call")))


@pytest.mark.parametrize("wish", [Task(text="Call", due=date(2026, 3, 5)), Note(text="Budget")])
def test_sf55_a_task_whose_answer_was_lost_is_found_by_its_marker(desk: Desk, wish: Wish) -> None:
    deal, connector = desk.deal(), writer(desk)
    asked = change(deal, wish)
    assert connector.written(asked) is None
    desk.sandbox.faults.arm("SF55")
    with pytest.raises(WriteUnknown):
        connector.write_back(asked)
    found = connector.written(asked)
    [task] = children(desk, "Task", deal)
    assert found is not None
    assert (found.ref, found.answer) == (task["Id"], "found by its marker")


def test_sf55_a_marker_that_somebody_typed_is_not_taken_for_ours(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    connector.write_back(change(deal, Note(text="See [stalewatch:b2]"), "a1"))
    assert connector.written(change(deal, Note(text="x"), "b2")) is None
    assert connector.written(change(deal, Note(text="x"), "a1")) is not None


def test_sf55_a_task_that_never_arrived_is_not_there(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    desk.task(deal, date(2026, 3, 5), Description="[stalewatch:another]")
    connector.write_back(change(deal, Note(text="warm up"), "b2"))
    desk.sandbox.faults.arm("SF24")
    with pytest.raises(WriteUnknown):
        connector.write_back(change(deal, Note(text="Budget")))
    assert connector.written(change(deal, Note(text="Budget"))) is None


def test_a_change_whose_answer_was_lost_is_found_by_the_record(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    asked = change(deal, Fields(next_step="Call"), seen_version=seen(desk, deal))
    assert connector.written(asked) is None
    connector.write_back(asked)
    found = connector.written(asked)
    assert found is not None
    assert found.version == seen(desk, deal)


# ---------------------------------------------------------------------------------------------- what is newer


def test_sf57_what_was_changed_since_it_was_seen_is_not_overwritten(desk: Desk) -> None:
    deal = desk.deal(NextStep="Wait")
    before = seen(desk, deal)
    desk.org.update(deal, {"NextStep": "Done by a colleague"})
    with pytest.raises(Conflict) as conflict:
        writer(desk).write_back(change(deal, Fields(next_step="Mine"), seen_version=before))
    assert conflict.value.now["next_step"] == "Done by a colleague"
    assert conflict.value.version == seen(desk, deal)
    assert desk.org.record(deal)["NextStep"] == "Done by a colleague"


def test_sf57_nor_what_is_changed_between_the_look_and_the_write(desk: Desk) -> None:
    deal = desk.deal(NextStep="Wait")
    desk.sandbox.faults.arm("SF57")
    with pytest.raises(Conflict) as conflict:
        writer(desk).write_back(change(deal, Fields(next_step="Mine"), seen_version=seen(desk, deal)))
    assert conflict.value.now["next_step"] == "Changed by a colleague"
    assert desk.org.record(deal)["NextStep"] == "Changed by a colleague"
    [call] = desk.sandbox.ledger.where(wanted=lambda one: one.method == "PATCH")
    assert call.status == 412


def test_what_the_system_touches_is_no_change(desk: Desk) -> None:
    deal = desk.deal()
    before = seen(desk, deal)
    desk.org.touch(deal)
    writer(desk).write_back(change(deal, Fields(next_step="Mine"), seen_version=before))
    assert desk.org.record(deal)["NextStep"] == "Mine"


# ---------------------------------------------------------------------------------------------- what may be written


def test_describe_tells_what_may_be_written_and_which_reasons_there_are(desk: Desk) -> None:
    told = writer(desk).describe().writing["deal"]
    assert told.kinds == set(Kind)
    reason, stage = told.field("loss_reason"), told.field("stage")
    assert reason is not None
    assert stage is not None
    assert [one.value for one in reason.choices] == list(REASONS)
    assert [one.value for one in stage.choices] == ["Closed Lost"]
    assert told.missing == {"hold_reason": "map.deal.fields.hold_reason"}


def test_without_writeback_nothing_more_is_asked_or_told(desk: Desk) -> None:
    assert desk.connector(map=MAP).describe().writing == {}


def test_a_permission_that_is_missing_is_named(desk: Desk) -> None:
    desk.sandbox.faults.arm("read_only")
    connector = writer(desk)
    told = connector.describe().writing["deal"]
    assert told.kinds == {Kind.NOTE, Kind.TASK, Kind.MEETING}
    assert told.missing["fields"] == told.missing["lost"] == "Edit on Opportunity"
    with pytest.raises(Refused, match="insufficient access rights"):
        connector.write_back(change(desk.deal(), Fields(next_step="Call")))


def test_a_task_that_could_not_be_found_again_is_not_written(desk: Desk) -> None:
    desk.org.schema.drop_field("Task", "Description", desk.org.clock.now())
    connector = writer(desk)
    assert connector.describe().writing["deal"].missing["note"] == "Read on Task.Description"
    with pytest.raises(Refused, match="could not be found again"):
        connector.write_back(change(desk.deal(), Note(text="Budget")))
    assert len(desk.org.tables["Task"].rows) == 0


def test_a_field_that_nobody_mapped_is_not_written(desk: Desk) -> None:
    with pytest.raises(Refused, match="hold_reason is mapped to no field"):
        writer(desk).write_back(change(desk.deal(), Fields(hold_reason="Budget next year")))


def test_an_expired_session_is_renewed_and_the_write_goes_out_once(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    connector.describe()
    desk.sandbox.faults.arm("SF15")
    connector.write_back(change(deal, Note(text="Budget")))
    assert len(children(desk, "Task", deal)) == 1


def test_a_session_that_is_refused_at_once_needs_a_person(desk: Desk) -> None:
    connector = writer(desk)
    connector.describe()
    desk.sandbox.faults.arm("SF16")
    with pytest.raises(NeedsReconnect):
        connector.write_back(change(desk.deal(), Note(text="Budget")))


def test_a_write_is_over_before_anybody_looks_for_it(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    desk.sandbox.faults.arm("SF24", times=None)
    with pytest.raises((TryLater, WriteUnknown)):
        connector.write_back(change(deal, Note(text="Budget")))
    assert desk.time.moment < connector.timeout_seconds


def test_what_we_wrote_is_read_as_the_next_meeting_and_shows_nobody_at_work(desk: Desk) -> None:
    deal, connector = desk.deal(), writer(desk)
    starts = desk.sandbox.clock.now() + timedelta(days=3)
    connector.write_back(change(deal, Note(text="Budget next year"), "a1"))
    meeting = Meeting(title="Review", starts_at=starts, ends_at=starts + timedelta(hours=1))
    connector.write_back(change(deal, meeting, "b2"))
    desk.sandbox.clock.advance(timedelta(minutes=20))
    found = Snapshot().take(desk.connector().pull(None)).evidence(deal, desk.sandbox.clock.now())
    assert (found.next_meeting_at, found.last_customer_activity_at) == (to_us(starts), None)
    assert found.last_seller_activity_at is None
