"""The review of a week or a month: what changed, in sentences and figures, for a team or for all that may be seen."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import to_day
from stalewatch.domain.reviewing import Every, Span, holding
from stalewatch.services.measuring.forecast import Forecast, forecast, today_of
from stalewatch.services.measuring.kpis import Figure, Group, GroupBy, kpis
from stalewatch.services.measuring.resting import Resting, resting
from stalewatch.services.measuring.rules_reviewed import RulesReviewed, rules_reviewed, title_of
from stalewatch.services.measuring.unobserved import Unobserved, unobserved
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from stalewatch.store import reviews as store
from stalewatch.store.engine import Connection

KEY_FIGURES: Final = ("stalled", "no_next_meeting", "overdue_close_date", "ignored_alerts", "win_rate")
"""The KPIs that a review begins with."""
HYGIENE: Final = ("no_next_meeting", "overdue_close_date", "ignored_alerts")
"""The KPIs that tell teams apart."""
SHOWN: Final = 5
"""Deals, rules or people that a part names; the others are counted."""
LEAST_TOLD: Final = 5
"""A rule that was told less often cannot be called ignored."""
SELDOM: Final = 0.3
"""Below this share of breaches that somebody acted on, nobody does."""
ANSWER_WITHIN: Final = Duration(5, Unit.BUSINESS_DAY)
MANY: Final = 3
"""From so many deals on that were told and not answered in five business days, somebody needs help."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal that went quiet, or came back, and when (microseconds); `amount` None: nobody knows."""

    id: str
    object: str
    name: str
    owner_name: str | None
    amount: Decimal | None
    at: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The deals that went one way: how many, what those of them are worth that have an amount, and the largest."""

    deals: int
    amount: Decimal
    largest: tuple[Deal, ...]


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule of whose breaches so many were told, and so many led to anything."""

    rule: str
    title: str
    told: int
    acted: int
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Overloaded:
    """Somebody with late deals that were told at least five business days ago, and not answered since."""

    owner: str
    name: str
    email: str | None
    team: str | None
    deals: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A KPI at the end of the span, and at the end of the one before."""

    now: Figure
    before: float | None


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a span.

    Attributes:
        team: whose; None: everything that may be seen.
        is_last: the span is the last that ended: what is told of now (forecast, deals, people) belongs to it.
        quiet, back, quiet_before, back_before: what went quiet and came back in the span, and in the one before.
        rules: those that were told in the span, and on which hardly anybody acted.
        about_rules: what is to be said of rules as such; nothing in the review of a team, for they are everybody's.
        teams: the figures of hygiene, team by team; needs_help: by name, never a ranking.
        kpis_of: the day at whose end the KPIs stood so; None: none are kept yet.
    """

    span: Span
    team: str | None
    is_last: bool
    quiet: Moved
    back: Moved
    quiet_before: Moved
    back_before: Moved
    figures: tuple[KeyFigure, ...]
    kpis_of: date | None
    worst: tuple[Resting, ...]
    rules: tuple[Ruled, ...]
    teams: tuple[Group, ...]
    forecast: Forecast
    lost: Unobserved
    needs_help: tuple[Overloaded, ...]
    about_rules: RulesReviewed

    @property
    def as_of(self) -> str:
        """When it was made, RFC 3339."""
        return self.forecast.as_of


def last_ended(every: Every, today: date) -> Span:
    """The last week, or month, that has ended."""
    return holding(every, today).before


def review(
    reports: Reports, span: Span, now: int, *, visible: Visible | None, team: str | None = None
) -> Review:  # fmt: skip
    """The review of a span, as far as its records may be seen.

    Args:
        team: only of this team's records.
    """
    filters, before = Filters(team=team), span.before
    with reports.db.read() as conn:
        now_moved, before_moved = _moves(conn, reports, filters, (span, before), visible)
        ruled = _rules(conn, reports, filters, span, visible)
        end = _instants(reports, span)[1]
        about = RulesReviewed() if team is not None else rules_reviewed(conn, reports, end, now, visible)
        waiting = store.unanswered(conn, filters, _days_ago(reports, now), visible=visible)
    measured = kpis(
        reports, group=GroupBy.TEAM, frm=span.last - timedelta(days=91), to=span.last, filters=filters, now=now,
        visible=visible,
    )  # fmt: skip
    earlier = measured if span.every is Every.WEEKLY else kpis(
        reports, group=GroupBy.TEAM, frm=before.last, to=before.last, filters=filters, now=now, visible=visible
    )  # fmt: skip
    return Review(
        span=span, team=team, is_last=span == last_ended(span.every, today_of(reports, now)),
        quiet=now_moved[0], back=now_moved[1], quiet_before=before_moved[0], back_before=before_moved[1],
        figures=tuple(_figures(measured.all, earlier.all, weekly=span.every is Every.WEEKLY)),
        kpis_of=measured.as_of, worst=resting(reports, filters, now, visible=visible, limit=SHOWN).deals, rules=ruled,
        teams=measured.groups, forecast=forecast(reports, filters, now, visible=visible),
        lost=unobserved(reports, filters, span.first, span.last, now, visible=visible),
        needs_help=tuple(_overloaded(row) for row in waiting if row.deals >= MANY), about_rules=about,
    )  # fmt: skip


