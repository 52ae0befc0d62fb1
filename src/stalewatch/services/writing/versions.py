"""Which version of a record a person has seen, our own writes since then counted.

seen 09:00 -> our write makes it 09:05 -> the next write, asked for before a sync, expects 09:05 and not 09:00
"""

from __future__ import annotations

from typing import Any

from stalewatch.domain.writebacks import WriteState
from stalewatch.store import writebacks
from stalewatch.store.engine import Connection


def known_version(conn: Connection, row: Any) -> int | None:
    """The version that a record should have now, if nobody but us has written since a write was asked for.

    Only writes of ours that began at a version that this person had seen are followed: what came before another
    person's change does not hide it.
    """
    version: int | None = row.seen_version
    for done in writebacks.of_record(conn, row.record_id, [WriteState.DONE.value]):
        if done.version is not None and done.answer and done.answer.get("from") == version:
            version = done.version
    return version
