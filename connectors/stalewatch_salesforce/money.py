"""Amounts in the project's currency, at the rates that the org itself uses."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from stalewatch_salesforce.rows import CurrencyRate


class Exchange:
    """Converts at the rates of CurrencyType: units of a currency per unit of the org's own."""

    def __init__(self, project: str, usual: str, rates: Iterable[CurrencyRate] = ()) -> None:
        self._project, self._usual = project, usual
        self._rates = {rate.IsoCode: Decimal(str(rate.ConversionRate)) for rate in rates if rate.ConversionRate > 0}

    def currency(self, told: str | None) -> str:
        """The currency of a record; an org with one currency does not tell it."""
        return told or self._usual

    def convert(self, amount: Decimal | None, told: str | None) -> Decimal | None:
        """An amount in the project's currency; None if it is empty or nobody knows the rate."""
        currency = self.currency(told)
        if amount is None or currency == self._project:
            return amount
        if currency not in self._rates or self._project not in self._rates:
            return None
        return (amount / self._rates[currency] * self._rates[self._project]).quantize(Decimal("0.01"))
