"""`/stalled` and `/due-soon`: what is stalled and what soon will be, as a page and as CSV."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Query, Request, Response

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY
from stalewatch.domain.language.durations import parse
from stalewatch.services.reporting.coming import bounds, coming, today
from stalewatch.services.reporting.exporting import as_csv
from stalewatch.services.reporting.listing import Item, Listing
from stalewatch.services.reporting.reports import Filters, Page, Reports, Sort, Visible
from stalewatch.services.reporting.standing import Standing, standing
from stalewatch.web.asking import LARGEST_PAGE, ahead
from stalewatch.web.desk import At, Desk
from stalewatch.web.figures import Figures, figures_of, key_of
from stalewatch.web.pages import headlines
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.asking import DueSoonPage, StalledPage
from stalewatch.web.pages.days import Pages, monday
from stalewatch.web.pages.files import table_file
from stalewatch.web.pages.filters import FILTERS, bar_of_filters
from stalewatch.web.pages.paper import page
from stalewatch.web.pages.rows import BAR, row

WEEK: Final = Duration(7, Unit.DAY)
WEEKS: Final = 10
"""Rows of the calendar at the most: what lies farther ahead is in the list."""
MOST_ROWS: Final = 10_000
"""Rows of a CSV file."""


class Heading(NamedTuple):
    """The head of a column: where a click leads, and how it is sorted now ("ascending", "descending" or "")."""

    href: str
    sorted: str


@dataclass(frozen=True, slots=True)
class _Query:
    """What one visit asks of the reports; `within` is None for the stalled list, `day` for all of a span.

    Attributes:
        span: `within` as it was asked for.
    """

    reports: Reports
    filters: Filters
    now: int
    visible: Visible | None
    counted: Figures
    within: int | None = None
    day: date | None = None
    span: str = ""

    def read(self, wanted: Page) -> Listing:
        if self.within is None:
            return self.reports.stalled(self.filters, self.now, visible=self.visible, page=wanted)
        since, until = self.now, self.now + self.within
        if self.day is not None:
            begins, until = bounds(self.reports.book.calendars.default, self.day, self.day)
            since = max(since, begins)
        return self.reports.due_soon(
            self.filters, self.now, until - self.now, since=since, visible=self.visible, page=wanted
        )

    def figures(self) -> Standing:
        key = ("standing", key_of(self.filters), self.span)
        return self.counted.of(
            key, lambda: standing(self.reports, self.filters, self.now, within=self.within, visible=self.visible)
        )


def stalled(request: Request, desk: At, asked: Annotated[StalledPage, Query()]) -> Response:
    """The deals that are stalled, worst first: how many, how much money, and why each."""
    return _list(request, desk, asked, _query(request, desk, asked))


def due_soon(request: Request, desk: At, asked: Annotated[DueSoonPage, Query()]) -> Response:
    """The deals that soon will be late: how many on each day, and which, the first due first."""
    query = _query(request, desk, asked)
    return _list(request, desk, asked, query, **_calendar(request, desk, asked, query))


def stalled_csv(request: Request, desk: At, asked: Annotated[StalledPage, Query()]) -> Response:
    """The whole stalled list as CSV."""
    return _csv(_query(request, desk, asked), asked, "stalled")


def due_soon_csv(request: Request, desk: At, asked: Annotated[DueSoonPage, Query()]) -> Response:
    """The whole list of what soon will be late as CSV."""
    return _csv(_query(request, desk, asked), asked, "due-soon")


def _query(request: Request, desk: Desk, asked: StalledPage | DueSoonPage) -> _Query:
    now, soon = desk.now, asked if isinstance(asked, DueSoonPage) else None
    return _Query(
        desk.reports(request), asked.filters(desk.project, asked.object), now, desk.visible(request),
        figures_of(request),
        within=soon.microseconds(desk.project, now) if soon else None, day=soon.day if soon else None,
        span=soon.within if soon else "",
    )  # fmt: skip


def _list(
    request: Request, desk: Desk, asked: StalledPage | DueSoonPage, query: _Query, **more: Any
) -> Response:  # fmt: skip
    reader, address = desk.reader(request), Address.of(request)
    brief = replace(query, reports=replace(query.reports, explains=False))
    listing, figures = brief.read(asked.page()), query.figures()
    catalogue = desk.project.rulebook.rules.catalogue
    span = _span(asked, reader)
    filtered = any(getattr(asked, name) is not None for name in FILTERS)
    return page(
        request, "list.html",
        here="due-soon" if span else "stalled",
        headline=_headline(desk, asked, query, figures, filtered, reader),
        made=headlines.made(listing, reader),
        outdated=headlines.outdated(figures.waiting, reader) if listing.data_age_seconds is not None else "",
        filters=bar_of_filters(desk, query.counted, asked, address, reader),
        mine=_mine(request, asked, address),
        rows=[row(item, catalogue, address, reader) for item in listing.items],
        heads={sort.value: _heading(address, asked, sort) for sort in Sort},
        leads=asked.leads, soon=span != "", bar=BAR,
        total=listing.total if query.day else figures.listed.records,
        following=None if listing.next is None else address.but(next=listing.next),
        first=address.but() if asked.next else None,
        csv=address.but("/due-soon.csv" if span else "/stalled.csv"),
        **{"weeks": [], "weekdays": [], **more},
    )  # fmt: skip


def _mine(request: Request, asked: StalledPage | DueSoonPage, address: Address) -> str:
    """Where somebody who is known by name finds their own records; "" for others, and where they are shown already."""
    email = request.state.caller.principal.email
    return address.but(owner=email) if email and asked.owner is None else ""


def _calendar(request: Request, desk: Desk, asked: DueSoonPage, query: _Query) -> dict[str, Any]:
    """The weeks of the span, from the present one on."""
    reader = desk.reader(request)
    present = today(query.reports, query.now)
    first = monday(present)
    weeks = min(WEEKS, -(-((query.within or 0) // DAY + 1 + (present - first).days) // 7))
    key = ("coming", key_of(query.filters), present, weeks, query.reports.language)
    days = query.counted.of(
        key, lambda: coming(query.reports, query.filters, query.now, first, 7 * weeks, visible=query.visible)
    )
    address = Address("/due-soon", {**Address.of(request).asked, "within": asked.within})
    drawn = Pages(address, present, desk.project.rulebook.judging.currency, reader, asked.day, asked.leads)
    return {"weeks": drawn.weeks(days), "weekdays": drawn.weekdays(days)}


def _headline(
    desk: Desk, asked: StalledPage | DueSoonPage, query: _Query, figures: Standing, filtered: bool, reader: Reader
) -> str:
    span, currency = _span(asked, reader), desk.project.rulebook.judging.currency
    if figures.listed.records and span:
        return headlines.due_soon(figures, span, asked.leads, currency, reader)
    if figures.listed.records:
        return headlines.stalled(figures, asked.leads, currency, reader)
    said = headlines.nothing(asked.leads, span, filtered, reader)
    if span or filtered:
        return said
    soon = replace(query, within=ahead(desk.project, WEEK, query.now), span=str(WEEK)).figures().listed.records
    near = headlines.ahead(soon, asked.leads, duration(WEEK, reader), reader)
    return said + ("" if reader.language == "ja" else " ") + near


def _span(asked: StalledPage | DueSoonPage, reader: Reader) -> str:
    """How near, in the reader's words; "" for the stalled list."""
    found = parse(asked.within) if isinstance(asked, DueSoonPage) else None
    return "" if found is None else duration(found, reader)


def _heading(address: Address, asked: StalledPage | DueSoonPage, sort: Sort) -> Heading:
    """A click sorts by this column in its natural way; a second one turns it round."""
    usual = Sort.DUE if isinstance(asked, DueSoonPage) else Sort.WORST
    falls = sort in (Sort.WORST, Sort.AMOUNT, Sort.CREATED)
    if (asked.sort or usual) is not sort:
        return Heading(address.but(sort=sort.value, order=None), "")
    now_falls = falls if asked.order is None else asked.order == "desc"
    href = address.but(sort=sort.value, order="asc" if now_falls else "desc")
    return Heading(href, "descending" if now_falls else "ascending")


def _csv(query: _Query, asked: StalledPage | DueSoonPage, name: str) -> Response:
    """The list from its beginning to its end, sorted as it is shown."""
    wanted = replace(asked.page(), limit=LARGEST_PAGE, after=None)
    items: list[Item] = []
    while True:
        listing = query.read(wanted)
        items += listing.items
        if listing.next is None or len(items) >= MOST_ROWS:
            break
        wanted = replace(wanted, after=listing.next)
    return table_file(as_csv(items), name)
