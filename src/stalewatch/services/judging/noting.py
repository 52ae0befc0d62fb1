"""What follows from activities has no past of its own: a meeting that is called off was never planned, as they tell it.

So that a past day can be told as it was, each change of it is noted when it is seen, with what it was until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stalewatch.domain.kpi.reads import NOTED
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes
from stalewatch.store.engine import Connection

Row = dict[str, Any]
COLUMNS = ("first_seen_at", *NOTED)
"""What has to be known of the records as they are stored."""


def note(
    conn: Connection, book: Rulebook, obj: str, before: Mapping[str, Sequence[Any]], rows: Sequence[Row], now: int
) -> None:
    """Note where the rows to be written differ from what is stored; a record that came only now has no past.

    Args:
        before: `id` and `COLUMNS` of the records as they are stored.
    """
    names = [name for name in NOTED if name not in book.needs[obj].history]
    after = {row["id"]: row for row in rows}
    differing = [
        (record, name, seen, old, after[record][name])
        for name in names
        for record, seen, old in zip(before["id"], before["first_seen_at"], before[name], strict=True)
        if seen < now and record in after and old != after[record][name]
    ]
    last = changes.latest(conn, {one[0] for one in differing}, names)
    found: list[Row] = []
    for record, name, seen, old, new in differing:
        if (record, name) not in last:
            found.append(_change(record, name, seen, old, now))
        found.append(_change(record, name, max(now, last.get((record, name), seen) + 1), new, now))
    changes.append(conn, found)


def _change(record: str, name: str, at: int, value: Any, now: int) -> Row:
    return {
        "record_id": record, "field": name, "at": at, "ordinal": 0, "value": value, "source": "stalewatch",
        "seen_at": now,
    }  # fmt: skip
