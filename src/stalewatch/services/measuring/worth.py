"""What some deals amount to, as it is added up everywhere: exact, and what has no figure is counted beside it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Worth:
    """Some deals. Amounts are in the project's currency; sums of parts are the whole, to the last digit.

    Attributes:
        amount: of the deals that have one.
        weighted: of those of them that have a weight, each times its weight.
        without_amount: deals without an amount in the project's currency: they are not 0, nobody knows what they are.
        unweighted: deals with an amount, and nobody says what they weigh: they are in `amount` and not in `weighted`.
    """

    deals: int = 0
    amount: Decimal = ZERO
    weighted: Decimal = ZERO
    without_amount: int = 0
    unweighted: int = 0

    def __add__(self, other: Worth) -> Worth:
        return Worth(
            self.deals + other.deals, self.amount + other.amount, self.weighted + other.weighted,
            self.without_amount + other.without_amount, self.unweighted + other.unweighted,
        )  # fmt: skip

    def __sub__(self, other: Worth) -> Worth:
        return Worth(
            self.deals - other.deals, self.amount - other.amount, self.weighted - other.weighted,
            self.without_amount - other.without_amount, self.unweighted - other.unweighted,
        )  # fmt: skip


NOTHING: Final = Worth()


def worth(deals: int, with_amount: int, amount: int, percent: int | None) -> Worth:
    """Deals that weigh the same: how many, how many of them with an amount, and their amounts in hundredths."""
    money = Decimal(amount) / 100
    weighted = ZERO if percent is None else money * percent / 100
    return Worth(deals, money, weighted, deals - with_amount, with_amount if percent is None else 0)
