"""`/v1/forecast` and `/v1/leads/unobserved`: what rests on stalled deals, and which leads vanished.

They count over every record that may be seen, and so run in the thread pool.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from fastapi import Query, Request, Response
from pydantic import AfterValidator, BeforeValidator, Field

from stalewatch.domain.forecasting import Period, period_of
from stalewatch.services.alerting.people import called
from stalewatch.services.measuring import paged
from stalewatch.services.measuring.forecast import Forecast, forecast, today_of
from stalewatch.services.measuring.resting import MOST, RestingList, resting
from stalewatch.services.measuring.told import (
    LostLead,
    RestingTold,
    deal_told,
    forecast_told,
    lead_told,
    unobserved_told,
)
from stalewatch.services.measuring.unobserved import Unobserved, unobserved
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.services.reporting.reports import Filters
from stalewatch.web.answers import csv_answer, record_answer, wants_csv
from stalewatch.web.asking import LARGEST_PAGE, Cursor, Reading, Text, given
from stalewatch.web.desk import At, Desk
from stalewatch.web.figures import figures_of, key_of
from stalewatch.web.problems import Problem

T = TypeVar("T")
_FIRST, _LAST = date(1990, 1, 1), date(2099, 12, 31)
USUAL_DAYS: Final = 90
"""Days up to today that the unobserved losses are of, if nobody says any."""


def _a_period(text: str) -> str:
    if period_of(text, date(2000, 1, 1)) is None:
        raise ValueError("write 2026-Q4, 2026-11, this-quarter, next-quarter, overdue or none")
    return text


Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


class Narrowed(Reading):
    """What both figures understand."""

    owner: Text = Field(None, description="E-mail address, name or id of the owner.", examples=["sato@acme.example"])
    team: Text = Field(None, description="Team of the owner.", examples=["tokyo"])
    connection: Text = Field(None, description="Only records of this connection.", examples=["sf"])


class AskedForecast(Narrowed):
    """`GET /v1/forecast`"""

    pipeline: Text = Field(None, description="Pipeline, by its name in the field catalogue.", examples=["new_business"])
    object: Annotated[Literal["deal", "partner_deal"] | None, BeforeValidator(given)] = Field(
        None, description="Only this kind of deal."
    )
    period: Annotated[
        Annotated[str, Field(max_length=20), AfterValidator(_a_period)] | None, BeforeValidator(given)
    ] = Field(
        None,
        description="Only deals that are to close then: 2026-Q4, 2026-11, this-quarter, next-quarter, overdue, none.",
        examples=["this-quarter"],
    )
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="How many of the stalled deals `items` names.")

    def filters(self, desk: Desk) -> Filters:
        """The deals that are asked for."""
        return Filters(
            obj=self.object, connection=self.connection, owners=_owners(desk, self.owner), team=self.team,
            pipeline=self.pipeline,
        )  # fmt: skip


class AskedUnobserved(Narrowed):
    """`GET /v1/leads/unobserved`"""

    frm: Annotated[Day | None, BeforeValidator(given)] = Field(
        None, alias="from", description="First day on which the leads came in; 90 days up to `to` if it is not said.",
        examples=["2026-01-01"],
    )  # fmt: skip
    to: Annotated[Day | None, BeforeValidator(given)] = Field(
        None, description="Last day on which they came in; today if it is not said.", examples=["2026-03-31"]
    )
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="Length of the page of `items`.")
    next: Annotated[Cursor | None, BeforeValidator(given)] = Field(
        None, description="Where the page begins: `next` of the page before."
    )

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day.

        Raises:
            Problem: 422 if the first is after the last.
        """
        last = self.to or today
        first = self.frm or max(_FIRST, last - timedelta(days=USUAL_DAYS - 1))
        if first > last:
            told = [{"in": "query", "name": "from", "message": "it is after `to`"}]
            raise Problem(422, "from: it is after `to`", kind="invalid", errors=told)
        return first, last


