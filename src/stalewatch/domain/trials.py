"""Timeline tests of rules (`stalewatch rules test`): a record's story, and what must be true at which moment.

What a clock says is computed for all expectations at once; what is told is found by living through the story,
edge by edge, with the same steps that a running system takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from stalewatch.domain import alerts, assemble, episodes
from stalewatch.domain.assemble import Happening, Raw, Snapshot
from stalewatch.domain.clocks import Judge, Verdict
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.entries import Entry, deadlines, entries
from stalewatch.domain.instants import NEVER, OUTSIDE, to_us
from stalewatch.domain.readings import readings


@dataclass(frozen=True, slots=True)
class Sleep:
    """A snooze in the story."""

    rule: str
    until: int


@dataclass(frozen=True, slots=True)
class Happens:
    """Something that happens at `at`: fields set, an event, a snooze."""

    at: int
    sets: Mapping[str, Raw] = field(default_factory=dict)
    event: Happening | None = None
    snooze: Sleep | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold at a moment; an attribute that is None is not asked for."""

    at: int
    rule: str
    line: int
    subject: str | None = None
    state: str | None = None
    breach_at: int | None = None
    warn_at: int | None = None
    says: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Trial:
    """One test: what is given from the record's creation on, what happens, what is expected."""

    name: str
    object: str
    given: Mapping[str, Raw]
    happens: tuple[Happens, ...]
    expects: tuple[Expectation, ...]
    line: int = 0

    @cached_property
    def _ordered(self) -> list[Happens]:
        return sorted(self.happens, key=lambda one: one.at)

    @cached_property
    def created(self) -> int:
        """When the record came to be, in microseconds; the epoch if it does not say."""
        created = self.given.get("created_at")
        return to_us(created) if isinstance(created, datetime) else 0

    def at(self, moment: int) -> Snapshot:
        """The record after all changes up to and including this moment."""
        values = dict(self.given)
        changes: dict[str, list[tuple[int, Raw]]] = {}
        events: list[Happening] = []
        for one in self._ordered:
            if one.at > moment:
                break
            for name, value in one.sets.items():
                changes.setdefault(name, [(self.created, self.given.get(name))]).append((one.at, value))
                values[name] = value
            if one.event is not None:
                events.append(one.event)
        return Snapshot(values, changes, events)


