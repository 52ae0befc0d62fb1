"""Take one record's deadlines apart: the same facts for Slack, the dashboard, the API and the command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from stalewatch.domain.because import met, wanted
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.clocks import Verdict
from stalewatch.domain.conditions import Scope
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Unit
from stalewatch.domain.excepting import unclear
from stalewatch.domain.explain import CalledOff, Clause, Explanation
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants
from stalewatch.domain.language.model import Condition, Each, Rule, Since, Words
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.language.refs import fields
from stalewatch.domain.missing import missing, title_of
from stalewatch.domain.pauses import Pauses
from stalewatch.services.judging import called_off, frames
from stalewatch.services.judging.beginnings import Beginning, Told, beginning, told
from stalewatch.services.judging.clauses import Clauses
from stalewatch.services.judging.sources import Lacking, coverage, lacking
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import connections
from stalewatch.store.engine import Connection

BUSINESS: Final = (Unit.BUSINESS_DAY, Unit.BUSINESS_HOUR)


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
        source = _Source.of(conn, row.connection)
        off = called_off.ahead(conn, [row.id], self.now).get(row.id, ())
        case = _Case(self.book, self.now, frame, chosen, row, told(conn, [row.id], needs), source, off)
        found = [each for verdict in self.book.judge.judge(frame) for each in case.explanations(verdict)]
        return sorted(found, key=_gravest_first)


@dataclass(frozen=True, slots=True)
class _Source:
    """A connection: its type, and the scopes that it lacks per object and field."""

    type: str
    lacking: Lacking

    @classmethod
    def of(cls, conn: Connection, connection: str) -> _Source:
        known = connections.one(conn, connection)
        return cls(known.type if known else "", lacking(conn, connection))


@dataclass(frozen=True, slots=True)
class _Case:
    """One record under judgement."""

    book: Rulebook
    now: int
    frame: Frame
    chosen: Chosen
    row: Any
    told: Told
    source: _Source
    off: tuple[CalledOff, ...]

    def explanations(self, verdict: Verdict) -> list[Explanation]:
        """The clocks of a rule; of one that follows events, where there were none, that there is no clock."""
        if not len(verdict.row):
            return [self._without_clocks(verdict.rule)]
        clocks = verdict.deadlines
        now = np.full(len(verdict.row), self.now, np.int64)
        states = clocks.state(now).tolist()
        paused = clocks.paused_until(now).tolist()
        scope = Scope(self.frame, self.book.rules, self.chosen).over(verdict.row, self._began(verdict))
        lacking = missing(verdict.rule, self.book.rules, scope)
        return [
            self._one(verdict, clock, State(states[clock]), _or_none(paused[clock]), lacking[clock], scope)
            for clock in range(len(verdict.row))
        ]

    def _began(self, verdict: Verdict) -> Instants:
        """Since when `entered` counts: from the anchor on; for a meeting from its start on."""
        start = verdict.rule.start
        events = self.frame.events.get(start.event) if isinstance(start, Each) else None
        return verdict.deadlines.anchor if events is None else events.began

    def _one(
        self, verdict: Verdict, clock: int, state: State, paused_until: int | None, lacking: tuple[Words, ...],
        scope: Scope,
    ) -> Explanation:  # fmt: skip
        rule, clocks = verdict.rule, verdict.deadlines
        calendar = self.chosen.of(0)
        anchor, due, warn = (_or_none(int(times[clock])) for times in (clocks.anchor, clocks.breach_at, clocks.warn_at))
        if state is State.CANNOT_JUDGE:
            due = warn = None  # nobody knows whether it counts
        limit = int(verdict.limit[clock])
        holidays, waits = self._skipped(verdict, clock, calendar)
        begun = self._beginning(rule, anchor, estimated=bool(verdict.estimated[clock]))
        return Explanation(
            rule_id=rule.id,
            rule_title=rule.title,
            state=state.word,
            subject=None if verdict.subject is None else str(verdict.subject[clock]),
            start=begun.start,
            started_by=begun.said,
            anchor=anchor,
            source=begun.source,
            limit=rule.within[limit].duration if limit >= 0 else None,
            calendar=calendar.spec.name,
            zone=calendar.spec.zone,
            holidays_skipped=holidays,
            paused_dates=waits,
            pause_reason=pause_reason(rule, self.row),
            paused_until=paused_until,
            due=due,
            warn=None if warn == due else warn,
            missing=lacking if state in (State.WATCHING, State.AT_RISK, State.BREACHED) else (),
            called_off=called_off.of_rule(rule, self.book.rules, state, self.off),
            **(self._unjudged(verdict, clock, scope) if state is State.CANNOT_JUDGE else {}),
            wanted=self._wanted(rule, state, scope, clock),
            met=self._met(rule, state, scope, clock),
            **(self._excepted(rule, int(clocks.excepted_until[clock])) if state is State.EXCEPTED else {}),
            connection=self.row.connection,
            crm=self.source.type,
        )

    def _without_clocks(self, rule: Rule) -> Explanation:
        """A rule that follows events, on a record that had none since we first saw it."""
        scope = Scope(self.frame, self.book.rules, self.chosen)
        blind = self._blind(rule)
        state = State.NO_CLOCK
        if not self.row.is_open:
            state = State.CLOSED
        elif blind["unreadable"]:
            state = State.CANNOT_JUDGE
        elif rule.where is not None and not scope.holds(rule.where)[0]:
            state = State.NOT_APPLICABLE
        begun = self._beginning(rule, None, estimated=False)
        return Explanation(
            rule_id=rule.id,
            rule_title=rule.title,
            state=state.word,
            start=begun.start,
            started_by=begun.said,
            **(blind if state is State.CANNOT_JUDGE else {}),
            wanted=self._wanted(rule, state, scope, 0),
            calendar=self.chosen.of(0).spec.name,
            zone=self.chosen.of(0).spec.zone,
            connection=self.row.connection,
            crm=self.source.type,
        )

    def _beginning(self, rule: Rule, anchor: int | None, *, estimated: bool) -> Beginning:
        calendar = self.chosen.of(0)
        return beginning(rule, self.book.rules, self.row, anchor, calendar, self.told, self.now, estimated=estimated)

    def _clauses(self, some: Sequence[Condition]) -> tuple[Clause, ...]:
        scope = Scope(self.frame, self.book.rules, self.chosen)
        zone, currency = self.chosen.of(0).spec.zone, self.book.judging.currency
        clauses = Clauses(self.book.rules, self.row, scope, zone, currency, self.now)
        return tuple(clauses.of(one) for one in some)

    def _wanted(self, rule: Rule, state: State, scope: Scope, clock: int) -> tuple[Clause, ...]:
        """What would have to be true for the rule to be about the record, or for its clock to run."""
        condition = {
            State.NOT_APPLICABLE: rule.where,
            State.NO_CLOCK: rule.start.condition if isinstance(rule.start, Since) else None,
        }.get(state)
        if condition is None or scope.holds(condition)[clock]:
            return ()
        return self._clauses(wanted(condition, scope, clock))

    def _met(self, rule: Rule, state: State, scope: Scope, clock: int) -> tuple[Clause, ...]:
        if state is not State.SATISFIED or rule.until is None:
            return ()
        return self._clauses(met(rule.until, scope, clock))

    def _skipped(self, verdict: Verdict, clock: int, calendar: Calendar) -> tuple[int, int]:
        """Holidays and paused dates between the anchor and the deadline."""
        clocks, limit = verdict.deadlines, int(verdict.limit[clock])
        if clocks.base[clock] != State.WATCHING or limit < 0:
            return 0, 0
        anchor, due = clocks.anchor[clock : clock + 1], clocks.breach_at[clock : clock + 1]
        unit = verdict.rule.within[limit].duration.unit
        holidays = int(calendar.holidays_between(anchor, due)[0]) if unit in BUSINESS else 0
        if clocks.pauses is None:
            return holidays, 0
        span = slice(int(clocks.pauses.first[clock]), int(clocks.pauses.first[clock + 1]))
        mine = Pauses(np.array([0, span.stop - span.start]), clocks.pauses.start[span], clocks.pauses.end[span])
        return holidays, int(calendar.paused_dates(anchor, due, mine)[0]) if span.stop > span.start else 0

    def _unjudged(self, verdict: Verdict, clock: int, scope: Scope) -> dict[str, Any]:
        """Why a clock cannot be judged: for want of what its rule reads, or of what exceptions of the rule read."""
        rule, until = verdict.rule, verdict.deadlines.unclear_until
        if verdict.deadlines.base[clock] == State.CANNOT_JUDGE or until is None:
            return self._blind(rule)
        open_ones = [
            one
            for one in self.book.rules.exceptions
            if rule.id in one.rules and one.where is not None and unclear(one.where, scope)[clock]
        ]
        read = {name for one in open_ones if one.where is not None for name in fields(one.where, self.book.rules)}
        because = next((one.because for one in open_ones if one.because), "")
        return {
            **self._lacking(read),
            "needed_by_exception": True,
            "excepted_because": because,
            "excepted_until": _or_none(int(until[clock])),
        }

    def _blind(self, rule: Rule) -> dict[str, Any]:
        return self._lacking(fields_read(rule, self.book.rules).judged)

    def _lacking(self, names: Collection[str]) -> dict[str, Any]:
        """What of the fields that decide cannot be told: their titles, those that can be mapped, lacking scopes."""
        hidden = [
            name
            for name in sorted(names)
            if name not in self.frame.columns or self.frame.unavailable.get(name, np.zeros(1, np.bool_))[0]
        ]
        known = set(self.row.unreadable or ())
        lacks = self.source.lacking.get("lead" if self.row.object == "lead" else "deal", {})
        scopes = dict.fromkeys(scope for name in hidden for scope in lacks.get(name, ()))
        return {
            "unreadable": tuple(title_of(name, self.book.rules) for name in hidden),
            "unmapped": tuple(name for name in hidden if name not in known and name not in lacks),
            "scopes": tuple(scopes),
        }

    def _excepted(self, rule: Rule, until: int) -> dict[str, Any]:
        because = next((one.because for one in self.book.rules.exceptions if rule.id in one.rules), "")
        return {"excepted_because": because, "excepted_until": _or_none(until)}


def pause_reason(rule: Rule, row: Any) -> str:
    """Why a record waits, for a rule whose clock a wait holds; "" if nobody said."""
    return str(getattr(row, "hold_reason", None) or "") if rule.pause else ""


_ORDER: Sequence[str] = (
    *("breached", "at_risk", "paused", "watching", "cannot_judge"),
    *("excepted", "no_clock", "satisfied", "not_applicable", "closed"),
)


def _gravest_first(one: Explanation) -> tuple[int, int, str]:
    rank = _ORDER.index(one.state) if one.state in _ORDER else len(_ORDER)
    return rank, one.due or 0, one.rule_id


def _or_none(moment: int) -> int | None:
    return None if moment in (NEVER, OUTSIDE) else moment
