"""Every case of the catalogue can be armed, strikes, and is over when it is taken back."""

from __future__ import annotations

import httpx
import pytest

from stalewatch_sandbox.hubspot.company import Owner
from stalewatch_sandbox.hubspot.server import HubSpotServer
from tests.sandbox.hubspot.portals import NOON, Caller, deal, minutes, modified

LISTED = {
    "HS01", "HS02", "HS03", "HS05", "HS07", "HS09", "HS10", "HS12", "HS13", "HS14", "HS15", "HS16", "HS18", "HS22",
    "HS23", "HS24", "HS25", "HS26", "HS28", "HS29", "HS30", "HS32", "HS35", "X02", "X03", "X04", "X05", "X06",
}  # fmt: skip


def test_the_catalogue_has_every_case_of_the_first_release(server: HubSpotServer) -> None:
    assert set(server.board.faults.cases) >= LISTED


@pytest.mark.parametrize("case", sorted(LISTED))
def test_what_was_armed_is_over_when_it_is_taken_back(server: HubSpotServer, caller: Caller, case: str) -> None:
    server.portal.add_owner(Owner(number=1, user=2, email="a@example.com", first_name="", last_name="A"))
    deal(server)
    before = caller.search("deals").json()
    server.board.faults.arm(case)
    server.board.faults.disarm()
    assert caller.search("deals").json() == before
    assert caller.get("/crm/owners/2026-09").json()["results"]


def test_hs02_a_page_is_out_of_order_and_has_a_stranger(server: HubSpotServer, caller: Caller) -> None:
    stranger = deal(server, at=NOON - minutes(60))
    ids = [deal(server, at=NOON) for _ in range(6)]
    server.board.faults.arm("HS02")
    found = caller.ids("deals", modified(NOON, NOON))
    assert found != sorted(found)
    assert set(found) == {stranger, *ids}


def test_hs03_the_wall_can_stand_nearer(server: HubSpotServer, caller: Caller) -> None:
    for number in range(5):
        deal(server, str(number))
    server.board.faults.arm("HS03", rows=4)
    assert caller.search("deals", limit=2, after="2").json()["total"] == 5
    assert caller.search("deals", limit=2, after="4").status_code == 400


def test_hs05_a_row_leaves_the_window_between_two_pages(server: HubSpotServer, caller: Caller) -> None:
    ids = [deal(server) for _ in range(4)]
    server.board.faults.arm("HS05")
    server.board.clock.advance(minutes(1))
    first = caller.ids("deals", modified(NOON, NOON), limit=2)
    by_offset = caller.ids("deals", modified(NOON, NOON), limit=2, after="2")
    assert (first, by_offset) == (ids[:2], ids[3:])  # the third row was skipped


def test_hs10_a_batch_of_associations_fails_in_part(server: HubSpotServer, caller: Caller) -> None:
    deals = [deal(server) for _ in range(3)]
    for one in deals:
        server.portal.associate("notes", server.portal.create("notes", {}), "deals", one)
    server.board.faults.arm("HS10", category="INTERNAL_ERROR")
    answer = caller.links("deals", "notes", deals)
    assert answer.status_code == 207
    assert [one["from"]["id"] for one in answer.json()["results"]] == deals[:1]
    assert {one["category"] for one in answer.json()["errors"]} == {"INTERNAL_ERROR"}


def test_hs18_each_unusual_code_comes_once(server: HubSpotServer, caller: Caller) -> None:
    server.board.faults.arm("HS18")
    codes = [caller.search("deals").status_code for _ in range(11)]
    assert codes == [423, 477, 502, 503, 504, 521, 522, 523, 524, 530, 200]


def test_hs22_a_token_ends_in_the_middle(server: HubSpotServer, caller: Caller) -> None:
    server.board.faults.arm("HS22", after=1)
    assert caller.search("deals").status_code == 200
    assert caller.search("deals").json()["category"] == "EXPIRED_AUTHENTICATION"
    assert caller.search("deals").json()["category"] == "EXPIRED_AUTHENTICATION"


def test_hs24_mails_are_refused_or_shown_with_blanks(server: HubSpotServer, caller: Caller) -> None:
    server.portal.create("emails", {"hs_email_direction": "INCOMING_EMAIL", "hs_timestamp": NOON})
    server.board.faults.arm("HS24")
    assert caller.search("emails").status_code == 403
    server.board.faults.disarm()
    server.board.faults.arm("HS24", blank=True)
    row = caller.search("emails", properties=["hs_email_direction", "hs_timestamp"]).json()["results"][0]["properties"]
    assert (row["hs_email_direction"], row["hs_timestamp"]) == (None, "2026-04-01T12:00:00.000Z")


def test_hs30_every_modified_date_moves_and_nothing_else(server: HubSpotServer, caller: Caller) -> None:
    one = deal(server)
    server.board.clock.advance(minutes(60))
    server.board.faults.arm("HS30")
    told = caller.read("deals", [one], propertiesWithHistory=["dealname"]).json()["results"][0]
    assert told["updatedAt"] == "2026-04-01T13:00:00.000Z"
    assert len(told["propertiesWithHistory"]["dealname"]) == 1


def test_a_page_for_people_comes_with_200(server: HubSpotServer, caller: Caller) -> None:
    server.board.faults.arm("html")
    answer = caller.search("deals")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")


@pytest.mark.parametrize("case", ["cut", "reset", "bad_chunk"])
def test_an_answer_breaks_off(server: HubSpotServer, caller: Caller, case: str) -> None:
    deal(server)
    server.board.faults.arm(case)
    with pytest.raises(httpx.TransportError):
        caller.search("deals")
    assert caller.search("deals").status_code == 200


def test_it_says_how_many_records_there_are(server: HubSpotServer) -> None:
    deal(server)
    server.portal.archive("deals", deal(server))
    assert httpx.get(f"{server.url}/__sandbox__/records").json() == {"deals": 1}
