"""The judge once more, one record and one rule at a time, straight from rules.md: "Deadline (normative)".

Rules are taken as they are written and records as they are; nothing of the judge's own reading, columns or tables
is used. What both say about a case is what rules.md says, or one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from stalewatch.domain.assemble import Happening, Snapshot
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration
from stalewatch.domain.instants import from_us
from tests.domain.answer_oracle import Answer, answer
from tests.domain.calendar_oracle import SlowCalendar, Wait
from tests.domain.condition_oracle import BEYOND, UNKNOWN, Book, View, close_of, fields_behind
from tests.domain.length_oracle import in_one_unit, parsed, plain_time
from tests.domain.slow_clock import SlowClock
from tests.domain.written import Mapped

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class SlowJudge:
    """Judges records by written rules.

    Attributes:
        types: the type of every field, by name.
        choose: the rows of `calendars.choose`; the last has no condition.
    """

    types: Mapping[str, str]
    rules: Sequence[Mapped]
    book: Book = field(default_factory=Book)
    exceptions: Sequence[Mapped] = ()
    choose: Sequence[tuple[Mapped | None, SlowCalendar]] = ()
    default_warn: str | None = None

    def clocks(self, rule: Mapped, record: Snapshot) -> list[SlowClock]:
        """The clocks of a rule on a record: one, or one per event of an `each` rule."""
        return _OneRecord(self, rule, record).clocks()


class _OneRecord:
    def __init__(self, judge: SlowJudge, rule: Mapped, record: Snapshot) -> None:
        self.judge, self.rule, self.record = judge, rule, record
        self.values = {name: value for name, value in record.values.items() if name not in record.unavailable}
        self.calendar = judge.choose[-1][1]
        view = self._view(self.values)
        self.calendar = next(cal for condition, cal in judge.choose if condition is None or view.holds(condition))
        self.created: Any = self.values.get("created_at")

    def _view(self, values: Mapping[str, Any], began: datetime | None = None) -> View:
        def entered(name: str) -> bool:
            return began is not None and any(at >= began for at in self._changed(name))

        return View(values, self.judge.book, self.calendar, entered)

    def clocks(self) -> list[SlowClock]:
        start = self.rule["start"]
        if isinstance(start, dict) and "each" in start:
            events = sorted((e for e in self.record.events if e.kind == start["each"]), key=lambda e: (e.at, e.subject))
            return [self._clock_of(event) for event in events]
        anchor, dated, estimated = self._start(start)
        return [self._clock(None, anchor, anchor, dated=dated, estimated=estimated)]

    def _clock_of(self, event: Happening) -> SlowClock:
        return self._clock(event.subject, from_us(event.at), from_us(event.began), dated=False, estimated=False)

    def _clock(  # noqa: PLR0911  # one line per state
        self, subject: str | None, anchor: datetime | None, began: datetime | None, *, dated: bool, estimated: bool
    ) -> SlowClock:
        rule, name = self.rule, self.rule["id"]
        view = self._view(self.values, began)
        if self.values.get("is_open") is not True:
            return SlowClock(name, subject, State.CLOSED)
        if anchor == BEYOND or self._reads() & self.record.unavailable:
            excepted, unclear = self._excepted(view)
            return SlowClock(name, subject, State.CANNOT_JUDGE, excepted_until=excepted, unclear_until=unclear)
        if "where" in rule and not view.holds(rule["where"]):
            return SlowClock(name, subject, State.NOT_APPLICABLE)
        rows = _rows(rule["within"])
        limit = next((n for n, (when, _) in enumerate(rows) if when is None or view.holds(when)), -1)
        if limit < 0:
            return SlowClock(name, subject, State.NOT_APPLICABLE)
        excepted, unclear = self._excepted(view)
        stopped = SlowClock(
            name, subject, State.NO_CLOCK, anchor, None, None, limit, estimated, excepted, unclear_until=unclear
        )
        if anchor is None:
            return stopped
        if "until" in rule and view.holds(rule["until"]):
            return replace(stopped, base=State.SATISFIED)
        return self._running(stopped, anchor, parsed(rows[limit][1]), dated=dated)

    # ---------------------------------------------------------------------------------------- start

    def _start(self, start: Any) -> tuple[datetime | None, bool, bool]:
        """The anchor, whether it is a date without a time, and whether it is only the record's creation."""
        if isinstance(start, str):
            start = {"latest_of": [start]}
        (word, said), *_ = start.items()
        if word == "since":
            return self._since(said)
        found = [(self._instant(name), self.judge.types[name] == "date") for name in said]
        some = [(at, dated) for at, dated in found if at is not None]
        if not some:
            return None, False, False
        if word == "first_of":
            return *some[0], False
        at = max(at for at, _ in some) if word == "latest_of" else min(at for at, _ in some)
        return at, next(dated for one, dated in some if one == at), False

    def _instant(self, name: str) -> datetime | None:
        """A date without a time counts as the close of that day."""
        value: Any = self.values.get(name)
        return value if value is None or isinstance(value, datetime) else close_of(self.calendar, value)

    def _since(self, condition: Mapped) -> tuple[datetime | None, bool, bool]:
        if not self._view(self.values).holds(condition):
            return None, False, False
        since: datetime | None = None
        for began, _, values in reversed(list(self._states(fields_behind(condition, self.judge.book)))):
            if not self._view(values).holds(condition):
                return since, False, False
            since = began
        return self.created, False, True

    def _states(self, names: set[str]) -> Iterator[tuple[datetime, datetime, Mapping[str, Any]]]:
        """The record's values from change to change of these fields: since when, until when, which."""
        past = {name: changes for name, changes in self.record.changes.items() if name in names and changes}
        moments = sorted({at for changes in past.values() for at, _ in changes})
        begins = [_ALWAYS, *map(from_us, moments)]
        for place, (began, ended) in enumerate(zip(begins, [*begins[1:], BEYOND], strict=True)):
            before = None if place == 0 else moments[place - 1]
            then = {name: _then(changes, before) for name, changes in past.items()}
            yield began, ended, {**self.values, **{n: v for n, v in then.items() if n not in self.record.unavailable}}

    def _changed(self, name: str) -> Iterator[datetime]:
        """When the field took another value; the first that is known is a change only after the creation."""
        before: Any = UNKNOWN
        for at, value in self.record.changes.get(name, ()):
            known = None if value == "" else value
            first = before is UNKNOWN
            if (from_us(at) > (self.created or from_us(0))) if first else known != before:
                yield from_us(at)
            before = known

    # ---------------------------------------------------------------------------- what must be known

    def _reads(self) -> set[str]:
        """Fields of the CRM or of evidence without which nothing can be told."""
        start = self.rule["start"]
        conditions = [self.rule[word] for word in ("where", "until") if word in self.rule]
        if isinstance(start, str):
            return self._behind(conditions) | {start}
        (word, said), *_ = start.items()
        if word == "since":
            return self._behind([*conditions, said])
        return self._behind(conditions) | (set() if word == "each" else set(said))

    def _behind(self, conditions: Sequence[Mapped]) -> set[str]:
        return {name for one in conditions for name in fields_behind(one, self.judge.book, through_bands=False)}

    def _excepted(self, view: View) -> tuple[datetime | None, datetime | None]:
        """24:00 of the last date of the exceptions that name the rule: those that match, those that could."""
        days: dict[Answer, list[date]] = {answer: [] for answer in Answer}
        for one in self.judge.exceptions:
            if self.rule["id"] in one["rules"]:
                days[answer(one.get("where", {}), view, self.record.unavailable)].append(one["until"])
        return self._after(days[Answer.YES]), self._after(days[Answer.UNCLEAR])

    def _after(self, days: Sequence[date]) -> datetime | None:
        return _midnight_after(self.calendar, max(days)) if days else None

    # ------------------------------------------------------------------------------------- deadline

    def _running(self, clock: SlowClock, anchor: datetime, limit: Duration, *, dated: bool) -> SlowClock:
        waits = self._waits(anchor)
        breach = self.calendar.add(anchor, limit, waits, dated=dated)
        warn = self._warn(limit)
        warn_at = breach if warn is None else self.calendar.sub(breach, warn, waits)
        if not self._starts_with_dates():
            warn_at = max(warn_at, anchor)
        return replace(clock, base=State.WATCHING, warn_at=warn_at, breach_at=breach, waits=waits)

    def _starts_with_dates(self) -> bool:
        start = self.rule["start"]
        if isinstance(start, str):
            return self.judge.types[start] == "date"
        (word, said), *_ = start.items()
        return word not in ("since", "each") and all(self.judge.types[name] == "date" for name in said)

    def _warn(self, limit: Duration) -> Duration | None:
        if "warn" in self.rule:
            return parsed(self.rule["warn"])
        if self.judge.default_warn is None or limit.amount == 0:
            return None
        default = parsed(self.judge.default_warn)
        minutes = self.calendar.spec.closes - self.calendar.spec.opens
        small, large = in_one_unit(default, limit, minutes)
        return default if 2 * small <= large else None

    def _waits(self, anchor: datetime) -> tuple[Wait, ...]:
        """The record's waits after the anchor, together at most `max`."""
        pause = self.rule.get("pause")
        if pause is None:
            return ()
        most = plain_time(parsed(pause["max"]))
        if "while" in pause:
            names = fields_behind(pause["while"], self.judge.book)
            found = [(a, b) for a, b, values in self._states(names) if self._view(values).holds(pause["while"])]
        else:
            found = list(self._holds(pause, most))
        return tuple(_capped(_merged([(max(a, anchor), b) for a, b in found if b > max(a, anchor)]), most))

    def _holds(self, pause: Mapped, most: timedelta) -> Iterator[Wait]:
        """[set_at, min(until at the calendar's open, set_at + max, ended_at))"""
        for _, ended, values in self._states({pause["from"], pause["until"]}):
            set_at, until = values.get(pause["from"]), values.get(pause["until"])
            if set_at is None or until is None or set_at is UNKNOWN:
                continue
            begins = set_at if isinstance(set_at, datetime) else close_of(self.calendar, set_at)
            if begins != BEYOND:
                yield begins, min(self._opens(until), begins + most, ended)

    def _opens(self, until: Any) -> datetime:
        """A date is over when the calendar opens on it; what is not known ends with the wait."""
        if until is UNKNOWN:
            return BEYOND
        if isinstance(until, datetime):
            return until
        return self.calendar.opens(until) if until.year < 2100 else BEYOND


