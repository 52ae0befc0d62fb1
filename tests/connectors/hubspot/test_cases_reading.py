"""The catalogue's cases of reading: each drives the connector over HTTP against the fault that bears its id."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import Refused, TryLater
from stalewatch.sdk.records import Actor, MeetingState, Outcome
from stalewatch.sdk.testing import CATALOGUE
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.queries import DEALS, OPEN, inputs
from stalewatch_hubspot.queries import path as path_to
from stalewatch_sandbox.hubspot import kinds
from stalewatch_sandbox.hubspot.company import Owner, Pipeline, stages
from stalewatch_sandbox.hubspot.schema import Type
from stalewatch_sandbox.hubspot.values import milliseconds
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.altered import replace
from tests.connectors.hubspot.portals import NOON, SATO, Reader, Story


def loaded(story: Story, **more: object) -> Reader:
    """A reader that has loaded everything, ten minutes after the portal was filled."""
    story.passes(minutes=10)
    reader = story.reader(**more)
    reader.pull()
    return reader


def _filtered(body: dict[str, Any]) -> set[str]:
    return {one["propertyName"] for group in body["filterGroups"] for one in group["filters"]}


def five_minutes(story: Story, reader: Reader) -> None:
    story.passes(minutes=5)
    reader.pull()


def test_hs01_an_edit_that_search_shows_late_is_read_by_the_overlap(story: Story) -> None:
    deal = story.deal()
    reader = loaded(story)
    story.board.faults.arm("HS01", minutes=7)
    story.portal.update("deals", deal, {"amount": 5})
    five_minutes(story, reader)
    assert reader.deals[deal].amount is None, "search does not know of it yet"
    five_minutes(story, reader)
    assert reader.deals[deal].amount == 5


def test_hs01_every_window_begins_before_what_search_may_not_show_yet(story: Story) -> None:
    reader = loaded(story)
    for minutes in (5, 5, 55):
        before = reader.cursor
        assert before is not None
        assert before["hi"] <= milliseconds(story.now())
        story.board.ledger.reset()
        story.passes(minutes=minutes)
        reader.pull()
        lows = {int(one["value"]) for body in story.bodies("search") for group in body["filterGroups"]
                for one in group["filters"] if one["operator"] == "BETWEEN"}  # fmt: skip
        overlap = timedelta(hours=2) if minutes == 55 else timedelta(minutes=10)
        assert lows == {before["hi"] - overlap // timedelta(milliseconds=1)}


def test_hs01_what_search_shows_an_hour_late_is_read_by_the_long_window(story: Story) -> None:
    deal = story.deal()
    reader = loaded(story)
    story.board.faults.arm("HS01", minutes=55)
    story.portal.update("deals", deal, {"amount": 5})
    for _ in range(14):
        five_minutes(story, reader)
    assert reader.deals[deal].amount == 5


def test_hs01_an_open_deal_that_search_forgot_for_minutes_has_not_vanished(story: Story) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(4)]
    reader = loaded(story)
    story.passes(hours=25)
    story.board.faults.arm("HS01", hidden=deals[0], minutes=0)
    story.board.ledger.reset()
    reader.pull()
    shown = [body for body in story.bodies("batch") if {"id": deals[0]} in body["inputs"]]
    assert shown, "search showed three of four, so that the fourth was looked at by its id"
    assert reader.gone == set()
    assert [page.open_ids for page in reader.pages if page.open_ids is not None] == [frozenset(deals)]


def test_hs02_disorder_in_a_page_loses_nothing_and_moves_no_cursor(story: Story) -> None:
    old = story.deal("Old")
    reader = loaded(story)
    before = reader.cursor
    story.passes(minutes=30)
    news = [story.deal(f"Deal {number}") for number in range(3)]
    story.board.faults.arm("HS02", times=None)
    reader.pull()
    shown = {deal.id for page in reader.pages for deal in page.deals}
    assert shown == {old, *news}, "what was not asked for is kept as well"
    assert before is not None
    assert reader.cursor is not None
    assert reader.cursor["hi"] - before["hi"] == 30 * 60_000


def test_hs02_disorder_across_pages_loses_nothing(story: Story) -> None:
    """A stranger with a high id stands on every page, and takes the place of a row that belongs there."""
    reader = loaded(story)
    news = {story.deal(f"Deal {number}") for number in range(450)}
    story.passes(minutes=30)
    stranger = story.deal("Changed long before", at=NOON - timedelta(days=40))
    story.board.faults.arm("HS02", times=None)
    story.board.ledger.reset()
    reader.pull()
    assert news <= {deal.id for page in reader.pages for deal in page.deals}
    assert max(map(int, news)) < int(stranger)


def test_hs03_more_rows_than_a_query_may_answer_are_all_read(story: Story) -> None:
    story.board.faults.arm("HS03", rows=400)
    deals = {story.deal(f"Deal {number}") for number in range(1_001)}
    reader = loaded(story)
    assert reader.deals.keys() == deals
    asked = [body for body in story.bodies("search") if {"hs_is_closed", "hs_object_id"} <= _filtered(body)]
    assert len(asked) > 4
    assert {body["after"] for body in asked} == {"0"}, "no page is counted from the beginning"
    assert {(one["propertyName"], one["direction"]) for body in asked for one in body["sorts"]} == {
        ("hs_object_id", "ASCENDING")
    }
    story.portal.lock.acquire()
    for deal in deals:
        story.portal.touch("deals", deal)
    story.portal.lock.release()
    five_minutes(story, reader)
    assert len({deal.id for page in reader.pages for deal in page.deals}) == 1_001


def test_hs05_a_row_that_leaves_its_window_between_two_pages_takes_none_along(story: Story) -> None:
    reader = loaded(story)
    deals = {story.deal(f"Deal {number}") for number in range(401)}
    story.board.faults.arm("HS05")
    five_minutes(story, reader)
    assert deals <= reader.deals.keys()


def test_hs07_a_deal_in_the_bin_is_found_by_the_comparison_of_ids(story: Story) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(4)]
    reader = loaded(story)
    story.board.faults.arm("HS07", id=deals[0])
    five_minutes(story, reader)
    assert reader.gone == set()
    story.passes(hours=24)
    story.board.ledger.reset()
    reader.pull()
    assert reader.gone == {deals[0]}
    assert reader.pages[-1].open_ids == frozenset(deals[1:])
    [asked] = [call for call in story.board.ledger.where("batch") if call.query.get("archived") == ["true"]]
    assert json.loads(asked.body)["inputs"] == [{"id": deals[0]}]


def test_hs07_a_deal_that_is_not_even_in_the_bin_is_only_missing(story: Story) -> None:
    """It was deleted for good, or is hidden from us: whoever stores it decides by the ids alone."""
    deals = [story.deal(f"Deal {number}") for number in range(4)]
    reader = loaded(story)
    story.portal.erase("deals", deals[0])
    story.passes(hours=24)
    reader.pull()
    assert reader.gone == set()
    assert reader.pages[-1].open_ids == frozenset(deals[1:])


def test_hs07_a_comparison_by_which_most_deals_would_vanish_is_not_believed(story: Story) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(4)]
    reader = loaded(story)
    for deal in deals[:3]:
        story.portal.archive("deals", deal)
    story.passes(hours=24)
    reader.pull()
    assert reader.gone == set()
    assert [page.open_ids for page in reader.pages if page.open_ids is not None] == [frozenset(deals[3:])]
    told = [finding.message for page in reader.pages for finding in page.findings or ()]
    assert told == ["the portal shows 1 open deals where 4 were known"], "doctor tells it, in whatever process it runs"
    for deal in deals[:3]:
        story.portal.restore("deals", deal)
    story.passes(hours=24)
    reader.pull()
    assert [page.findings for page in reader.pages if page.findings is not None] == [[]], "and takes it back"


def test_hs09_a_meeting_that_was_linked_days_later_is_found_within_the_hour(story: Story) -> None:
    deal = story.deal()
    meeting = story.meeting(None, NOON + timedelta(days=5))
    reader = loaded(story)
    story.passes(days=2)
    reader.pull()
    story.portal.associate("meetings", meeting, "deals", deal)
    story.passes(minutes=61)
    reader.pull()
    assert [act.id for act in reader.of(deal)] == [f"meeting-{meeting}"]


def test_hs09_ordinary_news_are_not_taken_for_late_links(story: Story) -> None:
    deal = story.deal()
    reader = loaded(story)
    story.mail(deal)
    five_minutes(story, reader)
    story.board.ledger.reset()
    story.passes(minutes=61)
    reader.pull()
    assert [call for call in story.board.ledger.where("batch") if "objects/2026-09/emails" in call.path] == []


def test_hs09_a_late_link_is_found_by_a_process_that_has_just_begun(story: Story) -> None:
    deal = story.deal()
    meeting = story.meeting(None, NOON + timedelta(days=5))
    reader = loaded(story)
    story.portal.associate("meetings", meeting, "deals", deal)
    story.passes(minutes=61)
    reader.connector = story.connector()
    reader.pull()
    assert len(reader.of(deal)) == 1


def test_a_planned_meeting_that_was_deleted_is_called_off_within_the_hour(story: Story) -> None:
    deal = story.deal()
    meeting = story.meeting(deal, NOON + timedelta(days=5))
    kept = story.meeting(deal, NOON + timedelta(days=6))
    reader = loaded(story)
    story.portal.archive("meetings", meeting)
    story.passes(minutes=61)
    reader.pull()
    states = {act.id: act.meeting for act in reader.of(deal)}
    assert states == {f"meeting-{meeting}": MeetingState.CANCELLED, f"meeting-{kept}": MeetingState.UNLOGGED}


@pytest.mark.parametrize("category", ["OBJECT_NOT_FOUND", "NO_ASSOCIATIONS_FOUND"])
def test_hs10_who_is_missing_in_a_batch_is_associated_with_nobody(story: Story, category: str) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(5)]
    for deal in deals:
        story.mail(deal)
    story.board.faults.arm("HS10", times=None, category=category)
    reader = loaded(story)
    assert reader.deals.keys() == set(deals)
    assert sorted(record for act in reader.acts.values() for record in act.records) == deals[:3]


def test_hs10_what_was_known_is_not_kept_for_who_is_missing(story: Story) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(5)]
    contacts = [story.contact(deal, f"{deal}@customer.example") for deal in deals]
    reader = loaded(story, reads={"deal": ["stakeholders"]})
    assert [reader.deals[deal].contacts for deal in deals] == [frozenset({one}) for one in contacts]
    story.board.faults.arm("HS10", times=None)
    story.passes(minutes=61)
    reader.pull()
    told = [reader.deals[deal].contacts for deal in deals]
    assert told == [*(frozenset({one}) for one in contacts[:3]), frozenset(), frozenset()]


def test_hs10_a_real_error_in_a_batch_is_none_of_these(story: Story) -> None:
    story.mail(story.deal())
    story.board.faults.arm("HS10", category="INTERNAL_ERROR", times=None)
    with pytest.raises(TryLater, match="INTERNAL_ERROR"):
        loaded(story)


def test_hs12_batches_are_no_larger_than_they_may_be(story: Story) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(1_001)]
    for deal in deals[:150]:
        story.mail(deal)
    reader = loaded(story)
    assert len(reader.deals) == 1_001
    assert len(reader.acts) == 150
    assert [call.status for call in story.board.ledger if call.status >= 400] == []
    batches = story.bodies("batch")
    sizes = {kind: max(len(body["inputs"]) for body in some) for kind, some in {
        "links": story.bodies("associations"),
        "records": [body for body in batches if "propertiesWithHistory" not in body],
        "histories": [body for body in batches if "propertiesWithHistory" in body],
    }.items()}  # fmt: skip
    assert sizes == {"links": 1_000, "records": 100, "histories": 50}


def test_hs12_the_portal_refuses_one_more(story: Story) -> None:
    """What the batches are measured by is there."""
    deals = [story.deal(f"Deal {number}") for number in range(1_001)]
    with closing(story.connector().transport) as transport:
        for path, count, more in (
            (path_to("associations", "deals", "emails", "batch", "read"), 1_000, {}),
            (path_to("objects", "deals", "batch", "read"), 100, {"properties": ["amount"]}),
            (path_to("objects", "deals", "batch", "read"), 50, {"propertiesWithHistory": ["amount"]}),
        ):
            assert transport.call("POST", path, dict, inputs(deals[:count], **more))
            with pytest.raises(Refused, match="400"):
                transport.call("POST", path, dict, inputs(deals[: count + 1], **more))


def test_hs13_ids_that_are_numbers_here_and_texts_there_are_one(story: Story) -> None:
    said = {"dealname": "Big", "pipeline": "default", "dealstage": "appointmentscheduled"}
    deal = story.portal.create("deals", said, number=9_007_199_254_740_993)
    story.mail(deal)
    reader = loaded(story)
    [act] = reader.of(deal)
    assert act.records == ("9007199254740993",)


def test_hs25_only_an_incoming_mail_is_the_customers(story: Story) -> None:
    deal = story.deal()
    for number in range(5):
        story.mail(deal, subject=f"{number}", sender="stranger@elsewhere.example")
    story.board.faults.arm("HS25", times=None)
    reader = loaded(story)
    actors = [act.actor for act in sorted(reader.of(deal), key=lambda act: act.id)]
    assert actors == [Actor.SELLER, Actor.CUSTOMER, Actor.NOBODY]


def test_hs25_a_forwarded_mail_counts_if_a_contact_wrote_it(story: Story) -> None:
    deal = story.deal()
    story.contact(deal, "mori@customer.example")
    story.mail(deal, "FORWARDED_EMAIL", sender="Mori@customer.example")
    story.mail(deal, "FORWARDED_EMAIL", sender="tanaka@acme.example")
    reader = loaded(story)
    assert sorted(act.actor for act in reader.of(deal)) == [Actor.CUSTOMER, Actor.NOBODY]


@pytest.mark.parametrize(
    "subject",
    ["Automatic reply: offer", "Accepted: Kick-off", "Re: Out of office", "自動返信: 見積もり", "不在通知：3月",
     "Canceled: Kick-off", "辞退: 定例"],
)  # fmt: skip
def test_programs_and_colleagues_are_no_customers(story: Story, subject: str) -> None:
    deal = story.deal()
    story.mail(deal, subject=subject)
    story.mail(deal, sender="tanaka@acme.example")
    reader = loaded(story)
    assert {act.actor for act in reader.of(deal)} == {Actor.NOBODY}


def test_sf41_automatic_replies_count_where_the_connection_says_so(story: Story) -> None:
    """The same choice as with Salesforce; what comes back from a mail server is nobody's reply."""
    away, returned = story.deal("Away"), story.deal("Returned")
    story.mail(away, subject="Automatic reply: offer")
    story.mail(returned, subject="Undeliverable: offer")
    story.mail(returned, subject="Automatic reply: offer", sender="tanaka@acme.example")
    reader = loaded(story)
    assert [act.actor for act in reader.of(away)] == [Actor.NOBODY]
    counting = Reader(story.connector(count_automatic_replies=True))
    counting.cursor = reader.cursor
    counting.pull()
    assert [act.actor for act in counting.of(away)] == [Actor.CUSTOMER], "everything is read again"
    assert {act.actor for act in counting.of(returned)} == {Actor.NOBODY}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("CANCELED", MeetingState.CANCELLED),
        ("RESCHEDULED", MeetingState.RESCHEDULED),
        ("NO_SHOW", MeetingState.NO_SHOW),
        ("", MeetingState.UNLOGGED),
        (None, MeetingState.UNLOGGED),
        ("SCHEDULED", MeetingState.UNLOGGED),
    ],
)
def test_hs26_a_meeting_that_was_called_off_is_not_the_next_one(
    story: Story, outcome: str | None, state: MeetingState
) -> None:
    deal, starts = story.deal(), NOON + timedelta(days=5)
    story.meeting(deal, starts)
    story.board.faults.arm("HS26", times=None, values=[outcome])
    reader = loaded(story)
    [act] = reader.of(deal)
    assert act.meeting is state, "a person is told which it is"
    assert reader.evidence(deal).next_meeting_at == (to_us(starts) if state is MeetingState.UNLOGGED else None)


