"""First loads of large objects through bulk jobs: the same records as by pages, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from stalewatch.sdk.connector import Page
from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce import bulk, bulk_reading
from stalewatch_sandbox.salesforce.schema import Field
from tests.connectors.salesforce.desk import NOW, Desk, Snapshot

MAP = {"deal": {"fields": {"customer_agreed_problem": "Agreed__c", "agenda": "Seats__c", "pain": "Pain__c"}}}


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_reading, "LARGE", 5)
    monkeypatch.setattr(bulk, "ROWS_A_PAGE", 4)


@pytest.fixture
def full(desk: Desk) -> Desk:
    """Nine deals with everything around them, and as many leads."""
    desk.org.schema.add_field("Opportunity", Field(name="Seats__c", type="double"), NOW)
    desk.org.schema.add_field("Opportunity", Field(name="Pain__c", type="string"), NOW)
    desk.org.schema.add_field("Opportunity", Field(name="Agreed__c", type="boolean"), NOW)
    other = desk.person("Kato", "kato@customer.example")
    for number in range(9):
        deal = desk.deal(
            f'Deal {number} "big"\nsecond line' if number == 4 else f"Deal {number}",
            Seats__c=number,
            Agreed__c=number > 3,
        )
        desk.role(deal, desk.contact)
        if number % 2:
            desk.role(deal, other, "Business User")
        event = desk.meeting(deal, NOW + timedelta(days=number))
        desk.answer(event, other, "Accepted")
        mail = desk.mail(deal, at=desk.ago(days=number + 1), Subject=f"Re: offer {number}")
        relation = {"EmailMessageId": mail, "RelationId": other, "RelationType": "ToAddress"}
        desk.org.insert("EmailMessageRelation", relation | {"RelationAddress": "kato@customer.example"})
        desk.call(deal, at=desk.ago(days=2))
        desk.task(deal, date(2026, 3, 20))
        lead = desk.org.insert("Lead", {"LastName": f"Lead {number}", "Company": "X"}, at=desk.ago(days=9))
        desk.org.update(lead, {"Status": "Working - Contacted"}, at=desk.ago(days=3))
    desk.org.update(deal, {"StageName": "Negotiation/Review"}, at=desk.ago(days=5))
    return desk


def told(seen: Snapshot) -> dict[str, Any]:
    people = sorted(map(repr, seen.people.values()))
    return {
        "deals": seen.deals, "leads": seen.leads, "people": people, "activities": seen.activities,
        "visits": seen.visits, "changes": seen.changes, "gone": seen.gone, "rejected": seen.rejected,
    }  # fmt: skip


def by_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    with monkeypatch.context() as patch:
        patch.setattr(bulk_reading, "LARGE", 1_000_000)
        return told(Snapshot().take(desk.connector(reads={}, map=MAP).pull(None)))


def kinds(desk: Desk) -> dict[str, int]:
    return desk.sandbox.ledger.kinds()


def test_what_bulk_jobs_bring_is_what_pages_bring(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = by_pages(full, monkeypatch)
    full.sandbox.ledger.reset()
    seen = Snapshot().take(full.connector(reads={}, map=MAP).pull(None))
    assert told(seen) == wanted
    assert [page.complete for page in seen.pages].count(True) == 1
    assert seen.pages[-1].complete
    assert set(seen.cursor or {}) & {"left", "jobs"} == set()
    assert full.sandbox.application.bulk.jobs == {}, "every job was deleted"
    assert kinds(full)["bulk job"] == kinds(full)["bulk delete"] == 10


def test_salesforce_works_on_all_jobs_at_once(full: Desk) -> None:
    Snapshot().take(full.connector(reads={}, map=MAP).pull(None))
    order = [call.kind for call in full.sandbox.ledger if call.kind.startswith("bulk")]
    assert order[:10] == ["bulk job"] * 10
    assert "bulk job" not in order[10:]


def test_a_small_org_needs_no_job(desk: Desk) -> None:
    desk.deal()
    Snapshot().take(desk.connector().pull(None))
    assert "bulk job" not in kinds(desk)
    assert sum(kinds(desk).values()) <= 6


@pytest.mark.parametrize("dies_after", [17, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 5, 9, 13, 21, 25))])
def test_whoever_dies_on_the_way_goes_on_with_the_same_jobs(
    full: Desk, monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    wanted, seen = by_pages(full, monkeypatch), Snapshot()
    seen.take(first_of(full.connector(reads={}, map=MAP).pull(None), dies_after))
    made = kinds(full)["bulk job"]
    seen.take(full.connector(reads={}, map=MAP).pull(seen.cursor))
    assert told(seen) == wanted
    assert (kinds(full)["bulk job"], full.sandbox.application.bulk.jobs) == (made, {})
    assert not any(page.complete for page in seen.pages), "nobody saw all of it at once"


def first_of(pages: Iterator[Page], many: int) -> Iterator[Page]:
    for _ in range(many):
        yield next(pages)


def test_jobs_that_ended_while_nobody_asked_are_made_again(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, seen = by_pages(full, monkeypatch), Snapshot()
    connector = full.connector(reads={}, map=MAP)
    seen.take(first_of(connector.pull(None), 8))
    full.sandbox.application.bulk.expire()
    for _ in range(10):
        try:
            seen.take(connector.pull(seen.cursor))
        except TryLater:
            continue
        break
    assert told(seen) == wanted


# ------------------------------------------------------------------------------------------------------------- SF51


def test_sf51_questions_after_a_slow_job_become_rare(full: Desk) -> None:
    full.sandbox.faults.arm("SF51", how="slow")
    seen = Snapshot().take(full.connector(reads={}, map=MAP).pull(None))
    waits = full.time.waits
    assert len(seen.deals) == 9
    assert waits[:6] == [1, 2, 4, 8, 16, 30]
    assert max(waits) == 30
    assert kinds(full)["bulk state"] >= 40


@pytest.mark.slow
def test_sf51_while_a_job_is_worked_on_pages_keep_the_lease(full: Desk) -> None:
    full.sandbox.faults.arm("SF51", how="slow")
    before, longest = 0.0, 0.0
    for _ in full.connector(reads={}).pull(None):
        longest, before = max(longest, full.time.moment - before), full.time.moment
    assert longest <= 90


def test_sf51_a_failed_job_is_told_with_salesforce_s_words_and_in_the_end_read_by_pages(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, seen, words = by_pages(full, monkeypatch), Snapshot(), []
    monkeypatch.setattr(bulk_reading, "LARGE", 17)  # tasks alone
    full.sandbox.faults.arm("SF51", how="failed")
    connector = full.connector(reads={}, map=MAP)
    for _ in range(40):
        try:
            seen.take(connector.pull(seen.cursor))
        except TryLater as error:
            words.append(str(error))
            continue
        break
    assert told(seen) == wanted
    assert words == ["Task could not be read in bulk: Query failed after 15 retries"] * 3
    assert full.sandbox.application.bulk.jobs == {}


def test_sf51_a_page_with_a_row_less_than_its_header_says_is_no_page(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, seen = by_pages(full, monkeypatch), Snapshot()
    full.sandbox.faults.arm("SF51", how="short")
    connector = full.connector(reads={}, map=MAP)
    with pytest.raises(TryLater, match="has 3 records in place of 4"):
        seen.take(connector.pull(None))
    assert (kinds(full)["bulk results"], full.time.waits[-4:]) == (5, [1, 2, 4, 8]), "read again before it is told"
    full.sandbox.faults.disarm()
    seen.take(connector.pull(seen.cursor))
    assert told(seen) == wanted


@pytest.mark.parametrize(
    "sobject",
    ["OpportunityContactRole", *(pytest.param(n, marks=pytest.mark.slow) for n in ("Task", "Event", "LeadHistory"))],
)
def test_sf51_an_object_that_is_refused_is_read_by_pages(
    full: Desk, monkeypatch: pytest.MonkeyPatch, sobject: str
) -> None:
    wanted = by_pages(full, monkeypatch)
    full.sandbox.faults.arm("SF51", how="refused", sobject=sobject)
    assert told(Snapshot().take(full.connector(reads={}, map=MAP).pull(None))) == wanted
    assert full.sandbox.application.bulk.jobs == {}


def test_sf51_without_jobs_left_for_today_everything_is_read_by_pages(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = by_pages(full, monkeypatch)
    full.sandbox.faults.arm("SF51", how="limit")
    seen = Snapshot().take(full.connector(reads={}, map=MAP).pull(None))
    assert told(seen) == wanted
    assert "bulk results" not in kinds(full)


# ------------------------------------------------------------------------------------------------------------- SF52


def test_sf52_dirt_in_the_csv_is_not_in_the_records(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    full.deal("A long story…", NextStep="", Pain__c=None, Seats__c=3)
    wanted = by_pages(full, monkeypatch)
    full.sandbox.faults.arm("SF52")
    seen = Snapshot().take(full.connector(reads={}, map=MAP).pull(None))
    [long_one] = [deal for deal in seen.deals.values() if deal.name.startswith("A long story…")]
    assert len(long_one.name) == len("A long story…") + 2_000_000
    assert long_one.fields["pain"] is None
    seen.deals[long_one.id] = replace(long_one, name="A long story…")
    assert told(seen) == wanted
