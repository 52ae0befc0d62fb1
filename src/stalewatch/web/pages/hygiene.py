"""`/hygiene`: is the pipeline healthy, and does it get better? KPIs by team, with what they are of and were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query, Request, Response
from markupsafe import Markup, escape
from pydantic import BeforeValidator, Field

from stalewatch.delivery.wording import kpi_words as say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.kpi.definitions import QUARTER
from stalewatch.services.measuring.kpis import Figure, GroupBy, Kpis
from stalewatch.services.measuring.kpis_told import COLUMNS, kpis_told, rows
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.web.desk import At
from stalewatch.web.kpis import AskedKpis, asked_for
from stalewatch.web.pages import charts
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.files import table_file
from stalewatch.web.pages.kpi_table import Table, is_part
from stalewatch.web.pages.paper import page

_CHARTS: Final = 6


class Show(StrEnum):
    """Which KPIs the page shows."""

    HYGIENE = "hygiene"
    QUALIFICATION = "qualification"
    SPEED = "speed"
    RESULTS = "results"
    LOSSES = "losses"


_FAMILIES: Final[Mapping[Show, tuple[str, ...]]] = {
    Show.HYGIENE: (
        "overdue_close_date", "no_next_meeting", "stalled", "stalled_amount", "ignored_alerts", "input_timeliness",
    ),
    Show.QUALIFICATION: ("qualification", "stakeholders"),
    Show.SPEED: ("stage_pass", "time_in_stage", "deal_length", "handoff_time"),
    Show.RESULTS: ("win_rate", "proposals", "unit_price", "proposal_value", "meddic_gap"),
    Show.LOSSES: ("loss_reason", "unobserved_loss"),
}  # fmt: skip


class AskedHygiene(AskedKpis):
    """`/hygiene`"""

    show: Annotated[Show, BeforeValidator(lambda value: value or Show.HYGIENE)] = Field(
        Show.HYGIENE, description="Which of the KPIs."
    )


def hygiene_page(request: Request, desk: At, asked: Annotated[AskedHygiene, Query()]) -> Response:
    """KPIs by group: each figure with its base and its value four weeks ago; their trend; what they mean."""
    found = asked_for(request, desk, asked, trends=False)
    reader, address = desk.reader(request), Address.of(request)
    families = _FAMILIES[asked.show]
    shown = [name for family in families for name in found.all.figures if name.partition(".")[0] == family]
    table = Table(found, shown, desk.project.rulebook.rules, reader, address)
    words = _Words(table, asked)
    return page(
        request, "hygiene.html", here="hygiene", sentence=words.sentence(), scope=words.scope(),
        backfill=words.backfill(), empty=found.as_of is None, tabs=words.tabs(), groups=words.groups(),
        group=words.grouping(found.group), columns=table.columns(), rows=table.rows(),
        total=table.row(found.all), charts=list(words.drawings()), meanings=list(words.meanings()),
        csv=address.but("/hygiene.csv", show=None), clear=words.clear(),
    )  # fmt: skip


def hygiene_file(request: Request, desk: At, asked: Annotated[AskedHygiene, Query()]) -> Response:
    """The same as CSV, with every KPI."""
    told = kpis_told(asked_for(request, desk, asked, trends=False), asked.kpi)
    return table_file(table_as_csv(COLUMNS, rows(told)), "hygiene")


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands around the table."""

    table: Table
    asked: AskedHygiene

    @property
    def reader(self) -> Reader:
        return self.table.reader

    @property
    def found(self) -> Kpis:
        return self.table.found

    @property
    def address(self) -> Address:
        return self.table.address

    def sentence(self) -> Markup:
        figures = self.found.all.figures
        overdue, alone = (figures[name] for name in ("overdue_close_date", "no_next_meeting"))
        pairs = [(int(one.over), int(one.of)) for one in (overdue, alone)]
        said = say.headline(pairs[0], pairs[1], self.reader)
        number = self.reader.number
        late = Markup('<em class="late">{}</em>')
        return escape(said).format(
            overdue=late.format(number(pairs[0][0])), dated=number(pairs[0][1]),
            alone=late.format(number(pairs[1][0])), open=number(pairs[1][1]),
        )  # fmt: skip

    def scope(self) -> tuple[str, ...]:
        words, chosen = self.reader.words, []
        labels = {
            "owner": words.pgettext("filter", "Owner"), "team": words.pgettext("filter", "Team"),
            "pipeline": words.pgettext("filter", "Pipeline"), "connection": words.pgettext("filter", "Connection"),
        }  # fmt: skip
        for name, label in labels.items():
            value = getattr(self.asked, name)
            if value:
                chosen.append(f"{label}: {clean(value)}")
        if self.found.as_of is None:
            return tuple(chosen)
        return (*chosen, words.gettext("at the end of {day}").format(day=day(self.found.as_of, self.reader)))

    def backfill(self) -> str:
        past = self.found.backfill
        if past is None:
            return ""
        said = self.reader.words.gettext("The past is being worked out: {done} of {wanted} days are there.")
        return said.format(done=self.reader.number(past.done), wanted=self.reader.number(past.wanted))

    def clear(self) -> str:
        named = {"owner", "team", "pipeline", "connection"} & self.address.asked.keys()
        return self.address.but(**dict.fromkeys(named)) if named else ""

    # ------------------------------------------------------------------------------------------ what may be chosen

    def tabs(self) -> list[tuple[str, str, bool]]:
        """(title, address, whether it is shown) of each set of KPIs."""
        words = self.reader.words
        titles = {
            Show.HYGIENE: words.gettext("Hygiene"), Show.QUALIFICATION: words.gettext("Qualification"),
            Show.SPEED: words.gettext("Speed"), Show.RESULTS: words.gettext("Results"),
            Show.LOSSES: words.gettext("Losses"),
        }  # fmt: skip
        usual = Show.HYGIENE
        return [
            (title, self.address.but(show=None if one is usual else one.value), one is self.asked.show)
            for one, title in titles.items()
        ]

    def grouping(self, group: GroupBy) -> str:
        words = self.reader.words
        return {
            GroupBy.TEAM: words.pgettext("grouping", "Team"), GroupBy.OWNER: words.pgettext("grouping", "Owner"),
            GroupBy.PIPELINE: words.pgettext("grouping", "Pipeline"),
            GroupBy.SEGMENT: words.pgettext("grouping", "Segment"),
            GroupBy.PARTNER: words.pgettext("grouping", "Partner"),
        }[group]  # fmt: skip

    def groups(self) -> list[tuple[str, str, bool]]:
        """(title, address, whether it is shown) of each grouping."""
        order = (GroupBy.TEAM, GroupBy.OWNER, GroupBy.PIPELINE, GroupBy.SEGMENT, GroupBy.PARTNER)
        return [
            (
                self.grouping(one),
                self.address.but(group=None if one is GroupBy.TEAM else one.value),
                one is self.found.group,
            )
            for one in order
        ]

    # ------------------------------------------------------------------------------------------ beside it

    def drawings(self) -> Iterator[charts.Chart]:
        """The trend of the first KPIs that are no part of another, of all groups together."""
        for kpi in [one for one in self.table.kpis if not is_part(one)][:_CHARTS]:
            figure = self.found.all.figures[kpi]
            if sum(value is not None for _, value in figure.trend) > 1:
                yield self._chart(kpi, figure)

    def _chart(self, kpi: str, one: Figure) -> charts.Chart:
        unit = self.found.currency if one.unit == "money" else one.unit
        labels: Sequence[str] = [day(when, self.reader) for when, _ in one.trend]
        series = [charts.Series(self.table.title(kpi), [value for _, value in one.trend])]
        return charts.line(series, labels, title=self.table.title(kpi), unit=unit, reader=self.reader)

    def meanings(self) -> Iterator[tuple[str, str]]:
        """(title, what it means, of which weeks) of the KPIs that are shown."""
        words = self.reader.words
        for kpi in self.table.kpis:
            said = say.meaning(kpi, self.reader)
            if said:
                span = self.found.all.figures[kpi].days
                ends = words.gettext("Of the quarter (13 weeks) that ends with the day.") if span == QUARTER else ""
                ends = words.gettext("Of the four weeks that end with the day.") if 0 < span < QUARTER else ends
                yield self.table.title(kpi), f"{said} {ends}".strip()
