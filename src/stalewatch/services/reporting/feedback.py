"""What rules bring about: who acted on what they said, what nobody answered, what was called a false alarm.

An alert counts from the moment its first reader was told that it is late. It was *acted on* if somebody answered it
(a false alarm is no answer), changed the record that it speaks of, or ended it by work in the CRM. It is *ignored* if
none of that happened within five business days of its record's calendar. One that ended otherwise in that time (an
exception, another rule, data that went away) counts neither way, and one that is younger is not decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from stalewatch.domain.alerts import Cause
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import NEVER
from stalewatch.domain.learning.intervals import Rate
from stalewatch.services.alerting.noisy import AT_LEAST, is_noisy
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import effects
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible

DAYS: Final = (1, 3, 5)
"""Business days within which an act is looked for; after the last of them an alert is decided."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    many: int
    of: int

    @property
    def rate(self) -> float | None:
        """0..1; None of nothing."""
        return self.many / self.of if self.of else None

    @property
    def is_small(self) -> bool:
        """Too few to conclude anything from."""
        return self.of < AT_LEAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one rule brought about.

    Attributes:
        told: alerts of which somebody heard that they are late.
        within: business days -> those acted on within them, of the decided ones.
        ignored: of the decided ones.
        false_alarms: why -> how often.
        silent: of the alerts that were held out, those acted on within the last of `DAYS`, of the decided ones.
    """

    rule: str
    told: int
    within: Mapping[int, Share]
    ignored: Share
    false_alarms: Mapping[str, int]
    silent: Share

    @property
    def false(self) -> Share:
        """False alarms among what was told."""
        return Share(sum(self.false_alarms.values()), self.told)

    @property
    def is_noisy(self) -> bool:
        """Whether it should be relaxed, or be silent."""
        return is_noisy(self.false.many, self.told)


@dataclass(frozen=True, slots=True)
class _Decided:
    """One alert old enough to be judged by: after how many business days somebody acted; None: nobody did in time."""

    acted_within: int | None


Told = tuple[Any, int]
"""An alert, and when somebody first acted on it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was told since an instant, what people did about it, and what they called false.

    Attributes:
        rows: alerts that were told, or held out. acted: when somebody first acted on each of them; NEVER: nobody did.
    """

    rows: Sequence[Any]
    acted: Sequence[int]
    false: Sequence[Any]
    calendars: Mapping[str, Calendar]

    @classmethod
    def since(cls, conn: Connection, book: Rulebook, since: int, visible: Visible | None) -> Heard:
        """Read it, of the records that may be seen."""
        rows, acts = effects.late(conn, since, visible), effects.first_acts(conn, since)
        acted = [acted_at_of(row, acts) for row in rows]
        return cls(rows, acted, effects.false_alarms(conn, since, visible), calendars_for(conn, book, rows))

    def effects(self, now: int) -> list[Effect]:
        """What each rule brought about, by rule; rules that said nothing are missing."""
        wrong: dict[str, Counter[str]] = {}
        for row in self.false:
            wrong.setdefault(row.rule_id, Counter())[str((row.detail or {}).get("why") or "other")] += 1
        mine: dict[str, list[Told]] = {rule: [] for rule in sorted({row.rule_id for row in self.rows} | wrong.keys())}
        for told in self._told():
            mine[told[0].rule_id].append(told)
        return [_effect(rule, some, wrong.get(rule, {}), self.calendars, now) for rule, some in mine.items()]

    def acted_at(self) -> Iterator[tuple[str, int]]:
        """(rule, when somebody first acted) of every alert that was told and on which somebody did."""
        return ((row.rule_id, at) for row, at in self._told() if at != NEVER and not row.holdout)

    def ignored_at(self, now: int) -> Iterator[tuple[str, int]]:
        """(rule, when the last of `DAYS` had passed) of every alert that was told and on which nobody acted."""
        told = [one for one in self._told() if not one[0].holdout]
        for (row, at), ends in _ends(told, self.calendars):
            fate = _fate(row, at, ends, now)
            if fate is not None and fate.acted_within is None:
                yield row.rule_id, ends[-1]

    def acted_of(self, since: int, until: int) -> Mapping[str, Rate]:
        """Rule -> of what was told and whose last of `DAYS` passed in [since, until), that on which somebody acted."""
        found: dict[str, list[int]] = {}
        told = [one for one in self._told() if not one[0].holdout]
        for (row, at), ends in _ends(told, self.calendars):
            fate = _fate(row, at, ends, until) if since <= ends[-1] < until else None
            if fate is not None:
                found.setdefault(row.rule_id, []).append(fate.acted_within is not None)
        return {rule: Rate(sum(some), len(some)) for rule, some in found.items()}

    def _told(self) -> Iterator[Told]:
        return zip(self.rows, self.acted, strict=True)


def effects_of(db: Database, book: Rulebook, now: int, since: int) -> list[Effect]:
    """What each rule brought about since an instant, by rule; rules that said nothing are missing.

    Args:
        now, since: microseconds since the epoch.
    """
    with db.read() as conn:
        return Heard.since(conn, book, since, None).effects(now)


def _effect(
    rule: str, some: Sequence[Told], wrong: Mapping[str, int], calendars: Mapping[str, Calendar], now: int
) -> Effect:
    told = [one for one in some if not one[0].holdout]
    spoken = _decided(told, calendars, now)
    silent = _decided([one for one in some if one[0].holdout], calendars, now)
    return Effect(
        rule=rule,
        told=len(told),
        within={days: _within(spoken, days) for days in DAYS},
        ignored=Share(sum(one.acted_within is None for one in spoken), len(spoken)),
        false_alarms=dict(wrong),
        silent=_within(silent, DAYS[-1]),
    )


def _within(decided: Sequence[_Decided], days: int) -> Share:
    return Share(sum(one.acted_within is not None and one.acted_within <= days for one in decided), len(decided))


def _decided(some: Sequence[Told], calendars: Mapping[str, Calendar], now: int) -> list[_Decided]:
    found = (_fate(row, acted_at, ends, now) for (row, acted_at), ends in _ends(some, calendars))
    return [fate for fate in found if fate is not None]


def _ends(some: Sequence[Told], calendars: Mapping[str, Calendar]) -> Iterator[tuple[Told, list[int]]]:
    """Each alert with the moments at which each of `DAYS` has passed since it was told, by its own calendar."""
    by_calendar: dict[int, tuple[Calendar, list[Told]]] = {}
    for one in some:
        calendar = calendars[one[0].record_id]
        by_calendar.setdefault(id(calendar), (calendar, []))[1].append(one)
    for calendar, mine in by_calendar.values():
        told = np.array([row.told_at for row, _ in mine], np.int64)
        ends = np.stack([calendar.add(told, Duration(days, Unit.BUSINESS_DAY)) for days in DAYS], axis=1).tolist()
        yield from zip(mine, ends, strict=True)


def _fate(row: Any, acted_at: int, ends: Sequence[int], now: int) -> _Decided | None:
    """How an alert was decided; None: not yet, or neither way."""
    if acted_at != NEVER and acted_at <= ends[-1]:
        return _Decided(next(days for days, end in zip(DAYS, ends, strict=True) if acted_at <= end))
    ended_otherwise = row.resolved_at is not None and row.resolved_at <= ends[-1]
    return None if ended_otherwise or now <= ends[-1] else _Decided(None)


def acted_at_of(row: Any, acts: Mapping[str, int]) -> int:
    """When somebody first acted on an alert after it was told; NEVER if nobody did."""
    moments = [acts.get(row.id), row.acted_at, _worked_at(row)]
    return min((at for at in moments if at is not None and at >= row.told_at), default=NEVER)


def _worked_at(row: Any) -> int | None:
    is_work = row.cause is not None and Cause(row.cause).is_work
    return row.resolved_at if is_work else None


def calendars_for(conn: Connection, book: Rulebook, rows: Iterable[Any]) -> Mapping[str, Calendar]:
    """The calendar of each record; one that is gone has the project's."""
    objects = {row.record_id: row.object for row in rows}
    known = {record: obj for record, obj in objects.items() if obj in book.objects}
    return {**dict.fromkeys(objects, book.calendars.default), **calendars_of(conn, book, known)}
