"""Windows, pages and ids: nothing is lost between two of them, and nothing is concluded from half of them."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

import pytest

from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce import pulling
from stalewatch_sandbox.salesforce import removal
from tests.connectors.salesforce.desk import FIVE_MINUTES, NOW, Desk, Snapshot


def test_sf01_a_commit_in_flight_behind_the_high_water_mark_is_picked_up(desk: Desk) -> None:
    known = desk.deal()
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(timedelta(seconds=5))
    desk.sandbox.faults.arm("SF01", seconds=235)
    late = desk.deal("Stamped first, visible last", at=desk.ago())
    desk.sandbox.faults.disarm("SF01")
    desk.sandbox.clock.advance(timedelta(seconds=25))
    quick = desk.deal("Stamped later, visible at once", at=desk.ago())
    desk.sandbox.clock.advance(timedelta(seconds=30))
    began = desk.sandbox.clock.now()
    seen.take(connector.pull(seen.cursor))
    assert seen.deals.keys() == {known, quick}
    desk.sandbox.ledger.reset()
    desk.sandbox.clock.advance(timedelta(minutes=3))
    pages = list(connector.pull(seen.cursor))
    assert [deal.id for page in pages for deal in page.deals] == [late], "and what the overlap shows again is dropped"
    bound = f"SystemModstamp >= {began - timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ}"
    assert desk.asked()
    assert all(bound in query for query in desk.asked())


@pytest.mark.parametrize("minutes", [-10, -9, 9, 10])
@pytest.mark.parametrize("whose", ["theirs", "ours"])
def test_sf02_windows_follow_the_servers_clock_and_show_the_same(desk: Desk, whose: str, minutes: int) -> None:
    skew = timedelta(minutes=minutes)
    if whose == "theirs":
        desk.sandbox.faults.arm("SF02", minutes=minutes)
    else:
        desk.skew = skew
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    told = []
    for number in range(4):
        deal = desk.deal(f"Deal {number}", at=desk.ago(seconds=1))
        desk.sandbox.clock.advance(FIVE_MINUTES)
        pages = list(connector.pull(seen.cursor))
        seen.take(pages)
        told.append([one.id for page in pages for one in page.deals] == [deal])
        assert seen.cursor is not None
        server = desk.sandbox.clock.now() + (skew if whose == "theirs" else timedelta())
        assert seen.cursor["since"] == server.isoformat()
    assert told == [True] * 4


@pytest.mark.parametrize(("deals", "at_once"), [(12_000, 2_000), pytest.param(30_000, 20_000, marks=pytest.mark.slow)])
def test_sf04_rows_with_one_stamp_are_read_once_and_change_nothing_however_many(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, deals: int, at_once: int
) -> None:
    monkeypatch.setattr(pulling, "_AT_ONCE", at_once)
    monkeypatch.setattr(pulling, "_REMEMBERED", at_once)
    first = desk.deal("Deal")
    table, sample = desk.org.tables["Opportunity"], desk.org.record(first)
    for number in range(deals - 1):
        table.put(sample | {"Name": f"Deal {number}", "Id": desk.org._next_id("Opportunity")})
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    before = dict(seen.deals)
    desk.sandbox.clock.advance(timedelta(hours=1))
    desk.sandbox.faults.arm("SF04")
    desk.sandbox.ledger.reset()
    pages = list(connector.pull(seen.cursor))
    told = [deal for page in pages for deal in page.deals]
    assert len(told) == len({deal.id for deal in told}) == deals
    assert {deal.id: deal for deal in told} == before, "a touch is no change, so that no rule has anything to judge"
    assert max(len(page.deals) for page in pages) < at_once + 5 * 2_000, "never all of it at once"
    assert connector._memory.rows == {}
    assert len(desk.sandbox.ledger.where("composite")) <= 1 + ceil(deals / 10_000) + 1
    assert not any(call.kind == "query" for call in desk.sandbox.ledger)


def test_sf05_children_that_did_not_fit_are_read_before_the_parent_goes_on(desk: Desk) -> None:
    deals = [desk.deal(f"Deal {number}") for number in range(3)]
    people = [desk.person(f"Person {number}", f"p{number}@customer.example") for number in range(7)]
    for deal in deals:
        for person in people:
            desk.role(deal, person, "Other")
    desk.sandbox.faults.arm("SF05", size=2)
    desk.sandbox.faults.arm("SF06", sizes=[2])
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    assert [len(seen.deals[deal].contacts or ()) for deal in deals] == [7, 7, 7]
    for stage in ("Needs Analysis", "Proposal/Price Quote", "Negotiation/Review"):
        desk.sandbox.clock.advance(timedelta(minutes=20))
        for deal in deals:
            desk.org.update(deal, {"StageName": stage})
    desk.role(deals[0], desk.contact, "Evaluator", at=desk.ago())
    desk.sandbox.clock.advance(timedelta(hours=1))
    seen.take(connector.pull(seen.cursor))
    assert [stage for _, stage in sorted(seen.visits[deals[0]])] == [
        "qualification", "discovery", "proposal", "negotiation",
    ]  # fmt: skip


def test_sf06_only_the_server_says_when_it_is_over(desk: Desk) -> None:
    for number in range(1_000):
        desk.deal(f"Deal {number}")
    desk.sandbox.faults.arm("SF06", sizes=[500, 231, 100])
    seen = Snapshot().take(desk.connector().pull(None))
    assert len(seen.deals) == 1_000
    assert [page.complete for page in seen.pages].count(True) == 1


def test_sf08_a_server_that_leads_in_a_circle_is_left(desk: Desk) -> None:
    for number in range(600):
        desk.deal(f"Deal {number}")
    desk.sandbox.faults.arm("SF06", sizes=[200])
    desk.sandbox.faults.arm("SF08")
    with pytest.raises(TryLater, match="circle"):
        Snapshot().take(desk.connector().pull(None))


def test_sf32_a_hard_delete_is_found_by_its_absence(desk: Desk) -> None:
    kept, lost = desk.deal("Kept"), desk.deal("Lost")
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    removal.hard_delete(desk.org, lost)
    desk.sandbox.clock.advance(timedelta(hours=23))
    seen.take(connector.pull(seen.cursor))
    assert all(page.open_ids is None for page in seen.pages), "nothing is concluded from silence before the night"
    desk.sandbox.clock.advance(timedelta(hours=1, minutes=1))
    seen.take(connector.pull(seen.cursor))
    compared = [page.open_ids for page in seen.pages if page.open_ids is not None]
    assert (compared, seen.gone) == ([frozenset({kept})], set())


def test_sf32_a_comparison_of_ids_asks_for_nothing_but_ids_page_by_page(desk: Desk) -> None:
    for number in range(4_001):
        desk.deal(f"Deal {number}")
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(timedelta(days=1, minutes=1))
    desk.sandbox.ledger.reset()
    seen.take(connector.pull(seen.cursor))
    compared = [one for one in desk.asked() if one.startswith("SELECT Id FROM Opportunity WHERE IsClosed = false")]
    assert compared
    assert not any("SystemModstamp" in query for query in compared)
    assert connector.transport.calls["nightly"] <= 3
    assert len(seen.pages[-1].open_ids or ()) == 4_001


def test_a_soft_delete_is_told_and_taken_back(desk: Desk) -> None:
    deal = desk.deal()
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(FIVE_MINUTES)
    removal.delete(desk.org, deal)
    seen.take(connector.pull(seen.cursor))
    assert seen.gone == {deal}
    desk.sandbox.clock.advance(FIVE_MINUTES)
    removal.undelete(desk.org, deal)
    seen.take(connector.pull(seen.cursor))
    assert seen.gone == set()


def test_x02_a_pull_that_is_killed_anywhere_ends_in_the_same_state(desk: Desk) -> None:
    deals = [desk.deal(f"Deal {number}") for number in range(12)]
    for deal in deals:
        desk.mail(deal)
        desk.meeting(deal, NOW + timedelta(days=2))
    desk.sandbox.faults.arm("SF06", sizes=[3])
    whole = Snapshot().take(desk.connector().pull(None))
    assert len(whole.pages) > 3
    for stop in range(1, len(whole.pages)):
        killed = Snapshot().take(whole.pages[:stop])
        killed.take(desk.connector().pull(killed.cursor))
        assert (killed.deals, killed.activities, killed.visits) == (whole.deals, whole.activities, whole.visits)


def test_a_deal_never_comes_before_its_evidence(desk: Desk) -> None:
    for number in range(9):
        deal = desk.deal(f"Deal {number}")
        desk.mail(deal)
        desk.call(deal)
    desk.sandbox.faults.arm("SF06", sizes=[2])
    told: set[str] = set()
    for page in desk.connector().pull(None):
        assert not {record for one in page.activities for record in one.records} & told
        told |= {deal.id for deal in page.deals}
    assert len(told) == 9


def test_the_overlap_hands_nothing_over_twice(desk: Desk) -> None:
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(FIVE_MINUTES)
    desk.deal(at=desk.ago())
    first = list(connector.pull(seen.cursor))
    again = list(connector.pull(first[-1].cursor))
    assert [len(page.deals) for page in (*first, *again)] == [1, 0]


def test_an_answer_that_was_changed_alone_is_seen_within_the_hour(desk: Desk) -> None:
    deal = desk.deal()
    event = desk.meeting(deal, NOW + timedelta(days=3))
    reply = desk.answer(event, desk.contact, "Accepted")
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    assert seen.evidence(deal).next_meeting_at is not None
    desk.sandbox.clock.advance(timedelta(minutes=30))
    desk.org.update(reply, {"Status": "Declined"})
    person = desk.person("Mori", "mori@customer.example")
    desk.role(deal, person, "Champion", at=desk.ago())
    desk.sandbox.clock.advance(timedelta(minutes=31))
    seen.take(connector.pull(seen.cursor))
    assert seen.evidence(deal).next_meeting_at is None
    assert seen.deals[deal].contacts == frozenset({person})
    assert seen.deals[deal].fields["roles.champion"] == 1