@dataclass(frozen=True, slots=True)
class Live:
    """The `live:` of a test file: how long a clock must stay satisfied, and until when it is the same story."""

    keep_for: Duration = field(default_factory=lambda: Duration(2, Unit.HOUR))
    reopen_within: Duration = field(default_factory=lambda: Duration(3, Unit.BUSINESS_DAY))


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that did not come true: what was asked for, expected and found, as shown values.

    `at` marks instants in `expected` and `found`: they are microseconds and want formatting in the test's zone.
    """

    trial: Trial
    expectation: Expectation
    what: str
    expected: str | int | None
    found: str | int | None


def run(trials: Sequence[Trial], judge: Judge, live: Live) -> list[Mismatch]:
    """Everything that is not as expected, in the order of the file."""
    mismatches = [mismatch for trial in trials for mismatch in _clocks_of(trial, judge)]
    for trial in trials:
        asked = [one for one in trial.expects if one.says is not None]
        if asked:
            mismatches += _said(trial, asked, judge, live)
    return sorted(mismatches, key=lambda one: (one.trial.line, one.expectation.line))


# --------------------------------------------------------------------------------------------- clocks


def _clocks_of(trial: Trial, judge: Judge) -> list[Mismatch]:
    frame = assemble.frame(trial.object, [trial.at(one.at) for one in trial.expects], judge.rules.catalogue)
    verdicts = {verdict.rule.id: verdict for verdict in judge.judge(frame)}
    return [
        mismatch
        for row, one in enumerate(trial.expects)
        for mismatch in _compare(trial, one, verdicts.get(one.rule), row)
    ]


def _compare(trial: Trial, one: Expectation, verdict: Verdict | None, row: int) -> list[Mismatch]:
    if verdict is None:
        return [Mismatch(trial, one, "rule", one.rule, None)]
    mine = verdict.row == row
    if one.subject is not None and verdict.subject is not None:
        mine &= verdict.subject == one.subject
    found = np.flatnonzero(mine)
    if not len(found):
        return [Mismatch(trial, one, "event", one.subject, None)]
    clock = int(found[-1])
    clocks = verdict.deadlines
    now = np.full(len(verdict.row), one.at, np.int64)
    actual: list[tuple[str, str | int | None, str | int | None]] = [
        ("state", one.state, State(clocks.state(now)[clock]).word),
        ("breach_at", one.breach_at, _instant(int(clocks.breach_at[clock]))),
        ("warn_at", one.warn_at, _instant(int(clocks.warn_at[clock]))),
    ]
    return [
        Mismatch(trial, one, what, expected, found)
        for what, expected, found in actual
        if expected is not None and expected != found
    ]


def _instant(moment: int) -> int | None:
    return None if moment in (NEVER, OUTSIDE) else moment


# --------------------------------------------------------------------------------------------- what is told


class _Life:
    """A record's story lived through: clocks and alerts of every rule, moment by moment."""

    def __init__(self, trial: Trial, judge: Judge, live: Live) -> None:
        self.trial, self.judge, self.live = trial, judge, live
        self.policy = alerts.policy_of(judge.calendars.default, live.keep_for, live.reopen_within)
        self.clocks: list[Entry] = []
        self.alerts: dict[tuple[str, str | None], alerts.Alert] = {}
        self.told: dict[str, list[str]] = {}
        self.pending = sorted(trial.happens, key=lambda one: one.at)
        self.now = min([trial.created, *(one.at for one in trial.happens)])
        self._judge(self.now)

    def live_through(self, until: int) -> None:
        """Let time pass up to and including `until`, stopping wherever something changes."""
        while (moment := self._next()) <= until:
            self._reach(moment)

    def _next(self) -> int:
        """The next moment at which a change happens, a clock changes its state, or an alert's timer rings."""
        times = [one.at for one in self.pending[:1]]
        timers = (alert.due_at for alert in self.alerts.values())
        times += [timer for timer in timers if timer is not None and timer > self.now]
        if self.clocks:
            edges = deadlines(self.clocks).next_edge(np.full(len(self.clocks), self.now, np.int64))
            times.append(int(edges.min()))
        return min(times, default=OUTSIDE)

    def _judge(self, now: int) -> None:
        snapshot = self.trial.at(now)
        frame = assemble.frame(self.trial.object, [snapshot], self.judge.rules.catalogue)
        before = {entry.key: entry for entry in self.clocks}
        fresh = entries(self.judge.judge(frame), 1)[0]
        self.clocks = [entry.kept(before.get(entry.key), now) for entry in fresh]
        self.is_open = bool(snapshot.values.get("is_open", True))

    def _reach(self, now: int) -> None:
        self.now = now
        due = [one for one in self.pending if one.at <= now]
        if due:
            self.pending = [one for one in self.pending if one.at > now]
            self._judge(now)
        self._snooze([one.snooze for one in due if one.snooze is not None], now)
        self._step(now)

    def _snooze(self, sleeps: Sequence[Sleep], now: int) -> None:
        for sleep in sleeps:
            for key, alert in self.alerts.items():
                if key[0] == sleep.rule and not alert.is_over:
                    self.alerts[key] = episodes.snooze(alert, sleep.until, self._policy(None))

    def _step(self, now: int) -> None:
        rules = {rule.id: rule for rule in self.judge.rules.rules}
        found = readings(self.clocks, set(self.alerts), rules, now, is_open=self.is_open)
        breached = {key[0] for key, reading in found.items() if reading.state is State.BREACHED}
        for key, reading in found.items():
            muter = next((rule for rule in sorted(breached) if key[0] in rules[rule].mutes), None)
            outcome = episodes.step(self.alerts.get(key), "", reading, now, self._policy(muter))
            if outcome.alert is not None:
                self.alerts[key] = outcome.alert
                said = [f"{outcome.alert.episode}:{one.kind}" for one in outcome.says]
                self.told.setdefault(key[0], []).extend(said)

    def _policy(self, muted_by: str | None) -> alerts.Policy:
        return replace(self.policy, muted_by=muted_by)


def _said(trial: Trial, asked: Sequence[Expectation], judge: Judge, live: Live) -> list[Mismatch]:
    life = _Life(trial, judge, live)
    mismatches = []
    for one in sorted(asked, key=lambda one: one.at):
        life.live_through(one.at)
        told = tuple(life.told.get(one.rule, ()))
        if told != one.says:
            mismatches.append(Mismatch(trial, one, "says", ", ".join(one.says or ()), ", ".join(told)))
    return mismatches
