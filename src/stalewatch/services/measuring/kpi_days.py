"""The KPIs of past days, worked out of records, changes, activities, alerts and answers: any day, as it was at its end.

One function answers for the day that has just ended and for a day before a KPI existed, so what is kept night by night
and what is worked out afterwards are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.compiled import Program
from stalewatch.domain.instants import DAY, NEVER
from stalewatch.domain.kpi.definitions import FOUR_WEEKS, QUARTER
from stalewatch.domain.kpi.flowing import flowing
from stalewatch.domain.kpi.leads import leading
from stalewatch.domain.kpi.moment import Day, Moment
from stalewatch.domain.kpi.past import newest
from stalewatch.domain.kpi.reads import measured, tracked
from stalewatch.domain.kpi.standing import standing
from stalewatch.domain.kpi.tally import Tally
from stalewatch.domain.needs import KEPT_HISTORY
from stalewatch.services.judging.scanning import PIECE
from stalewatch.services.measuring.kpi_stock import Piece, Stock
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.stopping import Stopped
from stalewatch.store import connections, kpi_scans
from stalewatch.store.engine import Connection, Database
from stalewatch.store.kpis import Figures, Place

__all__ = ("Measuring", "day_of", "last_ended")

_BEFORE: Final = (FOUR_WEEKS + 31) * DAY
"""What was told so long before a day is decided before its four weeks, whatever the calendar."""


def day_of(calendar: Calendar, number: int) -> Day:
    """A day of the calendar's zone, with the windows that end with it."""
    end, *starts = calendar.midnight(np.array([number + 1, number + 1 - FOUR_WEEKS, number + 1 - QUARTER])).tolist()
    return Day(number, end, dict(zip((FOUR_WEEKS, QUARTER), starts, strict=True)))


def last_ended(calendar: Calendar, now: int) -> int:
    """The number of the last day that is over."""
    return int(calendar.local_day(np.array([now], np.int64))[0]) - 1


@dataclass(frozen=True)
class Measuring:
    """Works out days.

    Attributes:
        connections: those whose records count.
        tracked: since when the past of each field is kept ("": of those that are not named).
        is_stopping: asked between pieces.
        size: records read at once.
    """

    db: Database
    book: Rulebook
    connections: Collection[str]
    tracked: Mapping[str, int] = field(default_factory=dict)
    is_stopping: Callable[[], bool] = lambda: False
    size: int = PIECE

    def days(self, numbers: Sequence[int]) -> dict[int, dict[Place, Figures]]:
        """What there is to keep of these days."""
        return {number: dict(tally.kept()) for number, tally in self.tallies(numbers).items()}

    def tallies(self, numbers: Sequence[int]) -> dict[int, Tally[Place]]:
        """The same as it was counted: arrays, a fraction as large. Records are read once, a piece at a time.

        Raises:
            Stopped: `is_stopping`.
        """
        calendar = self.book.calendars.default
        days = [day_of(calendar, number) for number in numbers]
        tallies: dict[int, Tally[Place]] = {day.number: Tally() for day in days}
        with self.db.read() as conn:
            for source in self._sources(conn, min(day.end for day in days)):
                program = Program(self.book.rules, source.stock.obj)
                for piece in source.stock.pieces(self.size):
                    for day in days:
                        if self.is_stopping():
                            raise Stopped
                        self._take(tallies[day.number], piece, day, program, source)
        return tallies

    def _sources(self, conn: Connection, first: int) -> list[_Source]:
        """What is read, connection by connection, for days of which the first ends at an instant."""
        found = []
        for row in connections.read(conn):
            if row.id not in self.connections or row.first_sync_at is None:
                continue
            told = kpi_scans.told_by_crm(conn, row.id) if first < self._all_kept_from(row.first_sync_at) else ()
            stages_from = NEVER if kpi_scans.tells_stages(conn, row.id) else row.first_sync_at
            for obj in ("deal", "partner_deal", "lead"):
                if obj in self.book.rules.catalogue.objects:
                    fed = (row.coverage or {}).get("lead" if obj == "lead" else "deal", ())
                    stock = Stock(conn, self.book, row.id, obj, fed, row.first_sync_at, stages_from, first - _BEFORE)
                    found.append(_Source(stock, self._kept_from(obj, row.first_sync_at), frozenset(told)))
        return found

    def _all_kept_from(self, first_sync: int) -> int:
        return max(first_sync, *self.tracked.values(), 0)

    def _kept_from(self, obj: str, first_sync: int) -> dict[str, int]:
        """Since when each field's past is kept by us."""
        names = (measured(self.book.rules, obj) | tracked(self.book.rules, obj) | {"meeting_ends_at"}) - {"created_at"}
        other = self.tracked.get("", 0)
        since = {name: max(first_sync, self.tracked.get(name, other)) for name in names - KEPT_HISTORY}
        return {**since, **dict.fromkeys(names & KEPT_HISTORY, first_sync)}

    def _take(self, tally: Tally[Place], piece: Piece, day: Day, program: Program, source: _Source) -> None:
        frame = piece.frame
        calendars = self.book.calendars.choose(frame, self.book.rules, program)
        moment = Moment(frame, day, program, calendars, source.stock.judged_from, source.untold(day.end))
        tally.stand(*_places(moment, piece, source.stock.connection))
        if frame.object == "lead":
            leading(moment, tally)
        else:
            standing(moment, piece.beside, tally)
            flowing(moment, piece.beside, tally)


@dataclass(frozen=True, slots=True)
class _Source:
    """One object of a connection: since when we keep the past of each field, and which fields' past its CRM tells."""

    stock: Stock
    kept_from: Mapping[str, int]
    told: Collection[str]

    def untold(self, at: int) -> frozenset[str]:
        """The fields of which nobody knows what they were at an instant."""
        return frozenset(name for name, since in self.kept_from.items() if at < since and name not in self.told)


def _places(moment: Moment, piece: Piece, connection: str) -> tuple[list[Place], NDArray[np.intp]]:
    """The places at which the records of a piece stood, and the place of each."""
    parts: list[tuple[str, Sequence[str], NDArray[np.int64]]] = []
    for name, texts in piece.texts.items():
        parts.append((name, texts, _numbers_then(moment, f"#{name}")))
    kinds = moment.program.rules.catalogue.objects[moment.whole.object]
    for name in ("pipeline", "segment"):
        if name in moment.frame.columns:
            values, present = moment.frame.columns[name]
            known = present & (values >= 0)
            parts.append((name, ("", *kinds[name].values), np.where(known, values + 1, 0).astype(np.int64)))
    code = np.zeros(moment.frame.size, np.int64)
    for _, texts, numbers in parts:
        code = code * len(texts) + numbers
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    names = [
        Place(connection=connection, **{name: texts[numbers[row]] for name, texts, numbers in parts})
        for row in first.tolist()
    ]
    return names, which.reshape(-1)


def _numbers_then(moment: Moment, name: str) -> NDArray[np.int64]:
    """The numbers of texts as they were; where that is not known, as they are."""
    then = moment.frame.columns[name]
    if name not in moment.whole.history:
        return then.values
    history = moment.whole.history[name]
    has_past = newest(history, history.at <= moment.day.end, moment.whole.size) >= 0
    changed_later = np.zeros(moment.whole.size, np.bool_)
    changed_later[history.row[history.at > moment.day.end]] = True
    known: NDArray[np.int64] = np.where(has_past | ~changed_later, then.values, moment.whole.columns[name].values)
    return known
