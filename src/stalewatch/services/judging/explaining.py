"""Take one record's deadlines apart: the same facts for Slack, the dashboard, the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.clocks import Verdict
from stalewatch.domain.conditions import Scope
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Unit
from stalewatch.domain.entries import Entry, deadlines
from stalewatch.domain.explain import AnchorSource, Explanation
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, OUTSIDE
from stalewatch.domain.language.model import Each, FieldType, FromFields, Rule, Words
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.language.refs import refs
from stalewatch.domain.missing import missing, title_of
from stalewatch.domain.needs import Needs
from stalewatch.domain.pauses import Pauses
from stalewatch.services.judging import frames
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes
from stalewatch.store.engine import Connection

_BUSINESS = (Unit.BUSINESS_DAY, Unit.BUSINESS_HOUR)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains by one rulebook at one moment."""

    book: Rulebook
    now: int

    def explain(self, conn: Connection, row: Any) -> list[Explanation]:
        """Every clock of a record (its stored row), those that are late first."""
        needs = self.book.needs[row.object]
        frame = frames.load(conn, self.book.rules.catalogue, needs, row.object, [row.id], coverage(conn))
        chosen = self.book.calendars.choose(frame, self.book.rules)
        case = _Case(self.book, self.now, frame, chosen, row, _sources(conn, row.id, needs))
        found = [each for verdict in self.book.judge.judge(frame) for each in case.explanations(verdict)]
        return sorted(found, key=_gravest_first)


@dataclass(frozen=True, slots=True)
class _Case:
    """One record under judgement."""

    book: Rulebook
    now: int
    frame: Frame
    chosen: Chosen
    row: Any
    sources: dict[tuple[str, int], str]

    def explanations(self, verdict: Verdict) -> list[Explanation]:
        clocks = verdict.deadlines
        now = np.full(len(verdict.row), self.now, np.int64)
        states = clocks.state(now).tolist()
        paused = clocks.paused_until(now).tolist()
        scope = Scope(self.frame, self.book.rules, self.chosen).over(verdict.row, clocks.anchor)
        lacking = missing(verdict.rule, self.book.rules, scope)
        return [
            self._one(verdict, clock, State(states[clock]), _or_none(paused[clock]), lacking[clock])
            for clock in range(len(verdict.row))
        ]

    def _one(
        self, verdict: Verdict, clock: int, state: State, paused_until: int | None, lacking: tuple[Words, ...]
    ) -> Explanation:
        rule, clocks = verdict.rule, verdict.deadlines
        calendar = self.chosen.of(0)
        anchor, due, warn = (_or_none(int(times[clock])) for times in (clocks.anchor, clocks.breach_at, clocks.warn_at))
        limit = int(verdict.limit[clock])
        holidays, waits = self._skipped(verdict, clock, calendar)
        exception = self._exception(rule)
        return Explanation(
            rule_id=rule.id,
            rule_title=rule.title,
            state=state.word,
            subject=None if verdict.subject is None else str(verdict.subject[clock]),
            started_by=self._started_by(rule, anchor),
            anchor=anchor,
            source=self._source(rule, anchor, estimated=bool(verdict.estimated[clock])),
            limit=rule.within[limit].duration if limit >= 0 else None,
            calendar=calendar.spec.name,
            zone=calendar.spec.zone,
            holidays_skipped=holidays,
            paused_dates=waits,
            pause_reason=str((self.row.fields or {}).get("hold_reason") or "") if rule.pause else "",
            paused_until=paused_until,
            due=due,
            warn=None if warn == due else warn,
            missing=lacking if state in (State.WATCHING, State.AT_RISK, State.BREACHED) else (),
            unreadable=self._unreadable(rule) if state is State.CANNOT_JUDGE else (),
            excepted_because=exception if state is State.EXCEPTED else "",
            excepted_until=_or_none(int(clocks.excepted_until[clock])) if state is State.EXCEPTED else None,
            connection=self.row.connection,
        )

    def _skipped(self, verdict: Verdict, clock: int, calendar: Calendar) -> tuple[int, int]:
        """Holidays and paused dates between the anchor and the deadline."""
        clocks, limit = verdict.deadlines, int(verdict.limit[clock])
        if clocks.base[clock] != State.WATCHING or limit < 0:
            return 0, 0
        anchor, due = clocks.anchor[clock : clock + 1], clocks.breach_at[clock : clock + 1]
        unit = verdict.rule.within[limit].duration.unit
        holidays = int(calendar.holidays_between(anchor, due)[0]) if unit in _BUSINESS else 0
        if clocks.pauses is None:
            return holidays, 0
        span = slice(int(clocks.pauses.first[clock]), int(clocks.pauses.first[clock + 1]))
        mine = Pauses(np.array([0, span.stop - span.start]), clocks.pauses.start[span], clocks.pauses.end[span])
        return holidays, int(calendar.paused_dates(anchor, due, mine)[0]) if span.stop > span.start else 0

    def _started_by(self, rule: Rule, anchor: int | None) -> tuple[Words, ...]:
        """What set the anchor: the field whose value it is, the fields of a condition, the event."""
        match rule.start:
            case Each(event=event):
                return ({"en": event.replace("_", " ").capitalize(), "ja": _EVENTS_JA.get(event, event)},)
            case FromFields(fields=some):
                scope = Scope(self.frame, self.book.rules, self.chosen)
                set_by = [ref.name for ref in some if anchor in (None, self._instant(scope, ref.name, ref.type))]
                return tuple(title_of(name, self.book.rules) for name in (set_by if anchor is None else set_by[:1]))
        named = dict.fromkeys(ref.name for ref in refs(rule.start.condition))
        return tuple(title_of(name, self.book.rules) for name in named)

    def _instant(self, scope: Scope, name: str, kind: FieldType) -> int | None:
        column = scope.column(name)
        if not column.present[0]:
            return None
        value = column.values.astype(np.int64)
        return int((scope.per_calendar(value, Calendar.closes_at) if kind is FieldType.DATE else value)[0])

    def _source(self, rule: Rule, anchor: int | None, *, estimated: bool) -> AnchorSource:
        if estimated:
            return AnchorSource.ESTIMATED
        if isinstance(rule.start, FromFields | Each) or anchor is None:
            return AnchorSource.CRM
        told = {source for (_, at), source in self.sources.items() if at == anchor}
        return AnchorSource.SEEN if told == {"seen"} else AnchorSource.CRM

    def _unreadable(self, rule: Rule) -> tuple[Words, ...]:
        hidden = [
            name
            for name in sorted(fields_read(rule, self.book.rules).judged)
            if name not in self.frame.columns or self.frame.unavailable.get(name, np.zeros(1, np.bool_))[0]
        ]
        return tuple(title_of(name, self.book.rules) for name in hidden)

    def _exception(self, rule: Rule) -> str:
        return next((one.because for one in self.book.rules.exceptions if rule.id in one.rules), "")


