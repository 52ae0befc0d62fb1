"""What happened to deals in a span of time, as a review tells it: those that went quiet, those that came back, what
rules brought about, and who has more on their desk than they can answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.alerts import IS_LATE
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among, one_by_one
from stalewatch.store.reports import Filters
from stalewatch.store.tables import alerts, deals, people
from stalewatch.store.tables import stalled as late
from stalewatch.store.visibility import Visible, may_see, seen_by

Span = tuple[int, int]
"""The first instant of a span, and the first after it."""
_WORK: Final = ("satisfied", "re_anchored", "deadline_moved", "no_longer_applies")
"""Causes that say that somebody did something, and the deal goes on."""


@dataclass(frozen=True, slots=True)
class Move:
    """A deal that went quiet in one of some spans, or came back: which span (by its place), and when (microseconds)."""

    id: str
    amount: int | None
    span: int
    moment: int
    is_quiet: bool


def moves(conn: Connection, filters: Filters, spans: Sequence[Span], *, visible: Visible | None) -> Iterator[Move]:
    """What went quiet and what came back in each of these spans, in no order. Alerts are read once for all of them.

    A deal went quiet if it broke a first deadline in a span, and was not late before it. It came back if it was late,
    was worked on in the span, and was open and not late at its end.
    """
    mine = _late_in(conn, spans, filters, visible)
    own = (deals.c.id, deals.c.amount, deals.c.is_open, deals.c.closed_at)
    there = sa.select(*own, *(column for column in mine.c if column.name != "record_id"))
    wanted = (deals.c.gone_at.is_(None), deals.c.merged_into.is_(None), *_mine(conn, filters, visible))
    for row in conn.execute(there.select_from(mine.join(deals, deals.c.id == mine.c.record_id)).where(*wanted)):
        told = row._mapping
        for place, (_, until) in enumerate(spans):
            quiet, back = told[f"quiet_{place}"], told[f"back_{place}"]
            if quiet is not None and not told[f"before_{place}"]:
                yield Move(row.id, row.amount, place, quiet, is_quiet=True)
            lives = row.is_open or (row.closed_at is not None and row.closed_at >= until)
            if back is not None and lives and not told[f"after_{place}"]:
                yield Move(row.id, row.amount, place, back, is_quiet=False)


def named(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """Deal -> (id, object, name, owner_name)."""
    columns = (deals.c.id, deals.c.object, deals.c.name, people.c.name.label("owner_name"))
    there = sa.select(*columns).select_from(deals.outerjoin(people, people.c.id == deals.c.owner))
    return {row.id: row for row in conn.execute(there.where(among(conn, deals.c.id, sorted(ids))))}


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
    waiting = sa.select(alerts.c.record_id).where(*mine)
    listed, wanted = late.join(people, people.c.id == late.c.owner), [late.c.shelf == "deal"]
    if visible is not None or filters.owners is not None:  # of few records each one's alerts are looked up
        wanted.append(waiting.where(alerts.c.record_id == late.c.record_id).exists())
    else:
        told = waiting.distinct().subquery("told")
        listed = listed.join(told, told.c.record_id == late.c.record_id)
    who = (late.c.owner, people.c.name, people.c.email)
    sums = (sa.func.count().label("deals"), sa.func.coalesce(sa.func.sum(late.c.amount), 0).label("amount"))
    there = sa.select(*who, sa.func.max(late.c.team).label("team"), *sums).select_from(listed)
    equal = {late.c.connection: filters.connection, late.c.team: filters.team, late.c.pipeline: filters.pipeline}
    wanted += [may_see(conn, late.c.owner, late.c.record_id, visible)]
    wanted += [column == value for column, value in equal.items() if value is not None]
    if filters.owners is not None:
        wanted.append(among(conn, late.c.owner, sorted(filters.owners)))
    return list(conn.execute(there.where(*wanted).group_by(*who).order_by(people.c.name, late.c.owner)))


def _late_in(conn: Connection, spans: Sequence[Span], filters: Filters, visible: Visible | None) -> sa.Subquery:
    """Of each record: when it broke a first deadline in a span (`quiet_0`, ...), when it was last worked on in it
    (`back_0`), and whether it was late before it (`before_0`) and after it (`after_0`)."""
    one, moments = alerts.c, list[sa.ColumnElement[bool]]()
    columns: list[sa.ColumnElement[Any]] = [one.record_id]
    for place, (since, until) in enumerate(spans):
        quiet = sa.func.min(one.breach_at).filter(one.breach_at >= since, one.breach_at < until)
        worked = (one.cause.in_(_WORK), one.resolved_at >= since, one.resolved_at < until)
        back = sa.func.max(one.resolved_at).filter(*worked)
        columns += [quiet.label(f"quiet_{place}"), back.label(f"back_{place}")]
        columns += [_was_late(since).label(f"before_{place}"), _was_late(until).label(f"after_{place}")]
        moments += [quiet.is_not(None), back.is_not(None)]
    first = min(since for since, _ in spans)
    wanted = [one.breached_at.is_not(None), ~one.shadow, one.object != "lead"]
    wanted.append(sa.or_(one.breach_at >= first, one.resolved_at.is_(None), one.resolved_at >= first))
    if visible is not None or filters.owners is not None:  # of some people's deals the index finds the alerts
        owned = [seen_by(conn, deals, visible)]
        owned += [among(conn, deals.c.owner, sorted(filters.owners))] if filters.owners is not None else []
        wanted.append(one.record_id.in_(sa.select(deals.c.id).where(*owned)))
    return (
        sa.select(*columns)
        .where(*wanted)
        .group_by(one_by_one(conn, one.record_id))
        .having(sa.or_(*moments))
        .subquery("mine")
    )


def _was_late(moment: int) -> sa.ColumnElement[int]:
    """How many deadlines were broken before a moment, and were so still."""
    lasts = sa.or_(alerts.c.resolved_at.is_(None), alerts.c.resolved_at >= moment)
    return sa.func.count().filter(alerts.c.breach_at < moment, lasts)


def _mine(conn: Connection, filters: Filters, visible: Visible | None) -> list[sa.ColumnElement[bool]]:
    found = [seen_by(conn, deals, visible)]
    equal = {deals.c.connection: filters.connection, deals.c.team: filters.team, deals.c.pipeline: filters.pipeline}
    found += [column == value for column, value in equal.items() if value is not None]
    if filters.owners is not None:
        found.append(among(conn, deals.c.owner, sorted(filters.owners)))
    return found
