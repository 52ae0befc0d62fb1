"""Alerts: one row per episode of a problem, and their timers.

Who changes an alert names the `version` it was read at. If somebody else changed it since, nothing is written and
`ChangedMeanwhile` rolls the transaction back; read again and decide again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, hooks
from stalewatch.store.bulk import Found, Row
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.expressions import among, among_given, given, is_sqlite
from stalewatch.store.tables import alerts, notices
from stalewatch.store.trails import records_aside

_MERGED: Final = "merged"
_LATE: Final = ("breach", "repeat", "reopen")
"""What is said of something late, and what a ladder's time counts from."""
IS_OPEN: Final = sa.text("alerts.state <> 'resolved'")
"""Written out, not as a parameter: only so may SQLite use the index over the open alerts."""
IS_LATE: Final = sa.text("alerts.breached_at IS NOT NULL AND alerts.state IN ('open', 'snoozed', 'claimed', 'backlog')")
"""What makes a record stalled, in every list and every figure."""


def latest(conn: Connection, fingerprints: Collection[str]) -> dict[str, Found]:
    """By fingerprint its newest episode; fingerprints without an alert are missing."""
    found: dict[str, Found] = {}
    for chunk in bulk.chunks(sorted(fingerprints)):
        there = _newest().where(among(conn, alerts.c.fingerprint, chunk))
        found.update((row.fingerprint, row) for row in conn.execute(there))
    return found


@cache
def _newest() -> sa.Select[Any]:
    """The newest episode of every problem; built once, as what else every tick asks."""
    newest = alerts.alias("newest")
    last = sa.select(sa.func.max(newest.c.episode)).where(newest.c.fingerprint == alerts.c.fingerprint)
    return sa.select(alerts).where(alerts.c.episode == last.scalar_subquery())


@cache
def _newest_of(*, lite: bool) -> sa.Select[Any]:
    mine = _newest().where(among_given(alerts.c.record_id, lite=lite))
    return mine.order_by(alerts.c.record_id, alerts.c.fingerprint)


def latest_of(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """The newest episode of every problem of these records, resolved ones included, by record and fingerprint.

    A problem that two records had before they became one has two of them: the one that goes on is told.
    """
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(record_ids)):
        found.extend(conn.execute(_newest_of(lite=is_sqlite(conn)), given(conn, chunk)))
    standing: dict[tuple[str, str, str | None], Found] = {}
    for row in found:
        problem = (row.record_id, row.rule_id, row.subject)
        if problem not in standing or _weight(row) > _weight(standing[problem]):
            standing[problem] = row
    return [row for row in found if standing[row.record_id, row.rule_id, row.subject] is row]


def _weight(row: Found) -> tuple[bool, bool, int]:
    """Of two stories of one problem the open one goes on, then that which did not end in the other, then the later."""
    return row.state != "resolved", row.cause != _MERGED, row.resolved_at or 0


def standing(conn: Connection, alert_id: str) -> Found | None:
    """The alert that an id speaks of now; None if it is unknown.

    Of one that ended because its record became one with another, that is the alert in which its story goes on.
    """
    row = by_id(conn, [alert_id]).get(alert_id)
    if row is None or row.cause != _MERGED:
        return row
    problem = (row.rule_id, row.subject)
    return next((one for one in latest_of(conn, [row.record_id]) if (one.rule_id, one.subject) == problem), row)


