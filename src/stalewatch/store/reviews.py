"""What happened to deals in a span of time, as a review tells it: those that went quiet, those that came back, what
rules brought about, and who has more on their desk than they can answer."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.alerts import IS_LATE
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.reports import Filters
from stalewatch.store.tables import alerts, deals, people
from stalewatch.store.visibility import Visible, seen_by

_WORK: Final = ("satisfied", "re_anchored", "deadline_moved", "no_longer_applies")
"""Causes that say that somebody did something, and the deal goes on."""


def went_quiet(conn: Connection, filters: Filters, since: int, until: int, *, visible: Visible | None) -> list[Found]:
    """The deals that broke a first deadline in [since, until) and were not late before, most money first.

    (id, object, name, owner_name, amount, moment: when)
    """
    first = _late(sa.func.min(alerts.c.breach_at), alerts.c.breach_at < until, alerts.c.breach_at >= since)
    other = alerts.alias("other")
    before = sa.exists().where(other.c.record_id == deals.c.id, *_late_at(other, since))
    return _deals(conn, filters, first, ~before, visible)


def came_back(conn: Connection, filters: Filters, since: int, until: int, *, visible: Visible | None) -> list[Found]:
    """The deals that were late, were worked on in [since, until), and were open and not late at its end, most money
    first.

    (id, object, name, owner_name, amount, moment: when)
    """
    worked = (alerts.c.cause.in_(_WORK), alerts.c.resolved_at >= since, alerts.c.resolved_at < until)
    last = _late(sa.func.max(alerts.c.resolved_at), *worked)
    other = alerts.alias("other")
    still = sa.exists().where(other.c.record_id == deals.c.id, *_late_at(other, until))
    lives = sa.or_(deals.c.is_open, deals.c.closed_at >= until)
    return _deals(conn, filters, last, sa.and_(lives, ~still), visible)


def by_rule(conn: Connection, filters: Filters, since: int, until: int, *, visible: Visible | None) -> list[Found]:
    """(rule_id, told, acted, false_alarms) of the breaches that were told in [since, until), by rule."""
    one = alerts.c
    wanted = (one.breach_told_at >= since, one.breach_told_at < until, ~one.shadow, *_mine(conn, filters, visible))
    columns = (
        one.rule_id, sa.func.count().label("told"), sa.func.count(one.acted_at).label("acted"),
        sa.func.count().filter(one.cause == "false_alarm").label("false_alarms"),
    )  # fmt: skip
    there = sa.select(*columns).select_from(alerts.join(deals, deals.c.id == one.record_id))
    return list(conn.execute(there.where(*wanted).group_by(one.rule_id).order_by(one.rule_id)))


def unanswered(conn: Connection, filters: Filters, told_before: int, *, visible: Visible | None) -> list[Found]:
    """(owner, name, email, team, deals, amount) of people with late deals of which they were told before an instant
    and did nothing, by name."""
    mine = (IS_LATE, alerts.c.counts_from < told_before, alerts.c.acted_at.is_(None))
    late = sa.select(alerts.c.record_id).where(*mine).distinct().subquery("late")
    who = (deals.c.owner, people.c.name, people.c.email)
    sums = (sa.func.count().label("deals"), sa.func.coalesce(sa.func.sum(deals.c.amount), 0).label("amount"))
    there = sa.select(*who, sa.func.max(deals.c.team).label("team"), *sums).select_from(
        deals.join(late, late.c.record_id == deals.c.id).join(people, people.c.id == deals.c.owner)
    )
    wanted = (deals.c.is_open, deals.c.gone_at.is_(None), *_mine(conn, filters, visible))
    return list(conn.execute(there.where(*wanted).group_by(*who).order_by(people.c.name, deals.c.owner)))


def _late_at(other: Any, moment: int) -> tuple[sa.ColumnElement[bool], ...]:
    """A deadline was broken before a moment, and was so still."""
    one = other.c
    lasts = sa.or_(one.resolved_at.is_(None), one.resolved_at >= moment)
    return one.breached_at.is_not(None), ~one.shadow, one.breach_at < moment, lasts


def _late(moment: Any, *when: sa.ColumnElement[bool]) -> sa.Subquery:
    """Records that broke a deadline that was told, or counted as late, with the moment wanted."""
    wanted = (alerts.c.breached_at.is_not(None), ~alerts.c.shadow, alerts.c.object != "lead", *when)
    columns = (alerts.c.record_id, moment.label("moment"))
    return sa.select(*columns).where(*wanted).group_by(alerts.c.record_id).subquery("mine")


def _deals(
    conn: Connection, filters: Filters, mine: sa.Subquery, more: sa.ColumnElement[bool], visible: Visible | None
) -> list[Found]:
    own = (deals.c.id, deals.c.object, deals.c.name, people.c.name.label("owner_name"), deals.c.amount, mine.c.moment)
    there = sa.select(*own).select_from(deals.join(mine, mine.c.record_id == deals.c.id))
    there = there.outerjoin(people, people.c.id == deals.c.owner)
    wanted = (deals.c.gone_at.is_(None), deals.c.merged_into.is_(None), more, *_mine(conn, filters, visible))
    order = (sa.func.coalesce(deals.c.amount, -1).desc(), deals.c.id)
    return list(conn.execute(there.where(*wanted).order_by(*order)))


def _mine(conn: Connection, filters: Filters, visible: Visible | None) -> list[sa.ColumnElement[bool]]:
    found = [seen_by(conn, deals, visible)]
    equal = {deals.c.connection: filters.connection, deals.c.team: filters.team, deals.c.pipeline: filters.pipeline}
    found += [column == value for column, value in equal.items() if value is not None]
    if filters.owners is not None:
        found.append(among(conn, deals.c.owner, sorted(filters.owners)))
    return found
