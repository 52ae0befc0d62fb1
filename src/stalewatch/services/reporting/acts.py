"""The audit log as people ask for it: who did what to which record, alert or message, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from stalewatch.store import audit
from stalewatch.store.engine import Database


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the log; `at` is in microseconds since the epoch."""

    id: int
    at: int
    actor: str
    action: str
    object: str
    before: Any
    after: Any
    request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which acts: on an object, by an actor (a part of the name will do), of an action or its kind, since when;
    `below`: older than the act with this id."""

    obj: str | None = None
    actor: str | None = None
    action: str | None = None
    since: int | None = None
    below: int | None = None
    limit: int = 200


def acts(db: Database, asked: Asked) -> list[Act]:
    """Those acts, the newest first."""
    with db.read() as conn:
        rows = audit.read(
            conn,
            obj=asked.obj,
            actor=asked.actor,
            action=asked.action,
            since=asked.since,
            below=asked.below,
            limit=asked.limit,
        )
    return [Act(**row._mapping) for row in rows]