def open_for(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """Alerts of these records that are not resolved, by record and id."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(record_ids)):
        there = sa.select(alerts).where(among(conn, alerts.c.record_id, chunk), IS_OPEN)
        found.extend(conn.execute(there.order_by(alerts.c.record_id, alerts.c.id)))
    return found


def awaiting(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """Alerts of these records that sleep until something happens (`snooze_ends`), by id."""
    return [row for row in open_for(conn, record_ids) if row.state == "snoozed" and row.snooze_ends is not None]


def told_of(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """Open alerts of these records whose breach was delivered to somebody, or passed and was held out, by record."""
    return [row for row in open_for(conn, record_ids) if row.counts_from is not None or _is_held_out(row)]


def _is_held_out(row: Any) -> bool:
    return row.holdout and row.breached_at is not None and not (row.shadow or row.backlog)


def open_of_rule(conn: Connection, rule_id: str, limit: int = bulk.CHUNK) -> list[Found]:
    """Alerts of one rule that are not resolved, by id."""
    there = sa.select(alerts).where(alerts.c.rule_id == rule_id, IS_OPEN)
    return list(conn.execute(there.order_by(alerts.c.id).limit(limit)))


def rename(conn: Connection, old: str, new: str) -> None:
    """Let the alerts of a rule count for another id; where that one has alerts of the same problem, they stay apart."""
    other = alerts.alias("other")
    same = (other.c.rule_id == new, other.c.record_id == alerts.c.record_id)
    apart = other.c.fingerprint != alerts.c.fingerprint  # episodes of one problem go together
    there = sa.exists().where(*same, apart, other.c.subject.is_not_distinct_from(alerts.c.subject))
    bulk.set_where(conn, alerts, sa.and_(alerts.c.rule_id == old, ~there), {"rule_id": new})
    bulk.set_where(conn, alerts, alerts.c.muted_by == old, {"muted_by": new})


def in_shadow(conn: Connection, rule_ids: Collection[str]) -> list[Found]:
    """Every episode of these rules of which nobody was told because they were in shadow, by rule and moment."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(rule_ids)):
        there = sa.select(alerts).where(among(conn, alerts.c.rule_id, chunk), alerts.c.shadow)
        found.extend(conn.execute(there.order_by(alerts.c.rule_id, alerts.c.opened_at, alerts.c.id)))
    return found


def held_out(conn: Connection) -> list[str]:
    """The ids of the open alerts that stay silent so that the effect of speaking can be measured."""
    return list(conn.scalars(sa.select(alerts.c.id).where(alerts.c.holdout, IS_OPEN).order_by(alerts.c.id)))


def by_id(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """Alerts by their id; unknown ids are missing."""
    return {row.id: row for row in bulk.read(conn, list(alerts.c), alerts.c.id, ids)}


def history(conn: Connection, record_id: str, limit: int = 200) -> list[Found]:
    """All alerts of one record, the newest first."""
    there = sa.select(alerts).where(alerts.c.record_id == record_id)
    return list(conn.execute(there.order_by(alerts.c.opened_at.desc(), alerts.c.id).limit(limit)))


def timers_due(conn: Connection, upto: int, limit: int, *, connection: str | None = None) -> list[Found]:
    """Alerts whose timer (keep_for, snooze, wait, claim, ladder, reopen window) is due, the earliest first."""
    given = {"upto": upto, "connection": connection, "limit": limit}
    return list(conn.execute(_timers(of_one=connection is not None), given))


@cache
def _timers(*, of_one: bool) -> sa.Select[Any]:
    there = sa.select(alerts).where(*_rings()[: 3 if of_one else 2])
    return there.order_by(alerts.c.due_at, alerts.c.id).limit(sa.bindparam("limit"))


@cache
def _rings() -> Sequence[sa.ColumnElement[bool]]:
    due = alerts.c.due_at <= sa.bindparam("upto", type_=sa.BigInteger())
    is_known = alerts.c.record_id.not_in(records_aside())
    return due, is_known, alerts.c.connection == sa.bindparam("connection", type_=sa.Text())


@cache
def _a_timer() -> sa.Select[Any]:
    return sa.select(sa.literal(1)).select_from(alerts).where(*_rings()).limit(1)


@cache
def _many_timers() -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(alerts).where(*_rings())


def is_timer_due(conn: Connection, upto: int, connection: str) -> bool:
    """Whether an alert of a connection has a timer that is due."""
    return conn.execute(_a_timer(), {"upto": upto, "connection": connection}).first() is not None


def count_timers_due(conn: Connection, upto: int, connection: str) -> int:
    """How many alerts of a connection have a timer that is due."""
    return int(conn.execute(_many_timers(), {"upto": upto, "connection": connection}).scalar_one())


def next_timer(conn: Connection) -> int | None:
    """The instant of the earliest timer; None if no alert has one."""
    statement = sa.select(sa.func.min(alerts.c.due_at)).where(alerts.c.due_at.is_not(None))
    return conn.execute(statement).scalar_one_or_none()


def insert(conn: Connection, rows: Sequence[Row]) -> int:
    """Open episodes; every row names the same columns.

    Raises:
        ChangedMeanwhile: another transaction opened the same episode.
    """
    added = bulk.insert(conn, alerts, rows)
    _all_there(added, len(rows))
    hooks.mark(conn, {row["id"] for row in rows})
    return added


def update(conn: Connection, rows: Sequence[Row]) -> int:
    """Change alerts by `id` and the `version` they were read at; every row names the same columns.

    Raises:
        ChangedMeanwhile: one of them is not at that version any more; nothing may be kept.
    """
    if not rows:
        return 0
    line_up(conn, among(conn, alerts.c.id, sorted(row["id"] for row in rows)))
    changed = bulk.update(conn, alerts, rows, by=("id", "version"))
    _all_there(changed, len(rows))
    hooks.mark(conn, {row["id"] for row in rows})
    return changed


def ring(conn: Connection, ids: Collection[str], at: int) -> None:
    """Let the timers of these alerts ring at an instant, whatever they were set to: the next tick looks at them."""
    for chunk in bulk.chunks(sorted(ids)):
        mine = among(conn, alerts.c.id, chunk)
        line_up(conn, mine)
        conn.execute(sa.update(alerts).where(mine).values(due_at=at))


def delivered(conn: Connection, delivery_id: str, at: int) -> None:
    """What a delivery carried has been told: the time of ladders counts from now, and so does what people do about it.

    The next tick looks at them. Their version is counted up, so that whoever is just changing one reads it again.
    """
    words = (notices.c.delivery_id == delivery_id, notices.c.state == "told", notices.c.kind.in_(_LATE))
    told = sa.select(notices.c.alert_id).where(*words)
    waits = sa.and_(alerts.c.counts_from.is_(None), alerts.c.breach_told_at.is_not(None))
    mine = sa.and_(alerts.c.id.in_(told), waits, IS_OPEN)
    line_up(conn, mine)
    conn.execute(sa.update(alerts).where(mine).values(counts_from=at, due_at=at, version=alerts.c.version + 1))


def counts(conn: Connection) -> list[Found]:
    """(rule_id, state, how many) of the alerts that are not resolved."""
    columns = (alerts.c.rule_id, alerts.c.state, sa.func.count().label("many"))
    statement = sa.select(*columns).where(IS_OPEN).group_by(alerts.c.rule_id, alerts.c.state)
    return list(conn.execute(statement.order_by(alerts.c.rule_id, alerts.c.state)))


def line_up(conn: Connection, mine: sa.ColumnElement[bool]) -> None:
    """Lock alerts in the order of their ids before many of them are changed.

    PostgreSQL locks them as it comes to them, so two transactions that change the same ones could wait for each other.
    SQLite lets one write at a time.
    """
    if not is_sqlite(conn):
        conn.execute(sa.select(alerts.c.id).where(mine).order_by(alerts.c.id).with_for_update())


def _all_there(done: int, asked: int) -> None:
    if done != asked:
        raise ChangedMeanwhile(
            f"{asked - done} of {asked} alerts were changed by somebody else", cure="it is tried again by itself"
        )
