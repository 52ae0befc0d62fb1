"""After a restore: what was said since the backup was made is unknown here, and stands where it was said.

A message's id follows from its key, so the same message gets the same id again. What happened before the restore may
have been said by a message of which nothing is known: before that message is sent it is looked for, from the moment of
the backup on, as one whose reply was lost. Daily messages are gone through day by day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid5

from stalewatch.domain.hours import Hours
from stalewatch.store import house, notices, outbox, restored
from stalewatch.store.engine import Connection
from stalewatch.store.restored import Restored


def delivery_id(conn: Connection, key: str) -> str:
    """The id of the delivery with this key, in this house and whatever was restored from a backup of it."""
    return uuid5(house.name(conn), key).hex


def look_first(conn: Connection, delivery: str) -> bool:
    """Let a new delivery be looked for before it is sent, if it may have been sent in the time nobody remembers."""
    was = restored.read(conn)
    if was is None or all(happened(row) > was.at for row in notices.of_deliveries(conn, [delivery])):
        return False
    outbox.note_look(conn, delivery, look_at=was.at)  # one look is enough: no history lags for so long
    return True


def looked_for_since(conn: Connection, delivery: Any, real: int) -> int:
    """From when on a delivery is looked for: its own request, or the backup if it never made one that we know of."""
    if delivery.sending_at is not None:
        return int(delivery.sending_at)
    was = restored.read(conn)
    return real if was is None else was.taken_at


def missed_digest(
    conn: Connection, hours: Hours, today: int, due: Sequence[Any], key_of: Callable[[int], str]
) -> tuple[str, Sequence[Any]] | None:
    """The key and the notices of the first daily message before today's that may have been sent and was not looked for.

    Args:
        key_of: the key of a day's message.
    """
    was = restored.read(conn)
    if was is None or today < (first := hours.day_of(was.taken_at)):
        return None
    for day in _slots(hours, first, min(today - 1, hours.day_of(was.at)), was):
        carried = [row for row in due if _was_due(row, hours.digest(day), was)]
        if carried and not outbox.by_key(conn, [key_of(day)]):
            return key_of(day), carried
    return None


def happened(row: Any) -> int:
    """When what a notice tells became true."""
    return int(row.created_at if row.edge_at is None else row.edge_at)


def _slots(hours: Hours, first: int, last: int, was: Restored) -> Iterator[int]:
    """The days whose daily message was due after the backup and before the restore."""
    days = (day for day in range(first, last + 1) if hours.is_day(day))
    return (day for day in days if was.taken_at < hours.digest(day) <= was.at)


def _was_due(row: Any, slot: int, was: Restored) -> bool:
    """What the backup knew was due when it says; what was found again after it, as soon as it became true."""
    return happened(row) <= slot and (row.not_before <= slot or row.created_at > was.at)
