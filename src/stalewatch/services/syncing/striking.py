"""Those who were erased stay so: what a CRM goes on telling of them is struck before it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stalewatch.domain.erasing import Stricken
from stalewatch.store.erasing import CODES

Row = dict[str, Any]


def struck(stricken: Stricken, rows: Sequence[Row]) -> list[Row]:
    """Rows of the store with pseudonyms in the place of those who were erased."""
    return [_settled(row, stricken.row(row, _is_for_machines)) for row in rows]


def _settled(before: Row, after: Row) -> Row:
    """A pseudonym is no address, and somebody's key and their id in the CRM are one."""
    if after.get("email") != before.get("email"):
        after["email"] = None
    if "external_id" in after and after["id"] != before["id"]:
        after["external_id"] = after["id"].partition(":")[2]
    return after


def _is_for_machines(column: str) -> bool:
    return column in CODES or column == "records"
