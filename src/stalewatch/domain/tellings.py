"""What a story makes us say: lived through edge by edge, with the same steps that a running system takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stalewatch.domain import alerts, assemble, climbing, episodes
from stalewatch.domain.clocks import Judge
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, deadlines, entries
from stalewatch.domain.instants import OUTSIDE
from stalewatch.domain.readings import readings
from stalewatch.domain.trial import Live, Sleep, Trial


class Life:
    """A record's story lived through: clocks and alerts of the judge's rules, moment by moment.

    Attributes:
        told: what each rule said so far, as `episode:kind`.
    """

    def __init__(self, trial: Trial, judge: Judge, live: Live) -> None:
        self.trial, self.judge, self.live = trial, judge, live
        plain = alerts.policy_of(judge.calendars.default, live.keep_for, live.reopen_within)
        self.policy = replace(plain, ladder=live.ladder)
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
                self.alerts[key] = self._delivered(outcome.alert, now, muter)
                said = [f"{outcome.alert.episode}:{one.kind}" for one in outcome.says]
                self.told.setdefault(key[0], []).extend(said)

    def _delivered(self, alert: alerts.Alert, now: int, muter: str | None) -> alerts.Alert:
        """Here everything is delivered at once, so that the time of a ladder counts from when it was said."""
        if not alert.breach_told or alert.is_over or alert.counts_from is not None:
            return alert
        return climbing.delivered(alert, now, self._policy(muter))

    def _policy(self, muted_by: str | None) -> alerts.Policy:
        return replace(self.policy, muted_by=muted_by)
