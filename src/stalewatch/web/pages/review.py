"""`/review`: the week, or the month, on two pages of A4."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import Query, Request, Response

from stalewatch.delivery.wording import review_words as say
from stalewatch.delivery.wording import reviewed_rule_words as say_of_rules
from stalewatch.delivery.wording.forecast_words import week_ended
from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.reviewing import Every
from stalewatch.services.measuring.forecast import today_of
from stalewatch.services.measuring.kpis import Figure as Kpi
from stalewatch.services.measuring.kpis import Group
from stalewatch.services.measuring.resting import Resting
from stalewatch.services.measuring.review import HYGIENE, SHOWN, Deal, KeyFigure, Moved, Review
from stalewatch.services.measuring.review_told import headline, sentences
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages import charts, headlines
from stalewatch.web.pages.addresses import Address, of_record
from stalewatch.web.pages.narrowing import narrowing
from stalewatch.web.pages.paper import page
from stalewatch.web.reviewed import AskedReviewPage, reviewed

_TEAMS = 12
"""Teams that the table names; the others are counted."""
_PATCHES = 3
"""Rules of which the lines to paste are shown: of more, those of the next month come when these are pasted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One deal in words."""

    href: str
    name: str
    owner: str
    amount: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure."""

    label: str
    figure: str
    change: str
    better: bool | None
    note: str
    line: str


@dataclass(frozen=True, slots=True)
class Part:
    """Deals that went one way: how many in all, against before, and the largest."""

    title: str
    figure: str
    change: str
    lines: tuple[Line, ...]
    more: str


