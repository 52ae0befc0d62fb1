"""What a write would do, before anybody does it: what is overwritten by what, and why it could not be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Fields, Lost, Wish, Writing, kind_of
from stalewatch.services.writing.asking import NotAllowed, check
from stalewatch.services.writing.wishes import document_of, seen_of
from stalewatch.store import records, writebacks
from stalewatch.store.engine import Database


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One field that would be set; `theirs` is its name in the CRM, None if it has none there."""

    ours: str
    theirs: str | None
    before: Any
    after: Any


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One write that would be made.

    Attributes:
        why: it is not allowed, by the name of the reason (`asking.Why`).
        lacks: the permission, scope, mapping or value for want of which the CRM would not take it.
    """

    kind: str
    sets: tuple[Setting, ...]
    why: str | None = None
    lacks: str | None = None

    @property
    def is_possible(self) -> bool:
        return self.why is None and self.lacks is None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a write stands now; `said` are the CRM's words, `now` what it shows in place of what was seen."""

    id: str
    kind: str
    state: str
    reason: str | None
    ref: str | None
    said: str | None
    now: dict[str, Any] | None


def plan(allowed: Writeback, record: Any, wishes: Sequence[Wish], writing: Writing | None) -> list[Planned]:
    """What would be written.

    Args:
        record: its stored row.
        writing: what the connection can write of its object, None if that could not be told.
    """
    return [_planned(allowed, record, wish, writing) for wish in wishes]


def record_row(db: Database, record_id: str) -> Any:
    """The stored row of a record that exists."""
    with db.read() as conn:
        obj = records.objects(conn, [record_id])[record_id]
        return records.read_by_ids(conn, obj, [record_id])[0]


def ended(db: Database, write_id: str) -> Ended:
    """How a write that was asked for stands."""
    with db.read() as conn:
        row = writebacks.one(conn, write_id)
    if row is None:
        raise KeyError(write_id)
    answer = row.answer or {}
    return Ended(
        id=row.id, kind=row.kind, state=row.state, reason=row.reason, ref=row.ref, said=answer.get("said") or row.error,
        now=answer.get("now"),
    )  # fmt: skip


def _planned(allowed: Writeback, record: Any, wish: Wish, writing: Writing | None) -> Planned:
    why = None
    try:
        check(allowed, record, wish)
    except NotAllowed as error:
        why = error.why.value
    lacks = None if writing is None or why is not None else _lacks(wish, writing)
    return Planned(kind=kind_of(wish).value, sets=_sets(record, wish, writing), why=why, lacks=lacks)


def _sets(record: Any, wish: Wish, writing: Writing | None) -> tuple[Setting, ...]:
    shown, wanted = seen_of(record, wish), document_of(wish)
    if isinstance(wish, Lost):
        stage = writing.field("stage") if writing else None
        lost = stage.choices[0].label if stage and stage.choices else "lost"
        wanted = {"stage": lost, **({"loss_reason": wish.reason} if wish.reason is not None else {})}
    known = {one.ours: one.theirs for one in writing.fields} if writing else {}
    return tuple(
        Setting(ours=ours, theirs=known.get(ours), before=shown.get(ours), after=after)
        for ours, after in wanted.items()
    )


def _lacks(wish: Wish, writing: Writing) -> str | None:
    """What the CRM lacks to take a wish, by its own name."""
    kind = kind_of(wish)
    if kind not in writing.kinds:
        return writing.missing.get(kind.value, kind.value)
    named = list(wish.given) if isinstance(wish, Fields) else []
    if isinstance(wish, Lost) and wish.reason is not None:
        field = writing.field("loss_reason")
        values = [one.value for one in field.choices] if field else []
        if values and wish.reason not in values:
            return f"loss_reason: {', '.join(values)}"
        named = ["loss_reason"]
    absent = [name for name in named if writing.field(name) is None]
    return writing.missing.get(absent[0], absent[0]) if absent else None
