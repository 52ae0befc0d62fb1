"""Which of the notices that wait for one target go now, and which wait on, each with its named reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np

from stalewatch.domain.alerts import Kind
from stalewatch.domain.directory import Person
from stalewatch.domain.hours import Hours
from stalewatch.domain.instants import DAY
from stalewatch.domain.language.model import Severity
from stalewatch.domain.pacing import Newcomer, Reason, choose_for_rollout, digest_slot, immediate_time
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.notifier import Style
from stalewatch.services.alerting.hours import hours_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling.unknown_past import missed_digest
from stalewatch.store import notices, outbox
from stalewatch.store.engine import Connection

OLD_NEWS: Final = 2 * DAY
"""After so long nobody is told any more that something settled."""
AHEAD: Final = 14 * DAY
"""How far ahead the next daily message lies at most, over any holidays."""
_FOLDS: Final = (
    None, Reason.DIGEST.value, Reason.QUIET_HOURS.value, Reason.BUDGET_SPENT.value, Reason.FOLDED.value,
)  # fmt: skip
"""Reasons that only say when; what waits for another one is not told on the way."""
_NEW: Final = (Kind.WARN, Kind.BREACH, Kind.REOPEN)


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one message. `key` is unique among all deliveries ever.

    Attributes:
        singles: of the escalations in a person's digest so many may stand by themselves, the others are summed up;
            None: as many as there is room for.
    """

    key: str
    style: Style
    notices: Sequence[Any]
    singles: int | None = None


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses for one target.

    Attributes:
        believed: connections whose data may be judged now; of other records nothing is said.
        quiet_until: until then the target is not to be disturbed; None: it may be.
        looked: everything up to this instant has been ticked; a digest waits until its own slot has been.
        live_since: rule -> when it began to speak; empty if rollout is off.
    """

    book: Rulebook
    speaking: Speaking
    target: str
    person: Person | None
    now: int
    looked: int
    live_since: Mapping[str, int]
    believed: Collection[str]
    quiet_until: int | None = None

    def choose(self, conn: Connection) -> Batch | None:
        """The next message for the target; None if nothing may go now. What has to wait is postponed."""
        ripe = [row for row in notices.pending(conn, self.target, self.now) if self._is_believed(row)]
        ripe = self._roll_out(conn, ripe)
        operator = [row for row in ripe if row.style == Style.OPERATOR.value]
        if operator:
            return Batch(operator[0].key, Style.OPERATOR, [operator[0]])  # its key is its kind and its day
        if self.quiet_until is not None:
            notices.postpone(conn, [row.key for row in ripe], self.quiet_until, Reason.DO_NOT_DISTURB.value)
            return None
        immediate = self._one_by_one(conn, [row for row in ripe if row.style == Style.IMMEDIATE.value])
        if immediate:
            chosen = self._immediate(conn, immediate)
            if chosen is not None:
                return chosen
        return self._digest(conn, [row for row in ripe if row.style == Style.DIGEST.value])

    def digest(self, conn: Connection) -> Batch | None:
        """The digest of today, of what waits for one; None if it may not go now."""
        ripe = [row for row in notices.pending(conn, self.target, self.now) if self._is_believed(row)]
        return self._digest(conn, [row for row in self._roll_out(conn, ripe) if row.style == Style.DIGEST.value])

    def digest_key(self) -> str:
        """The key of today's digest for the target."""
        return self._key_of(self._hours().day_of(self.now))

    def _key_of(self, day: int) -> str:
        return f"digest:{self.target}:{day}"

    def is_old_digest(self, row: Any) -> bool:
        """Whether a digest that was not sent is of a day before, and today's is due: it says all that this one does."""
        today = (hours := self._hours()).day_of(self.now)
        day = row.key.rpartition(":")[2].partition(">")[0]
        return row.style == Style.DIGEST and int(day) < today and hours.digest(today) <= self.now

    def may_go(self, style: str) -> bool:
        """Whether a message that was made before may be sent at this hour."""
        return style == Style.OPERATOR or (self.quiet_until is None and self._hours().allow(self.now))

    def opens(self) -> int:
        """The next instant at which anything may be sent to the target."""
        if self.quiet_until is not None:
            return self.quiet_until
        hours = self._hours()
        today = hours.day_of(self.now)
        return next(moment for day in hours.days_from(today) if (moment := hours.opens(day)) > self.now)

    def _is_believed(self, row: Any) -> bool:
        return row.record_id is None or row.record_id.partition(":")[0] in self.believed

    # --------------------------------------------------------------------------------------- at once

    def _immediate(self, conn: Connection, ripe: Sequence[Any]) -> Batch | None:
        """All that is to be said of the first record, unless the hours or the budget say later."""
        hours = self._hours()
        today = hours.day_of(self.now)
        sent = outbox.made_since(conn, self.target, Style.IMMEDIATE.value, hours.midnight(today))
        pace = immediate_time(
            hours, self.now, self.now, sent={today: sent}, per_day=self.speaking.immediate_per_day, seen=self.now
        )
        keys = [row.key for row in ripe]
        if pace.reason is not Reason.NOW:
            notices.restyle(conn, keys, pace.style.value, pace.not_before, pace.reason.value)
            return None
        record, group = next(iter(groupby(sorted(ripe, key=_by_record), key=lambda row: row.record_id)))
        mine = list(group)
        return Batch(
            f"deal:{record}:{self.target}:{mine[0].key}", Style.IMMEDIATE, [*mine, *self._folded(conn, record)]
        )

    def _one_by_one(self, conn: Connection, ripe: Sequence[Any]) -> list[Any]:
        """Escalations beyond their own ceiling wait for the digest, which sums them up; the worst are told first."""
        left = self._singles(conn)
        ordered = sorted(ripe, key=lambda row: (-Severity(row.severity).rank if row.severity else 0, row.edge_at))
        passed_on = dict.fromkeys(row.record_id for row in ordered if row.kind == Kind.ESCALATE)
        if left is None or len(passed_on) <= left:
            return list(ripe)
        over = {row.key for row in ripe if row.kind == Kind.ESCALATE and row.record_id in list(passed_on)[left:]}
        hours = self._hours()
        told = hours.day_of(self.now) if outbox.by_key(conn, [self.digest_key()]) else None
        pace = digest_slot(hours, self.now, self.now, seen=self.now, told=told)
        notices.restyle(conn, over, Style.DIGEST.value, pace.not_before, Reason.BUDGET_SPENT.value)
        return [row for row in ripe if row.key not in over]

    def _singles(self, conn: Connection) -> int | None:
        """How many more escalations a person may hear of one by one today; None: it is a channel."""
        if self.person is None:
            return None
        hours = self._hours()
        told = notices.told_since(conn, self.target, hours.midnight(hours.day_of(self.now)))
        heard = {row.alert_id for row in told if row.kind == Kind.ESCALATE}
        return max(0, self.speaking.escalations_per_day - len(heard))

    def _folded(self, conn: Connection, record: str | None) -> list[Any]:
        """What waits for a daily message about the same deal goes with this one: a deal is one message, not two."""
        waiting = [
            row
            for row in notices.pending(conn, self.target, self.now + AHEAD, style=Style.DIGEST.value)
            if row.record_id == record and row.reason in _FOLDS and row.kind in tuple(Kind) and row.kind != Kind.RESOLVE
        ]
        later = self.rolled_out(conn, waiting)
        folded = [row for row in waiting if self._is_believed(row) and row.key not in later]
        for row in folded:
            notices.postpone(conn, [row.key], row.not_before, Reason.FOLDED.value)
        return folded

    # --------------------------------------------------------------------------------------- once a day

    def _digest(self, conn: Connection, ripe: Sequence[Any]) -> Batch | None:
        due = [row for row in ripe if row.not_before <= self.looked]
        if not due:
            return None
        hours = self._hours()
        if not hours.allow(self.now):
            self._next_slot(conn, hours, due, Reason.QUIET_HOURS)
            return None
        today = hours.day_of(self.now)
        missed = missed_digest(conn, hours, today, due, self._key_of)
        if missed is not None:
            return Batch(missed[0], Style.DIGEST, missed[1], self._singles(conn))
        key = self.digest_key()
        if outbox.by_key(conn, [key]):
            self._next_slot(conn, hours, due, Reason.DIGEST, told=today)
            return None
        return Batch(key, Style.DIGEST, due, self._singles(conn))

    def wait_for_company(self, conn: Connection, some: Sequence[Any]) -> None:
        """Notices that are not worth a message of their own go with the next digest, or never if they are old."""
        old = [row.key for row in some if self.now - row.created_at > OLD_NEWS]
        notices.drop(conn, old, "old_news")
        young = [row for row in some if row.key not in set(old)]
        hours = self._hours()
        self._next_slot(conn, hours, young, Reason.DIGEST, told=hours.day_of(self.now))

    def _next_slot(
        self, conn: Connection, hours: Hours, some: Sequence[Any], reason: Reason, *, told: int | None = None
    ) -> None:
        pace = digest_slot(hours, self.now, self.now, seen=self.now, told=told)
        notices.postpone(conn, [row.key for row in some], pace.not_before, reason.value)

    # --------------------------------------------------------------------------------------- going live

    def _roll_out(self, conn: Connection, ripe: Sequence[Any]) -> list[Any]:
        """In the grace after a rule went live, a few of its alerts a day, worst first; the others on the next days."""
        later = self.rolled_out(conn, ripe)
        hours = self._hours()
        for day in sorted(set(later.values())):
            keys = [key for key, when in later.items() if when == day]
            notices.restyle(conn, keys, Style.DIGEST.value, hours.digest(day), Reason.ROLLOUT.value)
        return [row for row in ripe if row.key not in later]

    def rolled_out(self, conn: Connection, ripe: Sequence[Any]) -> dict[str, int]:
        """Of these notices those that have to wait for a later date of the grace: key -> that local date."""
        rollout = self.book.judging.rollout
        fresh = [row for row in ripe if row.rule_id is not None and self._in_grace(row)]
        if rollout is None or not fresh:
            return {}
        hours = self._hours()
        today = hours.day_of(self.now)
        days = [day for day, _ in zip(hours.days_from(today), range(rollout.grace.amount + 1), strict=False)]
        heard = self._heard(conn, hours.midnight(today))
        told = Counter((rule, today) for _, rule in heard)
        newcomers = {  # an alert counts once, however much is to be said of it
            row.alert_id: Newcomer(row.alert_id, row.rule_id, Severity(row.severity).rank, self.now - row.edge_at)
            for row in fresh
            if (row.alert_id, row.rule_id) not in heard
        }
        plan = choose_for_rollout(list(newcomers.values()), days, told, rollout.most)
        return {row.key: day for row in fresh if (day := plan.get(row.alert_id, today)) != today}

    def told_today(self, conn: Connection, rule_id: str) -> int:
        """How many alerts of a rule the target heard of today, or is about to."""
        hours = self._hours()
        return sum(rule == rule_id for _, rule in self._heard(conn, hours.midnight(hours.day_of(self.now))))

    def grace_ends(self, rule_id: str) -> int | None:
        """The end of the days in which a rule that went live speaks of a few alerts; None if it is not in them."""
        since = self.live_since.get(rule_id)
        rollout = self.book.judging.rollout
        if since is None or rollout is None:
            return None
        end = int(self.book.calendars.default.add(np.array([since], np.int64), rollout.grace)[0])
        return end if self.now <= end else None

    def _heard(self, conn: Connection, since: int) -> set[tuple[str, str]]:
        """(alert, rule) of what the target was told that was new."""
        return {(row.alert_id, row.rule_id) for row in notices.told_since(conn, self.target, since) if row.kind in _NEW}

    def _in_grace(self, row: Any) -> bool:
        return row.kind in _NEW and self.grace_ends(row.rule_id) is not None

    # --------------------------------------------------------------------------------------- the day

    def _hours(self) -> Hours:
        """The target's hours; their digest's time is that of the first route with a digest."""
        at = next((route.digest_at for route in self.speaking.routes if route.style is Style.DIGEST), 9 * 60)
        return hours_of(self.person, self.book.calendars.default, self.speaking, at)


def _by_record(row: Any) -> tuple[str, int, str]:
    return row.record_id or "", row.created_at, row.key
