"""The audit log: who did what to which object. The database itself refuses to change or delete its rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.tables import audit


def add(
    conn: Connection,
    *,
    at: int,
    actor: str,
    action: str,
    obj: str,
    before: Any = None,
    after: Any = None,
    request: str | None = None,
) -> None:
    """Note an act, in the transaction that does it.

    Args:
        at: when, by the caller's clock.
        actor: a person's id or address, a token's id, or "stalewatch".
        action: a short verb with its kind, such as "alert.snooze".
        obj: what it was done to: a record, an alert, a delivery.
        before: the values that were, after: the values that are now; any JSON.
        request: id of the request that asked for it.
    """
    row = {"at": at, "actor": actor, "action": action, "object": obj, "request": request}
    conn.execute(sa.insert(audit).values(**row, before=before, after=after))


def read(
    conn: Connection, *, obj: str | None = None, actor: str | None = None, action: str | None = None,
    since: int | None = None, below: int | None = None, limit: int = 200,
) -> list[Found]:  # fmt: skip
    """Acts, the newest first.

    Args:
        obj: on this object.
        actor: by somebody whose name, address or id holds this text.
        action: of this action, or, without its second half ("crm"), of all of its kind.
        since: at or after this instant.
        below: older than the act with this id (for paging).
    """
    statement = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if obj is not None:
        statement = statement.where(audit.c.object == obj)
    if actor is not None:
        statement = statement.where(audit.c.actor.icontains(actor, autoescape=True))
    if action is not None:
        statement = statement.where(sa.or_(audit.c.action == action, audit.c.action.startswith(f"{action}.")))
    if since is not None:
        statement = statement.where(audit.c.at >= since)
    if below is not None:
        statement = statement.where(audit.c.id < below)
    return list(conn.execute(statement))