def _rows(within: Any) -> list[tuple[Mapped | None, str]]:
    """Each row of a limit: when it counts (None: always), and how long it is."""
    if isinstance(within, str):
        return [(None, within)]
    if isinstance(within, dict):
        rows = [({within["by"]: value}, is_) for value, is_ in within.items() if value not in ("by", "else")]
        return [*rows, (None, within["else"])] if "else" in within else list(rows)
    return [({k: v for k, v in row.items() if k != "is"} or None, row["is"]) for row in within]


def _then(changes: Sequence[tuple[int, Any]], moment: int | None) -> Any:
    """The value that held from a moment on; before all changes it was another than the first."""
    known = [value for at, value in changes if moment is not None and at <= moment]
    if known:
        return known[-1]
    return UNKNOWN if changes[0][1] in (None, "") else None


def _midnight_after(calendar: SlowCalendar, day: date) -> datetime:
    return calendar.clock_shows(day + timedelta(days=1), 0) if day.year < 2099 else BEYOND


def _merged(waits: Sequence[Wait]) -> list[Wait]:
    merged: list[Wait] = []
    for start, end in sorted(waits):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _capped(waits: Sequence[Wait], most: timedelta) -> Iterator[Wait]:
    left = most
    for start, end in waits:
        if left > timedelta():
            length = min(end - start, left)
            yield start, start + length
            left -= length
