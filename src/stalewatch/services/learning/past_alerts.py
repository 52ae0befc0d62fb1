"""What the rules would have said of a connection's records, from the changes that are kept of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.alerts import policy_of
from stalewatch.domain.clocks import Judge
from stalewatch.domain.evidence import DERIVED, Act, changes_of
from stalewatch.domain.frame import Column, Frame, History
from stalewatch.domain.instants import Instants
from stalewatch.domain.kpi.moment import OUTCOMES
from stalewatch.domain.kpi.reads import with_columns
from stalewatch.domain.language.model import Catalogue, Each, FieldType, Origin
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.learning import states
from stalewatch.domain.learning.retold import PolicyOf, spoken
from stalewatch.domain.needs import Needs, needs
from stalewatch.sdk.records import ActivityKind, Actor, MeetingState
from stalewatch.services.judging import frames
from stalewatch.services.judging.scanning import Scan
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import activities
from stalewatch.store.engine import Connection

SIZE: Final = 8_000
"""Records of one piece: each is as many rows as it had changes."""
_FIXED: Final = frozenset({"created_at", "is_open", "first_seen_at", "gone_at", "closed_at"})
"""What never becomes another, or is worked out here."""
_BESIDE: Final = frozenset({"created_at", "closed_at", "outcome", "is_open"})

Rows = NDArray[np.int64]


@dataclass(slots=True)
class Said:
    """What one rule would have said, piece by piece: the numbers of records, and the moments."""

    _rows: list[Rows] = field(default_factory=list)
    _at: list[Instants] = field(default_factory=list)

    def add(self, rows: Rows, at: Instants) -> None:
        """What it would have said of a piece; records without a number (-1) are left out."""
        numbered = rows >= 0
        self._rows.append(rows[numbered])
        self._at.append(at[numbered])

    def all(self) -> tuple[Rows, Instants]:
        """The record and the moment of each alert."""
        nothing = np.zeros(0, np.int64)
        return np.concatenate([nothing, *self._rows]), np.concatenate([nothing, *self._at])


@dataclass(frozen=True, slots=True)
class PastAlerts:
    """Tries rules on the past of the records of one object.

    Attributes:
        as_of: nothing later is known.
        fed: the catalogue fields that the connection feeds.
        only: these rules; None: all that are on.
        eventless: nobody knows which events there were: rules that follow them cannot be tried.
    """

    conn: Connection
    book: Rulebook
    obj: str
    as_of: int
    fed: Collection[str]
    only: frozenset[str] | None = None
    eventless: bool = False

    @property
    def catalogue(self) -> Catalogue:
        """With what is stored beside the fields."""
        return with_columns(self.book.rules.catalogue, self.obj)

    def untold(self) -> frozenset[str]:
        """Fields that the rules read and whose past nobody keeps: their value of today says nothing of then."""
        known = self.book.needs[self.obj].tracked | _FIXED | frozenset(DERIVED) | {"stage_entered_at"}
        kinds = self.catalogue.objects[self.obj]
        told = {name for name in self._fields() if kinds[name].origin is not Origin.STALEWATCH and name not in self.fed}
        return frozenset(self._fields() - known) | (frozenset(told) - _FIXED - {"owner", "team"})

    def blind(self) -> dict[str, list[str]]:
        """The rules that cannot be tried, with the fields for want of whose past."""
        judged = {rule.id: fields_read(rule, self.book.rules).judged for rule in self.book.by_id.values()
                  if rule.watch == self.obj and self._wants(rule.id)}  # fmt: skip
        events = {rule.id: [f"event:{rule.start.event}"] for rule in self.book.by_id.values()
                  if self.eventless and rule.id in judged and isinstance(rule.start, Each)}  # fmt: skip
        return {**dict(states.blind(self.untold(), judged)), **events}

    def of(self, connection: str, into: Mapping[str, Said], place: Mapping[str, int]) -> None:
        """Add what would have been said of a connection's records.

        Args:
            place: the number of each record of which alerts are wanted, by id.
        """
        read = self._read_by(into)
        wanted = self._with_life(read)
        off = frozenset(rule.id for rule in self.book.rules.rules if rule.id not in into)
        judge = Judge(self.book.judge.rules, self.book.calendars, self.book.judging.warn, self.book.judge.off | off)
        untold = self.untold()
        for scanned in Scan(self.conn, self.catalogue, wanted, self.obj, self.fed).of(connection, SIZE, whole=True):
            frame = self._with_past(scanned.frame)
            alive = self._life(frame)
            if not len(alive.row):
                continue
            among = states.seen(frame, alive, self.as_of, read.history, untold)
            governs = self._policies(among.frame)
            number = np.fromiter(map(place.get, frame.keys, repeat(-1)), np.int64, frame.size)
            for verdict in judge.judge(among.frame):
                told = spoken(verdict, among, governs)
                into[verdict.rule.id].add(number[told.record], told.at)

    def _policies(self, frame: Frame) -> PolicyOf:
        """What governs the alerts of each row of a frame, by the calendar that it follows."""
        chosen, judging = self.book.calendars.choose(frame, self.book.rules), self.book.judging
        found = [policy_of(one, judging.keep_for, judging.reopen_within) for one in chosen.calendars]
        which = chosen.which
        return lambda row: found[0 if which is None else int(which[row])]

    def rules(self) -> list[str]:
        """The rules that are tried."""
        blind = self.blind()
        return [rule.id for rule in self.book.by_id.values()
                if rule.watch == self.obj and self._wants(rule.id) and rule.id not in blind]  # fmt: skip

    def _wants(self, rule: str) -> bool:
        return self.only is None or rule in self.only

    def _fields(self) -> frozenset[str]:
        return frozenset(self.book.needs[self.obj].fields & self.catalogue.objects[self.obj].keys())

    def _read_by(self, tried: Collection[str]) -> Needs:
        """What must be read for these rules alone: each field less is a column less, and fewer states to judge."""
        rules = self.book.rules
        mine = replace(rules, rules=tuple(rule for rule in rules.rules if rule.id in tried))
        return needs(mine, self.book.calendars)[self.obj]

    def _with_life(self, read: Needs) -> Needs:
        """The same with what tells when a record was open, and the past of everything that has one."""
        kinds = self.catalogue.objects[self.obj].keys()
        names = frozenset((read.fields | _BESIDE | {"stage"}) & kinds)
        past = frozenset(((read.tracked & names) | {"outcome", "stage"}) & kinds)
        values = frozenset((read.values | past | _BESIDE) & names)
        return Needs(names, values, past, read.events)

    def _life(self, frame: Frame) -> History:
        created = frame.columns["created_at"]
        if self.obj == "lead":
            nobody = Column(np.zeros(frame.size, np.int64), np.zeros(frame.size, np.bool_))
            return states.life(created, nobody, frame.history.get("is_open"), 1)
        closed = frame.columns["closed_at"]
        return states.life(created, closed, frame.history.get("outcome"), OUTCOMES.index("open"))

    def _with_past(self, frame: Frame) -> Frame:
        """The past of fields that follow from moves and activities, as far as rules read them."""
        kinds, columns = self.catalogue.objects[self.obj], frame.columns
        pasts: dict[str, History] = {}
        if "stage_entered_at" in columns:
            stage = frame.history.get("stage")
            pasts["stage_entered_at"] = states.completed(
                None if stage is None else states.entries_of(stage), columns["stage_entered_at"]
            )
        derived = [name for name in DERIVED if name in columns and name not in frame.history]
        told = dict(self._evidence(frame, derived)) if derived else {}
        hidden = dict(frame.unavailable)
        for name in derived:
            if kinds[name].type is FieldType.DATETIME:
                pasts[name] = states.completed(told[name], columns[name])
            else:
                silent = states.without_past(told[name], columns[name])
                pasts[name] = told[name]
                hidden[name] = hidden[name] | silent if name in hidden else silent
        return replace(states.with_past(frame, pasts), unavailable=hidden)

    def _evidence(self, frame: Frame, names: Sequence[str]) -> Iterator[tuple[str, History]]:
        """What the activities of each record said at each moment."""
        place = {record: row for row, record in enumerate(frame.keys)}
        created = frame.columns["created_at"]
        told: dict[str, list[tuple[int, int, Any]]] = {name: [] for name in names}
        for record, mine in groupby(activities.read(self.conn, frame.keys), key=attrgetter("record_id")):
            row = place[record]
            born = int(created.values[row]) if created.present[row] else None
            for change in changes_of([_act(one) for one in mine], self.as_of, born):
                if change.field in told:
                    told[change.field].append((row, change.at, change.value))
        kinds = self.catalogue.objects[self.obj]
        for name, changes in told.items():
            changes.sort(key=lambda one: one[:2])
            values = frames.column(kinds[name], [one[2] for one in changes], text=True)
            rows, moments = (np.array([one[number] for one in changes], np.int64) for number in (0, 1))
            yield name, History(rows, moments, values.values, values.present)


def _act(row: Any) -> Act:
    return Act(
        id=row.id, kind=ActivityKind(row.kind), actor=Actor(row.actor), at=row.at, ends_at=row.ends_at,
        recorded_at=row.recorded_at, meeting=None if row.meeting is None else MeetingState(row.meeting),
        people=frozenset(row.people or ()),
    )  # fmt: skip
