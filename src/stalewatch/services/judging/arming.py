"""Judge stored records and store what their clocks say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, deadlines, entries
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import OUTSIDE, Instants, Mask
from stalewatch.domain.readings import Faces
from stalewatch.services.judging import frames
from stalewatch.services.judging.frames import Coverage, Table
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, records
from stalewatch.store.changes import Past
from stalewatch.store.engine import Connection

_decode = msgspec.json.Decoder(list[Entry]).decode

PIECE = 16_000
"""Records judged at once: the columns of one piece fit the processor's cache."""


@dataclass(slots=True)
class Judged:
    """What a piece of judging did: records judged, and those whose clocks now say something else."""

    records: int = 0
    changed: list[str] = field(default_factory=list)


def judge(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], coverage: Coverage, now: int,
    past: Past | None = None,
) -> Judged:  # fmt: skip
    """Compute the clocks of these records and make those that changed due, so that the next tick looks at them.

    Args:
        past: what the caller's transaction has read of it already, and not written since.
    """
    done = Judged()
    wanted = sorted(ids)
    needs = book.needs[obj]
    names = [*frames.columns_for(obj, needs), *(("meeting_ends_at",) if obj != "lead" else ())]
    for start in range(0, len(wanted), PIECE):
        table = records.columns(conn, obj, wanted[start : start + PIECE], names)
        frame = frames.build(conn, book.rules.catalogue, needs, obj, table, coverage, past)
        done.records += frame.size
        done.changed += _store(conn, book, frame, table, now)
    return done


def _store(conn: Connection, book: Rulebook, frame: Frame, table: Table, now: int) -> list[str]:
    """Judge a frame and store the clocks that say something else than before; answers with their records."""
    before = {row[0]: row for row in clocks.stored(conn, frame.keys)}
    fresh = entries(book.judge.judge(frame), frame.size)
    rows, changed = [], []
    sooner: dict[str, dict[str, int]] = {}
    edges = next_edges(fresh, now)
    ends = table.get("meeting_ends_at") or [None] * frame.size
    for key, connection, mine, edge, end in zip(frame.keys, table["connection"], fresh, edges, ends, strict=True):
        old = before.get(key)
        earlier = {} if old is None else book.by_key(_decode(old[1]))
        kept = [entry.kept(earlier.get(entry.key), now) if entry.runs else entry for entry in mine]
        is_same = old is not None and list(earlier.values()) == kept
        if old is not None and is_same and old[2] == book.version:
            # Its next edge stands, also one that is due and was not looked at yet; a meeting may end before it.
            if end is not None and (old[3] is None or end < old[3]):
                sooner.setdefault(connection, {})[key] = end
            continue
        changed.append(key)
        first = now if old is not None or _speaks(kept, now) else earliest(edge, end)
        if old is not None and is_same and old[2] is not None:
            first = earliest(old[3], end)  # other rules say the same of it: there is nothing to look at
        rows.append(
            {
                "record_id": key,
                "connection": connection,
                "object": frame.object,
                "entries": kept,
                "next_at": first,
                "breach_at": next_breach(kept, now, book.live),
                "ruleset": book.version,
                "judged_at": now,
            }
        )
    clocks.upsert(conn, rows)
    for connection, due in sorted(sooner.items()):
        clocks.wake(conn, connection, due)
    return changed


def next_edges(clocks_of: Sequence[Sequence[Entry]], now: int) -> list[int | None]:
    """Per record the first moment after `now` at which one of its clocks changes by itself."""
    found: list[int | None] = [None] * len(clocks_of)
    moving = [(place, entry) for place, mine in enumerate(clocks_of) for entry in mine if entry.may_change]
    if not moving:
        return found
    edges = deadlines([entry for _, entry in moving]).next_edge(np.full(len(moving), now, np.int64)).tolist()
    for (place, _), edge in zip(moving, edges, strict=True):
        first = found[place]
        if edge != OUTSIDE and (first is None or edge < first):
            found[place] = edge
    return found


def ahead(faces: Faces, sizes: Sequence[int], live: Collection[str]) -> list[tuple[int | None, int | None]]:
    """`next_edges` and `next_breach` of records whose clocks stand one record's behind the other's, `sizes` of each."""
    record = np.repeat(np.arange(len(sizes)), sizes)
    edge = faces.deadlines.next_edge(np.full(len(record), faces.now, np.int64))
    breach = faces.deadlines.breach_at
    speaks = np.fromiter((entry.rule in live for entry in faces.clocks), np.bool_, len(record))
    edges = _least(edge, edge != OUTSIDE, record, len(sizes))
    return list(zip(edges, _least(breach, speaks & (breach > faces.now), record, len(sizes)), strict=True))


def _least(moments: Instants, counts: Mask, record: NDArray[np.intp], size: int) -> list[int | None]:
    """Per record the earliest of its moments that count; None where none does."""
    least, some = np.full(size, OUTSIDE, np.int64), np.zeros(size, np.bool_)
    np.minimum.at(least, record[counts], moments[counts])
    some[record[counts]] = True
    return [moment if there else None for moment, there in zip(least.tolist(), some.tolist(), strict=True)]


def earliest(*moments: int | None) -> int | None:
    """The first of the moments that there are."""
    return min([moment for moment in moments if moment is not None], default=None)


def next_breach(mine: Sequence[Entry], now: int, live: Collection[str]) -> int | None:
    """The earliest deadline ahead among a record's running clocks, of the rules that would speak (`Rulebook.live`)."""
    ahead = (one.breach_at for one in mine if one.rule in live and one.breach_at is not None and one.breach_at > now)
    return earliest(*ahead)


def states(some: Sequence[Entry], now: int) -> list[State]:
    """What each of these clocks says at `now`."""
    if not some:
        return []
    found = deadlines(some).state(np.full(len(some), now, np.int64))
    return [State(state) for state in found.tolist()]


def _speaks(mine: Sequence[Entry], now: int) -> bool:
    """Whether a clock is at risk or beyond already, so that somebody may have to be told."""
    return any(entry.warn_at is not None and entry.warn_at <= now for entry in mine if entry.runs)
