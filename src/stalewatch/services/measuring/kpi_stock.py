"""Frames of all records of a connection, with what stands beside them, for KPIs of any day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.alerts import Cause
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.evidence import Act
from stalewatch.domain.frame import Column, Frame, History
from stalewatch.domain.instants import NEVER, OUTSIDE
from stalewatch.domain.kpi.beside import Beside, Losses, Spans, Told
from stalewatch.domain.kpi.reads import NOTED, measured, tracked, with_columns
from stalewatch.domain.needs import KEPT_HISTORY, Needs
from stalewatch.sdk.records import ActivityKind, Actor, MeetingState
from stalewatch.services.judging.scanning import PIECE, Scan
from stalewatch.services.reporting.losses import SILENT
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import kpi_scans
from stalewatch.store.engine import Connection

PLACED: Final = ("owner", "team", "partner")
"""Texts by which records are grouped; in a piece each has a number, in a column named after it with a "#"."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records of one connection and object.

    Attributes:
        texts: per column of `PLACED` what each number stands for.
    """

    frame: Frame
    beside: Beside
    texts: Mapping[str, Sequence[str]]


class _Numbers(dict[str | None, int]):
    """Gives every text a number; no text at all has 0."""

    def __missing__(self, text: str | None) -> int:
        number = self[text] = len(self) - 1
        return number

    def of(self, texts: Sequence[str | None]) -> NDArray[np.int64]:
        """The number of each."""
        return np.fromiter(map(self.__getitem__, texts), np.int64, len(texts))

    def texts(self) -> list[str]:
        """What each number stands for."""
        return [str(text) for text in self if text is not None]  # a past value may be of a type that the field had


def _all_there(values: NDArray[np.int64]) -> Column:
    return Column(values, np.ones(len(values), np.bool_))


@dataclass(frozen=True, slots=True)
class Stock:
    """All records of one object of a connection.

    Attributes:
        fed: the catalogue fields that the connection feeds.
        judged_from: since when its records are watched. stages_from: since when visits of stages are known.
        alerts_since: what was told before this instant is not looked for.
    """

    conn: Connection
    book: Rulebook
    connection: str
    obj: str
    fed: Collection[str]
    judged_from: int
    stages_from: int
    alerts_since: int

    def pieces(self, size: int = PIECE) -> Iterator[Piece]:
        """Every record once, those that are closed or vanished, too."""
        catalogue = with_columns(self.book.rules.catalogue, self.obj)
        kinds = catalogue.objects[self.obj].keys()
        rules, choosing = self.book.rules, self.book.calendars.fields(self.book.rules)
        beside = catalogue.objects[self.obj].keys() - rules.catalogue.objects[self.obj].keys()
        always = {"owner", "team", "is_open", "created_at", "closed_at", "first_seen_at", "gone_at"}
        names = frozenset((measured(rules, self.obj) | always | beside | choosing) & kinds)
        past = frozenset((tracked(rules, self.obj) | KEPT_HISTORY | set(NOTED)) & names)
        needs = Needs(names, names, past, frozenset({"meeting"} if self.obj != "lead" else ()))
        for scanned in Scan(self.conn, catalogue, needs, self.obj, self.fed).of(self.connection, size, whole=True):
            frame, texts = self._numbered(scanned.frame)
            yield Piece(frame, self._beside(scanned.frame), texts)

    # ------------------------------------------------------------------------------------------- where they stand

    def _numbered(self, frame: Frame) -> tuple[Frame, dict[str, list[str]]]:
        """The frame with the numbers of its texts beside them."""
        columns, history = dict(frame.columns), dict(frame.history)
        texts: dict[str, list[str]] = {}
        for name in PLACED:
            if name not in columns:
                continue
            numbers = _Numbers({None: 0, "": 0})
            columns[f"#{name}"] = _all_there(numbers.of(columns[name].values.tolist()))
            if name in history:
                past = history[name]
                values = past.values.tolist()
                told = numbers.of(self._prefixed(values) if name == "owner" else values)
                history[f"#{name}"] = History(past.row, past.at, *_all_there(np.where(past.present, told, 0)))
            texts[name] = numbers.texts()
        return replace(frame, columns=columns, history=history), texts

    def _prefixed(self, owners: Sequence[str | None]) -> list[str | None]:
        """Who owned a record is told by the CRM by its own id."""
        prefix = f"{self.connection}:"
        return [one if not one or str(one).startswith(prefix) else f"{prefix}{one}" for one in owners]

    # ------------------------------------------------------------------------------------------- beside them

    def _beside(self, frame: Frame) -> Beside:
        if self.obj == "lead":
            return Beside()
        place = {record: row for row, record in enumerate(frame.keys)}
        ends = (frame.keys[0], frame.keys[-1])
        return Beside(
            late=_spans(_placed(kpi_scans.late(self.conn, *ends), place)),
            waits=_spans(self._waits(_placed(kpi_scans.waiting(self.conn, *ends), place))),
            meetings=_spans(_planned(_placed(kpi_scans.meetings(self.conn, *ends), place))),
            told=self._told(place, *ends),
            losses=_losses(_placed(kpi_scans.lost(self.conn, *ends), place)),
            stages_from=self.stages_from,
        )

    def _waits(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, int, int]]:
        """A wait covers the days before the one it lasts until, unless something ended it."""
        calendar: Calendar = self.book.calendars.default
        days = np.array([0 if until is None else until for _, _, until, _ in rows], np.int64)
        begins = calendar.midnight(days).tolist()
        for (row, set_at, until, ended_at), day_begins in zip(rows, begins, strict=True):
            end = OUTSIDE if until is None else day_begins + 1
            yield row, set_at, end if ended_at is None else min(end, ended_at)

    def _told(self, place: Mapping[str, int], first: str, last: str) -> Told:
        rows = _placed(kpi_scans.told(self.conn, first, last, self.alerts_since), place)
        acts: dict[str, int] = dict(kpi_scans.first_acts(self.conn, first, last)) if rows else {}
        found = [
            (row, told_at, _acted(told_at, acts.get(alert), acted_at, resolved_at, cause), resolved_at)
            for row, alert, told_at, acted_at, resolved_at, cause in rows
        ]
        columns = list(zip(*found, strict=True)) if found else [(), (), (), ()]
        ended = [OUTSIDE if at is None else at for at in columns[3]]
        return Told(*(np.array(column, np.int64) for column in (*columns[:3], ended)))


def _acted(told_at: int, *moments: Any) -> int:
    """When somebody first answered or worked after it was told; NEVER if nobody did."""
    *answered, resolved_at, cause = moments
    worked = resolved_at if cause is not None and Cause(cause).is_work else None
    return min((at for at in (*answered, worked) if at is not None and at >= told_at), default=NEVER)


def _placed(rows: Sequence[tuple[Any, ...]], place: Mapping[str, int]) -> list[tuple[Any, ...]]:
    """Rows of records of the frame, with the record's place in it."""
    return [(place[record], *rest) for record, *rest in rows if record in place]


def _planned(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, int, int]]:
    for row, at, ends_at, recorded_at, meeting in rows:
        act = Act("", ActivityKind.MEETING, Actor.NOBODY, at, ends_at, recorded_at, MeetingState(meeting))
        yield row, act.known_from, act.end


def _spans(rows: Iterator[tuple[int, int, int | None]] | Sequence[tuple[Any, ...]]) -> Spans:
    found = [(row, begin, OUTSIDE if end is None else end) for row, begin, end in rows]
    columns = list(zip(*found, strict=True)) if found else [(), (), ()]
    return Spans(*(np.array(column, np.int64) for column in columns))


def _losses(rows: Sequence[tuple[Any, ...]]) -> Losses:
    row, at, tag = zip(*rows, strict=True) if rows else ((), (), ())
    assumed = np.array([one == SILENT for one in tag], np.bool_)
    return Losses(np.array(row, np.int64), np.array(at, np.int64), assumed)
