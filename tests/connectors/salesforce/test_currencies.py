"""Amounts in several currencies: at the org's own rates, dated ones by the close date, and never at a wrong one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from stalewatch.sdk.records import Deal
from stalewatch_salesforce.money import Exchange
from stalewatch_salesforce.rows import CurrencyRate, DatedRate
from stalewatch_sandbox.salesforce import currencies
from tests.connectors.salesforce.desk import FIVE_MINUTES, Desk, Snapshot

RATES = {"JPY": 150.0, "USD": 1.0, "EUR": 0.9}


def money(deal: Deal) -> tuple[Decimal | None, str | None, Decimal | None]:
    return deal.amount, deal.currency, deal.amount_in_project_currency


def test_an_amount_is_told_as_it_is_and_in_the_projects_currency(desk: Desk) -> None:
    currencies.set_rates(desk.org, RATES)
    euro = desk.deal(Amount=9.0, CurrencyIsoCode="EUR")
    yen = desk.deal(Amount=300.0, CurrencyIsoCode="JPY")
    strange = desk.deal(Amount=9.0, CurrencyIsoCode="CHF")
    deals = Snapshot().take(desk.connector().pull(None)).deals
    assert money(deals[euro]) == (Decimal(9), "EUR", Decimal("1500.00"))
    assert money(deals[yen]) == (Decimal(300), "JPY", Decimal(300))
    assert money(deals[strange]) == (Decimal(9), "CHF", None)


def test_dated_rates_go_by_the_close_date(desk: Desk) -> None:
    currencies.set_rates(desk.org, RATES)
    dated = {"USD": {date(2020, 1, 1): 1.0}, "JPY": {date(2020, 1, 1): 100.0, date(2026, 7, 1): 200.0}}
    currencies.set_dated_rates(desk.org, dated)
    early = desk.deal(Amount=1.0, CurrencyIsoCode="USD", CloseDate=date(2026, 6, 30))
    late = desk.deal(Amount=1.0, CurrencyIsoCode="USD", CloseDate=date(2026, 7, 1))
    deals = Snapshot().take(desk.connector().pull(None)).deals
    assert deals[early].amount_in_project_currency == 100
    assert deals[late].amount_in_project_currency == 200


def test_before_the_first_dated_rate_there_is_none() -> None:
    rates = [DatedRate(IsoCode=code, ConversionRate=1.0, StartDate="2026-01-01") for code in ("JPY", "USD")]
    exchange = Exchange("JPY", "JPY", [CurrencyRate("JPY", 1.0), CurrencyRate("USD", 2.0)], rates)
    assert exchange.convert(Decimal(5), "USD", date(2025, 12, 31)) is None
    assert exchange.convert(Decimal(5), "USD", date(2026, 1, 1)) == 5


def test_a_changed_rate_is_picked_up_within_a_day_though_no_deal_was_touched(desk: Desk) -> None:
    currencies.set_rates(desk.org, RATES)
    euro = desk.deal(Amount=9.0, CurrencyIsoCode="EUR")
    connector, seen = desk.connector(), Snapshot()
    seen.take(connector.pull(None))
    currencies.set_rates(desk.org, RATES | {"EUR": 0.45})
    desk.sandbox.clock.advance(timedelta(days=1))
    seen.take(connector.pull(seen.cursor))
    assert seen.deals[euro].amount_in_project_currency == 3000
    desk.sandbox.clock.advance(FIVE_MINUTES)
    desk.sandbox.ledger.reset()
    seen.take(connector.pull(seen.cursor))
    assert [call.kind for call in desk.calls()] == ["composite"]


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_that_cannot_be_makes_the_amount_unreadable(rate: float) -> None:
    exchange = Exchange("JPY", "JPY", [CurrencyRate("JPY", 1.0), CurrencyRate("USD", rate)])
    assert exchange.convert(Decimal(5), "USD") is None


def test_doctor_says_that_nobody_knows_the_rate(desk: Desk) -> None:
    currencies.set_rates(desk.org, {"USD": 1.0})
    [told] = [one for one in desk.connector().check() if one.subject == "currencies"]
    assert "no rate of JPY can be read" in told.message
    currencies.set_rates(desk.org, RATES)
    assert not [one for one in desk.connector().check() if one.subject == "currencies"]
