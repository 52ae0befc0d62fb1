"""Writing back: what a person asked for stands in HubSpot once, and nothing newer is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stalewatch.sdk.errors import Conflict, Refused, TryLater, WriteUnknown
from stalewatch.sdk.writing import Change, Fields, Kind, Lost, Meeting, Note, Task, Wish, marked
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_hubspot.errors import MissingScope
from stalewatch_sandbox.hubspot.kinds import DEALS, kind_called
from stalewatch_sandbox.hubspot.schema import Type
from tests.connectors.hubspot.portals import NOON, SATO, Story, opened


@pytest.fixture
def story() -> Iterator[Story]:
    with opened() as story:
        yield story


def writer(story: Story, **more: Any) -> HubSpotConnector:
    return story.connector(writeback="fields", **more)


def change(record: str, wish: Wish, id_: str = "7f3a", **more: Any) -> Change:
    return Change(id=id_, record=record, wish=wish, **more)


def properties(story: Story, kind: str, id_: str) -> dict[str, str]:
    of = kind_called(kind)
    assert of is not None
    record = story.portal.record(of, int(id_))
    assert record is not None
    return dict(record.now.properties)


def beside(story: Story, kind: str, deal: str) -> list[dict[str, str]]:
    of, deals = kind_called(kind), kind_called("deals")
    assert of is not None
    assert deals is not None
    return [properties(story, kind, str(one)) for one in story.portal.links.of(deals, int(deal), of)]


def test_a_next_step_and_a_close_date_are_set_and_the_old_values_told(story: Story) -> None:
    deal = story.deal(hs_next_step="Wait", closedate="2026-06-30T03:00:00Z")
    story.passes(minutes=5)
    wish = Fields(next_step="Send the offer", close_date=date(2026, 7, 31))
    done = writer(story).write_back(change(deal, wish, seen_version=NOON))
    now = properties(story, "deals", deal)
    assert (now["hs_next_step"], now["closedate"][:10]) == ("Send the offer", "2026-07-31")
    assert (done.ref, done.before["hs_next_step"], done.after["hs_next_step"]) == (deal, "Wait", "Send the offer")
    assert done.version == NOON + timedelta(minutes=5)


def test_a_lost_deal_goes_to_the_lost_stage_of_its_own_pipeline(story: Story) -> None:
    deal = story.deal()
    writer(story).write_back(change(deal, Lost(reason="Too expensive"), seen_version=NOON))
    now = properties(story, "deals", deal)
    assert (now["dealstage"], now["hs_is_closed_lost"], now["closed_lost_reason"]) == (
        "closedlost", "true", "Too expensive",
    )  # fmt: skip


def test_meeting_task_and_note_stand_beside_the_deal_with_their_marker(story: Story) -> None:
    deal, connector = story.deal(), writer(story)
    starts = datetime(2026, 4, 10, 1, tzinfo=UTC)
    meeting = Meeting(title="Review", starts_at=starts, ends_at=starts + timedelta(hours=1), agenda="<b>Prices</b>")
    connector.write_back(change(deal, meeting, "a1", owner=SATO))
    connector.write_back(change(deal, Task(text="Call Mori\nabout prices", due=date(2026, 4, 5)), "b2"))
    connector.write_back(change(deal, Note(text="They wait for the budget."), "c3"))
    [event], [task], [note] = (beside(story, kind, deal) for kind in ("meetings", "tasks", "notes"))
    assert (event["hs_meeting_title"], event["hubspot_owner_id"]) == ("Review", SATO)
    assert event["hs_meeting_body"] == "&lt;b&gt;Prices&lt;/b&gt;<br><br>[stalewatch:a1]"
    assert (task["hs_task_subject"], task["hs_timestamp"][:10]) == ("Call Mori", "2026-04-05")
    assert (marked(task["hs_task_body"]), marked(note["hs_note_body"])) == ("b2", "c3")


def test_a_meeting_of_ours_is_read_as_the_next_meeting(story: Story) -> None:
    deal, connector = story.deal(), writer(story)
    starts = NOON + timedelta(days=3)
    connector.write_back(change(deal, Meeting(title="Review", starts_at=starts, ends_at=starts + timedelta(hours=1))))
    story.passes(minutes=10)
    reader = story.reader()
    reader.pull()
    assert [act.at for act in reader.of(deal)] == [starts]


@pytest.mark.parametrize(
    "error", ["MISSING_REQUIRED_PROPERTY", "MISSING_CONDITIONAL_REQUIRED_PROPERTY", "VALIDATION_ERROR"]
)
def test_what_hubspot_says_is_shown_as_it_is_with_the_property_and_not_tried_again(story: Story, error: str) -> None:
    deal = story.deal()
    story.board.faults.arm("refused_write", error=error)
    with pytest.raises(Refused) as refused:
        writer(story).write_back(change(deal, Lost()))
    assert "closed_lost_reason" in refused.value.what
    assert refused.value.code == error
    assert refused.value.fields == (() if error == "VALIDATION_ERROR" else ("closed_lost_reason",))
    assert len(story.board.ledger.where(wanted=lambda call: call.method == "PATCH")) == 1


def test_a_value_that_is_none_of_the_options_is_named(story: Story) -> None:
    with pytest.raises(Refused, match="Property values were not valid") as refused:
        writer(story).write_back(change(story.deal(), Note(text="Budget"), owner="999"))
    assert refused.value.fields == ("hubspot_owner_id",)


def test_a_scope_that_is_missing_is_named(story: Story) -> None:
    story.board.faults.arm("HS23", scope="crm.objects.deals.write")
    connector = writer(story)
    told = connector.describe().writing["deal"]
    assert told.kinds == {Kind.MEETING, Kind.TASK, Kind.NOTE}
    assert told.missing["lost"] == "crm.objects.deals.write"
    with pytest.raises(MissingScope, match="the token lacks the scope"):
        connector.write_back(change(story.deal(), Fields(next_step="Call")))


def test_a_locked_record_is_tried_again(story: Story) -> None:
    deal = story.deal()
    story.board.faults.arm("locked_write")
    writer(story).write_back(change(deal, Fields(next_step="Call")))
    assert properties(story, "deals", deal)["hs_next_step"] == "Call"
    assert story.patience.slept == [2.0, 2.0]


def test_a_spent_day_is_for_later(story: Story) -> None:
    deal = story.deal()
    story.board.faults.arm("HS16")
    with pytest.raises(TryLater, match="daily limit"):
        writer(story).write_back(change(deal, Fields(next_step="Call")))


@pytest.mark.parametrize("wish", [Task(text="Call", due=date(2026, 4, 5)), Note(text="Budget")], ids=["task", "note"])
def test_what_was_created_and_never_answered_is_found_by_its_marker(story: Story, wish: Wish) -> None:
    deal, connector = story.deal(), writer(story)
    asked = change(deal, wish)
    assert connector.written(asked) is None
    story.board.faults.arm("lost_answer")
    with pytest.raises(WriteUnknown):
        connector.write_back(asked)
    found = connector.written(asked)
    [row] = beside(story, "tasks" if isinstance(wish, Task) else "notes", deal)
    assert found is not None
    assert (found.ref, found.answer) == (row["hs_object_id"], "found by its marker")


def test_a_change_that_was_never_answered_is_found_in_the_history_even_when_overwritten(story: Story) -> None:
    deal, connector = story.deal(hs_next_step="Wait", closedate="2026-07-31T12:00:00Z"), writer(story)
    asked = change(deal, Fields(next_step="Call", close_date=date(2026, 7, 31)), seen_version=NOON)
    assert connector.written(asked) is None
    story.passes(minutes=1)
    story.board.faults.arm("lost_answer")
    with pytest.raises(WriteUnknown):
        connector.write_back(asked)
    story.passes(minutes=1)
    story.portal.update("deals", deal, {"hs_next_step": "Something else"})
    found = connector.written(change(deal, Fields(next_step="Call"), seen_version=NOON))
    assert found is not None
    assert found.version == NOON + timedelta(minutes=1)


def test_what_was_changed_since_it_was_seen_is_not_overwritten(story: Story) -> None:
    deal = story.deal(hs_next_step="Wait")
    story.passes(minutes=1)
    story.portal.update("deals", deal, {"hs_next_step": "Done by a colleague"})
    with pytest.raises(Conflict) as conflict:
        writer(story).write_back(change(deal, Fields(next_step="Mine"), seen_version=NOON))
    assert conflict.value.now["next_step"] == "Done by a colleague"
    assert conflict.value.now["stage"] == "Appointment Scheduled"
    assert conflict.value.version == NOON + timedelta(minutes=1)
    assert properties(story, "deals", deal)["hs_next_step"] == "Done by a colleague"


def test_what_hubspot_works_out_itself_is_no_change(story: Story) -> None:
    deal = story.deal()
    story.passes(hours=12)
    story.portal.touch("deals", deal)
    writer(story).write_back(change(deal, Fields(next_step="Mine"), seen_version=NOON))
    assert properties(story, "deals", deal)["hs_next_step"] == "Mine"


def test_of_a_deal_that_was_merged_since_it_was_seen_nothing_is_overwritten(story: Story) -> None:
    deal, other = story.deal(hs_next_step="Wait"), story.deal(hs_next_step="Theirs")
    merged = story.portal.merge("deals", other, deal)
    asked = change(deal, Fields(next_step="Mine"), seen_version=NOON + timedelta(days=1))
    with pytest.raises(Conflict, match="merged it with another in HubSpot") as conflict:
        writer(story).write_back(asked)
    assert conflict.value.now["next_step"] == "Theirs"
    assert properties(story, "deals", merged)["hs_next_step"] == "Theirs"


def test_a_second_write_of_ours_goes_on_from_the_first(story: Story) -> None:
    deal, connector = story.deal(), writer(story)
    story.passes(minutes=1)
    first = connector.write_back(change(deal, Fields(next_step="Call"), "a1", seen_version=NOON))
    story.passes(minutes=1)
    with pytest.raises(Conflict):
        connector.write_back(change(deal, Lost(), "b2", seen_version=NOON))
    connector.write_back(change(deal, Lost(), "b2", seen_version=first.version))
    assert properties(story, "deals", deal)["dealstage"] == "closedlost"


def test_describe_tells_what_may_be_written_and_which_reasons_there_are(story: Story) -> None:
    story.portal.schema.add_own(DEALS, "why_lost", Type.ENUMERATION, options=("price", "timing"))
    names = {"loss_reason": "why_lost", "hold_until": "on_hold_until"}
    told = writer(story, map={"deal": {"fields": names}}).describe().writing["deal"]
    assert told.kinds == set(Kind)
    stage = told.field("stage")
    assert stage is not None
    assert [one.value for one in stage.choices] == ["closedlost"]
    reason = told.field("loss_reason")
    assert reason is not None
    assert [one.value for one in reason.choices] == ["price", "timing"]
    assert told.missing == {"hold_until": "property on_hold_until", "hold_reason": "map.deal.fields.hold_reason"}


def test_without_writeback_nothing_more_is_asked_or_told(story: Story) -> None:
    story.board.ledger.reset()
    assert story.connector().describe().writing == {}
    assert story.board.ledger.where("scopes") == []


def test_a_write_that_would_begin_too_late_does_not_begin(story: Story) -> None:
    deal = story.deal()
    story.board.faults.arm("HS14", times=4)
    with pytest.raises(TryLater, match="nothing was written"):
        writer(story).write_back(change(deal, Fields(next_step="Call")))
    assert story.board.ledger.where(wanted=lambda call: call.method == "PATCH") == []
