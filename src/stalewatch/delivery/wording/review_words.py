"""What a review says: what changed, in sentences; the same on its page and where it is posted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel.dates import format_skeleton

from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day


def named(every: str, first: date, last: date, reader: Reader) -> str:
    """ "Week of 9 Nov to 15 Nov", or "November 2026"; `every` is "weekly" or "monthly"."""
    if every == "monthly":
        return format_skeleton("yMMMM", first, locale=reader.locale)
    said = reader.words.gettext("Week of {first} to {last}")
    return said.format(first=day(first, reader), last=day(last, reader))


def went(quiet: int, back: int, reader: Reader) -> str:
    """How many deals went quiet, and how many came back."""
    words = reader.words
    if not quiet and not back:
        return words.gettext("No deal went quiet, and none came back")
    said = words.ngettext(
        "{quiet} deal went quiet, {back} came back", "{quiet} deals went quiet, {back} came back", quiet
    )  # fmt: skip
    return said.format(quiet=reader.number(quiet), back=reader.number(back))


def compared(now: int, before: int, reader: Reader) -> str:
    """ "3 more than before", "as many as before"."""
    words, more = reader.words, now - before
    if not more:
        return words.gettext("as many as before")
    if more > 0:
        return words.ngettext("{count} more than before", "{count} more than before", more).format(
            count=reader.number(more)
        )
    return words.ngettext("{count} fewer than before", "{count} fewer than before", -more).format(
        count=reader.number(-more)
    )


def figure(name: str, reader: Reader) -> str:
    """What a key figure is called."""
    words = reader.words
    said: Mapping[str, str] = {
        "stalled": words.pgettext("key figure", "Stalled"),
        "no_next_meeting": words.pgettext("key figure", "No next meeting"),
        "overdue_close_date": words.pgettext("key figure", "Close date passed"),
        "ignored_alerts": words.pgettext("key figure", "Told, and nobody acted"),
        "win_rate": words.pgettext("key figure", "Won, of what closed"),
    }
    return said[name]


def share(value: float | None, reader: Reader) -> str:
    """A rate, or that there is none."""
    return "–" if value is None else reader.percent(value)


def base(over: float, of: float, reader: Reader) -> str:
    """ "34 of 189"; "" where there is no base."""
    if not of:
        return ""
    return reader.words.gettext("{part} of {all}").format(part=reader.number(over), all=reader.number(of))


def points(now: float | None, before: float | None, reader: Reader) -> str:
    """How a rate changed, in points: "▼ 6 pts"; "" where nobody knows."""
    if now is None or before is None:
        return ""
    change = round(100 * now) - round(100 * before)
    if not change:
        return reader.words.gettext("unchanged")
    mark = "▲" if change > 0 else "▼"
    said = reader.words.ngettext("{mark} {count} pt", "{mark} {count} pts", abs(change))
    return said.format(mark=mark, count=reader.number(abs(change)))


def waits(name: str, deals: int, amount: Decimal, currency: str, reader: Reader) -> str:
    """ "Sato: 5 deals without an answer for 5 business days or more, ¥31M". Never a ranking."""
    words = reader.words
    if amount:
        said = words.ngettext(
            "{name}: {count} deal without an answer for 5 business days or more, {amount}",
            "{name}: {count} deals without an answer for 5 business days or more, {amount}", deals,
        )  # fmt: skip
    else:
        said = words.ngettext(
            "{name}: {count} deal without an answer for 5 business days or more",
            "{name}: {count} deals without an answer for 5 business days or more", deals,
        )  # fmt: skip
    return said.format(name=name, count=reader.number(deals), amount=money(amount, currency, reader))


def ignored(title: str, told: int, acted: int, reader: Reader) -> str:
    """ "No next meeting: told 12 times, acted on 2 times"."""
    words = reader.words
    said = words.ngettext(
        "{title}: told {told} time, acted on {acted} times", "{title}: told {told} times, acted on {acted} times", told
    )  # fmt: skip
    return said.format(title=title, told=reader.number(told), acted=reader.number(acted))
