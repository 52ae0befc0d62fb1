"""What a moment means for some records: their clocks read, their alerts taken one step further."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from stalewatch.domain import alerts, episodes
from stalewatch.domain.alerts import Alert, AlertState, Cause, Kind, Policy, Reading, Said
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration
from stalewatch.domain.entries import Entry
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.levels import NOBODY, Ladders
from stalewatch.domain.policies import Holdout
from stalewatch.domain.readings import Problem, readings


@dataclass(frozen=True, slots=True)
class Watched:
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


@dataclass(frozen=True, slots=True)
class Moved:
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
        if record.is_gone:
            return self._end(record, record.alerts, Cause.DATA_LOST, now)
        before = record.alerts.keys()
        record = self._known_again(record)
        removed = {problem: alert for problem, alert in record.alerts.items() if problem[0] not in self.rules}
        ended = self._end(record, removed, Cause.RULE_CHANGED, now)
        return ended + self._steps(record, now, record.alerts.keys() - before)

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
        return replace(record, alerts=mine)

    def _steps(self, record: Watched, now: int, known_again: Collection[Problem]) -> list[Moved]:
        found = readings(record.clocks, record.alerts.keys(), self.rules, now, is_open=record.is_open)
        muters = self._muters(found, record)
        moved = []
        for problem, reading in found.items():
            rule = self.rules.get(problem[0])
            if rule is None:
                continue
            latest = record.alerts.get(problem)
            muter = next((name for name in muters if problem[0] in self.rules[name].mutes), None)
            mark = self._mark(rule, record, problem, latest)
            outcome = episodes.step(latest, mark, reading, now, self._policy(record, rule, muter, mark))
            says = outcome.says or self._inherited(outcome.alert, problem in record.heirs)
            is_named_anew = problem in known_again and latest is not None and not latest.is_over
            if outcome.alert is not None and (outcome.alert != latest or says or is_named_anew):
                moved.append(Moved(record, rule.id, rule, problem[1], outcome.alert, reading, says))
        return moved

    def _mark(self, rule: Rule, record: Watched, problem: Problem, latest: Alert | None) -> str:
        """A problem keeps its fingerprint for ever, also if its rule gets another id (`was`).

        A new rule with the old id finds it taken, and counts its problems under another one.
        """
        if latest is not None:
            return latest.fingerprint
        mark = self._own_mark(rule, record, problem[1])
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

    def _muters(self, found: Mapping[Problem, Reading], record: Watched) -> list[str]:
        """Live rules that are breached on this record and hide others."""
        breached = {rule for (rule, _), reading in found.items() if reading.state is State.BREACHED}
        return sorted(rule for rule in breached if self._speaks(rule) and self.rules[rule].mutes)

    def _speaks(self, rule: str) -> bool:
        return rule in self.rules and self.modes.get(rule) is Mode.LIVE

    def _policy(self, record: Watched, rule: Rule, muter: str | None, mark: str) -> Policy:
        plain = alerts.policy_of(record.calendar, self.keep_for, self.reopen_within)
        return replace(
            plain, live_since=record.live_since.get(rule.id), shadow=not self._speaks(rule.id), muted_by=muter,
            ladder=self.ladders.of(rule.escalate),
            holdout=self.holdout is not None and self.holdout.silences(rule, mark),
        )  # fmt: skip
