"""What people answered: one row for each answer that was taken (add-only), and the losses that were reported."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import answers, losses

REPORTED: Final = "reported"
"""The source of a loss that a person told us of; what is only concluded has another one."""


def add(conn: Connection, row: Row) -> None:
    """Keep an answer: id, at, alert_id, record_id, rule_id, episode, act, actor, detail (any JSON)."""
    bulk.insert(conn, answers, [row])


def of_alerts(conn: Connection, ids: Collection[str]) -> list[Found]:
    """Every answer to these alerts, by alert, the first one first."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(ids)):
        there = sa.select(answers).where(among(conn, answers.c.alert_id, chunk))
        found.extend(conn.execute(there.order_by(answers.c.alert_id, answers.c.at, answers.c.id)))
    return found


def latest(conn: Connection, alert_id: str) -> Found | None:
    """The last answer to an alert; None if there is none."""
    there = sa.select(answers).where(answers.c.alert_id == alert_id)
    return conn.execute(there.order_by(answers.c.at.desc(), answers.c.id.desc()).limit(1)).one_or_none()


def of_rules(conn: Connection, since: int, *, act: str | None = None) -> list[Found]:
    """The answers at or after an instant, of one act or of all, by rule and time."""
    wanted: list[sa.ColumnElement[bool]] = [answers.c.at >= since]
    if act is not None:
        wanted.append(answers.c.act == act)
    there = sa.select(answers).where(*wanted)
    return list(conn.execute(there.order_by(answers.c.rule_id, answers.c.at, answers.c.id)))


def add_loss(conn: Connection, row: Row) -> None:
    """Keep a loss: id, record_id, at, tag, note, by, source."""
    bulk.insert(conn, losses, [row])


def losses_of(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """The losses of these records, by record, the first one first."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(record_ids)):
        there = sa.select(losses).where(among(conn, losses.c.record_id, chunk))
        found.extend(conn.execute(there.order_by(losses.c.record_id, losses.c.at, losses.c.id)))
    return found


def losses_between(conn: Connection, since: int, until: int) -> list[Found]:
    """The losses in [since, until), by time."""
    wanted: tuple[Any, ...] = (losses.c.at >= since, losses.c.at < until)
    return list(conn.execute(sa.select(losses).where(*wanted).order_by(losses.c.at, losses.c.id)))
