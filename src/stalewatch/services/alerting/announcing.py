"""From what an alert says to notices: whom, how and when, each with its named reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.alerts import Kind, Said, message_key
from stalewatch.domain.instants import NEVER
from stalewatch.domain.pacing import Reason, digest_slot, immediate_time
from stalewatch.domain.routing import NINE, UNDELIVERED, Route, Target, by_level, route_for
from stalewatch.domain.steps import Moved
from stalewatch.sdk.notifier import Style
from stalewatch.services.alerting.hours import hours_of
from stalewatch.services.alerting.route_facts import RouteFacts
from stalewatch.services.alerting.ways import Ways
from stalewatch.services.judging.alert_rows import alert_id
from stalewatch.store import notices

Row = dict[str, Any]
BACKLOG: Final = "backlog"
HANDED_OVER: Final = "handed_over"
"""A channel that was told of it hears who looks after it by now; a new owner is told as the last one was."""
_AT_ONCE: Final = Style.IMMEDIATE
_BY_TIMER: Final = (Kind.REPEAT, Kind.ESCALATE)
_BY_DEADLINE: Final = (Kind.BREACH, Kind.WARN, Kind.REOPEN)
CHECKING: Final = "storm_check"
"""Why a breach is held until the tick that wrote it is over and the storm guard has looked at all of them."""


@dataclass(frozen=True, slots=True)
class Announcer:
    """Writes notices for what moved.

    Attributes:
        ways: how whoever a route names is reached, and when.
        facts: what routes may ask about the alerts of these records.
        seen: instant of the look before this one; NEVER if this is the first.
        guarded: whether a storm guard looks before breaches may go.
    """

    ways: Ways
    facts: RouteFacts
    now: int
    seen: int = NEVER
    guarded: bool = False

    def say(self, moved: Moved, said: Said, row: Any, rang: int | None = None) -> list[Row]:
        """One notice per recipient of the route that matches, or of the level of the ladder that asks for it.

        Args:
            rang: when the alert's own timer was due, if that brought it.
        """
        route = by_level(self._route(moved, row), said.level)
        edge = self._edge(moved, said, rang)
        return [self._notice(moved, said, route, rung, edge) for rung in self.ways.rungs(route, row.owner, row.team)]

    def note_backlog(self, moved: Moved, row: Any) -> list[Row]:
        """What was late before its rule began to speak: all of it makes one line in each reader's next digest."""
        route = self._route(moved, row)
        rungs = self.ways.rungs(route, row.owner, row.team)
        mark, edge = f"{moved.alert.fingerprint}:{moved.alert.episode}:{BACKLOG}:1", self._edge(moved, None)
        when = {rung.target: self._digest(moved, route, rung, edge) for rung in rungs}
        return [
            {**self._row(f"{mark}:{rung.target}", BACKLOG, rung, Style.DIGEST, when[rung.target]), **_about(moved)}
            for rung in rungs
        ]

    def settle(self, moved: Moved, told: Sequence[Any]) -> list[Row]:
        """Tell those who were told of an alert that it is over; `told` are its notices that reached them."""
        said = Said(Kind.RESOLVE, 1 + moved.alert.reopens)
        rows = {}
        for notice in told:
            key = message_key(moved.alert.fingerprint, moved.alert.episode, said, notice.target)
            row = self._row(key, said.kind.value, None, Style.DIGEST, (self.now, Reason.DIGEST.value))
            rows[notice.target] = {**row, **_about(moved), "n": said.n, "target": notice.target}
        return list(rows.values())

    def hand_over(self, moved: Moved, told: Sequence[Any]) -> list[Row]:
        """Tell the channels that were told of an alert that its record has another owner, each as it was told."""
        before = sum(notice.kind == HANDED_OVER for notice in told)
        mark = f"{moved.alert.fingerprint}:{moved.alert.episode}:{HANDED_OVER}:{before + 1}"
        hours = hours_of(None, moved.record.calendar, self.ways.speaking, NINE)
        rows = {}
        for notice in (one for one in told if one.target.startswith("channel:")):
            style = Style(notice.style)
            at_once = immediate_time(hours, self.now, self.now, sent={}, per_day=1)
            pace = at_once if style is Style.IMMEDIATE else digest_slot(hours, self.now, self.now, seen=self.seen)
            when = (pace.not_before, pace.reason.value)
            row = self._row(f"{mark}:{notice.target}", HANDED_OVER, None, style, when)
            rows[notice.target] = {**row, **_about(moved), "n": before + 1, "target": notice.target}
        return list(rows.values())

    def _route(self, moved: Moved, row: Any) -> Route:
        """The first route that matches; one that takes everything asks for no facts."""
        first = next(iter(self.ways.speaking.routes), None)
        if first is not None and first.matches is None:
            return first
        return route_for(self.ways.speaking.routes, self.facts.of(moved.rule_id, moved.rule, row))

    def _notice(self, moved: Moved, said: Said, route: Route, rung: Target, edge: int) -> Row:
        key = message_key(moved.alert.fingerprint, moved.alert.episode, said, rung.target)
        if route.style is _AT_ONCE:
            hours = self.ways.hours(rung, moved.record.calendar, route)
            pace = immediate_time(hours, self.now, self.now, sent={}, per_day=1)
            when = (pace.not_before, pace.reason.value)
        else:
            when = self._digest(moved, route, rung, edge)
        row = self._row(key, said.kind.value, rung, route.style, when)
        row.update(_about(moved), n=said.n, edge_at=edge)
        return row

    def _digest(self, moved: Moved, route: Route, rung: Target, edge: int) -> tuple[int, str]:
        return self.ways.slot(rung, moved.record.calendar, route, edge, self.now, self.seen)

    def _edge(self, moved: Moved, said: Said | None, rang: int | None = None) -> int:
        """The moment that the message is about: a deadline or a timer if time brought it, else now."""
        kind = Kind.BREACH if said is None else said.kind
        if rang is not None and kind in _BY_TIMER:
            return min(rang, self.now)
        if moved.reading is None or kind not in _BY_DEADLINE:
            return self.now
        return min(moved.reading.warn_at if kind is Kind.WARN else moved.reading.breach_at, self.now)

    def _row(self, key: str, kind: str, rung: Target | None, style: Style, when: tuple[int, str]) -> Row:
        nowhere = rung is not None and rung.target == UNDELIVERED
        checked = self.guarded and kind in (Kind.BREACH, Kind.REOPEN)
        state, reason = notices.PENDING, when[1]
        if nowhere and rung is not None:
            state, reason = notices.HELD, rung.reason.value
        elif checked:
            state, reason = notices.HELD, CHECKING
        return {
            "key": key,
            "alert_id": None,
            "record_id": None,
            "rule_id": None,
            "kind": kind,
            "n": 1,
            "target": rung.target if rung is not None else UNDELIVERED,
            "style": style.value,
            "state": state,
            "reason": reason,
            "severity": None,
            "not_before": when[0],
            "edge_at": self.now,
            "created_at": self.now,
        }


def _about(moved: Moved) -> Row:
    return {
        "alert_id": alert_id(moved.alert),
        "record_id": moved.record.id,
        "rule_id": moved.rule_id,
        "severity": None if moved.rule is None else moved.rule.severity.value,
    }
