"""What is old enough to be erased, piece by piece: texts go, the keys and figures that others count on stay."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.expressions import among
from stalewatch.store.outbox import FINISHED
from stalewatch.store.tables import alerts, changes, deals, deliveries, edits, leads, notices, quarantine, writebacks

_TABLES: Final = {"deal": deals, "lead": leads}
OBJECTS: Final = tuple(_TABLES)
"""The tables of records, by what most of their rows are."""
_BLANK_DEAL: Final = (
    "url", "next_step", "hold_reason", "report_reason_to_propose", "report_champion_activity", "amount_original",
    "fields", "contacts",
)  # fmt: skip
_BLANK: Final = {"deal": _BLANK_DEAL, "lead": ("url", "source", "fields")}
_SAID: Final = ("body", "address", "error", "receipt")


def ended(
    conn: Connection, obj: str, *, before: int, after: str = "", limit: int, only: Collection[str] | None = None
) -> list[str]:
    """Records (by id, those behind `after`) that were closed, or went, before an instant and have no open alert.

    Args:
        only: look at no others.
    """
    table = _TABLES[obj]
    is_open = sa.and_(alerts.c.record_id == table.c.id, alerts.c.state != "resolved")
    wanted = [_end(table) < before, table.c.id > after, sa.not_(sa.exists().where(is_open))]
    if only is not None:
        wanted.append(among(conn, table.c.id, sorted(only)))
    return list(conn.scalars(sa.select(table.c.id).where(*wanted).order_by(table.c.id).limit(limit)))


def have_past(conn: Connection, ids: Collection[str], before: int) -> list[str]:
    """Of these records those with changes older than an instant that a later one of that age has overtaken."""
    return list(conn.scalars(sa.select(changes.c.record_id).where(*_overtaken(conn, ids, before)).distinct()))


def forget_past(conn: Connection, ids: Collection[str], before: int) -> int:
    """Delete the changes of these records older than an instant, but the last of each field: what held then."""
    return bulk.delete_where(conn, changes, sa.and_(*_overtaken(conn, ids, before)))


def blank_gone(conn: Connection, obj: str, *, before: int, limit: int) -> int:
    """Empty the texts of records that their CRM deleted before an instant; return how many had any."""
    table = _TABLES[obj]
    texts = [table.c[name] for name in _BLANK[obj]]
    named = table.c.name != table.c.external_id
    old = sa.and_(table.c.gone_at < before, sa.or_(named, *(column.is_not(None) for column in texts)))
    ids = sa.select(table.c.id).where(old).order_by(table.c.id).limit(limit).scalar_subquery()
    blank = {column.name: sa.null() for column in texts}
    return bulk.set_where(conn, table, table.c.id.in_(ids), {"name": table.c.external_id, **blank})


def empty_deliveries(conn: Connection, *, before: int, settled: int, limit: int) -> int:
    """Empty what was said in deliveries made before an instant; their keys, states and times stay.

    What is not settled stays whole: what is still to be sent or looked up, what reached nobody, and what speaks of an
    alert that is open, or that was resolved after `settled` and might be reopened.
    """
    wanted = [deliveries.c.state.in_(FINISHED), deliveries.c.created_at < before, deliveries.c.body.is_not(None)]
    carried = notices.c.delivery_id == deliveries.c.id
    untold = sa.exists().where(carried, notices.c.state == "claimed")
    open_ = sa.or_(alerts.c.state != "resolved", alerts.c.resolved_at >= settled)
    live = sa.exists().where(carried, alerts.c.id == notices.c.alert_id, open_)
    picked = sa.select(deliveries.c.id).where(*wanted, sa.not_(untold), sa.not_(live)).limit(limit)
    ids = list(conn.scalars(picked.order_by(deliveries.c.created_at)))
    conn.execute(sa.update(edits).where(among(conn, edits.c.delivery_id, ids)).values(error=None, due_at=None))
    empty: dict[str, Any] = {name: sa.null() for name in _SAID}
    return conn.execute(sa.update(deliveries).where(among(conn, deliveries.c.id, ids)).values(empty)).rowcount


def empty_writes(conn: Connection, *, before: int, limit: int) -> int:
    """Empty what was written into CRMs before an instant, and what they answered; the audit log has it, too."""
    told = [writebacks.c[name].is_not(None) for name in ("wish", "answer", "error")]
    ended_ = [writebacks.c.ended_at < before, writebacks.c.due_at.is_(None), sa.or_(*told)]
    ids = sa.select(writebacks.c.id).where(*ended_).limit(limit).scalar_subquery()
    empty: dict[str, Any] = {name: sa.null() for name in ("wish", "answer", "error")}
    return conn.execute(sa.update(writebacks).where(writebacks.c.id.in_(ids)).values(empty)).rowcount


def empty_quarantine(conn: Connection, *, before: int) -> int:
    """Empty what stood in rows that were left out before an instant; that they were is still shown."""
    old = sa.and_(quarantine.c.at < before, quarantine.c.detail != "")
    return conn.execute(sa.update(quarantine).where(old).values(detail="")).rowcount


def _end(table: sa.Table) -> sa.ColumnElement[int]:
    """When a record ended; null while it is open."""
    closed = (table.c.modified_at, table.c.gone_at, table.c.first_seen_at)
    known = (table.c.closed_at, *closed) if "closed_at" in table.c else closed
    return sa.case((table.c.is_open, table.c.gone_at), else_=sa.func.coalesce(*known))


def _overtaken(conn: Connection, ids: Collection[str], before: int) -> tuple[sa.ColumnElement[bool], ...]:
    later = changes.alias("later")
    behind = sa.or_(later.c.at > changes.c.at, sa.and_(later.c.at == changes.c.at, later.c.ordinal > changes.c.ordinal))
    same = (later.c.record_id == changes.c.record_id, later.c.field == changes.c.field, later.c.at < before, behind)
    overtaken = sa.exists().where(*same).correlate(changes)
    return among(conn, changes.c.record_id, sorted(ids)), changes.c.at < before, overtaken
