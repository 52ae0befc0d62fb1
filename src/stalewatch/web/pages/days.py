"""Days to come as cells: how much is due on each, who works then, and the list of the day behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from babel.dates import format_date

from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day as said
from stalewatch.services.reporting.coming import Day
from stalewatch.web.pages.addresses import Address

BAR: Final = 100
"""Units that the bar of the fullest day is wide."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """One day. `href` is "" where nothing is due; `off`: nobody works; `past`: it is over, and says nothing.

    Attributes:
        says: the date and what is due on it in full, for those who listen.
        note: the holiday's name, or what is due besides that it is a weekend; "" on a working day.
    """

    date: str
    title: str
    figure: str
    worth: str
    bar: float
    href: str
    says: str
    note: str
    off: bool
    past: bool
    today: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Pages:
    """How cells are written and where they lead.

    Attributes:
        today: by the project's own calendar. chosen: the day whose list is shown; None: none.
        leads: what is due are leads, which have no amount.
    """

    address: Address
    today: date
    currency: str
    reader: Reader
    chosen: date | None = None
    leads: bool = False

    def strip(self, days: Sequence[Day]) -> list[Cell]:
        """The days one after the other, each with its weekday."""
        fullest = max((one.records for one in days), default=0)
        return [self._cell(one, fullest, self._weekday(one.on)) for one in days]

    def weeks(self, days: Sequence[Day]) -> list[list[Cell]]:
        """The days in rows of a week; the first of them is a Monday."""
        fullest = max((one.records for one in days), default=0)
        cells = [self._cell(one, fullest, self._numbered(one.on, place)) for place, one in enumerate(days)]
        return [cells[start : start + _WEEK] for start in range(0, len(cells), _WEEK)]

    def weekdays(self, days: Sequence[Day]) -> list[tuple[str, str]]:
        """(short, in full) of the heads of such rows."""
        locale = self.reader.locale
        return [(format_date(one.on, "EEE", locale=locale), format_date(one.on, "EEEE", locale=locale))
                for one in days[:_WEEK]]  # fmt: skip

    def _weekday(self, on: date) -> str:
        return format_date(on, self.reader.words.pgettext("date pattern (CLDR)", "EEE d"), locale=self.reader.locale)

    def _numbered(self, on: date, place: int) -> str:
        return said(on, self.reader) if place == 0 or on.day == 1 else str(on.day)

    def _cell(self, one: Day, fullest: int, title: str) -> Cell:
        reader, words = self.reader, self.reader.words
        if self.leads:
            counted = words.ngettext("{count} lead", "{count} leads", one.records)
        else:
            counted = words.ngettext("{count} deal", "{count} deals", one.records)
        worth = money(Decimal(one.amount) / 100, self.currency, reader) if one.amount else ""
        parts = [said(one.on, reader), one.holiday, counted.format(count=reader.number(one.records)), worth]
        return Cell(
            date=one.on.isoformat(), title=title, figure=reader.number(one.records) if one.records else "–",
            worth=worth, bar=round(BAR * one.records / fullest, 1) if fullest else 0,
            href=self.address.but("/due-soon", day=one.on.isoformat()) if one.records else "",
            says=reader.listed([part for part in parts if part]), note=one.holiday, off=not one.works,
            past=one.on < self.today, today=one.on == self.today, chosen=one.on == self.chosen,
        )  # fmt: skip


def monday(on: date) -> date:
    """The Monday of the week of a date."""
    return on - timedelta(days=on.weekday())