def test_hs26_a_meeting_that_took_place_was_held(story: Story) -> None:
    deal = story.deal()
    story.meeting(deal, NOON - timedelta(days=1), "COMPLETED")
    [act] = loaded(story).of(deal)
    assert (act.meeting, act.actor) == (MeetingState.HELD, Actor.CUSTOMER)


def test_hs28_a_meeting_begins_when_it_starts_and_not_when_it_was_entered(story: Story) -> None:
    deal = story.deal()
    story.meeting(deal, NOON + timedelta(days=5))
    due = story.task(deal, NOON + timedelta(days=3))
    story.board.faults.arm("HS28", times=None)
    reader = loaded(story)
    at = {act.id.partition("-")[0]: act.at for act in reader.of(deal)}
    assert at == {"meeting": NOON + timedelta(days=5), "task": NOON + timedelta(days=3)}
    assert f"task-{due}" in reader.acts


def test_hs29_cells_in_every_shape_are_read_or_left_unknown_and_cost_no_row(story: Story) -> None:
    deals = [story.deal(f"Deal {number}") for number in range(9)]
    story.board.faults.arm("HS29", times=None)
    reader = loaded(story)
    told = [reader.deals[deal] for deal in deals]
    assert [deal.close_date for deal in told[:5]] == [
        date(2023, 1, 1), date(2023, 1, 1), date(2026, 1, 1), date(2026, 1, 1), None,
    ]  # fmt: skip
    assert [deal.amount for deal in told[5:]] == [Decimal(1234), None, None, None]
    assert [deal.unreadable for deal in told[5:]] == [frozenset(), {"amount"}, {"amount"}, frozenset()]
    assert reader.rejected() == ["amount is no number", "amount is no number"]


