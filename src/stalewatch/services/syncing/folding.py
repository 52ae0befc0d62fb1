"""Fields that no CRM says itself, filled from the activities of a record: its next step, its first contact.

Only where the connection marks them (`FieldInfo.folded`): what a CRM says itself is never replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.sdk.connector import Description
from stalewatch.services.judging.frames import Table
from stalewatch.services.judging.standing import Standing
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing import first_touch, history
from stalewatch.store import activities, records
from stalewatch.store.engine import Connection

Row = dict[str, Any]
Fold = Callable[[Connection, Collection[str], int], Mapping[str, int]]
"""Per record what its activities say at an instant; records without a word are left out."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What a connection leaves to us to fill, per object as it describes them.

    Attributes:
        fresh: those of the fields that it did not feed before: what they are first filled with is no change of them.
    """

    fields: Mapping[str, frozenset[str]]
    fresh: Mapping[str, frozenset[str]]


def folded(description: Description, before: Mapping[str, Collection[str]] | None) -> Folded:
    """The fields of a connection that are filled here; a connector that knows no marks has none.

    Args:
        before: what it fed until now; None: it is new.
    """
    fields = {obj: frozenset(one.ours for one in infos if one.folded) for obj, infos in description.fields.items()}
    return Folded(fields, {obj: names - frozenset((before or {}).get(obj, ())) for obj, names in fields.items()})


def refresh(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], now: int, marked: Folded,
    standing: Standing | None = None,
) -> set[str]:  # fmt: skip
    """Write what activities say of these records at `now`, and that it changed; returns those that say something else.

    What is not there any more (a task that was done, a hand-off that made the first contact an earlier one) empties
    the field.

    Args:
        standing: what the caller's transaction has read of some of them already.
    """
    changed: set[str] = set()
    described = "lead" if obj == "lead" else "deal"
    for name, fold in _FOLDS[obj].items():
        if name in marked.fields.get(described, ()):
            asked = (name, "first_seen_at")
            known = None if standing is None else standing.columns(ids, asked)
            present = records.columns(conn, obj, ids, asked) if known is None else known
            rows, seen_before = _differing(present, name, fold(conn, ids, now), now)
            if name not in marked.fresh[described]:
                history.note(conn, book, obj, [row for row in rows if row["id"] in seen_before], now, only=(name,))
            records.update(conn, obj, rows)
            changed |= {row["id"] for row in rows}
    return changed


def unfolded(marked: Folded) -> list[str]:
    """Objects that have a field which was not filled until now: what their activities say was stored all the same."""
    return [
        obj for obj, folds in _FOLDS.items() if folds.keys() & marked.fresh.get("lead" if obj == "lead" else "deal", ())
    ]


def _differing(present: Table, name: str, found: Mapping[str, int], now: int) -> tuple[list[Row], set[str]]:
    """The rows to write, and the records that did not come only now: for those it is a change."""
    rows = [
        {"id": one, name: found.get(one)}
        for one, known in zip(present["id"], present[name], strict=True)
        if known != found.get(one)
    ]
    seen = zip(present["id"], present["first_seen_at"], strict=True)
    return rows, {one for one, at in seen if at < now}


# An open task counts whether its date has passed or not: overdue is what the field is there to tell.
_OF_DEALS: Final[Mapping[str, Fold]] = {"next_step_due": lambda conn, ids, _now: activities.first_due(conn, ids)}
_FOLDS: Final[Mapping[str, Mapping[str, Fold]]] = {
    "deal": _OF_DEALS, "partner_deal": _OF_DEALS, "lead": {"first_touch_at": first_touch.find},
}  # fmt: skip
