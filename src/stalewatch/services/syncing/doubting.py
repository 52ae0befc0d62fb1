"""What a page brought is judged as it is stored, unless that may be what ends the process.

A page is one transaction with its cursor, in which nobody can find out which record ends it. So where reading a
connection has ended two workers in a row, its pages are stored unjudged, and who judges again (`recompute`) finds the
record and sets it aside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from stalewatch.services.judging import arming
from stalewatch.services.judging.frames import Coverage
from stalewatch.services.judging.standing import Standing
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, trails
from stalewatch.store.engine import Connection

SURE: Final = 2
"""So many claims of a connection may have ended without a word, and its pages are still judged as they are stored."""


def judge(
    conn: Connection, book: Rulebook, claimed: Any, touched: Mapping[str, Collection[str]], coverage: Coverage,
    now: int, standing: Mapping[str, Standing],
) -> int:  # fmt: skip
    """Judge these records of a claimed connection, by object, without those that are set aside; answers how many.

    Args:
        standing: as `arming.judge` has it, by object.
    """
    aside, judged = trails.aside(conn), 0
    for obj, ids in touched.items():
        if obj not in book.objects:
            continue
        mine = [record for record in ids if record not in aside] if aside else ids
        if claimed.attempts > SURE:
            clocks.postpone(conn, claimed.id, obj, mine)
        else:
            judged += arming.judge(conn, book, obj, mine, coverage, now, standing.get(obj)).records
    return judged
