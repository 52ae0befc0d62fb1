"""Judge stored records and store what their clocks say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, deadlines, entries, moving, since_kept
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import OUTSIDE, Instants, Mask
from stalewatch.domain.readings import Faces
from stalewatch.services.judging import frames
from stalewatch.services.judging.frames import Coverage, Table
from stalewatch.services.judging.standing import PIECE, Standing, judged_by
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, records
from stalewatch.store.engine import Connection

_decode_all = msgspec.json.Decoder(list[list[Entry]]).decode


@dataclass(slots=True)
class Judged:
    """What a piece of judging did: records judged, and those whose clocks now say something else."""

    records: int = 0
    changed: list[str] = field(default_factory=list)


def judge(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], coverage: Coverage, now: int,
    standing: Standing | None = None,
) -> Judged:  # fmt: skip
    """Compute the clocks of these records and make those that changed due, so that the next tick looks at them.

    Args:
        standing: what the caller's transaction has read of them already.
    """
    done = Judged()
    wanted = sorted(ids)
    needs = book.needs[obj]
    names = judged_by(book, obj)
    past = None if standing is None else standing.past
    for start in range(0, len(wanted), PIECE):
        piece = wanted[start : start + PIECE]
        known = None if standing is None else standing.columns(piece, names)
        table = records.columns(conn, obj, piece, names) if known is None else known
        frame = frames.build(conn, book.rules.catalogue, needs, obj, table, coverage, past)
        done.records += frame.size
        done.changed += _store(conn, book, frame, table, now)
    return done


def _store(conn: Connection, book: Rulebook, frame: Frame, table: Table, now: int) -> list[str]:
    """Judge a frame and store the clocks that say something else than before; answers with their records."""
    stored = clocks.stored(conn, frame.keys)
    told = _decode_all(f"[{','.join([row.entries for row in stored])}]")
    before = {row.record_id: (row, mine) for row, mine in zip(stored, told, strict=True)}
    fresh = entries(book.judge.judge(frame), frame.size)
    rows, changed = [], []
    sooner: dict[str, dict[str, int]] = {}
    edges = _first_edges(frame.keys, fresh, before, now)
    ends = table.get("meeting_ends_at") or [None] * frame.size
    for key, connection, mine, edge, end in zip(frame.keys, table["connection"], fresh, edges, ends, strict=True):
        old, known = before.get(key, (None, ()))
        kept, is_same = mine, known == mine  # then nothing of it runs
        if not is_same:
            earlier = book.by_key(known)
            kept = since_kept(mine, earlier, now)
            is_same = list(earlier.values()) == kept
        if old is not None and is_same and old.ruleset == book.version:
            # Its next edge stands, also one that is due and was not looked at yet; a meeting may end before it.
            if end is not None and (old.next_at is None or end < old.next_at):
                sooner.setdefault(connection, {})[key] = end
            continue
        changed.append(key)
        first = now if old is not None or _speaks(kept, now) else earliest(edge, end)
        if old is not None and is_same and old.ruleset is not None:
            first = earliest(old.next_at, end)  # other rules say the same of it: there is nothing to look at
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


def _first_edges(
    ids: Sequence[str], fresh: Sequence[Sequence[Entry]], before: Collection[str], now: int
) -> list[int | None]:
    """`next_edges` of the records that have no clocks yet; those of the others stand, or the tick looks at them."""
    new = [place for place, record in enumerate(ids) if record not in before]
    found: list[int | None] = [None] * len(ids)
    for place, edge in zip(new, next_edges([fresh[place] for place in new], now), strict=True):
        found[place] = edge
    return found


def next_edges(clocks_of: Sequence[Sequence[Entry]], now: int) -> list[int | None]:
    """Per record the first moment after `now` at which one of its clocks changes by itself."""
    found: list[int | None] = [None] * len(clocks_of)
    ahead = moving(clocks_of)
    if not ahead:
        return found
    edges = deadlines([entry for _, entry in ahead]).next_edge(np.full(len(ahead), now, np.int64)).tolist()
    for (place, _), edge in zip(ahead, edges, strict=True):
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
    ahead = (one.breach_at for one in mine if one.breach_at is not None and one.breach_at > now and one.rule in live)
    return earliest(*ahead)


def states(some: Sequence[Entry], now: int) -> list[State]:
    """What each of these clocks says at `now`."""
    if not some:
        return []
    found = deadlines(some).state(np.full(len(some), now, np.int64))
    return [State(state) for state in found.tolist()]


def _speaks(mine: Sequence[Entry], now: int) -> bool:
    """Whether a clock is at risk or beyond already, so that somebody may have to be told."""
    return any(entry.warn_at is not None and entry.warn_at <= now and entry.runs for entry in mine)