def test_hs29_booleans_are_texts_and_odd_stamps_cost_no_row(story: Story) -> None:
    good, odd, lost = (story.deal(name) for name in ("Good", "Odd", "No date"))
    changes = [{"x_agreed": "true"}, {"x_agreed": "perhaps"}, {"x_agreed": "false", "closedate": "next week"}]

    def rewritten(_: object, response: Response) -> Response:
        body = response.value()
        for row, change in zip(body.get("results", ()), changes, strict=False):
            row["properties"] |= change
            row["updatedAt"] = "a bad moment"
        return replace(response, body=Response.json(body).body)

    story.portal.schema.add_own(kinds.DEALS, "x_agreed", Type.BOOL)
    on_deals = Fault(on=lambda request: "objects" in request.path and "/deals" in request.path, afterwards=rewritten)
    story.board.faults.arm_fault("odd cells", on_deals)
    catalogue = {"deal": {**CATALOGUE["deal"], "agreed": "bool"}}
    reader = loaded(story, catalogue=catalogue, map={"deal": {"fields": {"agreed": "x_agreed"}}})
    told = [reader.deals[deal] for deal in (good, odd, lost)]
    assert [deal.fields.get("agreed") for deal in told] == [True, None, False]
    assert [deal.unreadable for deal in told] == [frozenset(), {"agreed"}, {"close_date"}]
    assert sorted(reader.rejected()) == ["closedate is no date", "x_agreed is not true or false"]


