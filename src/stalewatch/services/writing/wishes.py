"""Wishes as they are stored, and the changes that connectors are handed."""

from __future__ import annotations

from typing import Any

import msgspec

from stalewatch.domain.instants import from_day, from_us
from stalewatch.sdk.writing import KINDS, Change, Fields, Kind, Lost, Wish
from stalewatch.services.writing.versions import known_version
from stalewatch.store import records
from stalewatch.store.engine import Connection


def document_of(wish: Wish) -> dict[str, Any]:
    """A wish as JSON."""
    told: dict[str, Any] = msgspec.to_builtins(wish)
    return {name: value for name, value in told.items() if value is not None}


def wish_of(kind: str, document: Any) -> Wish:
    """The wish that was stored."""
    wish: Wish = msgspec.convert(document, KINDS[Kind(kind)])
    return wish


def seen_of(record: Any, wish: Wish) -> dict[str, Any]:
    """What a wish would overwrite, by our names, as a stored record shows it."""
    if isinstance(wish, Lost):
        return {"stage": record.stage}
    if not isinstance(wish, Fields):
        return {}
    days = ("close_date", "hold_until")
    told = {name: getattr(record, name, (record.fields or {}).get(name)) for name in wish.given}
    return {name: from_day(value).isoformat() if name in days and value else value for name, value in told.items()}


def change_of(conn: Connection, row: Any) -> Change:
    """What a connector is to write: a stored write, with the version of its record that nothing may have followed."""
    found = records.read_by_ids(conn, row.object, [row.record_id])
    owner = found[0].owner if found else None
    seen = known_version(conn, row)
    return Change(
        id=row.id,
        record=row.record_id.removeprefix(f"{row.connection}:"),
        wish=wish_of(row.kind, row.wish),
        object=row.object,
        seen_version=None if seen is None else from_us(seen),
        owner=owner.removeprefix(f"{row.connection}:") if owner else None,
    )
