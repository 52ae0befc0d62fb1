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


@dataclass(frozen=True, slots=True)
class Heard:
    """What was told since an instant, what people did about it, and what they called false."""

    rows: Sequence[Any]
    acts: Mapping[str, int]
    false: Sequence[Any]
    calendars: Mapping[str, Calendar]

    @classmethod
    def since(cls, conn: Connection, book: Rulebook, since: int, visible: Visible | None) -> Heard:
        """Read it, of the records that may be seen."""
        rows = effects.late(conn, since, visible)
        return cls(
            rows, effects.first_acts(conn, since), effects.false_alarms(conn, since, visible),
            _calendars(conn, book, rows),
        )  # fmt: skip

    def effects(self, now: int) -> list[Effect]:
        """What each rule brought about, by rule; rules that said nothing are missing."""
        wrong: dict[str, Counter[str]] = {}
        for row in self.false:
            wrong.setdefault(row.rule_id, Counter())[str((row.detail or {}).get("why") or "other")] += 1
        mine: dict[str, list[Any]] = {rule: [] for rule in sorted({row.rule_id for row in self.rows} | wrong.keys())}
        for row in self.rows:
            mine[row.rule_id].append(row)
        return [_effect(rule, rows, self.acts, wrong.get(rule, {}), self.calendars, now) for rule, rows in mine.items()]

    def acted_at(self, row: Any) -> int:
        """When somebody first acted on an alert after it was told; NEVER if nobody did."""
        return _acted_at(row, self.acts)

    def ignored_at(self, now: int) -> Iterator[tuple[str, int]]:
        """(rule, when the last of `DAYS` had passed) of every alert that was told and on which nobody acted."""
        told = [row for row in self.rows if not row.holdout]
        for row, ends in _ends(told, self.calendars):
            fate = _fate(row, _acted_at(row, self.acts), ends, now)
            if fate is not None and fate.acted_within is None:
                yield row.rule_id, ends[-1]


def effects_of(db: Database, book: Rulebook, now: int, since: int) -> list[Effect]:
    """What each rule brought about since an instant, by rule; rules that said nothing are missing.

    Args:
        now, since: microseconds since the epoch.
    """
    with db.read() as conn:
        return Heard.since(conn, book, since, None).effects(now)


def _effect(
    rule: str, rows: Sequence[Any], acts: Mapping[str, int], wrong: Mapping[str, int],
    calendars: Mapping[str, Calendar], now: int,
) -> Effect:  # fmt: skip
    told = [row for row in rows if not row.holdout]
    spoken = _decided(told, acts, calendars, now)
    silent = _decided([row for row in rows if row.holdout], acts, calendars, now)
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


def _decided(
    rows: Sequence[Any], acts: Mapping[str, int], calendars: Mapping[str, Calendar], now: int
) -> list[_Decided]:
    found = (_fate(row, _acted_at(row, acts), ends, now) for row, ends in _ends(rows, calendars))
    return [fate for fate in found if fate is not None]


def _ends(rows: Sequence[Any], calendars: Mapping[str, Calendar]) -> Iterator[tuple[Any, list[int]]]:
    """Each alert with the moments at which each of `DAYS` has passed since it was told, by its own calendar."""
    for calendar in {calendars[row.record_id] for row in rows}:
        mine = [row for row in rows if calendars[row.record_id] is calendar]
        told = np.array([row.told_at for row in mine], np.int64)
        ends = [calendar.add(told, Duration(days, Unit.BUSINESS_DAY)) for days in DAYS]
        for place, row in enumerate(mine):
            yield row, [int(end[place]) for end in ends]


def _fate(row: Any, acted_at: int, ends: Sequence[int], now: int) -> _Decided | None:
    """How an alert was decided; None: not yet, or neither way."""
    if acted_at != NEVER and acted_at <= ends[-1]:
        return _Decided(next(days for days, end in zip(DAYS, ends, strict=True) if acted_at <= end))
    ended_otherwise = row.resolved_at is not None and row.resolved_at <= ends[-1]
    return None if ended_otherwise or now <= ends[-1] else _Decided(None)


def _acted_at(row: Any, acts: Mapping[str, int]) -> int:
    """When somebody first acted on an alert after it was told; NEVER if nobody did."""
    moments = [acts.get(row.id), row.acted_at, _worked_at(row)]
    return min((at for at in moments if at is not None and at >= row.told_at), default=NEVER)


def _worked_at(row: Any) -> int | None:
    is_work = row.cause is not None and Cause(row.cause).is_work
    return row.resolved_at if is_work else None


def _calendars(conn: Connection, book: Rulebook, rows: Iterable[Any]) -> Mapping[str, Calendar]:
    """The calendar of each record; one that is gone has the project's."""
    objects = {row.record_id: row.object for row in rows}
    known = {record: obj for record, obj in objects.items() if obj in book.objects}
    return {**dict.fromkeys(objects, book.calendars.default), **calendars_of(conn, book, known)}