def test_hs30_a_night_in_which_every_deal_is_touched_changes_none(story: Story) -> None:
    deals = [story.deal(f"Deal {number}", amount=number) for number in range(20)]
    reader = loaded(story)
    before = dict(reader.deals)
    story.passes(minutes=30)
    story.board.faults.arm("HS30")
    story.board.ledger.reset()
    reader.pull()
    assert {deal.id for page in reader.pages for deal in page.deals} == set(deals), "they are read, for nobody can tell"
    assert {id_: replace(deal, modified_at=None) for id_, deal in reader.deals.items()} == {
        id_: replace(deal, modified_at=None) for id_, deal in before.items()
    }
    assert story.board.ledger.weight() <= 5 + 1 + 4, "five searches, a history, and what the deals are associated with"


def test_hs32_stages_are_known_by_id_and_closed_by_their_metadata(story: Story) -> None:
    story.board.faults.arm("HS32")
    mapping = {"deal": {"stages": {"evaluation": ["Second pipeline/Proposal"]}}}
    first = story.deal("A", dealstage="presentationscheduled")
    second, won, lost = (story.deal(one, pipeline="second", dealstage=one) for one in ("222", "223", "224"))
    reader = loaded(story, map=mapping)
    assert (reader.deals[first].stage, reader.deals[second].stage) == ("proposal", "evaluation")
    assert won not in reader.deals
    for deal in (won, lost):
        story.portal.touch("deals", deal)
    five_minutes(story, reader)
    assert (reader.deals[won].outcome, reader.deals[lost].outcome) == (Outcome.WON, Outcome.LOST)


