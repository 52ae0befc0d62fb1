"""Fields that no CRM says itself, filled from the activities of a record: its next step, its first contact.

Only where the connection marks them (`FieldInfo.folded`): what a CRM says itself is never replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from stalewatch.domain.values import Stored
from stalewatch.sdk.connector import Description
from stalewatch.services import first_touch, history
from stalewatch.services.rulebook import Rulebook
from stalewatch.store import activities, records
from stalewatch.store.engine import Connection

Folded = Mapping[str, Collection[str]]
"""Per object, as connections describe them, the fields that are folded."""
Fold = Callable[[Connection, Collection[str], int], Mapping[str, int]]
"""Per record what its activities say at an instant; records without a word are left out."""


def folded(description: Description) -> Folded:
    """The fields of a connection that are filled here. A connector that knows no marks has none."""
    return {obj: frozenset(one.ours for one in infos if one.folded) for obj, infos in description.fields.items()}


def refresh(conn: Connection, book: Rulebook, obj: str, ids: Collection[str], now: int, marked: Folded) -> set[str]:
    """Write what activities say of these records at `now`, and that it changed; returns those that say something else.

    What is not there any more (a task that was done, a hand-off that made the first contact an earlier one) empties
    the field.
    """
    changed: set[str] = set()
    fields = marked.get("lead" if obj == "lead" else "deal", ())
    for name, fold in _FOLDS[obj].items():
        if name in fields:
            changed |= _write(conn, book, obj, ids, now, name, fold)
    return changed


def _write(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], now: int, name: str, fold: Fold
) -> set[str]:
    found, present = fold(conn, ids, now), records.columns(conn, obj, ids, (name,))
    stored: dict[str, Stored] = dict(zip(present["id"], present[name], strict=True))
    rows = [{"id": one, name: found.get(one)} for one, known in stored.items() if known != found.get(one)]
    history.note(conn, book, obj, rows, now, only=(name,))
    records.update(conn, obj, rows)
    return {str(row["id"]) for row in rows}


# An open task counts whether its date has passed or not: overdue is what the field is there to tell.
_OF_DEALS: Final[Mapping[str, Fold]] = {"next_step_due": lambda conn, ids, _now: activities.first_due(conn, ids)}
_FOLDS: Final[Mapping[str, Mapping[str, Fold]]] = {
    "deal": _OF_DEALS, "partner_deal": _OF_DEALS, "lead": {"first_touch_at": first_touch.find},
}  # fmt: skip
