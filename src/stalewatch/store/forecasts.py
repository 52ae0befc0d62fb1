"""The open deals in figures: how much money, of which weight, how long late, to be closed when.

Which of them are late, and since when, is what the stalled list has of them: nothing is looked for among alerts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from stalewatch.store.alerts import IS_LATE
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among, is_sqlite
from stalewatch.store.reports import Filters
from stalewatch.store.tables import alerts, deals, people
from stalewatch.store.tables import stalled as late
from stalewatch.store.visibility import Visible, seen_by

Span = tuple[int | None, int | None]
"""The first and the last close date, as day numbers; (None, None): deals without one."""
_CRM: Final = "crm_probability"
_CATEGORY: Final = "forecast_category"
_STAGE: Final = "stage_win_rate"
_NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of the open deals.

    Attributes:
        weights: category -> per cent; stages: stage -> per cent, for deals without a category.
        probability: a field of the catalogue that says the per cent itself; None: there is none.
        omitted: the category whose deals are no part of a forecast.
        since: the instants at which breaches of the first, the second ... age began at the earliest, falling.
        columns: name -> close dates of it; span: only deals that close in it, None: all.
    """

    weights: Mapping[str, int]
    stages: Mapping[str, int]
    probability: str | None
    omitted: str
    since: Sequence[int]
    columns: Mapping[str, Span]
    span: Span | None = None


def cells(conn: Connection, filters: Filters, wanted: Wanted, *, visible: Visible | None) -> list[Found]:
    """The open deals that may be seen, summed up by everything that tells them apart.

    (category, percent, source, age, period, deals, with_amount, amount): `age` is the place in `since` (one more for
    older ones), None: not late; `percent` None: nobody says a weight; amounts in hundredths of the project's currency.
    `rule` and `severity` of the filters are not looked at: what is late is late by any rule.
    """
    kinds = (
        _category(wanted).label("category"), _percent(conn, wanted).label("percent"),
        _source(conn, wanted).label("source"), _age(wanted).label("age"), _period(wanted).label("period"),
    )  # fmt: skip
    inner = sa.select(*kinds, deals.c.amount).select_from(deals).outerjoin(late, late.c.record_id == deals.c.id)
    each = inner.where(*_scope(conn, filters, wanted, visible)).subquery("each")
    names = [each.c[kind.name] for kind in kinds]
    sums = (
        sa.func.count().label("deals"), sa.func.count(each.c.amount).label("with_amount"),
        sa.func.coalesce(sa.func.sum(each.c.amount), 0).label("amount"),
    )  # fmt: skip
    return list(conn.execute(sa.select(*names, *sums).group_by(*names)))


def resting(conn: Connection, filters: Filters, wanted: Wanted, *, visible: Visible | None, limit: int) -> list[Found]:
    """The late deals of the forecast, those first on which most of it rests.

    (id, object, name, connection, owner, owner_name, owner_email, team, pipeline, stage, forecast_category, amount,
    close_date, url, percent, source, breach_at, breaches); deals without an amount or a weight come last.
    """
    percent = _percent(conn, wanted)
    own = ("id", "object", "name", "connection", "owner", "team", "pipeline", "stage", "forecast_category", "amount")
    columns = (
        *(deals.c[name] for name in (*own, "close_date", "url")),
        people.c.name.label("owner_name"), people.c.email.label("owner_email"),
        percent.label("percent"), _source(conn, wanted).label("source"), late.c.breach_at, late.c.breaches,
    )  # fmt: skip
    listed = sa.select(*columns).select_from(deals).join(late, late.c.record_id == deals.c.id)
    listed = listed.outerjoin(people, people.c.id == deals.c.owner)
    counted = deals.c.forecast_category.is_distinct_from(wanted.omitted)
    worth = sa.cast(deals.c.amount, sa.Float) * percent
    order = (sa.func.coalesce(worth, -1).desc(), sa.func.coalesce(deals.c.amount, -1).desc(), deals.c.id)
    return list(
        conn.execute(
            listed.where(*_scope(conn, filters, wanted, visible), counted).order_by(*order).limit(limit)
        )
    )  # fmt: skip


