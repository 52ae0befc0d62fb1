"""`/`: the answer in one sentence, the few figures that matter, what is about to stall, and what is stalled now."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from stalewatch.delivery.wording.list_words import counted
from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.access.principals import Principal, Role
from stalewatch.services.measuring.forecast import Forecast, forecast
from stalewatch.services.measuring.kpis import GroupBy, kpis
from stalewatch.services.reporting.coming import Day, coming, today
from stalewatch.services.reporting.reports import Filters, Page, Reports, Visible
from stalewatch.services.reporting.standing import Standing, standing
from stalewatch.web.desk import At, Desk
from stalewatch.web.figures import Figures, figures_of, key_of
from stalewatch.web.pages import headlines
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.asking import StalledPage
from stalewatch.web.pages.cards import Card, cards
from stalewatch.web.pages.days import Pages
from stalewatch.web.pages.paper import page
from stalewatch.web.pages.rows import BAR, row

WORST: Final = 10
"""Stalled records that are shown here."""
REPORTS: Final = "reports:read"
TREND: Final = timedelta(weeks=12)
_DAYS: Final = 7
_ALL: Final = Filters()


def overview(request: Request, desk: At, asked: Annotated[StalledPage, Query()]) -> Response:
    """How the pipeline stands; an address with filters is one of the stalled list from when that was here."""
    address = Address.of(request)
    if asked.model_fields_set - {"lang"}:
        return RedirectResponse(address.but("/stalled", next=asked.next), 307)
    now, reports, visible, reader = desk.now, desk.reports(request), desk.visible(request), desk.reader(request)
    kept, present = figures_of(request), today(reports, now)
    may = request.state.caller.principal.allows(REPORTS)
    figures, days, told = counted_by(kept, reports, now, present, forecasts=may)
    listing = reports.stalled(_ALL, now, visible=visible, page=Page(limit=WORST))
    catalogue, currency = desk.project.rulebook.rules.catalogue, desk.project.rulebook.judging.currency
    return page(
        request, "overview.html",
        here="overview",
        headline=_headline(desk, told, figures, reader),
        scope=[_whose(request.state.caller.principal, reader), headlines.made(listing, reader)],
        outdated=headlines.outdated(figures.waiting, reader) if listing.data_age_seconds is not None else "",
        cards=_cards(reports, address, reader, now, visible) if may else [],
        days=Pages(address, present, currency, reader).strip(days),
        due=counted(sum(one.records for one in days), leads=False, reader=reader),
        rows=[row(item, catalogue, address, reader) for item in listing.items],
        total=figures.listed.records, bar=BAR,
    )  # fmt: skip


def counted_by(
    kept: Figures, reports: Reports, now: int, present: date, *, forecasts: bool
) -> tuple[Standing, tuple[Day, ...], Forecast | None]:
    """The figures of the page that are dear; no forecast for whoever may not read reports."""
    visible = kept.visible
    figures = kept.of(("standing", key_of(_ALL), ""), lambda: standing(reports, _ALL, now, visible=visible))
    days = kept.of(
        ("coming", present, _DAYS, reports.language),
        lambda: coming(reports, _ALL, now, present, _DAYS, visible=visible),
    )
    if not forecasts:
        return figures, days, None
    told = kept.of(("forecast", key_of(_ALL), None), lambda: forecast(reports, _ALL, now, visible=visible))
    return figures, days, told


def _cards(reports: Reports, address: Address, reader: Reader, now: int, visible: Visible | None) -> list[Card]:
    to = today(reports, now)
    found = kpis(
        reports, group=GroupBy.TEAM, frm=to - TREND, to=to, filters=_ALL, now=now, visible=visible, trends=False
    )
    return cards(found, address, reader)


def _headline(desk: Desk, told: Forecast | None, figures: Standing, reader: Reader) -> Markup | str:
    """How much of the forecast rests on stalled deals; where no forecast can be told, how many deals are stalled."""
    currency = desk.project.rulebook.judging.currency
    if figures.listed.records and told is not None and told.stalled.weighted:
        return headlines.forecast(told, reader)
    if figures.listed.records:
        return headlines.stalled(figures, leads=False, currency=currency, reader=reader)
    return headlines.nothing(leads=False, span="", filtered=False, reader=reader)


def _whose(principal: Principal, reader: Reader) -> str:
    """Which records all this is about."""
    words = reader.words
    if principal.email is None or principal.role in (Role.REVOPS, Role.ADMIN):
        return words.gettext("All deals")
    if principal.role is Role.MANAGER:
        return words.gettext("Your deals and those of your team")
    return words.gettext("Your deals")
