"""`rules diff`: what another version of the rules would say of the same records, clock by clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.clocks import Verdict
from stalewatch.domain.deadlines import State
from stalewatch.domain.instants import NEVER, Instants, Mask
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.language.versions import RuleChange, Version, changed_beside, pairs, rule_changes
from stalewatch.services.judging.scanning import PIECE
from stalewatch.services.judging.sources import Sources
from stalewatch.services.previewing.sides import Both, Side, Turn, aligned
from stalewatch.services.previewing.stock import Chunk, Progress, Stock, data_ages
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Database
from stalewatch.store.visibility import Visible

__all__ = ("Counts", "Difference", "Moved", "Turn", "difference", "version")


@dataclass(frozen=True, slots=True)
class Moved:
    """One clock that stands otherwise, or whose deadline moved; microseconds since the epoch, None: no deadline."""

    record: str
    object: str
    connection: str
    owner: str | None
    rule: Rule
    subject: str | None
    calendar: Calendar
    turn: Turn | None
    old_due: int | None
    new_due: int | None


@dataclass(slots=True)
class Counts:
    """Clocks of a rule, of an owner, or of all.

    Attributes:
        added, removed: alerts that the new version would open, and that it would end: clocks that are late or at risk
            by one version and by the other not.
        newly_told, newly_silent: those of which somebody would be told and is not now, and the other way round: a rule
            that goes live, or is no longer, counts here, and one that stays in shadow does not.
        turns: how many took which turn.
        earlier, later: running clocks whose deadline moved.
    """

    added: int = 0
    removed: int = 0
    newly_told: int = 0
    newly_silent: int = 0
    turns: dict[Turn, int] = field(default_factory=dict)
    earlier: int = 0
    later: int = 0

    def add(self, marks: Mapping[str, bool], turn: Turn | None) -> None:
        """Count one clock."""
        for name, is_so in marks.items():
            setattr(self, name, getattr(self, name) + is_so)
        if turn is not None:
            self.turns[turn] = self.turns.get(turn, 0) + 1


@dataclass(slots=True)
class Difference:
    """What came of it.

    Attributes:
        rules: per rule of either version that judges the records otherwise, by its newest id.
        owners: only those to whom it makes a difference.
        moved: the clocks that took a turn, by turn and deadline, as many of each as were asked for.
        earliest, latest: the clocks whose deadlines moved the farthest.
        changes, beside: what differs in the files.
    """

    total: Counts = field(default_factory=Counts)
    rules: dict[str, Counts] = field(default_factory=dict)
    owners: dict[str | None, Counts] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    earliest: Moved | None = None
    latest: Moved | None = None
    judged: int = 0
    ages: Mapping[str, int | None] = field(default_factory=dict)
    changes: Sequence[RuleChange] = ()
    beside: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether neither a rule nor what is said of any record differs."""
        return not (self.changes or self.beside or self.rules)


def difference(
    db: Database, old: Rulebook, new: Rulebook, sources: Sources, now: int, limit: int | None, progress: Progress, *,
    visible: Visible | None = None, piece: int = PIECE,
) -> Difference:  # fmt: skip
    """Judge every open record by both versions as of `now`, in one look that cannot write.

    The age of the data does not matter: both versions are asked of the same.

    Args:
        limit: how many clocks of each turn are listed; None: all.
        visible: whose records are compared; None: everybody's.
        piece: records that are judged at once; what both versions say of them lies in memory together.
    """
    before, after = version(old), version(new)
    with db.look() as conn:
        run = _Run((old, new), now, limit, visible)
        for chunk in Stock(conn, (old, new), sorted(sources), piece=piece).chunks(progress):
            run.take(chunk)
        run.found.ages = data_ages(conn, sorted(sources), now)
    run.found.moved.sort(key=_order)
    run.found.changes = rule_changes(before, after)
    run.found.beside = changed_beside(before, after)
    return run.found


def version(book: Rulebook) -> Version:
    """A rulebook as versions are compared."""
    calendars = [(condition, repr(calendar.spec)) for condition, calendar in book.calendars.rows]
    return Version(book.rules, book.modes, {"calendars": calendars, "defaults.warn": book.judging.warn})


