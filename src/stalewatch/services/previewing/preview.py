"""`rules preview`: who is at risk or late now and in some days, by the rules as their files stand, touching nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.deadlines import State
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import Mask
from stalewatch.domain.language.model import Rule
from stalewatch.domain.language.reads import excepting_fields, fields_read
from stalewatch.domain.pacing import storm
from stalewatch.services.judging.golive import foreseen
from stalewatch.services.judging.scanning import PIECE
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.services.previewing.cases import Case, MostUrgent, Standing, Told, reasons_of, standings, urgency
from stalewatch.services.previewing.fates import Fate, Fates, Seen
from stalewatch.services.previewing.stock import Chunk, Progress, Stock, data_ages
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible


@dataclass(slots=True)
class Figures:
    """Records of an owner, or clocks of a rule.

    Attributes:
        late: with a deadline that has passed.
        at_risk: not late, with a warning that has passed.
        soon: not late, but by the end of the preview.
        news: late or at risk, and somebody would be told if the rules spoke from now on.
        backlog: late, and not news but one line in the owner's digest.
    """

    late: int = 0
    at_risk: int = 0
    soon: int = 0
    news: int = 0
    backlog: int = 0


@dataclass(slots=True)
class RuleFigures(Figures):
    """The clocks of one rule.

    Attributes:
        cannot_judge: clocks that cannot be judged; `lacking`: of how many which field cannot be told.
    """

    cannot_judge: int = 0
    lacking: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a preview is narrowed to; None: everything.

    Attributes:
        until: records that will be late by then count as well (microseconds since the epoch).
        limit: how many cases are listed.
        visible: whose records are looked at; None: everybody's.
        piece: records that are judged at once.
    """

    now: int
    until: int
    rules: frozenset[str] | None = None
    owners: Collection[str] | None = None
    obj: str | None = None
    limit: int | None = None
    visible: Visible | None = None
    piece: int = PIECE


@dataclass(slots=True)
class Preview:
    """What came of it.

    Attributes:
        owners: by owner, None for records that nobody owns.
        judged: open records that were looked at.
        ages: per connection how old its data is, in microseconds; None where it was never read.
        waiting: connections that may not be judged now, with their open records: data too old, or never read.
        is_storm: the storm guard would hold back what breaks now.
    """

    rules: dict[str, RuleFigures]
    total: Figures = field(default_factory=Figures)
    owners: dict[str | None, Figures] = field(default_factory=dict)
    judged: int = 0
    cases: Sequence[Case] = ()
    listed: int = 0
    ages: Mapping[str, int | None] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    is_storm: bool = False


def preview(db: Database, book: Rulebook, sources: Sources, asked: Asked, progress: Progress) -> Preview:
    """Judge every open record by this rulebook as of `asked.now`, in one look that cannot write."""
    with db.look() as conn:
        ready, waiting = trusted(conn, sources, asked.now)
        stock = Stock(conn, [book], ready, asked.obj, asked.piece)
        run = _Run(conn, book, asked, foreseen(conn, book, asked.now))
        for chunk in stock.chunks(progress):
            run.take(chunk)
        found = run.done()
        found.ages = data_ages(conn, sorted(sources), asked.now)
        found.waiting = {connection: stock.size(connection, asked.visible) for connection in waiting}
    return found


