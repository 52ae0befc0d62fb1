"""What is said of the forecast, in Slack as on pages: how much of it rests on stalled deals, and by whose weights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel.dates import format_date, format_skeleton

from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader


def rests(stalled: int, deals: int, resting: Decimal, whole: Decimal, reader: Reader) -> str:
    """The headline with places for `money`, `all` and `count`, to be filled in: see `forecast_rests`.

    Args:
        stalled, deals: how many are stalled, of how many.
        resting, whole: their weighted amounts.
    """
    words = reader.words
    if not deals:
        return words.gettext("No open deal is in the forecast.")
    if not stalled:
        return words.gettext("None of the {all} forecast rests on a stalled deal")
    if not whole:
        return words.ngettext(
            "{count} of {deals} deals in the forecast is stalled; nobody knows what it weighs",
            "{count} of {deals} deals in the forecast are stalled; nobody knows what they weigh", stalled,
        )  # fmt: skip
    if not resting:
        return words.ngettext(
            "{count} stalled deal is in the {all} forecast, and nobody knows what it weighs",
            "{count} stalled deals are in the {all} forecast, and nobody knows what they weigh", stalled,
        )  # fmt: skip
    return words.ngettext(
        "{money} of the {all} forecast rests on {count} stalled deal",
        "{money} of the {all} forecast rests on {count} stalled deals", stalled,
    )  # fmt: skip


def forecast_rests(
    stalled: int, deals: int, resting: Decimal, whole: Decimal, currency: str, reader: Reader
) -> str:  # fmt: skip
    """ "¥41.2M of the ¥120.4M forecast rests on 17 stalled deals"."""
    return rests(stalled, deals, resting, whole, reader).format(
        money=money(resting, currency, reader), all=money(whole, currency, reader),
        count=reader.number(stalled), deals=reader.number(deals),
    )  # fmt: skip


def age(key: str, reader: Reader) -> str:
    """For how long a deal has been late: "0-7", "8-14", "15-30", "31+" in words."""
    words = reader.words
    if key.endswith("+"):
        return words.gettext("over {days} days").format(days=reader.number(int(key[:-1]) - 1))
    first, _, last = key.partition("-")
    return words.gettext("{first} to {last} days").format(first=first, last=last)


def period(key: str, first: date | None, last: date | None, reader: Reader) -> str:
    """A period of close dates in words: months and year, never the number of a quarter, of which there are several."""
    words = reader.words
    said: Mapping[str, str] = {
        "overdue": words.pgettext("close date", "passed"),
        "later": words.pgettext("close date", "later"),
        "none": words.pgettext("close date", "none"),
    }
    if key in said or first is None or last is None:
        return said.get(key, key)
    begins = date(first.year, (first.month - 1) // 3 * 3 + 1, 1) if "Q" in key else first
    if begins.month == last.month:
        return format_skeleton("yMMM", begins, locale=reader.locale)
    if reader.language == "ja":
        return f"{begins.year}年{begins.month}〜{last.month}月"
    months = [format_skeleton("MMM", one, locale=reader.locale) for one in (begins, last)]
    return f"{months[0]}–{months[1]} {begins.year}"


def gaps(without_amount: int, unweighted: int, left_out: int, reader: Reader) -> list[str]:
    """What the figures leave out, a sentence each."""
    words, said = reader.words, []
    if without_amount:
        said.append(
            words.ngettext(
                "{count} deal has no amount: it is in no sum, and that is not 0.",
                "{count} deals have no amount: they are in no sum, and that is not 0.", without_amount,
            ).format(count=reader.number(without_amount))
        )  # fmt: skip
    if unweighted:
        said.append(
            words.ngettext(
                "{count} deal has neither a forecast category nor enough history to be weighed: it is in the amount, "
                "not in the weighted forecast.",
                "{count} deals have neither a forecast category nor enough history to be weighed: they are in the "
                "amount, not in the weighted forecast.", unweighted,
            ).format(count=reader.number(unweighted))
        )  # fmt: skip
    if left_out:
        said.append(
            words.ngettext(
                "{count} open deal is left out: its category is “omitted”.",
                "{count} open deals are left out: their category is “omitted”.", left_out,
            ).format(count=reader.number(left_out))
        )  # fmt: skip
    return said


def weight(percent: int | None, source: str, base: tuple[int, int] | None, reader: Reader) -> str:
    """What a deal counts for, and who says so.

    Args:
        source: as `forecasting.Source`. base: won, closed; None: not told.
    """
    words = reader.words
    if percent is None:
        return words.gettext("nobody says a weight")
    said = reader.percent(percent / 100)
    if source == "crm_probability":
        return words.gettext("{percent}, the CRM's probability").format(percent=said)
    if source == "forecast_category":
        return words.gettext("{percent}, the weight of its category").format(percent=said)
    if base is None:
        return words.gettext("{percent}, the win rate of its stage").format(percent=said)
    text = words.gettext("{percent}, the win rate of its stage ({won} of {closed} closed deals)")
    return text.format(percent=said, won=reader.number(base[0]), closed=reader.number(base[1]))


def week_ended(day: date, today: date, reader: Reader) -> str:
    """The label of a week in a chart: its last day, or "now"."""
    if day == today:
        return reader.words.pgettext("a point in time", "now")
    return format_date(day, reader.words.pgettext("date pattern (CLDR)", "d MMM"), locale=reader.locale)
