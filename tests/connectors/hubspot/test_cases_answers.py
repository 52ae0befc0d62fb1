"""Cases of what HubSpot says, and how: pipelines, versions, properties, members of answers, mail of machines."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from stalewatch.domain.instants import to_us
from stalewatch.domain.movements import Visit, stage_entered_at, stage_regressions
from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import NeedsReconnect
from stalewatch.sdk.records import Actor
from stalewatch.sdk.testing import CATALOGUE
from stalewatch_hubspot.options import END_OF_LIFE, VERSION
from stalewatch_sandbox.hubspot import kinds
from stalewatch_sandbox.hubspot.schema import Type
from tests.connectors.hubspot.portals import NOON, Reader, Story
from tests.connectors.hubspot.test_cases_reading import five_minutes, loaded

DAY = timedelta(days=1)
_STAGES = {"proposal": ["Other pipeline/Proposal"], "discovery": ["Other pipeline/Discovery"]}
TWO_PIPELINES = {"deal": {"stages": _STAGES, "pipelines": {"expansion": ["Other pipeline"]}}}


def found(reader: Reader, subject: str) -> list[Finding]:
    return [one for one in reader.connector.check() if one.subject == subject]


# ------------------------------------------------------------------------------------------------------ HS34


def visits(reader: Reader) -> list[tuple[str | None, str, int]]:
    return [(one.pipeline, one.stage, (NOON - one.entered_at).days) for page in reader.pages for one in page.visits]


def test_hs34_a_deal_that_moves_to_another_pipeline_begins_its_stage_anew(story: Story) -> None:
    """Also if the stage there has the same name of ours; what was before stays where it was."""
    deal = story.deal(at=NOON - 9 * DAY)
    story.portal.update("deals", deal, {"dealstage": "presentationscheduled"}, at=NOON - 6 * DAY)
    reader = loaded(story, map=TWO_PIPELINES)
    assert (reader.deals[deal].pipeline, reader.deals[deal].stage) == ("new_business", "proposal")
    story.board.faults.arm("HS34", id=deal, stage="911")
    moved = story.board.clock.now()
    five_minutes(story, reader)
    told = reader.deals[deal]
    assert (told.pipeline, told.stage, told.fields["stage_entered_at"]) == ("expansion", "proposal", moved)
    assert visits(reader) == [
        ("new_business", "qualification", 9), ("new_business", "proposal", 6), ("expansion", "proposal", -1),
    ]  # fmt: skip
    [page] = [page for page in reader.pages if deal in page.histories]
    past = [Visit(one.stage, to_us(one.entered_at), one.pipeline) for one in page.visits]
    assert stage_entered_at(past, "proposal") == to_us(moved)
    assert "pipeline" in page.history_fields


def test_hs34_an_earlier_stage_of_another_pipeline_is_no_step_back(story: Story) -> None:
    deal = story.deal(at=NOON - 9 * DAY, dealstage="presentationscheduled")
    reader = loaded(story, map=TWO_PIPELINES)
    story.board.faults.arm("HS34", id=deal, stage="912")
    five_minutes(story, reader)
    past = [Visit(one.stage, to_us(one.entered_at), one.pipeline) for page in reader.pages for one in page.visits]
    assert [(one.stage, one.pipeline) for one in past] == [("proposal", "new_business"), ("discovery", "expansion")]
    assert stage_regressions(past, ("discovery", "proposal")) == []


# ------------------------------------------------------------------------------------------------------ HS37


def test_hs37_only_one_dated_version_is_spoken_and_the_end_of_older_ones_is_none_of_ours(story: Story) -> None:
    story.board.faults.arm("HS37", status=410)
    deal = story.deal()
    story.mail(deal)
    reader = loaded(story)
    five_minutes(story, reader)
    assert deal in reader.deals
    versions = {part for call in story.board.ledger for part in call.path.split("/") if part[:2] == "20"}
    assert versions == {VERSION}
    assert not {part for call in story.board.ledger for part in call.path.split("/")} & {"v1", "v2", "v3", "v4"}


@pytest.mark.parametrize("status", [404, 410])
def test_hs37_when_our_own_version_has_ended_a_person_is_told_what_to_do(story: Story, status: int) -> None:
    story.deal()
    story.board.faults.arm("HS37", ended=VERSION, status=status)
    with pytest.raises(NeedsReconnect, match=f"API version {VERSION} no more") as told:
        loaded(story)
    assert told.value.cure is not None
    assert told.value.cure.startswith("Upgrade stalewatch")


@pytest.mark.parametrize(("header", "date"), [("Sunset", "Wed, 01 Mar 2028 00:00:00 GMT"), ("Deprecation", "true")])
def test_hs37_what_the_server_says_of_its_end_is_shown(story: Story, header: str, date: str) -> None:
    reader = loaded(story)
    assert found(reader, "API") == []
    story.board.faults.arm("HS37", header=header, date=date)
    [told] = found(reader, "API")
    assert told.level is Level.WARNING
    assert f"{header}: {date}" in told.message


def test_hs37_the_date_is_known_and_told_well_before(story: Story) -> None:
    reader = loaded(story)
    story.passes(days=(END_OF_LIFE - NOON.date()).days - 170)
    [told] = found(reader, "API")
    assert f"until {END_OF_LIFE}" in told.message


# ------------------------------------------------------------------------------------------------------ HS39


def test_hs39_members_that_nobody_knows_and_nulls_cost_no_row(story: Story) -> None:
    deals = [story.deal(f"Deal {number}", amount=5) for number in range(3)]
    story.mail(deals[0])
    meeting = story.meeting(deals[1], NOON + 5 * DAY)
    story.board.faults.arm("HS39")
    reader = loaded(story)
    assert reader.deals.keys() == set(deals)
    assert reader.rejected() == []
    for deal in reader.deals.values():
        assert (deal.name, deal.owner, deal.amount, deal.close_date) == (deal.id, None, None, None)
        assert deal.unreadable == frozenset()
        assert deal.stage == "qualification"
    assert len(reader.of(deals[0])) == 1
    assert f"meeting-{meeting}" in reader.acts
    story.portal.update("deals", deals[0], {"amount": 7})
    five_minutes(story, reader)
    assert reader.rejected() == []


# ------------------------------------------------------------------------------------------------------ HS40


def asked(story: Story) -> tuple[set[str], set[str]]:
    """The properties that searches and batches asked for, and those that filters named."""
    searches = story.bodies("search")
    named = {one for body in (*searches, *story.bodies("batch")) for one in body.get("properties", ())}
    filtered = {one["propertyName"] for body in searches for group in body["filterGroups"] for one in group["filters"]}
    return named, filtered


def test_hs40_a_property_that_is_not_there_is_found_at_the_start_and_never_asked_for(story: Story) -> None:
    story.board.faults.arm("HS40", old="amount", new="amount_2")
    deal = story.deal()
    reader = loaded(story)
    named, filtered = asked(story)
    assert "amount" not in named
    assert filtered <= set(story.portal.schema.of(kinds.DEALS)) | {"lastmodifieddate", "email"}
    [told] = found(reader, "map.deal.fields.amount")
    assert told.level is Level.ERROR
    assert told.message == "the portal has no property amount; it is not asked for"
    assert told.cure is not None
    assert told.cure.startswith("Did you mean amount_2?")
    fed = {one.ours for one in reader.connector.describe().fields["deal"]}
    assert "amount" not in fed, "rules that need it cannot judge"
    assert "close_date" in fed
    assert deal in reader.deals
    five_minutes(story, reader)
    assert "amount" not in asked(story)[0]


def test_hs40_a_typo_in_a_mapping_is_one_finding_with_the_name_that_was_meant(story: Story) -> None:
    story.portal.schema.add_own(kinds.DEALS, "proposal_sent_on", Type.DATE)
    catalogue = {"deal": {**CATALOGUE["deal"], "sent": "date"}}
    reader = loaded(story, catalogue=catalogue, map={"deal": {"fields": {"sent": "propsal_sent_on"}}})
    [told] = [one for one in reader.connector.check() if "propsal_sent_on" in one.message]
    assert told.cure is not None
    assert "proposal_sent_on" in told.cure
    assert "propsal_sent_on" not in asked(story)[0]


def test_hs40_a_property_that_is_renamed_while_we_run_is_noticed_with_the_next_change(story: Story) -> None:
    """Its value is not taken for emptied: the field is fed no more."""
    deal = story.deal(amount=5)
    reader = loaded(story)
    assert reader.deals[deal].amount == 5
    story.passes(hours=2)
    reader.pull()
    story.board.faults.arm("HS40")
    story.portal.update("deals", deal, {"dealname": "Acme & Co"})
    five_minutes(story, reader)
    assert reader.deals[deal].name == "Acme & Co"
    assert "amount" not in {one.ours for one in reader.connector.describe().fields["deal"]}
    story.board.ledger.reset()
    five_minutes(story, reader)
    named, _ = asked(story)
    assert "amount" not in named
    assert story.board.ledger.kinds() == {"search": 5}, "it is looked for once"


def test_hs40_the_portal_does_what_the_case_says(story: Story) -> None:
    deal = story.deal()
    with closing(story.connector().transport) as transport:
        path = f"/crm/objects/{VERSION}/deals/search"
        body: dict[str, Any] = {
            "limit": 1,
            "properties": ["no_such_thing"],
            "filterGroups": [],
            "sorts": [],
            "after": "0",
        }
        answer = transport.call("POST", path, dict, body, kind="search")
        assert answer["results"][0]["id"] == deal
        assert "no_such_thing" not in answer["results"][0]["properties"]


# ------------------------------------------------------------------------------------------------------ HS41


def test_hs41_calendar_traffic_and_automatic_replies_are_no_customers(story: Story) -> None:
    deal = story.deal()
    for number in range(11):
        story.mail(deal, subject=str(number))
    story.board.faults.arm("HS41")
    reader = loaded(story)
    actors = [act.actor for act in sorted(reader.of(deal), key=lambda act: int(act.id.partition("-")[2]))]
    assert actors == [*[Actor.NOBODY] * 10, Actor.CUSTOMER], "the last one is a person's"
    assert reader.evidence(deal).last_customer_activity_at is not None


def test_hs41_headers_tell_as_well(story: Story) -> None:
    deal = story.deal()
    story.mail(deal)
    story.board.faults.arm(
        "HS41", subjects=["Hello"], headers={"hs_email_headers": '{"Auto-Submitted": "auto-replied"}'}
    )
    reader = loaded(story)
    assert [act.actor for act in reader.of(deal)] == [Actor.NOBODY]
    assert reader.evidence(deal).last_customer_activity_at is None


@pytest.mark.parametrize(("subject", "counts"), [
    ("Accepted: Kick-off", True), ("承諾: キックオフ", True), ("Declined: Kick-off", False),
    ("Automatic reply: offer", False), ("Undeliverable: offer", False),
])  # fmt: skip
def test_hs41_an_accepted_invitation_counts_where_the_connection_says_so(
    story: Story, subject: str, counts: bool
) -> None:
    deal = story.deal()
    story.mail(deal)
    story.board.faults.arm("HS41", subjects=[subject] * 9)
    reader = loaded(story, count_accepted_invitations=True)
    assert [act.actor for act in reader.of(deal)] == [Actor.CUSTOMER if counts else Actor.NOBODY]
