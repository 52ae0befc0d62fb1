"""Money in the reader's habit: ¥12.4M in English, 1,240万円 in Japanese."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from babel.numbers import format_compact_currency, format_currency, get_currency_name

from stalewatch.delivery.wording.reader import Reader

_CODE: Final = re.compile(r"[A-Z]{3}")
_MAN, _OKU, _CHO = Decimal(10**4), Decimal(10**8), Decimal(10**12)
_LARGEST: Final = Decimal(10**15)
_IN_FULL: Final = 10_000
_IN_FULL_JA: Final = 100_000  # 98,000円 says more than 10万円
_MOST_CURRENCIES: Final = 3


def money(amount: Decimal, currency: str, reader: Reader) -> str:
    """A short amount: three figures or so, with its currency; the currency's code where the language has no sign.

    `currency` is ISO 4217; anything else is left out. Amounts beyond a quadrillion are shown as a bound.
    """
    if not amount.is_finite():
        return ""
    bound = ">" if abs(amount) >= _LARGEST else ""
    amount = max(-_LARGEST, min(_LARGEST, amount))
    code = currency if _CODE.fullmatch(currency) else ""
    say = _japanese if reader.language == "ja" else _compact
    return bound + say(amount, code, reader)


def both(amount: float | None, currency: str, original: Mapping[str, Any] | None, reader: Reader) -> str:
    """An amount in the project's currency, and behind it what the CRM has in another: "¥1,500 (€9)".

    Args:
        amount: None where there is none, or nobody knows the rate. original: `amount` and `currency`, or None.
    """
    here = "" if amount is None else money(Decimal(str(amount)), currency, reader)
    there = "" if original is None else money(Decimal(str(original["amount"])), str(original["currency"]), reader)
    return f"{here} ({there})" if here and there else here or there


def total(amounts: Iterable[tuple[Decimal, str]], reader: Reader) -> str:
    """The sum per currency, largest first: "¥21M + $1.2M"; "" if there is nothing."""
    sums: dict[str, Decimal] = {}
    for amount, currency in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    largest = sorted((item for item in sums.items() if item[1]), key=lambda item: (-item[1], item[0]))
    said = [money(amount, currency, reader) for currency, amount in largest[:_MOST_CURRENCIES]]
    return " + ".join(said) + (" + …" if len(largest) > _MOST_CURRENCIES else "")


def _compact(amount: Decimal, code: str, reader: Reader) -> str:
    if abs(amount) < _IN_FULL:
        whole = amount.quantize(Decimal(1), ROUND_HALF_UP)
        return format_currency(whole, code, "¤#,##0", locale=reader.locale, currency_digits=False)
    return format_compact_currency(_rounded(amount), code, locale=reader.locale, fraction_digits=1)


def _rounded(amount: Decimal) -> Decimal:
    """To one decimal of its thousand, million or billion; none from a hundred of them on."""
    power = amount.adjusted() // 3 * 3
    step = Decimal(1).scaleb(power if amount.adjusted() - power == 2 else power - 1)
    return (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def _japanese(amount: Decimal, code: str, reader: Reader) -> str:
    unit = get_currency_name(code, count=2, locale=reader.locale) if code else ""
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    if size < _IN_FULL_JA:
        return f"{sign}{reader.number(int(size.quantize(Decimal(1), ROUND_HALF_UP)))}{unit}"
    return f"{sign}{_in_myriads(size, reader)}{unit}"


def _in_myriads(size: Decimal, reader: Reader) -> str:
    """1,240万 · 1億2,400万 · 124億 · 1.2兆, each rounded to what it shows."""
    man = int((size / _MAN).quantize(Decimal(1), ROUND_HALF_UP))
    if man < 10**4:
        return f"{reader.number(man)}万"
    if man < 10**6:
        oku, rest = divmod(man, 10**4)
        return f"{oku}億{reader.number(rest)}万" if rest else f"{oku}億"
    oku = int((size / _OKU).quantize(Decimal(1), ROUND_HALF_UP))
    if oku < 10**4:
        return f"{reader.number(oku)}億"
    return f"{reader.number(float((size / _CHO).quantize(Decimal('0.1'), ROUND_HALF_UP)))}兆"
