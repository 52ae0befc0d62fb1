"""What KPIs read beside the records themselves, for all records between two ids: as tuples, the record first."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.sdk.records import CALLED_OFF, ActivityKind
from stalewatch.store import bulk
from stalewatch.store.effects import FALSE_ALARM
from stalewatch.store.events import WAS_LATE
from stalewatch.store.notices import TOLD
from stalewatch.store.tables import (
    activities,
    activity_records,
    alerts,
    answers,
    changes,
    events,
    loss_answers,
    losses,
    notices,
    waits,
)

Rows = list[tuple[Any, ...]]
_OFF: Final = tuple(state.value for state in CALLED_OFF)
_LATE: Final = ("breach", "reopen")
_AFTER: Final = ";"
"""What comes after ":", which stands behind the connection in every id."""


def late(conn: Connection, first: str, last: str) -> Rows:
    """(record, since, until) of every time at which an alert that anybody could see was late; until None: it is."""
    columns = (alerts.c.record_id, alerts.c.breached_at, alerts.c.resolved_at, alerts.c.id)
    wanted = (alerts.c.breached_at.is_not(None), ~alerts.c.shadow)
    rows = bulk.tuples(conn, sa.select(*columns).where(_between(alerts.c.record_id, first, last), *wanted))
    before = (events.c.record_id, events.c.began, events.c.at, events.c.subject)
    earlier = (_between(events.c.record_id, first, last), events.c.kind == WAS_LATE)
    opened_again: dict[str, int] = {}
    spans = []
    for record, began, ended, subject in bulk.tuples(conn, sa.select(*before).where(*earlier)):
        alert, _, at = subject.rpartition(":")
        opened_again[alert] = max(int(at), opened_again.get(alert, 0))
        spans.append((record, began, ended))
    return [*spans, *((one[0], max(one[1], opened_again.get(one[3], one[1])), one[2]) for one in rows)]


def told(conn: Connection, first: str, last: str, since: int) -> Rows:
    """(record, alert, told_at, acted_at, resolved_at, cause) of alerts of which somebody first heard after an instant
    that they are late; those that were held out nobody heard of."""
    heard = (
        sa.select(notices.c.alert_id, sa.func.min(notices.c.told_at).label("told_at"))
        .where(_between(notices.c.record_id, first, last), notices.c.state == TOLD, notices.c.kind.in_(_LATE))
        .group_by(notices.c.alert_id)
        .subquery()
    )
    columns = (
        alerts.c.record_id,
        alerts.c.id,
        heard.c.told_at,
        alerts.c.acted_at,
        alerts.c.resolved_at,
        alerts.c.cause,
    )
    both = sa.select(*columns).join(heard, heard.c.alert_id == alerts.c.id)
    return bulk.tuples(conn, both.where(heard.c.told_at > since, ~alerts.c.holdout))


def first_acts(conn: Connection, first: str, last: str) -> Rows:
    """(alert, when somebody first answered it); a false alarm is no act."""
    columns = (answers.c.alert_id, sa.func.min(answers.c.at))
    wanted = (_between(answers.c.record_id, first, last), answers.c.act != FALSE_ALARM)
    return bulk.tuples(conn, sa.select(*columns).where(*wanted).group_by(answers.c.alert_id))


def waiting(conn: Connection, first: str, last: str) -> Rows:
    """(record, set_at, until_day, ended_at) of every wait."""
    columns = (waits.c.record_id, waits.c.set_at, waits.c.until_day, waits.c.ended_at)
    return bulk.tuples(conn, sa.select(*columns).where(_between(waits.c.record_id, first, last)))


def meetings(conn: Connection, first: str, last: str) -> Rows:
    """(record, at, ends_at, recorded_at, meeting) of meetings that were not called off, as far as is known now."""
    both = activity_records.join(activities, activities.c.id == activity_records.c.activity_id)
    names = ("at", "ends_at", "recorded_at", "meeting")
    columns = (activity_records.c.record_id, *(activities.c[name] for name in names))
    wanted = (
        _between(activity_records.c.record_id, first, last), activities.c.kind == ActivityKind.MEETING.value,
        activities.c.meeting.is_not(None), activities.c.meeting.not_in(_OFF),
    )  # fmt: skip
    return bulk.tuples(conn, sa.select(*columns).select_from(both).where(*wanted))


def lost(conn: Connection, first: str, last: str) -> Rows:
    """(record, at, tag) of what was said of losses: by people of ours, and by customers, whose tag is None."""
    ours = sa.select(losses.c.record_id, losses.c.at, losses.c.tag)
    theirs = sa.select(loss_answers.c.record_id, loss_answers.c.answered_at, sa.null())
    return [
        *bulk.tuples(conn, ours.where(_between(losses.c.record_id, first, last))),
        *bulk.tuples(conn, theirs.where(_between(loss_answers.c.record_id, first, last))),
    ]


def told_by_crm(conn: Connection, connection: str) -> set[str]:
    """The fields of which a connection's own history tells the past. It looks at every change."""
    return set(conn.scalars(sa.select(changes.c.field).where(*_told_by(connection)).distinct()))


def tells_stages(conn: Connection, connection: str) -> bool:
    """Whether a connection's own history tells of any deal when it entered its stages."""
    wanted = (*_told_by(connection), changes.c.field == "stage")
    return conn.execute(sa.select(sa.literal(1)).select_from(changes).where(*wanted).limit(1)).first() is not None


def _told_by(connection: str) -> tuple[sa.ColumnElement[bool], ...]:
    ours = (changes.c.record_id > f"{connection}:", changes.c.record_id < f"{connection}{_AFTER}")
    return (*ours, changes.c.source == "crm")


def _between(column: sa.Column[str], first: str, last: str) -> sa.ColumnElement[bool]:
    return sa.and_(column >= first, column <= last)
