"""What became of what was said: alerts with the moment at which somebody was told, and what people answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.notices import TOLD
from stalewatch.store.tables import alerts, answers, notices
from stalewatch.store.visibility import Visible, of_records

FALSE_ALARM: Final = "false_alarm"
_LATE: Final = ("breach", "reopen")
_FATE: Final = (
    alerts.c.id, alerts.c.rule_id, alerts.c.object, alerts.c.record_id, alerts.c.holdout, alerts.c.resolved_at,
    alerts.c.cause, alerts.c.acted_at, alerts.c.acted_as,
)  # fmt: skip


def late(conn: Connection, since: int, visible: Visible | None = None) -> list[Found]:
    """Alerts of which somebody heard at or after an instant that they are late, or would have but for the hold-out.

    Each with its fate and `told_at`: when the first person was told; of one that was held out, when its limit passed.
    """
    first = (
        sa.select(notices.c.alert_id, sa.func.min(notices.c.told_at).label("told_at"))
        .where(notices.c.state == TOLD, notices.c.kind.in_(_LATE))
        .group_by(notices.c.alert_id)
        .subquery()
    )
    told = sa.select(*_FATE, first.c.told_at).join(first, first.c.alert_id == alerts.c.id)
    silent = sa.select(*_FATE, alerts.c.breached_at.label("told_at")).where(
        alerts.c.holdout, ~alerts.c.shadow, ~alerts.c.backlog, alerts.c.breached_at >= since
    )
    mine = of_records(conn, alerts.c.record_id, visible)
    both = sa.union_all(told.where(first.c.told_at >= since, mine), silent.where(mine)).subquery()
    return list(conn.execute(sa.select(both).order_by(both.c.rule_id, both.c.told_at, both.c.id)))


def first_of_each(
    conn: Connection, rules: Collection[str], since: int, visible: Visible | None, *, critical: bool
) -> list[Found]:
    """The first alert of each problem of these rules, of those that opened at or after an instant, with its fate.

    Told or held out, in no order; `told_at` is when it opened, from where on both count. A problem's later episodes
    follow from what was said of its first, and are no fair comparison. Not those of which nobody would be told anyway.

    Args:
        critical: whether alerts that are critical are among them.
    """
    wanted = [
        alerts.c.rule_id.in_(sorted(rules)), alerts.c.opened_at >= since, ~alerts.c.shadow, ~alerts.c.backlog,
        of_records(conn, alerts.c.record_id, visible),
    ]  # fmt: skip
    if not critical:
        wanted.append(alerts.c.severity != "critical")
    one = sa.select(alerts.c.fingerprint, sa.func.min(alerts.c.episode).label("episode")).where(*wanted)
    first = one.group_by(alerts.c.fingerprint).subquery("first")
    same = sa.and_(alerts.c.fingerprint == first.c.fingerprint, alerts.c.episode == first.c.episode)
    return list(conn.execute(sa.select(*_FATE, alerts.c.opened_at.label("told_at")).join(first, same)))


def first_acts(conn: Connection, since: int) -> dict[str, int]:
    """Alert -> when somebody first answered it at or after an instant; a false alarm is no act."""
    there = sa.select(answers.c.alert_id, sa.func.min(answers.c.at).label("at")).where(
        answers.c.act != FALSE_ALARM, answers.c.at >= since
    )
    return {row.alert_id: row.at for row in conn.execute(there.group_by(answers.c.alert_id))}


def false_alarms(conn: Connection, since: int, visible: Visible | None = None) -> list[Found]:
    """The alerts called false at or after an instant: rule_id, alert_id, detail; by rule, the first one first."""
    columns = (answers.c.rule_id, answers.c.alert_id, answers.c.detail, answers.c.at)
    mine = of_records(conn, answers.c.record_id, visible)
    there = sa.select(*columns).where(answers.c.act == FALSE_ALARM, answers.c.at >= since, mine)
    return list(conn.execute(there.order_by(answers.c.rule_id, answers.c.at, answers.c.id)))


def opened(conn: Connection, since: int, visible: Visible | None = None) -> dict[str, int]:
    """Rule -> alerts that were opened at or after an instant, also those of which nobody hears."""
    return _many(conn, alerts.c.opened_at >= since, of_records(conn, alerts.c.record_id, visible))


def ended(conn: Connection, since: int, causes: Collection[str], visible: Visible | None = None) -> dict[str, int]:
    """Rule -> alerts that had passed their limit, and ended at or after an instant by one of these causes."""
    broke = alerts.c.breached_at.is_not(None)
    mine = of_records(conn, alerts.c.record_id, visible)
    return _many(conn, broke, alerts.c.resolved_at >= since, alerts.c.cause.in_(sorted(causes)), mine)


def _many(conn: Connection, *wanted: sa.ColumnElement[bool]) -> dict[str, int]:
    there = sa.select(alerts.c.rule_id, sa.func.count().label("many")).where(*wanted).group_by(alerts.c.rule_id)
    return {row.rule_id: row.many for row in conn.execute(there)}


def told_of(conn: Connection, rules: Collection[str], since: int) -> dict[str, int]:
    """Rule -> of how many of its alerts somebody heard at or after an instant that they are late."""
    many = sa.func.count(sa.distinct(notices.c.alert_id)).label("many")
    mine = (notices.c.rule_id.in_(sorted(rules)), notices.c.state == TOLD, notices.c.kind.in_(_LATE))
    there = sa.select(notices.c.rule_id, many).where(*mine, notices.c.told_at >= since)
    return {row.rule_id: row.many for row in conn.execute(there.group_by(notices.c.rule_id))}
