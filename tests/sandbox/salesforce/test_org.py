"""What Salesforce does by itself when somebody edits a record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from tests.sandbox.salesforce.orgs import NOON, contact, deal


@pytest.fixture
def org() -> Org:
    return Org(Clock(NOON))


def later(org: Org, **span: float) -> None:
    """Time passes."""
    org.clock.advance(timedelta(**span))


def history(org: Org, id_: str) -> list[tuple[str, Any]]:
    """Stage and amount of every row of history, oldest first."""
    return [
        (row["StageName"], row["Amount"]) for row in org.tables["OpportunityHistory"].equal("OpportunityId", (id_,))
    ]


def test_every_change_of_stage_amount_or_date_writes_history_and_nothing_else_does(org: Org) -> None:
    one = deal(org, Amount=5)
    for values in (
        {"StageName": "Needs Analysis"},
        {"NextStep": "x"},
        {"Amount": 7},
        {"Amount": 7},
        {"OwnerId": org.user},
    ):
        later(org, days=1)
        org.update(one, values)
    assert history(org, one) == [("Qualification", 5), ("Needs Analysis", 5), ("Needs Analysis", 7)]
    row = org.record(one)
    assert (row["LastStageChangeDate"], row["SystemModstamp"]) == (NOON + timedelta(days=1), NOON + timedelta(days=5))


def test_the_stage_brings_probability_and_forecast_unless_the_edit_says_otherwise(org: Org) -> None:
    one = deal(org)
    org.update(one, {"StageName": "Negotiation/Review"})
    assert (org.record(one)["Probability"], org.record(one)["ForecastCategoryName"]) == (90, "Pipeline")
    org.update(one, {"StageName": "Closed Won", "Probability": 99})
    row = org.record(one)
    assert (row["Probability"], row["IsWon"], row["IsClosed"], row["ForecastCategory"]) == (99, True, True, "Closed")


def test_system_changes_move_only_the_system_stamp(org: Org) -> None:
    one = deal(org)
    later(org, hours=1)
    org.insert("Event", {"WhatId": one, "StartDateTime": NOON + timedelta(days=30)})
    row = org.record(one)
    assert row["LastActivityDate"] == date(2026, 5, 1)  # a month ahead: nobody has done anything yet
    assert (row["LastModifiedDate"], row["SystemModstamp"]) == (NOON, NOON + timedelta(hours=1))


def test_a_mail_is_two_rows_and_names_its_people(org: Org) -> None:
    one, person = deal(org), contact(org)
    sides = {"FromAddress": "suzuki@acme.example", "ToAddress": "a@x.example; b@x.example"}
    mail = org.insert("EmailMessage", {"RelatedToId": one, "Incoming": True} | sides)
    task = org.record(org.record(mail)["ActivityId"])
    assert (task["TaskSubtype"], task["IsClosed"], task["WhatId"], task["WhoId"]) == ("Email", True, one, person)
    relations = org.tables["EmailMessageRelation"].equal("EmailMessageId", (mail,))
    assert [(row["RelationType"], row["RelationAddress"], row["RelationId"]) for row in relations] == [
        ("FromAddress", "suzuki@acme.example", person),
        ("ToAddress", "a@x.example", None),
        ("ToAddress", "b@x.example", None),
    ]


def test_the_bin_takes_what_belongs_to_a_deal_and_gives_it_back(org: Org) -> None:
    one = deal(org)
    event = org.insert("Event", {"WhatId": one, "StartDateTime": NOON})
    later(org, hours=1)
    removal.delete(org, one)
    assert org.record(event)["IsDeleted"]
    assert org.record(one)["SystemModstamp"] == NOON + timedelta(hours=1)
    removal.undelete(org, one)
    assert not org.record(event)["IsDeleted"]
    removal.hard_delete(org, one)
    assert org.find(one) is org.find(event) is None
    assert len(org.tables["OpportunityHistory"]) == 0


def test_a_merged_contact_says_into_whom_and_its_roles_follow(org: Org) -> None:
    one, winner, loser = deal(org), contact(org, "Sato"), contact(org, "Satou")
    role = org.insert("OpportunityContactRole", {"OpportunityId": one, "ContactId": loser, "Role": "Evaluator"})
    removal.merge(org, winner, loser)
    assert (org.record(loser)["IsDeleted"], org.record(loser)["MasterRecordId"]) == (True, winner)
    assert org.record(role)["ContactId"] == winner


def test_a_converted_lead_becomes_a_contact(org: Org) -> None:
    lead = org.insert("Lead", {"LastName": "Mori", "Company": "Moon", "Email": "m@moon.example"})
    removal.convert(org, lead)
    row = org.record(lead)
    assert (row["IsConverted"], row["Status"], row["ConvertedDate"]) == (True, "Closed - Converted", date(2026, 4, 1))
    assert org.record(row["ConvertedContactId"])["AccountId"] == row["ConvertedAccountId"]
    assert [one["Field"] for one in org.tables["LeadHistory"].equal("LeadId", (lead,))] == ["Status"]


def test_an_edit_that_is_not_committed_yet_keeps_its_stamp(org: Org) -> None:
    one = deal(org)
    org.commit_delay = timedelta(minutes=4)
    later(org, seconds=5)
    org.update(one, {"NextStep": "late"})
    org.update(one, {"Amount": 9})  # of the latest version, seen or not
    assert org.find(one) == {**(org.find(one) or {}), "SystemModstamp": NOON}
    later(org, minutes=4)
    org.settle()
    row = org.find(one) or {}
    assert (row["NextStep"], row["Amount"], row["SystemModstamp"]) == ("late", 9, NOON + timedelta(seconds=5))


def test_activities_are_archived_after_a_year_without_a_stamp(org: Org) -> None:
    event = org.insert("Event", {"WhatId": deal(org), "StartDateTime": NOON})
    later(org, days=364)
    org.settle()
    assert not org.record(event)["IsArchived"]
    later(org, days=2)
    org.settle()
    assert (org.record(event)["IsArchived"], org.record(event)["SystemModstamp"]) == (True, NOON)


def test_the_day_of_an_event_is_its_owners(org: Org) -> None:
    tokyo = org.insert("User", {"LastName": "Sato", "TimeZoneSidKey": "Asia/Tokyo"})
    event = org.insert("Event", {"OwnerId": tokyo, "StartDateTime": NOON + timedelta(hours=4)})
    assert org.record(event)["ActivityDate"] == date(2026, 4, 2)


def test_a_moment_of_any_zone_is_kept_in_utc(org: Org) -> None:
    """It was kept as it came, and told without its zone: a meeting at ten in Tokyo was at ten in Greenwich."""
    tokyo = NOON.astimezone(ZoneInfo("Asia/Tokyo"))
    event = org.insert("Event", {"StartDateTime": tokyo, "EndDateTime": tokyo, "OwnerId": org.user}, at=tokyo)
    org.update(event, {"EndDateTime": tokyo + timedelta(hours=1)}, at=tokyo)
    stored = [org.record(event)[name] for name in ("StartDateTime", "EndDateTime", "CreatedDate", "SystemModstamp")]
    assert {moment.utcoffset() for moment in stored} == {timedelta()}


def test_it_says_how_many_records_there_are(sandbox: SalesforceSandbox) -> None:
    first = deal(sandbox.org, "Renewal")
    deal(sandbox.org, "Expansion")
    removal.delete(sandbox.org, first)
    assert httpx.get(f"{sandbox.url}/__sandbox__/records").json()["Opportunity"] == 1