def test_hs32_a_stage_that_nobody_mapped_makes_its_deals_unreadable(story: Story) -> None:
    odd = Pipeline(id="odd", label="Odd", stages=stages(("901", "Kick the tyres", 0.3)))
    story.portal.set_pipelines("deals", [odd])
    deal = story.deal(pipeline="odd", dealstage="901")
    reader = loaded(story)
    assert "stage" in reader.deals[deal].unreadable
    told = [finding.message for finding in reader.connector.check() if finding.subject == "map.deal.stages"]
    assert told == ["stages that nothing is known of: Odd/Kick the tyres; their records cannot be judged"]


def test_hs35_an_owner_who_left_is_told_as_such(story: Story) -> None:
    story.portal.add_owner(Owner(number=12, user=98, email="ito@acme.example", first_name="Ken", last_name="Ito"))
    deal = story.deal(hubspot_owner_id="12")
    story.board.faults.arm("HS35", owner=12)
    reader = loaded(story)
    assert reader.deals[deal].owner == "12"
    assert (reader.people["12"].active, reader.people["12"].email) == (False, "ito@acme.example")
    assert (reader.people[SATO].active, reader.people[SATO].team) == (True, "Tokyo")


def test_hs35_owners_come_in_pages_and_all_of_them_are_known(story: Story) -> None:
    for number in range(1_000, 1_700):
        one = Owner(number=number, user=number + 5_000, email=f"{number}@acme.example", first_name="A", last_name="B")
        one.is_archived = number % 7 == 0
        story.portal.add_owner(one)
    story.deal()
    reader = loaded(story)
    assert {number for number in range(1_000, 1_700) if str(number) not in reader.people} == set()
    assert {person.id for person in reader.people.values() if not person.active} == set(
        map(str, range(1_001, 1_700, 7))
    )
    assert not {str(number + 5_000) for number in range(1_000, 1_700)} & reader.people.keys(), "an owner is no user id"


