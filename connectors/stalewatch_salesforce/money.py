"""Amounts in the project's currency, at the rates that the org itself uses."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from stalewatch_salesforce.rows import CurrencyRate, DatedRate

_CENT = Decimal("0.01")
_ALWAYS = date.min


class Exchange:
    """Converts at the org's rates: units of a currency per unit of the org's own.

    With advanced currency management Salesforce converts opportunities at the rate of their close date
    (DatedConversionRate), else at the one rate of CurrencyType; so do we.
    """

    def __init__(
        self, project: str, usual: str, rates: Iterable[CurrencyRate] = (), dated: Iterable[DatedRate] = ()
    ) -> None:
        self._project, self._usual = project, usual
        self._rates = {rate.IsoCode: [(_ALWAYS, _number(rate))] for rate in rates if rate.ConversionRate > 0}
        by_currency: dict[str, list[tuple[date, Decimal]]] = {}
        for rate in dated:
            if rate.ConversionRate > 0:
                by_currency.setdefault(rate.IsoCode, []).append((_from(rate), _number(rate)))
        self._rates |= {code: sorted(rows) for code, rows in by_currency.items()}

    def currency(self, told: str | None) -> str:
        """The currency of a record; an org with one currency does not tell it."""
        return told or self._usual

    def convert(self, amount: Decimal | None, told: str | None, on: date | None = None) -> Decimal | None:
        """An amount in the project's currency; None if it is empty or nobody knows the rate.

        Args:
            on: the close date, for orgs whose rates have dates; without one, the newest rate.
        """
        currency = self.currency(told)
        if amount is None or currency == self._project:
            return amount
        of, into = self._rate(currency, on), self._rate(self._project, on)
        return None if of is None or into is None else (amount / of * into).quantize(_CENT)

    def _rate(self, currency: str, on: date | None) -> Decimal | None:
        """The rate in force on a day; before the first one there is none."""
        known = self._rates.get(currency)
        if not known:
            return None
        place = len(known) if on is None else bisect_right(known, on, key=lambda row: row[0])
        return known[place - 1][1] if place else None


def fingerprint(rates: Iterable[CurrencyRate], dated: Iterable[DatedRate]) -> str:
    """Changes with any rate; empty where there are none."""
    told = sorted((one.IsoCode, "", one.ConversionRate) for one in rates)
    told += sorted((one.IsoCode, one.StartDate or "", one.ConversionRate) for one in dated)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12] if told else ""


def _number(rate: CurrencyRate) -> Decimal:
    return Decimal(str(rate.ConversionRate))


def _from(rate: DatedRate) -> date:
    try:
        return date.fromisoformat((rate.StartDate or "")[:10])
    except ValueError:
        return _ALWAYS
