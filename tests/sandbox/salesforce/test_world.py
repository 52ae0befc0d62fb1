"""A world in the org: what the REST API shows is the truth of that world, at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.pipeline import Size, generate
from stalewatch_sandbox.salesforce.feed import Feed, load_world
from stalewatch_sandbox.salesforce.naming import OUTCOMES, STAGE_NAMES, STATUSES, mapping, own_field
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.truth import Truth
from tests.sandbox.salesforce.orgs import Rest, rest

MOMENT = datetime(2026, 4, 15, tzinfo=UTC)
BEFORE = MOMENT - timedelta(days=30)
WORLD = generate(3, Size(open=40, closed=30, later=20, leads=25), MOMENT)


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[SalesforceSandbox, Feed, Rest]]:
    with SalesforceSandbox(BEFORE) as sandbox:
        feed = load_world(sandbox, WORLD, BEFORE)
        with rest(sandbox) as api:
            yield sandbox, feed, api


class Reader:
    """Reads an org as a careful analyst would, with nothing but SOQL."""

    def __init__(self, api: Rest, now: datetime) -> None:
        self._now = now
        self.deals = by(api.rows("SELECT Id, Name, StageName, OwnerId, IsClosed, IsWon FROM Opportunity"), "Id")
        self._history = grouped(
            api.rows("SELECT OpportunityId, StageName, CloseDate, CreatedDate, Id FROM OpportunityHistory ORDER BY Id"),
            "OpportunityId",
        )
        self._mails = grouped(api.rows("SELECT RelatedToId, Incoming, MessageDate FROM EmailMessage"), "RelatedToId")
        self._calls = grouped(
            api.rows("SELECT WhatId, CallType, CompletedDateTime FROM Task WHERE TaskSubtype = 'Call'"), "WhatId"
        )
        declined = {row["EventId"] for row in api.rows("SELECT EventId FROM EventRelation WHERE Status = 'Declined'")}
        events = api.rows("SELECT Id, WhatId, Subject, StartDateTime, EndDateTime FROM Event")
        held = [one for one in events if one["Id"] not in declined and not one["Subject"].startswith("Canceled:")]
        self._events = grouped(held, "WhatId")
        self._roles = grouped(api.rows("SELECT OpportunityId, ContactId FROM OpportunityContactRole"), "OpportunityId")

    def truth(self, id_: str) -> dict[str, Any]:
        """What the records of one opportunity amount to."""
        deal, meetings = self.deals[id_], self._events.get(id_, [])
        calls = [(one["CallType"] == "Inbound", moment(one["CompletedDateTime"])) for one in self._calls.get(id_, [])]
        mails = [(one["Incoming"], moment(one["MessageDate"])) for one in self._mails.get(id_, [])]
        over = [one for one in meetings if moment(one["EndDateTime"]) <= self._now]
        ahead = [moment(one["StartDateTime"]) for one in meetings if moment(one["EndDateTime"]) > self._now]
        theirs = [at for is_theirs, at in (*calls, *mails) if is_theirs]
        ends = [moment(one["EndDateTime"]) for one in over]
        runs = [list(run) for _, run in groupby(self._history[id_], key=lambda row: row["StageName"])]
        dates = [row["CloseDate"] for row in self._history[id_]]
        return {
            "owner": deal["OwnerId"],
            "stage": deal["StageName"],
            "entered": moment(runs[-1][0]["CreatedDate"]),
            "customer": max([*theirs, *ends], default=None),
            "last": max((moment(one["StartDateTime"]) for one in over), default=None),
            "next": min(ahead, default=None),
            "people": len({row["ContactId"] for row in self._roles.get(id_, [])}),
            "pushes": sum(days(later) - days(sooner) >= 7 for sooner, later in pairwise(dates)),
        }


def expected(feed: Feed, truth: Truth) -> dict[str, Any]:
    """The same from the world. The outcome is a stage at Salesforce, so a closed deal entered it when it was closed."""
    is_open = truth.outcome is Outcome.OPEN
    return {
        "owner": feed.scribe.users[truth.owner],
        "stage": STAGE_NAMES[truth.stage] if is_open else OUTCOMES[truth.outcome],
        "entered": truth.stage_entered_at if is_open else deal_of(truth).closed_at,
        "customer": truth.last_customer_action_at,
        "last": truth.last_meeting_at,
        "next": truth.next_meeting_at,
        "people": truth.stakeholders,
        "pushes": truth.close_date_pushes,
    }


@pytest.mark.parametrize("days_later", [0, 7, 30])
def test_the_records_of_every_deal_amount_to_its_truth(
    days_later: int, told: tuple[SalesforceSandbox, Feed, Rest]
) -> None:
    sandbox, feed, api = told
    now = BEFORE + timedelta(days=days_later)
    sandbox.clock.set(now)
    reader, truths = Reader(api, now), WORLD.truth_at(now)
    assert len(reader.deals) == len(truths) > 40
    seen = {deal: reader.truth(feed.scribe.deals[deal]) for deal in truths}
    assert seen == {deal: expected(feed, truth) for deal, truth in truths.items()}


def test_nothing_is_stamped_before_it_happened_or_after_now(told: tuple[SalesforceSandbox, Feed, Rest]) -> None:
    sandbox, _, api = told
    now = sandbox.clock.now()
    for name in (
        "Opportunity",
        "OpportunityHistory",
        "Event",
        "Task",
        "EmailMessage",
        "OpportunityContactRole",
        "Lead",
    ):
        for row in api.rows(" ".join(("SELECT CreatedDate, SystemModstamp FROM", name)), "queryAll"):
            assert moment(row["CreatedDate"]) <= moment(row["SystemModstamp"]) <= now


def test_windows_of_stamps_put_together_are_the_whole(told: tuple[SalesforceSandbox, Feed, Rest]) -> None:
    """Read every hour what changed within it: in the end one knows what one big read says."""
    sandbox, _, api = told
    start = sandbox.clock.now()
    known: dict[str, Any] = {}
    for hour in range(1, 73):
        sandbox.clock.set(start + timedelta(hours=hour))
        window = f"SystemModstamp >= {stamp(hour - 1, start)} AND SystemModstamp < {stamp(hour, start)}"
        fields = "Id, Amount, StageName, NextStep, SystemModstamp"
        for row in api.rows(" ".join(("SELECT", fields, "FROM Opportunity WHERE", window)), "queryAll"):
            known[row["Id"]] = row
    whole = by(api.rows("SELECT Id, Amount, StageName, NextStep, SystemModstamp FROM Opportunity", "queryAll"), "Id")
    changed = {id_: row for id_, row in whole.items() if moment(row["SystemModstamp"]) >= start}
    late = {id_ for id_, row in changed.items() if moment(row["SystemModstamp"]) >= sandbox.clock.now()}
    assert len(changed) > 10
    assert {id_: row for id_, row in known.items() if id_ not in late} == {
        id_: row for id_, row in changed.items() if id_ not in late
    }


def test_sellers_are_users_with_their_manager_zone_and_language(told: tuple[SalesforceSandbox, Feed, Rest]) -> None:
    _, feed, api = told
    users = by(
        api.rows("SELECT Id, Email, ManagerId, TimeZoneSidKey, LanguageLocaleKey, UserRole.Name FROM User"), "Id"
    )
    for seller in WORLD.people.values():
        user = users[feed.scribe.users[seller.id]]
        assert user["ManagerId"] == feed.scribe.users.get(seller.manager or "")
        assert (user["Email"], user["TimeZoneSidKey"]) == (seller.email, seller.team.zone)
        assert user["UserRole"]["Name"] == seller.team.name
        assert user["LanguageLocaleKey"][:2] == seller.team.language


def test_leads_go_from_the_queue_to_a_rep_and_on(told: tuple[SalesforceSandbox, Feed, Rest]) -> None:
    sandbox, feed, api = told
    rows = by(api.rows("SELECT Id, Status, OwnerId, IsConverted, Icp_Fit__c, Mql_At__c FROM Lead"), "Id")
    for lead in WORLD.leads:
        state = lead.state_at(sandbox.clock.now())
        if state is None:
            continue
        row = rows[feed.leads[lead.id]]
        assert (row["Status"], row["IsConverted"]) == (STATUSES[state.status], state.is_converted)
        assert row["OwnerId"] == feed.scribe.users[state.owner] if state.owner else row["OwnerId"].startswith("00G")
        assert row["Icp_Fit__c"] == lead.icp_fit
        assert row["Mql_At__c"] == (state.mql_at and f"{state.mql_at:%Y-%m-%dT%H:%M:%S}.000+0000")


def test_the_mapping_names_fields_stages_and_record_types_that_exist(
    told: tuple[SalesforceSandbox, Feed, Rest],
) -> None:
    _, _, api = told
    described = api.get("/sobjects/Opportunity/describe").json()
    fields = {one["name"]: one for one in described["fields"]}
    deal = mapping()["deal"]
    assert set(deal["fields"].values()) <= fields.keys()
    stages = {value["value"] for value in fields["StageName"]["picklistValues"]}
    assert {name for names in deal["stages"].values() for name in names} <= stages
    types = {one["name"] for one in described["recordTypeInfos"]}
    assert {name for names in deal["pipelines"].values() for name in names} == types
    partners = api.rows("SELECT Id FROM Opportunity WHERE RecordType.Name = 'Partner'")
    assert len(partners) == sum(one.pipeline == "partner" for one in WORLD.known_at(api.sandbox.clock.now()))
    assert own_field("decision_date") == "Decision_Date__c"


# ------------------------------------------------------------------------------------------------- reading


def by(rows: list[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    return {row[name]: row for row in rows}


def grouped(rows: list[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return groups


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def days(text: str) -> int:
    return datetime.fromisoformat(text).toordinal()


def stamp(hour: int, start: datetime) -> str:
    return f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"


def deal_of(truth: Truth) -> Opportunity:
    return next(deal for deal in WORLD.deals if deal.id == truth.deal)