def review_page(request: Request, desk: At, asked: Annotated[AskedReviewPage, Query()]) -> Response:
    """The review: headline, figures, what went quiet and came back, worst deals, teams, forecast, who needs help."""
    every = Every(asked.period)
    found = reviewed(request, desk, every, asked)
    words = _Words(desk, found, desk.reader(request), Address.of(request))
    today = today_of(desk.reports(request), desk.now)
    after = found.span.after
    bar = narrowing(request, desk, None, owners=False, pipelines=False)
    return page(
        request, "review.html", here="review", sentence=headline(found, words.reader), scope=words.scope(bar.scope),
        sentences=sentences(found, words.reader), outdated=headlines.outdated(found.forecast.waiting, words.reader),
        cards=words.cards(), parts=(words.part_of_quiet(), words.part_of_back()), filters=bar,
        worst=[words.resting(one) for one in found.worst], chart_of_weeks=words.chart(),
        teams=[words.team(one) for one in found.teams[:_TEAMS]], other_teams=max(0, len(found.teams) - _TEAMS),
        hygiene=[say.figure(name, words.reader) for name in HYGIENE], is_last=found.is_last,
        earlier=words.address.but(of=found.span.before.key),
        later=words.address.but(of=after.key) if after.first <= today else "",
        other=(words.address.but(period="monthly" if every is Every.WEEKLY else None, of=None), every.value),
        shown=SHOWN, effects=words.effects(), idle=words.idle(), patches=words.patches(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Words:
    desk: Desk
    found: Review
    reader: Reader
    address: Address

    def scope(self, chosen: tuple[str, ...]) -> tuple[str, ...]:
        span, forecast = self.found.span, self.found.forecast
        named = say.named(span.every.value, span.first, span.last, self.reader)
        age = forecast.data_age_seconds
        made = "" if age is None else as_of(forecast.as_of, age, self.reader)
        return (named, *chosen, made)

    def cards(self) -> list[Card]:
        return [self.card(one) for one in self.found.figures]

    def card(self, one: KeyFigure) -> Card:
        now, words = one.now, self.reader.words
        note = say.base(now.over, now.of, self.reader)
        if now.small and now.of:
            note = words.gettext("{base}: too few to conclude from").format(base=note)
        better = None
        if now.value is not None and one.before is not None and round(100 * now.value) != round(100 * one.before):
            better = (now.value < one.before) is (now.better == "lower")
        return Card(
            say.figure(now.kpi, self.reader), say.share(now.value, self.reader),
            say.points(now.value, one.before, self.reader), better, note or words.gettext("not kept yet"),
            charts.spark([value for _, value in now.trend], title=say.figure(now.kpi, self.reader)),
        )  # fmt: skip

    def part_of_quiet(self) -> Part:
        return self._part(self.reader.words.gettext("Went quiet"), self.found.quiet, self.found.quiet_before)

    def part_of_back(self) -> Part:
        return self._part(self.reader.words.gettext("Came back"), self.found.back, self.found.back_before)

    def _part(self, title: str, now: Moved, before: Moved) -> Part:
        words = self.reader.words
        many = words.ngettext("{count} deal, {amount}", "{count} deals, {amount}", now.deals)
        figure = many.format(count=self.reader.number(now.deals), amount=self.money(now.amount))
        more = now.deals - len(now.largest)
        rest = words.gettext("+{count} more").format(count=self.reader.number(more)) if more else ""
        return Part(
            title, figure, say.compared(now.deals, before.deals, self.reader),
            tuple(self._line(one) for one in now.largest), rest,
        )  # fmt: skip

    def _line(self, one: Deal) -> Line:
        amount = "" if one.amount is None else self.money(one.amount)
        when = moment(one.at, self.reader, timed=False)
        return Line(
            self.address.to(of_record(one.object, one.id)), clean(one.name) or one.id, clean(one.owner_name or ""),
            amount, when,
        )  # fmt: skip

    def resting(self, one: Resting) -> Line:
        amount = "" if one.amount is None else self.money(one.amount)
        days = self.reader.words.ngettext("{days} day", "{days} days", one.days_late)
        note = " · ".join(
            (days.format(days=self.reader.number(one.days_late)), *(clean(rule) for rule in one.rules[:1]))
        )
        return Line(
            self.address.to(of_record(one.object, one.id)), clean(one.name) or one.id, clean(one.owner_name or ""),
            amount, note,
        )  # fmt: skip

    def chart(self) -> charts.Chart | None:
        weeks = self.found.forecast.weeks
        if not weeks or not self.found.is_last:
            return None
        words, last = self.reader.words, weeks[-1].day
        late = [None if one.stalled is None else float(one.stalled.weighted) for one in weeks]
        whole = [None if one.all is None else float(one.all.weighted) for one in weeks]
        return charts.line(
            [charts.Series(words.gettext("All of the forecast"), whole),
             charts.Series(words.gettext("On stalled deals"), late, "late")],
            [week_ended(one.day, last, self.reader) for one in weeks],
            title=words.gettext("Weighted forecast by week"), unit=self.found.forecast.currency, reader=self.reader,
        )  # fmt: skip

    def team(self, group: Group) -> tuple[str, tuple[tuple[str, str], ...]]:
        name = clean(group.name) or self.reader.words.gettext("no team")
        return name, tuple(self._cell(group.figures[one]) for one in HYGIENE)

    def effects(self) -> tuple[str, ...]:
        """What being told changes, rule by rule: those of which it is known first."""
        some = sorted(self.found.about_rules.effects, key=lambda one: not one.effect.is_enough)
        named = self.reader.words.gettext("{title}: {figure}")
        return tuple(
            named.format(title=clean(one.title), figure=say_of_rules.effect(one.effect, self.reader))
            for one in some[:SHOWN]
        )

    def idle(self) -> tuple[tuple[str, str], ...]:
        """(a rule on which nobody acts, the line that retires it)."""
        return tuple((clean(one.title), one.line) for one in self.found.about_rules.idle[:SHOWN])

    def patches(self) -> tuple[tuple[str, str], ...]:
        """(a rule with other limits than the history suggests, the lines to paste)."""
        return tuple((clean(one.title), one.patch) for one in self.found.about_rules.limits[:_PATCHES])

    def _cell(self, one: Kpi) -> tuple[str, str]:
        return say.share(one.value, self.reader), say.base(one.over, one.of, self.reader)

    def money(self, amount: Decimal) -> str:
        return money(amount, self.found.forecast.currency, self.reader)