def test_hs35_somebody_who_was_hired_today_is_introduced_with_their_first_deal(story: Story) -> None:
    story.deal()
    reader = loaded(story)
    story.passes(hours=3)
    story.portal.add_owner(Owner(number=13, user=97, email="abe@acme.example", first_name="Mai", last_name="Abe"))
    deal = story.deal("New", hubspot_owner_id="13")
    reader.pull()
    assert reader.deals[deal].owner == "13"
    assert reader.people["13"].name == "Mai Abe"


def test_a_stage_that_was_entered_twice_is_told_with_every_visit(story: Story) -> None:
    deal = story.deal(at=NOON - timedelta(days=9))
    for day, stage in ((6, "presentationscheduled"), (4, "qualifiedtobuy"), (2, "presentationscheduled")):
        story.portal.update("deals", deal, {"dealstage": stage}, at=NOON - timedelta(days=day))
    reader = loaded(story)
    visits = [(visit.stage, (NOON - visit.entered_at).days) for page in reader.pages for visit in page.visits]
    assert visits == [("qualification", 9), ("proposal", 6), ("discovery", 4), ("proposal", 2)]


def test_a_merge_ends_the_old_ids_and_brings_everything_under_the_new_one(story: Story) -> None:
    first, second = story.deal("One"), story.deal("Two")
    story.mail(first)
    story.meeting(second, NOON + timedelta(days=3))
    reader = loaded(story)
    story.passes(minutes=30)
    new = story.portal.merge("deals", first, second)
    reader.pull()
    assert reader.merged == {first: new, second: new}
    assert reader.gone == set()
    assert len(reader.of(new)) == 2
    told = [page for page in reader.pages if page.merged]
    assert all(new in {deal.id for deal in page.deals} for page in told), "the one that stands for both is told with it"


def test_a_merge_that_search_never_showed_is_found_by_the_comparison_of_ids(story: Story) -> None:
    """The old id, read by itself, is answered with the new deal, which says of whom it was made."""
    first, second, *others = (story.deal(f"Deal {number}") for number in range(6))
    story.mail(first)
    reader = loaded(story)
    new = story.portal.merge("deals", first, second)
    story.passes(hours=25)
    reader.pull()
    assert reader.merged == {first: new, second: new}
    assert reader.gone == set()
    assert len(reader.of(new)) == 1
    [ids] = [page.open_ids for page in reader.pages if page.open_ids is not None]
    assert ids == frozenset({new, *others})


