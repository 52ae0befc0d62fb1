"""A history out of the store: the deals and leads that were read, and the changes that were kept of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import NEVER, Instants
from stalewatch.domain.learning.history import Found, Visits
from stalewatch.services.learning.naming import names
from stalewatch.store import kpi_scans, people, scans
from stalewatch.store.engine import Connection
from stalewatch.store.scans import MISSING, Wanted
from stalewatch.store.visibility import Visible

GONE: Final = "gone from the CRM before it ended"
NO_END: Final = "closed, and it is not known when"
_SIZE: Final = 32_000
_GROUPS: Final = ("pipeline", "stage", "segment", "team")
"""What deals are learned from apart by, beside their owners."""
_DEALS: Final = Wanted(("created_at", "closed_at", "amount", "gone_at"), ("outcome", "owner"))
_GROUPED_DEALS: Final = Wanted(_DEALS.numbers, (*_DEALS.texts, *_GROUPS))
_LEADS: Final = Wanted(("created_at", "mql_at", "handed_off_at", "is_open", "gone_at"), ("status", "owner", "team"))
_ENDED_BADLY: Final = ("disqualified", "recycled")
_decode: Final = msgspec.json.Decoder(list[Any]).decode


@dataclass(slots=True)
class _Table:
    """Columns that grow batch by batch."""

    columns: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, batch: Mapping[str, Sequence[Any]]) -> None:
        for name, values in batch.items():
            self.columns.setdefault(name, []).extend(values)

    def instants(self, name: str) -> Instants:
        """NEVER where there is nothing."""
        column = np.array(self.columns.get(name, []), np.int64)
        return np.where(column == MISSING, NEVER, column)

    def texts(self, name: str) -> NDArray[np.object_]:
        return names(self.columns.get(name, []))

    def __len__(self) -> int:
        return len(self.columns.get("id", []))


def deals(
    conn: Connection, connections: Iterable[str], obj: str = "deal", visible: Visible | None = None, *,
    entered: bool = True,
) -> Found:  # fmt: skip
    """Every deal of some connections that may be seen (None: all), and each entry of a stage.

    A deal that vanished while it was open has no end that anybody knows; it is left out, and counted.

    Args:
        entered: False: nobody asks for the stages, nor for anything else that tells groups apart.
    """
    read, moves = _Table(), _Moves()
    wanted = _GROUPED_DEALS if entered else _DEALS
    for connection in connections:
        tells = entered and kpi_scans.tells_stages(conn, connection)
        for piece in _pieces(conn, connection, obj, wanted):
            if entered:
                moves.take(conn, piece, len(read), assume=tells)
            read.add(piece.columns)
    outcome, gone = read.texts("outcome"), read.instants("gone_at") != NEVER
    won, lost = outcome == "won", outcome == "lost"
    vanished = gone & ~won & ~lost
    named = {name: read.texts(name) for name in _GROUPS if entered} | {"owner": _owners(read, conn)}
    found = Found(
        ids=read.columns.get("id", []), start=read.instants("created_at"), end=read.instants("closed_at"), won=won,
        lost=lost, names=named,
        amount=np.maximum(np.array(read.columns.get("amount", []), np.int64), 0), visits=moves.visits(),
        has_stages=moves.some,
    )  # fmt: skip
    hidden = _hidden(read, visible)
    return without(without(found, hidden), vanished[~hidden], GONE)


def conversions(conn: Connection, connections: Iterable[str], visible: Visible | None = None) -> Found:
    """Every lead that may be seen, from when it was created to when it became a deal (won) or was given up (lost)."""
    return _leads(conn, connections, visible, start="created_at", good=None)


def hand_offs(conn: Connection, connections: Iterable[str], visible: Visible | None = None) -> Found:
    """Every lead that may be seen and was ready, from then to when it was handed over (won) or given up (lost)."""
    return _leads(conn, connections, visible, start="mql_at", good="handed_off_at")


def without(found: Found, some: NDArray[np.bool_], reason: str | None = None) -> Found:
    """The rows but for some, which are counted under a reason; without one nobody hears of them."""
    kept = np.flatnonzero(~some)
    if len(kept) == len(some):
        return found
    number = np.full(len(some), -1, np.int64)
    number[kept] = np.arange(len(kept))
    mine = number[found.visits.row] >= 0
    visits = Visits(number[found.visits.row[mine]], found.visits.stage[mine], found.visits.at[mine])
    left_out = Counter(found.left_out)
    if reason is not None:
        left_out[reason] += int(some.sum())
    return Found(
        ids=[found.ids[place] for place in kept.tolist()], start=found.start[kept], end=found.end[kept],
        won=found.won[kept], lost=found.lost[kept], names={name: one[kept] for name, one in found.names.items()},
        amount=found.amount[kept], visits=visits, left_out=dict(left_out), has_stages=found.has_stages,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------- reading


def _pieces(conn: Connection, connection: str, obj: str, wanted: Wanted) -> Iterator[_Table]:
    for batches in scans.scan(conn, connection, obj, wanted, _SIZE, whole=True):
        piece = _Table()
        for batch in batches:
            piece.add(batch)
        if len(piece):
            yield piece


def _owners(read: _Table, conn: Connection) -> NDArray[np.object_]:
    owners = read.columns.get("owner", [])
    known = people.by_id(conn, {one for one in owners if one})
    told = {key: one.email or one.name or key for key, one in known.items()}
    return names([told.get(one, one) for one in owners])


@dataclass(slots=True)
class _Moves:
    """Entries of stages, as they are read piece by piece."""

    row: list[NDArray[np.int64]] = field(default_factory=list)
    at: list[Instants] = field(default_factory=list)
    stage: list[Any] = field(default_factory=list)
    some: bool = False

    def take(self, conn: Connection, piece: _Table, first: int, *, assume: bool) -> None:
        """Those of a piece of records.

        Args:
            first: the number of its first row.
            assume: a deal whose stage never changed has been in it since it was created.
        """
        rows, at, values = _changes(conn, piece, "stage")
        self.some = self.some or bool(len(rows))
        self._add(rows + first, at, values)
        if not assume:
            return
        self.some = True
        silent = piece.instants("created_at") != NEVER
        silent[rows] = False
        mine = np.flatnonzero(silent & (piece.texts("stage") != None))  # noqa: E711  # of each
        self._add(mine + first, piece.instants("created_at")[mine], piece.texts("stage")[mine].tolist())

    def _add(self, rows: NDArray[np.int64], at: Instants, stages: list[Any]) -> None:
        self.row.append(rows)
        self.at.append(at)
        self.stage += stages

    def visits(self) -> Visits:
        """All of them; to write the same stage again is no entry."""
        if not self.row:
            return Visits.none()
        row, at, stage = np.concatenate(self.row), np.concatenate(self.at), names(self.stage)
        order = np.lexsort((at, row))
        row, at, stage = row[order], at[order], stage[order]
        fresh = np.ones(len(row), np.bool_)
        fresh[1:] = (row[1:] != row[:-1]) | (stage[1:] != stage[:-1])
        kept = fresh & (stage != None)  # noqa: E711  # of each
        return Visits(row[kept], stage[kept], at[kept])


def _changes(conn: Connection, piece: _Table, name: str) -> tuple[NDArray[np.int64], Instants, list[Any]]:
    """Row, moment and value of every change of one field of a piece."""
    ids = piece.columns["id"]
    place = {record: row for row, record in enumerate(ids)}
    rows: list[int] = []
    at: list[int] = []
    values: list[Any] = []
    for record, _, moments, texts in scans.changes_between(conn, ids[0], ids[-1], [name]):
        rows += map(place.get, record, repeat(-1))
        at += moments
        values += _decode(f"[{','.join([text or 'null' for text in texts])}]")
    found = np.array(rows, np.int64)
    mine = np.flatnonzero(found >= 0)
    return found[mine], np.array(at, np.int64)[mine], [values[one] for one in mine.tolist()]


# --------------------------------------------------------------------------------------------------------- leads


def _hidden(read: _Table, visible: Visible | None) -> NDArray[np.bool_]:
    """The rows that may not be seen."""
    if visible is None:
        return np.zeros(len(read), np.bool_)
    both = zip(read.columns.get("owner", []), read.columns.get("id", []), strict=True)
    return np.array([not visible.covers(owner, record) for owner, record in both], np.bool_)


def _leads(
    conn: Connection, connections: Iterable[str], visible: Visible | None, *, start: str, good: str | None
) -> Found:
    """Leads from one of their moments to another; a lead that never came to the first is none of these."""
    read, ended = _Table(), [np.zeros(0, np.int64)]
    for connection in connections:
        for piece in _pieces(conn, connection, "lead", _LEADS):
            ended.append(_ended(conn, piece))
            read.add(piece.columns)
    left = np.concatenate(ended)
    reached = np.full(len(left), NEVER, np.int64) if good is None else read.instants(good)
    is_deal = np.array(read.columns.get("is_open", []), np.int64) == 0
    status = read.texts("status")
    given_up = np.array([one in _ENDED_BADLY for one in status], np.bool_) & ~is_deal
    won = is_deal | (reached != NEVER)
    end = np.where(reached != NEVER, reached, left)
    lost = given_up & ~won
    begun = read.instants(start)
    found = Found(
        ids=read.columns.get("id", []), start=begun, end=np.where(won | lost, end, NEVER), won=won, lost=lost,
        names={"owner": _owners(read, conn), "team": read.texts("team")},
        amount=np.zeros(len(left), np.int64), visits=Visits.none(),
    )  # fmt: skip
    gone, hidden = (read.instants("gone_at") != NEVER) & ~won & ~lost, _hidden(read, visible)
    seen, gone, begun = without(found, hidden), gone[~hidden], begun[~hidden]
    if good is None:
        return without(seen, gone, GONE)
    here = begun != NEVER
    return without(without(seen, gone & here, GONE), ~here[~(gone & here)], "never ready for sales")


def _ended(conn: Connection, piece: _Table) -> Instants:
    """When each lead became a deal or was given up: the last change of what says so; NEVER where none is known."""
    end = np.full(len(piece), NEVER, np.int64)
    for name, ends in (("status", _ENDED_BADLY), ("is_open", (False,))):
        rows, at, values = _changes(conn, piece, name)
        over = np.array([value in ends for value in values], np.bool_)
        end[rows[over]] = at[over]
    return end