def broken(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """(record_id, rule_id) of what these records are late by, the gravest and longest first."""
    ranks = sa.case({"info": 1, "warning": 2, "critical": 3}, value=alerts.c.severity, else_=0)
    there = sa.select(alerts.c.record_id, alerts.c.rule_id).where(
        among(conn, alerts.c.record_id, sorted(record_ids)), IS_LATE
    )
    return list(conn.execute(there.order_by(alerts.c.record_id, ranks.desc(), alerts.c.breach_at, alerts.c.id)))


def _category(wanted: Wanted) -> sa.ColumnElement[Any]:
    """A category that is none of ours counts as none: what it weighs nobody knows."""
    known = deals.c.forecast_category.in_([*wanted.weights, wanted.omitted])
    return sa.case((known, deals.c.forecast_category), else_=None)


def _percent(conn: Connection, wanted: Wanted) -> sa.ColumnElement[Any]:
    return sa.case(
        *((test, percent) for test, percent, _ in _weighed(conn, wanted)), else_=sa.null()
    )  # fmt: skip


def _source(conn: Connection, wanted: Wanted) -> sa.ColumnElement[Any]:
    return sa.case(*((test, sa.literal(said)) for test, _, said in _weighed(conn, wanted)), else_=sa.literal(_NONE))


def _weighed(conn: Connection, wanted: Wanted) -> list[tuple[sa.ColumnElement[bool], Any, str]]:
    """(when, per cent, who says so), the first that holds."""
    found: list[tuple[sa.ColumnElement[bool], Any, str]] = []
    if wanted.probability is not None:
        told = _told(conn, wanted.probability)
        found.append((told.between(0, 100), told, _CRM))
    weights = {wanted.omitted: 0, **wanted.weights}
    found += [(deals.c.forecast_category == name, sa.literal(percent), _CATEGORY) for name, percent in weights.items()]
    found += [(deals.c.stage == name, sa.literal(percent), _STAGE) for name, percent in wanted.stages.items()]
    return found


def _told(conn: Connection, field: str) -> sa.ColumnElement[int]:
    """A whole number of the fields that have no column of their own."""
    fields = sa.type_coerce(deals.c.fields, sa.Text())
    if is_sqlite(conn):
        return sa.cast(sa.func.json_extract(fields, f'$."{field}"'), sa.Integer)
    text = sa.cast(fields, postgresql.JSON)[field].astext
    return sa.case((text.regexp_match("^[0-9]{1,3}$"), sa.cast(text, sa.Integer)), else_=None)


def _age(wanted: Wanted) -> sa.ColumnElement[Any]:
    young = [(late.c.breach_at >= began, place) for place, began in enumerate(wanted.since)]
    return sa.case((late.c.breach_at.is_(None), None), *young, else_=len(wanted.since))


def _period(wanted: Wanted) -> sa.ColumnElement[Any]:
    return sa.case(*((_within(span), sa.literal(name)) for name, span in wanted.columns.items()), else_=sa.null())


def _within(span: Span) -> sa.ColumnElement[bool]:
    first, last = span
    if first is None and last is None:
        return deals.c.close_date.is_(None)
    return sa.and_(
        deals.c.close_date.is_not(None),
        deals.c.close_date >= first if first is not None else sa.true(),
        deals.c.close_date <= last if last is not None else sa.true(),
    )


def _scope(
    conn: Connection, filters: Filters, wanted: Wanted, visible: Visible | None
) -> list[sa.ColumnElement[bool]]:  # fmt: skip
    equal = {
        deals.c.object: filters.obj, deals.c.connection: filters.connection, deals.c.team: filters.team,
        deals.c.pipeline: filters.pipeline, deals.c.stage: filters.stage,
    }  # fmt: skip
    found = [deals.c.is_open, deals.c.gone_at.is_(None), seen_by(conn, deals, visible)]
    found += [column == value for column, value in equal.items() if value is not None]
    for column, values in ((deals.c.owner, filters.owners), (deals.c.id, filters.ids)):
        if values is not None:
            found.append(among(conn, column, sorted(values)))
    if filters.q:
        found.append(deals.c.name.icontains(filters.q, autoescape=True))
    if filters.min_amount is not None:
        found.append(deals.c.amount >= filters.min_amount)
    if wanted.span is not None:
        found.append(_within(wanted.span))
    return found