def of_entry(book: Rulebook, rule: Rule, entry: Entry, calendar: Calendar, connection: str, now: int) -> Explanation:
    """The short form for lists, out of a stored clock alone: when, how long, by which calendar."""
    clocks = deadlines([entry])
    moment = np.array([now], np.int64)
    limit = rule.within[entry.limit].duration if entry.limit >= 0 else None
    counted = limit is not None and limit.unit in _BUSINESS and entry.runs
    skipped = int(calendar.holidays_between(clocks.anchor, clocks.breach_at)[0]) if counted else 0
    named = [ref.name for ref in rule.start.fields] if isinstance(rule.start, FromFields) else []
    pauses = clocks.pauses
    waits = 0 if pauses is None else int(calendar.paused_dates(clocks.anchor, clocks.breach_at, pauses)[0])
    return Explanation(
        rule_id=rule.id,
        rule_title=rule.title,
        state=State(int(clocks.state(moment)[0])).word,
        subject=entry.subject,
        started_by=tuple(title_of(name, book.rules) for name in named[:1]) if len(named) == 1 else (),
        anchor=entry.anchor,
        source=AnchorSource.ESTIMATED if entry.estimated else AnchorSource.CRM,
        limit=limit,
        calendar=calendar.spec.name,
        zone=calendar.spec.zone,
        holidays_skipped=skipped,
        paused_dates=waits,
        paused_until=_or_none(int(clocks.paused_until(moment)[0])),
        due=entry.breach_at,
        connection=connection,
    )


_EVENTS_JA = {
    "meeting": "商談",
    "proposal_sent": "提案書の送付",
    "stage_regressed": "ステージの後退",
    "amount_decreased": "金額の減少",
    "close_date_pushed": "完了予定日の延期",
    "lead_handed_off": "リードの引き渡し",
}
_ORDER: Sequence[str] = ("breached", "at_risk", "paused", "watching", "cannot_judge")


def _gravest_first(one: Explanation) -> tuple[int, int, str]:
    rank = _ORDER.index(one.state) if one.state in _ORDER else len(_ORDER)
    return rank, one.due or 0, one.rule_id


def _sources(conn: Connection, record_id: str, needs: Needs) -> dict[tuple[str, int], str]:
    return {(row[1], row[2]): row[5] for row in changes.read(conn, [record_id], needs.history)}


def _or_none(moment: int) -> int | None:
    return None if moment in (NEVER, OUTSIDE) else moment
