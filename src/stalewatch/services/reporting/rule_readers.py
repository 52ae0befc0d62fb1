"""Whom a rule concerns now."""

from __future__ import annotations

from typing import Final, NamedTuple

from stalewatch.store import rule_readers
from stalewatch.store.engine import Database
from stalewatch.store.visibility import Visible

MOST: Final = 12
"""Owners that are named."""


class Concerned(NamedTuple):
    """Somebody who owns records that are late by a rule; `owner` and `name` are None for what nobody owns."""

    owner: str | None
    name: str | None
    email: str | None
    many: int


def concerned(db: Database, rule: str, visible: Visible | None) -> list[Concerned]:
    """Who owns records that are late by a rule, of those that may be seen; the most first.

    Raises:
        StoreError: the database cannot be asked.
    """
    with db.read() as conn:
        rows = rule_readers.late_by_owner(conn, rule, visible=visible, limit=MOST)
    return [Concerned(row.owner, row.name, row.email, row.many) for row in rows]