class _Run:
    """One comparison on its way through the frames."""

    def __init__(self, books: tuple[Rulebook, Rulebook], now: int, limit: int | None, visible: Visible | None) -> None:
        self.books, self.now, self.limit, self.visible = books, now, limit, visible
        self.pairs = pairs(*(tuple(book.by_id.values()) for book in books))
        self.found = Difference()

    def take(self, chunk: Chunk) -> None:
        """Judge one frame by both versions and count."""
        mine = chunk.seen_by(self.visible)
        self.found.judged += int(mine.sum())
        old, new = (
            {verdict.rule.id: verdict for verdict in book.judge.judge(frame)}
            for book, frame in zip(self.books, chunk.frames, strict=True)
        )
        frame = chunk.frames[1]
        chosen = self.books[1].calendars.choose(frame, self.books[1].rules)
        for before, after in self.pairs:
            was = None if before is None else old.get(before.id)
            now = None if after is None else new.get(after.id)
            for both in self._sides(was, now):
                self._count(chunk, both, mine[both.verdict.row], chosen)

    def _sides(self, old: Verdict | None, new: Verdict | None) -> list[Both]:
        """The clocks of a rule side by side; one that starts otherwise now has other clocks altogether."""
        if old is not None and new is not None and not aligned(old, new):
            return [*self._sides(old, None), *self._sides(None, new)]
        known = new or old
        if known is None:
            return []
        before, after = self.books
        return [Both(known.rule, known, self._side(old, known, before), self._side(new, known, after))]

    def _side(self, verdict: Verdict | None, known: Verdict, book: Rulebook) -> Side:
        size = len(known.row)
        if verdict is None:
            return Side(np.full(size, State.NOT_APPLICABLE, np.int8), np.full(size, NEVER, np.int64), is_live=False)
        state = verdict.deadlines.state(np.full(size, self.now, np.int64))
        return Side(state, verdict.deadlines.breach_at, book.modes[verdict.rule.id] is Mode.LIVE)

    def _count(self, chunk: Chunk, both: Both, mine: Mask, chosen: Chosen) -> None:
        turns, shift = np.where(mine, both.turns(), 0).astype(np.int8), np.where(mine, both.shift(), 0)
        old, new = both.old, both.new
        marks = {
            "added": new.speaks & ~old.speaks & mine,
            "removed": old.speaks & ~new.speaks & mine,
            "newly_told": new.tells & ~old.tells & mine,
            "newly_silent": old.tells & ~new.tells & mine,
            "earlier": shift < 0,
            "later": shift > 0,
        }
        differs = np.logical_or.reduce([turns != 0, *marks.values()])
        if not differs.any():
            return
        rule = self.found.rules.setdefault(both.rule.id, Counts())
        row = both.verdict.row
        for place in np.flatnonzero(differs).tolist():
            owner = chunk.owners[int(row[place])]
            turn = Turn(int(turns[place])) if turns[place] else None
            for counts in (self.found.total, rule, self.found.owners.setdefault(owner, Counts())):
                counts.add({name: bool(mask[place]) for name, mask in marks.items()}, turn)
        self._list(chunk, both, turns, chosen)
        self._farthest(chunk, both, shift, chosen)

    def _list(self, chunk: Chunk, both: Both, turns: NDArray[np.int8], chosen: Chosen) -> None:
        """Keep the most urgent of each turn."""
        for turn in Turn:
            there = np.flatnonzero(turns == turn)
            if self.limit is not None and len(there) > self.limit:
                due = np.where(both.new.due[there] != NEVER, both.new.due[there], both.old.due[there])
                there = there[np.argsort(due, kind="stable")[: self.limit]]
            self.found.moved += [self._moved(chunk, both, place, turn, chosen) for place in there.tolist()]
        if self.limit is not None:
            ordered = sorted(self.found.moved, key=_order)
            self.found.moved = [
                one for turn in Turn for one in [each for each in ordered if each.turn is turn][: self.limit]
            ]

    def _farthest(self, chunk: Chunk, both: Both, shift: Instants, chosen: Chosen) -> None:
        for sign, name in ((-1, "earliest"), (1, "latest")):
            place = int(np.argmax(shift * sign))
            if int(shift[place]) * sign > _by(getattr(self.found, name)) * sign:
                setattr(self.found, name, self._moved(chunk, both, place, None, chosen))

    def _moved(self, chunk: Chunk, both: Both, place: int, turn: Turn | None, chosen: Chosen) -> Moved:
        row = int(both.verdict.row[place])
        subject = None if both.verdict.subject is None else str(both.verdict.subject[place])
        dues = (int(side.due[place]) for side in (both.old, both.new))
        old, new = (None if due == NEVER else due for due in dues)
        return Moved(
            chunk.frames[1].keys[row], chunk.object, chunk.connection, chunk.owners[row], both.rule, subject,
            chosen.of(row), turn, old, new,
        )  # fmt: skip


_LAST: Final = np.iinfo(np.int64).max


def _order(one: Moved) -> tuple[int, int, str, str]:
    due = one.new_due if one.new_due is not None else one.old_due
    return int(one.turn or 0), int(_LAST) if due is None else due, one.record, one.rule.id


def _by(moved: Moved | None) -> int:
    """By how much a deadline moved."""
    if moved is None or moved.old_due is None or moved.new_due is None:
        return 0
    return moved.new_due - moved.old_due