@dataclass(frozen=True, slots=True)
class Seen:
    """What one visit asks, with what its caller may see."""

    request: Request
    desk: Desk

    def period(self, asked: AskedForecast) -> Period | None:
        """The period, as of today."""
        return None if asked.period is None else period_of(asked.period, self.today)

    @property
    def today(self) -> date:
        """The date by the project's own calendar."""
        return today_of(self.desk.reports(self.request), self.desk.now)

    def forecast(self, asked: AskedForecast) -> Forecast:
        """The figures."""
        desk, visible, period = self.desk, self.desk.visible(self.request), self.period(asked)
        reports, filters, now = desk.reports(self.request), asked.filters(desk), desk.now
        return self.remembered(
            ("forecast", key_of(filters), period),
            lambda: forecast(reports, filters, now, visible=visible, period=period),
        )

    def resting(self, asked: AskedForecast, limit: int) -> RestingList:
        """The stalled deals."""
        desk, visible, period = self.desk, self.desk.visible(self.request), self.period(asked)
        reports, filters, now = desk.reports(self.request), asked.filters(desk), desk.now
        return self.remembered(
            ("resting", key_of(filters), period, limit, reports.language),
            lambda: resting(reports, filters, now, visible=visible, period=period, limit=limit),
        )

    def unobserved(self, asked: AskedUnobserved) -> Unobserved:
        """What became of the leads."""
        desk, visible = self.desk, self.desk.visible(self.request)
        owners = _owners(desk, asked.owner)
        filters = Filters(obj="lead", connection=asked.connection, owners=owners, team=asked.team)
        (first, last), reports, now = asked.days(self.today), desk.reports(self.request), desk.now
        return self.remembered(
            ("unobserved", key_of(filters), first, last),
            lambda: unobserved(reports, filters, first, last, now, visible=visible),
        )

    def remembered(self, question: Hashable, work: Callable[[], T]) -> T:
        """What this reader asks: worked out now or, where that takes long, not long ago."""
        return figures_of(self.request).of(question, work)


def forecast_of(request: Request, desk: At, asked: Annotated[AskedForecast, Query()]) -> Response:
    """How much of the weighted forecast rests on stalled deals, and on which: by category, age of breach and period."""
    seen = Seen(request, desk)
    if wants_csv(request):
        return csv_answer(request, forecast_csv(seen.resting(asked, MOST)))
    listed = seen.resting(asked, asked.limit)
    everything = desk.visible(request) is None
    told = forecast_told(seen.forecast(asked), listed.deals, listed.more, desk.reader(request), all_bases=everything)
    return record_answer(request, msgspec.to_builtins(told))


def unobserved_leads(request: Request, desk: At, asked: Annotated[AskedUnobserved, Query()]) -> Response:
    """Leads that ended without ever becoming a deal, and how many of them without anybody noting why."""
    found = Seen(request, desk).unobserved(asked)
    if wants_csv(request):
        return csv_answer(request, unobserved_csv(found, desk.zone))
    items, following = paged.page(found.untagged, asked.limit, asked.next)
    return record_answer(request, msgspec.to_builtins(unobserved_told(found, items, following, desk.reader(request))))


def forecast_csv(listed: RestingList) -> str:
    """The stalled deals as CSV."""
    rows = (msgspec.structs.asdict(deal_told(one)) for one in listed.deals)
    return table_as_csv(RestingTold.__struct_fields__, ({**row, "rules": " · ".join(row["rules"])} for row in rows))


def unobserved_csv(found: Unobserved, zone: str) -> str:
    """The leads that vanished untagged as CSV."""
    rows = (msgspec.structs.asdict(lead_told(one, zone)) for one in found.untagged)
    return table_as_csv(LostLead.__struct_fields__, rows)


def _owners(desk: Desk, owner: str | None) -> frozenset[str] | None:
    """The people whom a text names; somebody whom nobody knows has no records."""
    return None if owner is None else called(desk.project.db, desk.project.speaking, owner)[0]