def _moves(
    conn: Connection, reports: Reports, filters: Filters, spans: Sequence[Span], visible: Visible | None
) -> list[tuple[Moved, Moved]]:
    """Of each span what went quiet, and what came back."""
    edges = [_instants(reports, span) for span in spans]
    sums = [(_Sum(), _Sum()) for _ in spans]
    for move in store.moves(conn, filters, edges, visible=visible):
        sums[move.span][0 if move.is_quiet else 1].take(move)
    said = store.named(conn, {one.id for pair in sums for some in pair for one in some.largest})
    return [(quiet.told(said), back.told(said)) for quiet, back in sums]


@dataclass(slots=True)
class _Sum:
    """Adds up deals that went one way, and keeps the largest of them."""

    deals: int = 0
    amount: int = 0
    largest: list[store.Move] = field(default_factory=list)

    def take(self, one: store.Move) -> None:
        self.deals += 1
        self.amount += one.amount or 0
        if len(self.largest) < SHOWN or _by_money(one) < _by_money(self.largest[-1]):
            insort(self.largest, one, key=_by_money)
            del self.largest[SHOWN:]

    def told(self, said: Mapping[str, Any]) -> Moved:
        largest = tuple(_deal(one, said[one.id]) for one in self.largest if one.id in said)
        return Moved(self.deals, Decimal(self.amount) / 100, largest)


def _by_money(one: store.Move) -> tuple[int, str]:
    """Most money first; what has no amount comes last."""
    return (1 if one.amount is None else -one.amount, one.id)


def _deal(one: store.Move, row: Any) -> Deal:
    amount = None if one.amount is None else Decimal(one.amount) / 100
    return Deal(row.id, row.object, row.name or row.id, row.owner_name, amount, one.moment)


def _instants(reports: Reports, span: Span) -> tuple[int, int]:
    """The first instant of the span, and the first after it."""
    days = np.array([to_day(span.first), to_day(span.last) + 1], np.int64)
    since, until = reports.book.calendars.default.midnight(days)
    return int(since), int(until)


def _rules(
    conn: Connection, reports: Reports, filters: Filters, span: Span, visible: Visible | None
) -> tuple[Ruled, ...]:
    """The rules on which nobody acts, those first of which most was told."""
    since, until = _instants(reports, span)
    rows = store.by_rule(conn, filters, since, until, visible=visible)
    ignored = [row for row in rows if row.told >= LEAST_TOLD and row.acted < SELDOM * row.told]
    found = [
        Ruled(row.rule_id, title_of(reports.book, reports.language, row.rule_id), row.told, row.acted, row.false_alarms)
        for row in ignored
    ]
    return tuple(sorted(found, key=lambda one: (-one.told, one.rule)))


def _figures(now: Group, earlier: Group, *, weekly: bool) -> list[KeyFigure]:
    found = []
    for name in KEY_FIGURES:
        figure = now.figures[name]
        week_before = figure.trend[-2][1] if len(figure.trend) > 1 else None
        found.append(KeyFigure(replace(figure), week_before if weekly else earlier.figures[name].value))
    return found


def _days_ago(reports: Reports, now: int) -> int:
    """The instant before which somebody would have had five business days to answer."""
    calendar = reports.book.calendars.default
    day = int(calendar.local_day(np.array([now], np.int64))[0])
    worked = 0
    while worked < ANSWER_WITHIN.amount:
        day -= 1
        worked += bool(calendar.is_business_day(np.array([day], np.int64))[0])
    return int(calendar.midnight(np.array([day + 1], np.int64))[0])


def _overloaded(row: Any) -> Overloaded:
    name = row.name or row.email or row.owner
    return Overloaded(row.owner, name, row.email, row.team, row.deals, Decimal(int(row.amount)) / 100)