def test_contacts_that_were_merged_are_one_stakeholder(story: Story) -> None:
    """What either of them did is the one's by the next cycle, and so nobody is counted twice."""
    deal = story.deal()
    first, second = story.contact(deal), story.contact(deal, "m.mori@customer.example")
    for contact in (first, second):
        meeting = story.meeting(deal, NOON - timedelta(days=1), "COMPLETED")
        story.portal.associate("meetings", meeting, "contacts", contact)
    reader = loaded(story, reads={"deal": ["stakeholders"]})
    assert reader.evidence(deal).stakeholders == 2
    one = story.portal.merge("contacts", first, second)
    story.mail(deal)
    five_minutes(story, reader)
    assert reader.deals[deal].contacts == {one}
    assert {who for act in reader.of(deal) for who in act.people} == {one}
    assert reader.evidence(deal).stakeholders == 1


def test_amounts_in_another_currency_keep_it_and_are_told_in_the_projects(story: Story) -> None:
    deal = story.portal.create("deals", {"dealname": "Euro", "pipeline": "default", "deal_currency_code": "EUR",
                                         "dealstage": "appointmentscheduled", "amount": 100})  # fmt: skip
    story.portal.update("deals", deal, {"amount_in_home_currency": 16_000})
    told = loaded(story).deals[deal]
    found = (told.amount, told.currency, told.amount_in_project_currency)
    assert found == (Decimal(100), "EUR", Decimal(16_000))


def test_the_next_open_task_is_the_next_step_where_no_property_says_it(story: Story) -> None:
    deal = story.deal()
    task = story.task(deal, NOON + timedelta(days=2))
    story.task(deal, NOON + timedelta(days=4))
    reader = loaded(story, reads={"deal": ["next_step_due"]})
    assert reader.deals[deal].fields["next_step_due"] == date(2026, 4, 3)
    story.portal.update("tasks", task, {"hs_task_status": "COMPLETED"})
    five_minutes(story, reader)
    assert reader.deals[deal].fields["next_step_due"] == date(2026, 4, 5)


def test_roles_are_counted_by_what_the_contact_is_there_for(story: Story) -> None:
    deal = story.deal()
    contact = story.contact(deal, role="CHAMPION")
    story.contact(deal, "b@customer.example", role="BUDGET_HOLDER;DECISION_MAKER")
    reader = loaded(story, reads={"deal": ["roles.champion", "stakeholders"]})
    fields = reader.deals[deal].fields
    assert {name: fields[f"roles.{name}"] for name in ("champion", "economic_buyer", "decision_maker")} == {
        "champion": 1, "economic_buyer": 1, "decision_maker": 1,
    }  # fmt: skip
    story.portal.update("contacts", contact, {"hs_buying_role": "BLOCKER"})
    five_minutes(story, reader)
    assert reader.deals[deal].fields["roles.champion"] == 0
    assert len(reader.deals[deal].contacts or ()) == 2


def test_partner_deals_are_what_the_connection_says(story: Story) -> None:
    story.portal.set_pipelines("deals", [Pipeline(id="p", label="Partners", stages=stages(("1", "Proposal", 0.4)))])
    deal = story.deal(pipeline="p", dealstage="1")
    assert loaded(story, partner_deals={"pipeline": ["partner"]}).deals[deal].is_partner_deal


def test_more_properties_than_a_search_may_name_are_read_by_id(story: Story) -> None:
    deals = [story.deal(f"Deal {number}", amount=number) for number in range(230)]
    names = ("dealname", "amount", *(f"a_property_with_quite_a_long_name_{number}" for number in range(99)))
    with closing(story.connector().transport) as transport:
        rows = [row for page in Api(transport).keyset(DEALS, OPEN, names) for row in page.rows]
    assert [row.id for row in rows] == deals
    assert rows[229].get("amount") == "229"


def test_moments_are_utc(story: Story) -> None:
    deal = story.deal()
    told = loaded(story).deals[deal]
    assert told.created_at == datetime(2026, 4, 1, 12, tzinfo=UTC)
