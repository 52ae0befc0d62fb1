"""What would be said of each clock that is late or at risk if its rule spoke from now on.

A clock without an alert is decided by the arrays, one with an alert by the step that the tick itself would take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain import episodes
from stalewatch.domain.alerts import AlertState, Policy, Reading, policy_of
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.clocks import Verdict
from stalewatch.domain.deadlines import State
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import Mask
from stalewatch.domain.language.model import Since
from stalewatch.services.judging.alert_rows import from_row
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts
from stalewatch.store.engine import Connection


class Fate(IntEnum):
    """What becomes of a clock that is late or at risk; of several on one record the first counts."""

    NEWS = 1
    """Somebody is told."""
    BACKLOG = 2
    """It was late before the rule spoke: one line among others in the owner's next digest."""
    QUIET = 3
    """Nothing is said: it was told already, another rule speaks instead, or somebody put it off."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A verdict with the state of each of its clocks at the moment of the preview."""

    verdict: Verdict
    state: NDArray[np.int8]

    @property
    def late(self) -> Mask:
        mask: Mask = self.state == State.BREACHED
        return mask

    @property
    def at_risk(self) -> Mask:
        mask: Mask = self.state == State.AT_RISK
        return mask


Key = tuple[str, str, str | None]


@dataclass(frozen=True)
class Fates:
    """Tells the fates of one frame.

    Attributes:
        since: per rule the moment since which it speaks for this connection; a missing rule has no backlog.
    """

    conn: Connection
    book: Rulebook
    frame: Frame
    chosen: Chosen
    since: Mapping[str, int]
    now: int

    def of(self, seen: Sequence[Seen]) -> list[NDArray[np.int8]]:
        """A fate per clock, 0 where it is neither late nor at risk."""
        muted = self._muted(seen)
        known = self._known(seen)
        return [self._fate(one, muted, known) for one in seen]

    def _fate(self, one: Seen, muted: Mapping[str, Mask], known: Mapping[Key, Any]) -> NDArray[np.int8]:
        rule, clocks = one.verdict.rule.id, one.verdict.deadlines
        fate = np.where(one.late | one.at_risk, Fate.NEWS, 0).astype(np.int8)
        if rule in self.since:
            fate[one.late & (clocks.breach_at <= self.since[rule])] = Fate.BACKLOG
        if rule in muted:
            fate[(fate == Fate.NEWS) & muted[rule][one.verdict.row]] = Fate.QUIET
        if known:
            for place in np.flatnonzero(fate).tolist():
                row = known.get(self._key(one.verdict, place))
                if row is not None and is_settled(row, int(one.state[place])):
                    fate[place] = Fate.QUIET
                elif row is not None:
                    hidden = rule in muted and bool(muted[rule][one.verdict.row[place]])
                    fate[place] = self._stepped(one, place, row, "another" if hidden else None)
        return fate

    def _muted(self, seen: Sequence[Seen]) -> dict[str, Mask]:
        """Per rule the records on which another one is late that speaks instead."""
        muted: dict[str, Mask] = {}
        for one in seen:
            for name in one.verdict.rule.mutes:
                mask = muted.setdefault(name, np.zeros(self.frame.size, np.bool_))
                mask[one.verdict.row[one.late]] = True
        return muted

    def _known(self, seen: Sequence[Seen]) -> dict[Key, Any]:
        """The latest episode of every problem of the records that are late or at risk."""
        spoken = np.zeros(self.frame.size, np.bool_)
        for one in seen:
            spoken[one.verdict.row[one.late | one.at_risk]] = True
        ids = [self.frame.keys[row] for row in np.flatnonzero(spoken).tolist()]
        now_called = self.book.renamed
        return {
            (row.record_id, now_called.get(row.rule_id, row.rule_id), row.subject): row
            for row in alerts.latest_of(self.conn, ids)
        }

    def _key(self, verdict: Verdict, place: int) -> Key:
        subject = None if verdict.subject is None else str(verdict.subject[place])
        return self.frame.keys[int(verdict.row[place])], verdict.rule.id, subject

    def _stepped(self, one: Seen, place: int, row: Any, muted_by: str | None) -> Fate:
        """What the next tick would make of the alert that there is."""
        rule, clocks = one.verdict.rule, one.verdict.deadlines
        reading = Reading(
            State(int(one.state[place])), int(clocks.anchor[place]), int(clocks.warn_at[place]),
            int(clocks.breach_at[place]), self.now, by_condition=isinstance(rule.start, Since),
        )  # fmt: skip
        before = from_row(row)
        policy = replace(
            self._policy(self.chosen.of(int(one.verdict.row[place]))), live_since=self.since.get(rule.id),
            muted_by=muted_by, holdout=before.holdout,
        )  # fmt: skip
        step = episodes.step(before, row.fingerprint, reading, self.now, policy)
        if step.says:
            return Fate.NEWS
        fresh = step.alert is not None and step.alert.backlog and (before.is_over or not before.backlog)
        return Fate.BACKLOG if fresh else Fate.QUIET

    def _policy(self, calendar: Calendar) -> Policy:
        return policy_of(calendar, self.book.judging.keep_for, self.book.judging.reopen_within)


def is_settled(row: Any, state: int) -> bool:
    """Whether an alert is late as it was when that was told, or listed as backlog, so that a step would say nothing.

    Most alerts are; to take the step for each of hundreds of thousands would cost more than all the rest.
    """
    if state != State.BREACHED or row.shadow:
        return False
    if any(at is not None for at in (row.snoozed_until, row.hushed_until, row.ask_at, row.climb_at)):
        return False  # a timer of its own may have something to say
    if row.breached_at is None or row.resolved_since_told:
        return False
    return row.state == (AlertState.BACKLOG if row.backlog else AlertState.OPEN) and (
        row.backlog or row.breach_told_at is not None
    )
