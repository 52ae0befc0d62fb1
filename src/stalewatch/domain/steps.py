"""What a moment means for some records: their clocks read, their alerts taken one step further."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import msgspec

from stalewatch.domain import alerts, episodes
from stalewatch.domain.alerts import Alert, AlertState, Cause, Kind, Policy, Reading, Said
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration
from stalewatch.domain.entries import Entry
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.levels import NOBODY, Ladders
from stalewatch.domain.policies import Holdout
from stalewatch.domain.readings import Faces, Problem, without_clock

_BREACHED: Final = State.BREACHED.value
_SPEAKING: Final = frozenset({State.AT_RISK.value, _BREACHED})
"""As plain numbers: every clock of every record is compared with them."""


class Watched(msgspec.Struct, frozen=True, gc=False):
    """One record as a step sees it.

    Attributes:
        alerts: the latest episode of every problem that the record ever had.
        owner: whom it belongs to now; `heirs` are the problems of which an earlier owner was told.
        live_since: per rule when it began to speak for this record's connection; a missing rule has no backlog.
        is_gone: the CRM no longer shows the record.
        taken: fingerprints that it gave to problems which went over to another record, when the two were merged.
    """

    id: str
    object: str
    is_open: bool
    clocks: Sequence[Entry]
    alerts: Mapping[Problem, Alert]
    calendar: Calendar
    live_since: Mapping[str, int]
    is_gone: bool = False
    owner: str | None = None
    heirs: Collection[Problem] = ()
    taken: Collection[str] = ()


class Moved(msgspec.Struct, frozen=True, gc=False):
    """One alert that a step changed or that has something to say; `rule` is None if no file names it any more."""

    record: Watched
    rule_id: str
    rule: Rule | None
    subject: str | None
    alert: Alert
    reading: Reading | None
    says: tuple[Said, ...]

    @property
    def begins_anew(self) -> bool:
        """Whether an episode ended while its clock, from another start, speaks again: one step opens the next."""
        speaks = self.reading is not None and self.reading.state in (State.AT_RISK, State.BREACHED)
        return self.alert.is_over and speaks


@dataclass(frozen=True, slots=True)
class Steps:
    """The rules as steps need them.

    Attributes:
        tenant: part of every fingerprint.
        modes: the mode in force of each rule; rules that are off are not among `rules`.
        ladders: of what opens from now on; `holdout` decides what of it stays silent (None: nothing).
    """

    tenant: str
    rules: Mapping[str, Rule]
    modes: Mapping[str, Mode]
    keep_for: Duration
    reopen_within: Duration
    ladders: Ladders = NOBODY
    holdout: Holdout | None = None

    def take(self, record: Watched, now: int) -> list[Moved]:
        """Take every problem of a record to `now`; answers with those that changed."""
        return self.take_all([record], Faces.of(record.clocks, now))

    def take_all(self, some: Sequence[Watched], faces: Faces) -> list[Moved]:
        """The same for records, to the moment of `faces`: their clocks, one record's behind the other's."""
        moved: list[Moved] = []
        policies, first = _Policies.of_walk(self), 0
        for record in some:
            view = _View(record, faces, range(first, first + len(record.clocks)), policies)
            moved += self._taken(view)
            first = view.places.stop
        return moved

    def _taken(self, view: _View) -> list[Moved]:
        record, now = view.record, view.faces.now
        if record.is_gone:
            return self._end(record, record.alerts, Cause.DATA_LOST, now)
        if not record.alerts:
            return self._steps(view, ())
        before = record.alerts.keys()
        record = self._known_again(record)
        removed = {problem: alert for problem, alert in record.alerts.items() if problem[0] not in self.rules}
        ended = self._end(record, removed, Cause.RULE_CHANGED, now)
        return ended + self._steps(view._replace(record=record), record.alerts.keys() - before)

    def _known_again(self, record: Watched) -> Watched:
        """Give the problems of rules that are gone to those that would call them their own.

        A rename that is taken back without a `was` is such a case: the old id has the fingerprint again.
        """
        gone = {alert.fingerprint: problem for problem, alert in record.alerts.items() if problem[0] not in self.rules}
        if not gone:
            return record
        mine = dict(record.alerts)
        for rule in self.rules.values():
            for mark, (removed, subject) in gone.items():
                if (rule.id, subject) not in mine and self._own_mark(rule, record, subject) == mark:
                    mine[rule.id, subject] = mine.pop((removed, subject))
        return msgspec.structs.replace(record, alerts=mine)

    def _steps(self, view: _View, known_again: Collection[Problem]) -> list[Moved]:
        record, faces = view.record, view.faces
        muters = self._muters(view) if view.policies.mutes else ()
        moved = []
        for problem, place in view.problems().items():
            rule = self.rules.get(problem[0])
            if rule is None:
                continue
            latest = record.alerts.get(problem)
            muter = next((name for name in muters if problem[0] in self.rules[name].mutes), None) if muters else None
            mark = self._mark(rule, record, problem, latest)
            reading = view.reading(place, rule)
            outcome = episodes.step(latest, mark, reading, faces.now, view.policies.of(record, rule, muter, mark))
            alert = outcome.alert
            if alert is None:
                continue
            says = outcome.says or self._inherited(alert, problem in record.heirs)
            if says or alert != latest or (problem in known_again and not alert.is_over):
                moved.append(Moved(record, rule.id, rule, problem[1], alert, reading, says))
        return moved

    def _mark(self, rule: Rule, record: Watched, problem: Problem, latest: Alert | None) -> str:
        """A problem keeps its fingerprint for ever, also if its rule gets another id (`was`).

        A new rule with the old id finds it taken, and counts its problems under another one.
        """
        if latest is not None:
            return latest.fingerprint
        mark = self._own_mark(rule, record, problem[1])
        if not record.taken and not record.alerts:
            return mark
        taken = {*record.taken, *(one.fingerprint for one in record.alerts.values())}
        while mark in taken:
            mark = alerts.fingerprint(self.tenant, mark, record.object, record.id, problem[1])
        return mark

    def _own_mark(self, rule: Rule, record: Watched, subject: str | None) -> str:
        return alerts.fingerprint(self.tenant, rule.id, record.object, record.id, subject)

    def _end(self, record: Watched, some: Mapping[Problem, Alert], cause: Cause, now: int) -> list[Moved]:
        """Resolve what is open of these problems: nobody can tell any more how they stand."""
        moved = []
        for (rule, subject), alert in some.items():
            if not alert.is_over:
                over = episodes.end(alert, cause, now)
                ended = over.alert or alert
                moved.append(Moved(record, rule, self.rules.get(rule), subject, ended, None, over.says))
        return moved

    def _inherited(self, alert: Alert | None, has_heir: bool) -> tuple[Said, ...]:
        """What a new owner has to hear of an alert that stands: what the last one was told."""
        if not has_heir or alert is None or alert.state is not AlertState.OPEN:
            return ()
        if alert.muted_by is not None or alert.hushed_until is not None:
            return ()
        return (Said(Kind.BREACH if alert.breach_told else Kind.WARN),) if alert.was_told else ()

    def _muters(self, view: _View) -> list[str]:
        """Live rules that are breached on this record and hide others; most projects have none that hides any."""
        faces = view.faces
        breached = {faces.clocks[place].rule for place in view.places if faces.state[place] == _BREACHED}
        return sorted(breached & view.policies.mutes)

    def speaks(self, rule: str) -> bool:
        """Whether a rule is live; one in shadow is counted and says nothing."""
        return rule in self.rules and self.modes.get(rule) is Mode.LIVE


class _View(NamedTuple):
    """One record with the places of its clocks among those of all records."""

    record: Watched
    faces: Faces
    places: range
    policies: _Policies

    def reading(self, place: int | None, rule: Rule) -> Reading:
        """What the clock at a place reads; None: the problem has none any more."""
        if place is None:
            return without_clock(rule, self.faces.now, is_open=self.record.is_open)
        return self.faces.reading(place, rule)

    def problems(self) -> dict[Problem, int | None]:
        """What a step could change, with the place of its clock (None: it has none any more).

        Nothing opens unless a clock speaks, and what is over and has no timer stays as it is until then: of most
        clocks nothing has to be worked out.
        """
        known, clocks, state = self.record.alerts, self.faces.clocks, self.faces.state
        if not known:
            return {clocks[place].key: place for place in self.places if state[place] in _SPEAKING}
        here: dict[Problem, int | None] = {clocks[place].key: place for place in self.places}
        found = {
            problem: place
            for problem, place in here.items()
            if (place is not None and state[place] in _SPEAKING) or _goes_on(known.get(problem))
        }
        return found | {problem: None for problem, alert in known.items() if problem not in here and _goes_on(alert)}


def _goes_on(alert: Alert | None) -> bool:
    return alert is not None and (not alert.is_over or alert.due_at is not None)


@dataclass(frozen=True, slots=True)
class _Policies:
    """The policies of one walk over many records, most of which share one, and the live rules that hide others."""

    steps: Steps
    mutes: frozenset[str]
    known: dict[tuple[object, ...], Policy] = field(default_factory=dict)

    @classmethod
    def of_walk(cls, steps: Steps) -> _Policies:
        """Those of a walk that begins."""
        return cls(steps, frozenset(name for name, rule in steps.rules.items() if rule.mutes and steps.speaks(name)))

    def of(self, record: Watched, rule: Rule, muter: str | None, mark: str) -> Policy:
        steps, since = self.steps, record.live_since.get(rule.id)
        holdout = steps.holdout is not None and steps.holdout.silences(rule, mark)
        key = (id(record.calendar), rule.id, since, muter, holdout)
        found = self.known.get(key)
        if found is None:
            plain = alerts.policy_of(record.calendar, steps.keep_for, steps.reopen_within)
            found = self.known[key] = replace(
                plain, live_since=since, shadow=not steps.speaks(rule.id), muted_by=muter,
                ladder=steps.ladders.of(rule.escalate), holdout=holdout,
            )  # fmt: skip
        return found
