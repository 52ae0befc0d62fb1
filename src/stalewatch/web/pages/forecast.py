"""`/forecast`: how much of the forecast rests on stalled deals, and on which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from fastapi import Query, Request, Response
from markupsafe import Markup, escape

from stalewatch.delivery.wording import forecast_words as say
from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import MARKS
from stalewatch.delivery.wording.times import day
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.values import choice
from stalewatch.domain.forecasting import Age, columns
from stalewatch.domain.language.model import Field
from stalewatch.services.measuring.forecast import Forecast, Line
from stalewatch.services.measuring.resting import MOST, Resting
from stalewatch.services.measuring.worth import Worth
from stalewatch.web.desk import At, Desk
from stalewatch.web.measured import AskedForecast, Seen, forecast_csv
from stalewatch.web.pages import charts, headlines
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.files import table_file
from stalewatch.web.pages.narrowing import narrowing
from stalewatch.web.pages.paper import page
from stalewatch.web.pages.rows import Chip, Named, named

_RULES: Final = 2
"""Reasons that a row names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stalled deal, in words."""

    of: Named
    stage: str
    closes: str
    chips: tuple[Chip, ...]
    more: int
    late: str
    amount: str
    weighted: str
    weight: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table: its name, where it leads, all of it, what is stalled, and that by age."""

    name: str
    href: str
    deals: str
    all: str
    stalled: str
    share: str
    ages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One card."""

    label: str
    figure: str
    change: str
    note: str


def forecast_page(request: Request, desk: At, asked: Annotated[AskedForecast, Query()]) -> Response:
    """The forecast with and without stalled deals: by week, by category, by close date, and the deals themselves."""
    seen, reader, address = Seen(request, desk), desk.reader(request), Address.of(request)
    found, listed = seen.forecast(asked), seen.resting(asked, asked.limit)
    words = _Words(desk, found, reader, address, seen.today)
    bar = narrowing(request, desk, asked.object, pipelines=True)
    period = words.period(found.period.key) if found.period is not None else reader.words.gettext("all close dates")
    return page(
        request, "forecast.html", here="forecast", sentence=words.headline(), filters=bar,
        scope=(*bar.scope, period, words.made()), outdated=headlines.outdated(found.waiting, reader),
        cards=words.cards(), chart_of_weeks=words.chart() if found.weeks else None,
        ages=[say.age(one.value, reader) for one in Age],
        categories=[words.entry(line, words.category(line.key), "") for line in found.by_category],
        periods=[words.entry(one, words.period(one.key), _narrower(address, one.key)) for one in found.by_period],
        total=words.entry(found.total, reader.words.gettext("Together"), ""),
        everything=address.but(period=None) if found.period is not None else "",
        weights=words.weights(everything=desk.visible(request) is None), probability=found.weights.probability,
        gaps=say.gaps(found.total.all.without_amount, found.total.all.unweighted, found.left_out.deals, reader),
        rows=[words.row(one) for one in listed.deals], count=found.stalled.deals, more=listed.more,
        csv=address.but("/forecast.csv"), longer=address.but(limit="200") if listed.more else "",
    )  # fmt: skip


def forecast_file(request: Request, desk: At, asked: Annotated[AskedForecast, Query()]) -> Response:
    """The stalled deals that the forecast counts, as CSV."""
    return table_file(forecast_csv(Seen(request, desk).resting(asked, MOST)), "forecast")


def _narrower(address: Address, key: str) -> str:
    """Where only such deals are left; what closes later than all named quarters has no name."""
    return "" if key == "later" else address.but(period=key)


@dataclass(frozen=True, slots=True)
class _Words:
    desk: Desk
    found: Forecast
    reader: Reader
    address: Address
    today: date

    def headline(self) -> Markup:
        found, reader = self.found, self.reader
        late, everything = found.stalled, found.total.all
        said = say.rests(late.deals, everything.deals, late.weighted, everything.weighted, reader)
        return escape(said).format(
            money=Markup('<em class="late">{}</em>').format(self.money(late.weighted)),
            all=Markup('<span class="whole-figure">{}</span>').format(self.money(everything.weighted)),
            count=reader.number(late.deals), deals=reader.number(everything.deals),
        )  # fmt: skip

    def made(self) -> str:
        age = self.found.data_age_seconds
        if age is None:
            return self.reader.words.gettext("No connection has been read yet: `stalewatch run --once` reads them all.")
        return as_of(self.found.as_of, age, self.reader)

    def cards(self) -> list[Figure]:
        words, found = self.reader.words, self.found
        passed = next((line.all for line in found.by_period if line.key == "overdue"), Worth())
        longest = (found.total.late or {}).get(Age.LONGER, Worth())
        parts = [
            (words.gettext("Without stalled deals"), found.total.sound),
            (words.gettext("On stalled deals"), found.stalled),
            (words.gettext("Late for over 30 days"), longest),
            (words.gettext("Close date passed"), passed),
        ]
        return [Figure(label, self.money(one.weighted), self.share(one), self.base(one)) for label, one in parts]

    def share(self, one: Worth) -> str:
        whole = self.found.total.all.weighted
        return self.reader.percent(float(one.weighted / whole)) if whole else ""

    def base(self, one: Worth) -> str:
        said = self.reader.words.gettext("{count} of {all} deals, {amount} unweighted")
        return said.format(
            count=self.reader.number(one.deals), all=self.reader.number(self.found.total.all.deals),
            amount=self.money(one.amount),
        )  # fmt: skip

    def chart(self) -> charts.Chart:
        weeks, words, today = self.found.weeks, self.reader.words, self.found.weeks[-1].day
        late = [None if one.stalled is None else float(one.stalled.weighted) for one in weeks]
        whole = [None if one.all is None else float(one.all.weighted) for one in weeks]
        return charts.line(
            [charts.Series(words.gettext("All of the forecast"), whole),
             charts.Series(words.gettext("On stalled deals"), late, "late")],
            [say.week_ended(one.day, today, self.reader) for one in weeks],
            title=words.gettext("Weighted forecast by week"), unit=self.found.currency, reader=self.reader,
        )  # fmt: skip

    def entry(self, line: Line, name: str, href: str) -> Entry:
        late = line.late or {}
        return Entry(
            name, href, self.reader.number(line.all.deals), self.money(line.all.weighted),
            self.money(line.stalled.weighted) if line.stalled.deals else "–",
            self.reader.percent(float(line.stalled.weighted / line.all.weighted)) if line.all.weighted else "–",
            tuple(self.money(late[one].weighted) if late[one].deals else "–" for one in Age),
        )  # fmt: skip

    def category(self, key: str) -> str:
        field = self._field("forecast_category")
        if key == "none":
            return self.reader.words.gettext("no category")
        return choice(key, field.value_titles.get(key, {}) if field else {}, self.reader)

    def period(self, key: str) -> str:
        named = {one.key: one for one in (*columns(self.today), *([self.found.period] if self.found.period else []))}
        one = named[key]
        return say.period(key, one.first, one.last, self.reader)

    def weights(self, *, everything: bool) -> list[tuple[str, str]]:
        """(what, how much and who says so) of everything that has a weight."""
        weights, reader = self.found.weights, self.reader
        said = [
            (self.category(name), say.weight(percent, "forecast_category", None, reader))
            for name, percent in weights.categories.items()
        ]
        field = self._field("stage")
        titles: Mapping[str, Mapping[str, str]] = field.value_titles if field else {}
        for stage, rate in weights.stages.items():
            if rate.percent is not None:
                base = (rate.won, rate.closed) if everything else None
                name = choice(stage, titles.get(stage, {}), reader)
                said.append((name, say.weight(rate.percent, "stage_win_rate", base, reader)))
        return said

    def row(self, one: Resting) -> Row:
        words, field = self.reader.words, self._field("stage")
        chips = [Chip(clean(title), "late", MARKS["breached"], words.pgettext("state of a deadline", "late"))
                 for title in one.rules]  # fmt: skip
        return Row(
            of=named(one, one.object, self.address, self.reader),
            stage="" if one.stage is None else choice(
                one.stage, field.value_titles.get(one.stage, {}) if field else {}, self.reader
            ),
            closes=self._closes(one), chips=tuple(chips[:_RULES]), more=max(0, len(chips) - _RULES),
            late=words.ngettext("{days} day", "{days} days", one.days_late).format(
                days=self.reader.number(one.days_late)
            ),
            amount=words.gettext("no amount") if one.amount is None else self.money(one.amount),
            weighted="" if one.weighted is None else self.money(one.weighted),
            weight="" if one.weight is None else self.reader.percent(one.weight / 100),
        )  # fmt: skip

    def _closes(self, one: Resting) -> str:
        if one.close_date is None:
            return self.reader.words.gettext("no close date")
        return self.reader.words.gettext("closes {day}").format(
            day=day(date.fromisoformat(one.close_date), self.reader)
        )

    def money(self, amount: Decimal) -> str:
        return money(amount, self.found.currency, self.reader)

    def _field(self, name: str) -> Field | None:
        return self.desk.project.rulebook.rules.catalogue.objects["deal"].get(name)