class _Run:
    """One preview on its way through the frames."""

    def __init__(self, conn: Connection, book: Rulebook, asked: Asked, since: Mapping[str, Mapping[str, int]]) -> None:
        self.conn, self.book, self.asked, self.since = conn, book, asked, since
        chosen = [rule for rule in book.by_id.values() if self._wants(rule)]
        self.found = Preview({rule.id: RuleFigures() for rule in chosen})
        self.urgent = MostUrgent(asked.limit)
        self.breaking = 0

    def _wants(self, rule: Rule) -> bool:
        return (self.asked.rules is None or rule.id in self.asked.rules) and self.asked.obj in (None, rule.watch)

    def take(self, chunk: Chunk) -> None:
        """Judge one frame and count."""
        [frame] = chunk.frames
        self.found.judged += int(chunk.seen_by(self.asked.visible).sum())
        mine = self._mine(chunk)
        told = self._told(chunk, frame, mine)
        urgent = urgency(told, frame.size)
        standing = standings(urgent)
        late = standing == Standing.LATE
        fate = _first_fates(told, frame.size, late)
        soon = _any(told, frame.size) & ~late
        figures = {
            "late": late,
            "at_risk": standing == Standing.AT_RISK,
            "soon": soon,
            "news": fate == Fate.NEWS,
            "backlog": late & (fate == Fate.BACKLOG),
        }
        self._count(chunk.owners, figures)
        self.breaking += _breaking(told, frame.size)
        rows = self.urgent.rows(urgent)
        calendars = self.book.calendars.choose(frame, self.book.rules)
        reasons = reasons_of(told, rows, frame.size)
        self.urgent.add(
            [
                Case(
                    frame.keys[row], chunk.object, chunk.connection, chunk.owners[row], Standing(int(standing[row])),
                    calendars.of(row), tuple(reasons[row]), int(urgent[row]),
                )
                for row in rows.tolist()
            ]
        )  # fmt: skip

    def done(self) -> Preview:
        """The finished preview."""
        found, guard = self.found, self.book.judging.storm_guard
        found.cases, found.listed = self.urgent.kept, self.urgent.total
        found.is_storm = guard is not None and storm(guard.share, guard.at_least, self.breaking, found.judged)
        return found

    def _mine(self, chunk: Chunk) -> Mask | None:
        """Which records are asked for and may be seen; None: all."""
        wanted, owners, visible = self.asked.owners, chunk.owners, self.asked.visible
        if wanted is None:
            return None if visible is None else chunk.seen_by(visible)
        return np.fromiter((one in wanted for one in owners), np.bool_, len(owners)) & chunk.seen_by(visible)

    def _told(self, chunk: Chunk, frame: Frame, mine: Mask | None) -> list[Told]:
        """The clocks of the rules asked for, counted for each rule."""
        now = self.asked.now
        seen = [
            Seen(verdict, verdict.deadlines.state(np.full(len(verdict.row), now, np.int64)))
            for verdict in self.book.judge.judge(frame)
        ]
        calendars = self.book.calendars.choose(frame, self.book.rules)
        fates = Fates(self.conn, self.book, frame, calendars, self.since.get(chunk.connection, {}), now).of(seen)
        told = []
        for one, fate in zip(seen, fates, strict=True):
            figures = self.found.rules.get(one.verdict.rule.id)
            if figures is None:
                continue
            asked = _only(Told(one, fate, self._soon(one)), mine)
            _count_rule(figures, asked)
            _note_lacking(figures, asked.seen, frame, self.book)
            told.append(asked)
        return told

    def _soon(self, seen: Seen) -> Mask:
        """Clocks that are not late, but will be at the end of the preview."""
        clocks = seen.verdict.deadlines
        runs: Mask = clocks.base == State.WATCHING
        runs = runs & (seen.state != State.BREACHED) & (clocks.breach_at <= self.asked.until)
        if runs.any():
            then = clocks.state(np.full(len(runs), self.asked.until, np.int64))
            runs &= then == State.BREACHED
        return runs

    def _count(self, owners: Sequence[str | None], figures: Mapping[str, Mask]) -> None:
        for name, mask in figures.items():
            rows = np.flatnonzero(mask).tolist()
            setattr(self.found.total, name, getattr(self.found.total, name) + len(rows))
            for row in rows:
                mine = self.found.owners.setdefault(owners[row], Figures())
                setattr(mine, name, getattr(mine, name) + 1)


def _only(told: Told, mine: Mask | None) -> Told:
    """The clocks of the records asked for; the others say nothing."""
    if mine is None:
        return told
    kept = mine[told.seen.verdict.row]
    state = np.where(kept, told.seen.state, State.NOT_APPLICABLE).astype(np.int8)
    return Told(Seen(told.seen.verdict, state), np.where(kept, told.fate, 0).astype(np.int8), told.soon & kept)


def _count_rule(figures: RuleFigures, told: Told) -> None:
    figures.late += int(told.seen.late.sum())
    figures.at_risk += int(told.seen.at_risk.sum())
    figures.soon += int(told.soon.sum())
    figures.news += int((told.fate == Fate.NEWS).sum())
    figures.backlog += int((told.fate == Fate.BACKLOG).sum())


def _note_lacking(figures: RuleFigures, seen: Seen, frame: Frame, book: Rulebook) -> None:
    """Count the clocks that cannot be judged, and the fields for want of which they cannot."""
    verdict = seen.verdict
    rows = verdict.row[seen.state == State.CANNOT_JUDGE]
    if not len(rows):
        return
    figures.cannot_judge += len(rows)
    read = fields_read(verdict.rule, book.rules).judged | excepting_fields(verdict.rule, book.rules)
    for name in sorted(read & frame.unavailable.keys()):
        count = int(frame.unavailable[name][rows].sum())
        if count:
            figures.lacking[name] = figures.lacking.get(name, 0) + count


def _first_fates(told: Sequence[Told], size: int, late: Mask) -> NDArray[np.int8]:
    """Per record the fate that counts: of a late one its late clocks', of another one its clocks at risk."""
    nothing = len(Fate) + 1
    found = np.full(size, nothing, np.int8)
    for one in told:
        row = one.seen.verdict.row
        counts = np.flatnonzero(one.seen.late | (one.seen.at_risk & ~late[row]))
        np.minimum.at(found, row[counts], one.fate[counts])
    return found


def _any(told: Sequence[Told], size: int) -> Mask:
    """Records with a clock that will be late."""
    found = np.zeros(size, np.bool_)
    for one in told:
        found[one.seen.verdict.row[one.soon]] = True
    return found


def _breaking(told: Sequence[Told], size: int) -> int:
    """Records of which a breach would be told at once."""
    found = np.zeros(size, np.bool_)
    for one in told:
        found[one.seen.verdict.row[one.seen.late & (one.fate == Fate.NEWS)]] = True
    return int(found.sum())
