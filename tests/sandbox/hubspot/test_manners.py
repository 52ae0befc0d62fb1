"""Permissions, rate limits, batches, history, associations: the ordinary manners of a portal."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from stalewatch_sandbox.hubspot.server import HubSpotServer
from tests.sandbox.hubspot.portals import NOON, Caller, deal, minutes, opened


def test_who_says_nothing_or_nonsense_is_not_let_in(server: HubSpotServer) -> None:
    for headers in ({}, {"Authorization": "Bearer pat-na1-unknown"}, {"Authorization": "Basic abc"}):
        answer = httpx.get(f"{server.url}/crm/objects/2026-09/deals", headers=headers)
        assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_missing_scope_is_named(server: HubSpotServer, caller: Caller) -> None:
    server.board.faults.arm("HS23")
    answer = caller.search("leads")
    assert answer.status_code == 403
    assert answer.json()["category"] == "MISSING_SCOPES"
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.leads.read"]
    assert caller.search("deals").status_code == 200
    server.board.faults.disarm("HS23")
    assert caller.search("leads").status_code == 200


def test_the_sixth_search_of_a_second_is_refused_and_says_nothing_of_rates() -> None:
    tick = 0.0
    with opened(is_unlimited=False) as (server, caller):
        server.api.limits._ticks = lambda: tick
        answers = [caller.search("deals") for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        assert answers[5].json()["message"] == "You have reached your secondly limit."
        assert not any("ratelimit" in name for one in answers for name in one.headers)
        tick = 1.0
        assert caller.search("deals").status_code == 200
        assert server.api.limits.violations == {"SECONDLY": 1}


def test_a_burst_ends_with_429_without_retry_after_and_headers_count_down() -> None:
    with opened(is_unlimited=False) as (server, caller):
        server.api.limits.allowance.burst = 2
        answers = [caller.get("/crm/owners/2026-09") for _ in range(3)]
        assert [one.headers.get("X-HubSpot-RateLimit-Remaining") for one in answers] == ["1", "0", None]
        assert answers[2].json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert "retry-after" not in answers[2].headers


def test_the_day_begins_anew_at_midnight_of_the_portal() -> None:
    with opened() as (server, caller):  # noon in UTC is nine in the evening in Tokyo
        server.board.faults.arm("HS16")
        assert caller.get("/crm/owners/2026-09").json()["policyName"] == "DAILY"
        server.board.clock.advance(timedelta(hours=2, minutes=59))
        assert caller.get("/crm/owners/2026-09").status_code == 429
        server.board.clock.advance(minutes(1))
        assert caller.get("/crm/owners/2026-09").status_code == 200


@pytest.mark.parametrize(("count", "history", "status"), [(100, [], 207), (101, [], 400), (50, ["dealstage"], 207),
                                                          (51, ["dealstage"], 400)])  # fmt: skip
def test_hs12_batches_have_an_end(caller: Caller, count: int, history: list[str], status: int) -> None:
    ids = [str(number) for number in range(1, count + 1)]
    assert caller.read("deals", ids, propertiesWithHistory=history).status_code == status


def test_hs12_associations_are_read_by_the_thousand(caller: Caller) -> None:
    assert caller.links("deals", "meetings", [str(number) for number in range(1000)]).status_code == 207
    assert caller.links("deals", "meetings", [str(number) for number in range(1001)]).status_code == 400


def test_hs09_a_late_association_moves_no_date(server: HubSpotServer, caller: Caller) -> None:
    one, meeting = deal(server), server.portal.create("meetings", {"hs_meeting_title": "Review"})
    before = caller.read("meetings", [meeting]).json()["results"][0]["updatedAt"]
    server.board.clock.advance(timedelta(days=2))
    server.portal.associate("meetings", meeting, "deals", one)
    assert caller.read("meetings", [meeting]).json()["results"][0]["updatedAt"] == before
    assert caller.links("deals", "meetings", [one]).json()["results"][0]["to"] == [{
        "toObjectId": int(meeting),  # HS13: a number here, a string elsewhere
        "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 211, "label": None}],
    }]  # fmt: skip


def test_many_associations_come_in_pages(server: HubSpotServer, caller: Caller) -> None:
    one = deal(server)
    notes = [server.portal.create("notes", {"hs_note_body": "x"}) for _ in range(501)]
    for note in notes:
        server.portal.associate("notes", note, "deals", one)
    first = caller.links("deals", "notes", [one]).json()["results"][0]
    body = {"inputs": [{"id": one, "after": first["paging"]["next"]["after"]}]}
    second = caller.post("/crm/associations/2026-09/deals/notes/batch/read", body).json()["results"][0]
    assert [str(to["toObjectId"]) for to in first["to"] + second["to"]] == notes
    assert "paging" not in second


def test_moving_a_deal_leaves_its_dates(server: HubSpotServer, caller: Caller) -> None:
    one = deal(server)
    server.board.clock.advance(timedelta(days=3))
    server.portal.update("deals", one, {"dealstage": "closedlost"})
    asked = ["hs_v2_date_entered_current_stage", "hs_v2_date_exited_appointmentscheduled", "hs_is_closed",
             "hs_is_closed_won", "hs_v2_date_entered_closedlost"]  # fmt: skip
    told = caller.read("deals", [one], properties=asked).json()["results"][0]["properties"]
    moved = "2026-04-04T12:00:00.000Z"
    assert [told[name] for name in asked] == [moved, moved, "true", "false", moved]
    assert told["hs_lastmodifieddate"] == moved


def test_a_record_is_created_with_what_it_belongs_to(server: HubSpotServer, caller: Caller) -> None:
    one = deal(server)
    link = {"to": {"id": one}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 216}]}
    body = {"properties": {"hs_timestamp": "2026-04-03T00:00:00Z", "hs_task_subject": "Call"}, "associations": [link]}
    made = caller.post("/crm/objects/2026-09/tasks", body)
    assert made.status_code == 201
    assert caller.links("deals", "tasks", [one]).json()["results"][0]["to"][0]["toObjectId"] == int(made.json()["id"])


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"hs_is_closed": "true"}, "READ_ONLY_VALUE"),
        ({"amount": "much"}, "INVALID_NUMBER"),
        ({"dealstage": "nowhere"}, "INVALID_OPTION"),
        ({"hubspot_owner_id": "404"}, "INVALID_OPTION"),
        ({"closedate": "soon"}, "INVALID_DATETIME"),
        ({}, "MISSING_REQUIRED_PROPERTY"),
    ],
)
def test_a_write_that_makes_no_sense_says_which_property(caller: Caller, properties: dict[str, str], code: str) -> None:
    answer = caller.post("/crm/objects/2026-09/deals", {"properties": properties})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code


def test_old_and_new_addresses_are_the_same_place(server: HubSpotServer, caller: Caller) -> None:
    one = deal(server)
    for path in (f"/crm/v3/objects/deals/{one}", f"/crm/objects/2026-09/0-3/{one}", f"/crm/objects/2026-03/deal/{one}"):
        assert caller.get(path).json()["id"] == one
    assert caller.get(f"/crm/objects/2031-01/deals/{one}").status_code == 404
    assert caller.get("/account-info/2026-09/details").json()["timeZone"] == "Asia/Tokyo"


def test_big_answers_travel_packed(server: HubSpotServer, caller: Caller) -> None:
    for number in range(50):
        deal(server, f"Deal {number}")
    answer = caller.search("deals", limit=50)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["total"] == 50
    assert server.board.ledger.where("search")[-1].weight == 1


def test_a_huge_id_keeps_its_last_digit(server: HubSpotServer, caller: Caller) -> None:
    server.portal.create("deals", {"dealname": "Big"}, number=9_007_199_254_740_993, at=NOON)
    assert caller.ids("deals") == ["9007199254740993"]
