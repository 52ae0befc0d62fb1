"""What rows become: money, leads, fields of the org, and rows and cells that cannot be used."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.mending import mended
from stalewatch_salesforce.money import Exchange
from stalewatch_salesforce.rows import CurrencyRate, Opportunity
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.schema import Field
from tests.connectors.salesforce.desk import Desk, Snapshot

PAIN = {"deal": {"fields": {"pain": "pain__c", "decision_date": "Decided__c", "customer_agreed_problem": "Agreed__c"}}}


def with_own_fields(desk: Desk) -> SalesforceConnector:
    for name, type_ in (("Pain__c", "string"), ("Decided__c", "string"), ("Agreed__c", "boolean")):
        desk.org.schema.add_field("Opportunity", Field(name=name, type=type_, label=name), desk.ago())
    return desk.connector(map=PAIN)


def test_mapped_fields_are_read_by_the_catalogues_types(desk: Desk) -> None:
    connector = with_own_fields(desk)
    deal = desk.deal(Pain__c="slow", Decided__c="2026-05-01", Agreed__c=True)
    fields = Snapshot().take(connector.pull(None)).deals[deal].fields
    assert fields["pain"] == "slow"
    assert fields["decision_date"] == date(2026, 5, 1)
    assert fields["customer_agreed_problem"] is True


def test_a_cell_that_is_no_date_is_unreadable_and_nothing_else(desk: Desk) -> None:
    connector = with_own_fields(desk)
    deal = desk.deal(Decided__c="soon", Pain__c="slow")
    record = Snapshot().take(connector.pull(None)).deals[deal]
    assert record.unreadable == {"decision_date"}
    assert record.fields["pain"] == "slow"


def test_fields_shows_how_well_they_are_filled(desk: Desk) -> None:
    connector = with_own_fields(desk)
    desk.deal(Pain__c="slow")
    desk.deal()
    infos = {info.ours: info for info in connector.describe().fields["deal"]}
    assert (infos["pain"].theirs, infos["pain"].fill_rate, infos["pain"].example) == ("Pain__c", 0.5, "slow")


def test_money_is_converted_at_the_orgs_own_rates() -> None:
    rates = [CurrencyRate("USD", 1.0), CurrencyRate("JPY", 150.0), CurrencyRate("EUR", 0.9)]
    exchange = Exchange("JPY", "JPY", rates)
    assert exchange.convert(Decimal(9), "EUR") == Decimal("1500.00")
    assert exchange.convert(Decimal(9), None) == Decimal(9)
    assert exchange.convert(None, "EUR") is None
    assert exchange.convert(Decimal(9), "XXX") is None


def test_a_lead_is_followed_from_the_queue_to_its_end(desk: Desk) -> None:
    queue = desk.org.insert("Group", {"Name": "Inbound", "Type": "Queue"})
    values = {"LastName": "Kimura", "Company": "New", "OwnerId": queue, "LeadSource": "Web"}
    lead = desk.org.insert("Lead", values, at=desk.ago(days=9))
    qualified, handed_over = desk.ago(days=8), desk.ago(days=7)
    desk.org.update(lead, {"Status": "Working - Contacted"}, at=qualified)
    desk.org.update(lead, {"OwnerId": desk.seller}, at=handed_over)
    connector = desk.connector(reads={})
    seen = Snapshot().take(connector.pull(None))
    record = seen.leads[lead]
    assert (record.status, record.owner, record.is_open) == ("mql", desk.seller, True)
    assert (record.fields["mql_at"], record.fields["handed_off_at"]) == (qualified, handed_over)
    assert (record.fields["accepted"], record.fields["source"]) == (False, "Web")
    desk.sandbox.clock.advance(timedelta(minutes=5))
    removal.convert(desk.org, lead)
    record = seen.take(connector.pull(seen.cursor)).leads[lead]
    assert (record.is_open, record.fields["accepted"]) == (False, True)


def test_a_row_of_another_shape_is_set_aside_and_its_neighbours_stay() -> None:
    rows = b'{"done":true,"totalSize":4,"records":[{"Id":"1","Amount":5},{"Id":"2","Amount":"much"},7,{"Id":"4"}]}'
    page, rejected = decode(rows, Opportunity)
    assert [row.Id for row in page.records] == ["1", "4"]
    assert [(one.ref, one.reason) for one in rejected] == [
        ("2", "Amount is of another type"), ("?", "a row that is no record"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"Odd \ud83e!", "Odd ?!"),
        (rb"Odd \udd8a!", "Odd ?!"),
        (rb"Fox \ud83e\udd8a", "Fox \U0001f98a"),
        (rb"C:\\ud83e", "C:\\ud83e"),
        ("Odd \ud83e!".encode("utf-8", "surrogatepass"), "Odd ?!"),
        (b"Odd \xff!", "Odd \ufffd!"),
        ("商談".encode(), "商談"),
    ],
)
def test_half_a_pair_costs_one_character_and_nothing_else_is_touched(written: bytes, read: str) -> None:
    page, rejected = decode(mended(b'{"done":true,"records":[{"Id":"1","Name":"%b"}]}' % written), Opportunity)
    assert [row.Name for row in page.records] == [read]
    assert rejected == []


def test_an_answer_that_is_no_answer_of_a_query_is_none() -> None:
    with pytest.raises(TryLater):
        decode(b'{"error":"x"}', Opportunity)
