"""`/v1/kpis`: kept figures of teams, people, pipelines, segments and partners."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import Query, Request, Response
from pydantic import BeforeValidator, Field

from stalewatch.domain.instants import from_day
from stalewatch.services.alerting.people import called
from stalewatch.services.measuring.kpi_days import last_ended
from stalewatch.services.measuring.kpis import GroupBy, Kpis, kpis
from stalewatch.services.measuring.kpis_told import COLUMNS, kpis_told, rows
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.services.reporting.reports import Filters
from stalewatch.web.answers import csv_answer, record_answer, wants_csv
from stalewatch.web.asking import Text, given
from stalewatch.web.desk import At, Desk
from stalewatch.web.measured import Day, Narrowed
from stalewatch.web.problems import Problem

USUAL_WEEKS: Final = 12
"""Weeks that a trend goes back, if nobody says any."""


class AskedKpis(Narrowed):
    """`GET /v1/kpis`"""

    group: Annotated[GroupBy, BeforeValidator(lambda value: value or GroupBy.TEAM)] = Field(
        GroupBy.TEAM, description="What makes a group.", examples=["team"]
    )
    frm: Annotated[Day | None, BeforeValidator(given)] = Field(
        None, alias="from", description="Trends begin on this day; twelve weeks before `to` if it is not said.",
        examples=["2026-04-01"],
    )  # fmt: skip
    to: Annotated[Day | None, BeforeValidator(given)] = Field(
        None, description="The day at whose end things stood so; the last one that is over if it is not said.",
        examples=["2026-06-30"],
    )  # fmt: skip
    pipeline: Text = Field(None, description="Pipeline, by its name in the field catalogue.", examples=["new_business"])
    kpi: Text = Field(
        None, description="Only this KPI, and those that divide it by stage, letter, band or tag.",
        examples=["no_next_meeting"],
    )  # fmt: skip

    def days(self, last: date) -> tuple[date, date]:
        """Where trends begin, and the day that is shown.

        Raises:
            Problem: 422 if the first is after the last.
        """
        to = min(self.to or last, last)
        first = self.frm or to - timedelta(weeks=USUAL_WEEKS)
        if first > (self.to or last):
            told = [{"in": "query", "name": "from", "message": "it is after `to`"}]
            raise Problem(422, "from: it is after `to`", kind="invalid", errors=told)
        return first, to


def kpis_of(request: Request, desk: At, asked: Annotated[AskedKpis, Query()]) -> Response:
    """KPIs by team, owner, pipeline, partner or segment: hygiene, qualification, speed, wins and losses, each with its
    base, its value four weeks ago and its trend."""
    told = kpis_told(asked_for(request, desk, asked), asked.kpi)
    if wants_csv(request):
        return csv_answer(request, table_as_csv(COLUMNS, rows(told)))
    return record_answer(request, msgspec.to_builtins(told))


def asked_for(request: Request, desk: Desk, asked: AskedKpis, *, trends: bool = True) -> Kpis:
    """The figures of records that the caller may see."""
    first, to = asked.days(from_day(last_ended(desk.project.rulebook.calendars.default, desk.now)))
    known = desk.project
    owners = None if asked.owner is None else called(known.db, known.speaking, asked.owner)[0]
    filters = Filters(connection=asked.connection, owners=owners, team=asked.team, pipeline=asked.pipeline)
    return kpis(
        desk.reports(request), group=asked.group, frm=first, to=to, filters=filters, now=desk.now,
        visible=desk.visible(request), trends=trends,
    )  # fmt: skip
