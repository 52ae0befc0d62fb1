"""The stalled and the due-soon list as the terminal shows them: who, what, why, how late, how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from msgspec import structs

from stalewatch.cli.grid import Column, grid
from stalewatch.delivery.wording.list_words import as_of, counted, lateness
from stalewatch.delivery.wording.money import money, total
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.services.reporting.listing import Item, Listing, Reason
from stalewatch.services.reporting.reports import Page

MOST_ROWS: Final = 50
_PAGE: Final = 200
_REASONS: Final = 2
"""Reasons that a row names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list is about.

    Attributes:
        leads: the list is of leads, not deals.
        within: the span of a due-soon list in the reader's words; "" for the stalled list.
        ahead: said after "nothing is stalled": what will be due.
        filtered: only some records were asked for.
        command: what lists the same; "" where nothing would.
        command: what lists the same in full.
    """

    leads: bool = False
    within: str = ""
    ahead: str = ""
    filtered: bool = False
    command: str = ""


def every(read: Callable[[Page], Listing], wanted: Callable[[Reason], bool] | None = None) -> Listing:
    """All pages of a list as one; with `wanted` only its records that have such a reason, which then leads."""
    page = Page(limit=_PAGE)
    first = listing = read(page)
    items = list(first.items)
    while listing.next is not None:
        listing = read(replace(page, after=listing.next))
        items += listing.items
    if wanted is not None:
        items = [_led(one, wanted) for one in items if any(wanted(reason) for reason in one.reasons)]
    full = first.more and wanted is None
    return Listing(tuple(items), None, first.total if full else len(items), first.as_of, first.data_age_seconds, full)


def lines(listing: Listing, about: Shown, reader: Reader, room: int | None, *, most: int = MOST_ROWS) -> list[str]:
    """The headline with the answer in it, the table, and what more there is to know."""
    if not listing.items:
        return [*_empty(about, reader), "", _as_of(listing, reader)]
    shown = listing.items[:most]
    rows = [_row(item, reader) for item in shown]
    return [_headline(listing, about, reader), "", *grid(_columns(about, reader), rows, room), "",
            *_rest(listing.total - len(shown), about, reader), _as_of(listing, reader)]  # fmt: skip


def _headline(listing: Listing, about: Shown, reader: Reader) -> str:
    words, what = reader.words, counted(listing.total, about.leads, reader)
    if about.within:
        said = words.ngettext(
            "{what} will be due within {span}", "{what} will be due within {span}", listing.total
        ).format(what=what, span=about.within)
    else:
        said = words.ngettext("{what} is stalled", "{what} are stalled", listing.total).format(what=what)
    sums = total(
        [(Decimal(str(item.amount)), item.currency) for item in listing.items if item.amount is not None], reader
    )
    return f"{said} · {sums}" if sums and not listing.more else said


def _empty(about: Shown, reader: Reader) -> list[str]:
    words = reader.words
    if about.within and about.leads:
        return [words.gettext("No leads will be due within {span}.").format(span=about.within)]
    if about.within:
        return [words.gettext("No deals will be due within {span}.").format(span=about.within)]
    said = words.gettext("No stalled leads.") if about.leads else words.gettext("No stalled deals.")
    if about.filtered:
        said = words.gettext("Nothing stalled matches these filters.")
    space = "" if reader.language == "ja" else " "
    return [f"{said}{space}{about.ahead}".rstrip()]


def _columns(about: Shown, reader: Reader) -> list[Column]:
    words = reader.words
    return [
        Column(words.pgettext("column", "OWNER"), elastic=True),
        Column(words.pgettext("column", "LEAD") if about.leads else words.pgettext("column", "DEAL"), elastic=True),
        Column(words.pgettext("column", "WHY"), elastic=True),
        Column(words.pgettext("column", "LEFT") if about.within else words.pgettext("column", "LATE"), right=True),
        Column(words.pgettext("column", "AMOUNT"), right=True),
        Column("ID"),
    ]


def _row(item: Item, reader: Reader) -> list[str]:
    titles = list(dict.fromkeys(clean(reason.title) for reason in item.reasons))
    why = " · ".join([*titles[:_REASONS], *([f"+{len(titles) - _REASONS}"] if len(titles) > _REASONS else [])])
    amount = "" if item.amount is None else money(Decimal(str(item.amount)), item.currency, reader)
    return [
        clean(item.owner_name or "") or reader.words.gettext("no owner"),
        clean(item.name) or item.id,
        why,
        _lateness(item.reasons[0], reader) if item.reasons else "",
        amount,
        item.id,
    ]


def _lateness(reason: Reason, reader: Reader) -> str:
    return lateness(reason.due, reason.limit, reason.days_over, reader)


def _rest(more: int, about: Shown, reader: Reader) -> list[str]:
    words, count = reader.words, reader.number(more)
    if more <= 0:
        return []
    if not about.command:
        return [words.gettext("+{count} more").format(count=count)]
    said = words.gettext("+{count} more; all of them: `{command} --format csv`")
    return [said.format(count=count, command=about.command)]


def _as_of(listing: Listing, reader: Reader) -> str:
    if listing.data_age_seconds is None:
        return reader.words.gettext("No connection has been read yet: `stalewatch run --once` reads them all.")
    return as_of(listing.as_of, listing.data_age_seconds, reader)


def _led(item: Item, wanted: Callable[[Reason], bool]) -> Item:
    """The item with the reasons that were asked for first."""
    return structs.replace(item, reasons=tuple(sorted(item.reasons, key=lambda reason: not wanted(reason))))
