"""What would be said of one record's problems, to whom and when; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.alerts import AlertState, Kind
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.directory import Directory
from stalewatch.domain.explain import Explanation
from stalewatch.domain.foreseen import Ahead, Foreseen, Happened, Hearing, Hold, Tried
from stalewatch.domain.hours import Hours
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.levels import loaded
from stalewatch.domain.pacing import Reason, digest_slot, immediate_time
from stalewatch.domain.policies import Speaking
from stalewatch.domain.route_conditions import Facts, Where
from stalewatch.domain.routing import EVERYTHING_ELSE, Ladder, Route, ladders
from stalewatch.sdk.notifier import Style
from stalewatch.services.alerting.announcing import CHECKING
from stalewatch.services.alerting.hours import hours_of
from stalewatch.services.alerting.people import directory
from stalewatch.services.alerting.route_facts import RouteFacts
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.judging.explaining import Explainer
from stalewatch.services.judging.golive import live_since
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling.choosing import Chooser
from stalewatch.store import alerts, clocks, notices, outbox, records
from stalewatch.store.engine import Connection, Database

_SPEAKS: Final = ("watching", "at_risk", "breached", "paused")
"""States of a clock out of which something will be said, if nothing changes."""
_WAITING: Final = (notices.PENDING, notices.HELD)
_EVERY: Final = (*_WAITING, notices.CLAIMED, notices.TOLD, notices.DROPPED)


def foresee(
    db: Database, book: Rulebook, speaking: Speaking, sources: Sources, record_id: str, now: int
) -> list[Foreseen]:
    """What every rule that watches a record says of it, or would; those that are late first.

    Raises:
        LookupError: there is no such record.
    """
    with db.read() as conn:
        obj = records.objects(conn, [record_id])[record_id]
        row = records.read_by_ids(conn, obj, [record_id])[0]
        ready, _ = trusted(conn, sources, now)
        outlook = _Outlook(
            conn, book, speaking, row, now,
            people=directory(conn, speaking),
            facts=RouteFacts.read(conn, book, speaking, [row]),
            calendar=calendars_of(conn, book, {record_id: obj})[record_id],
            since=live_since(conn, book).get(row.connection, {}),
            looked=clocks.watermark(conn, row.connection),
            believed=ready,
            open={(one.rule_id, one.subject): one for one in alerts.open_for(conn, [record_id])},
        )  # fmt: skip
        return [outlook.of(one) for one in Explainer(book, now).explain(conn, row)]


@dataclass(frozen=True)
class _Outlook:
    """One record at one moment, with everything that decides what is said of it."""

    conn: Connection
    book: Rulebook
    speaking: Speaking
    row: Any
    now: int
    people: Directory
    facts: RouteFacts
    calendar: Calendar
    since: Mapping[str, int]
    looked: int
    believed: Sequence[str]
    open: Mapping[tuple[str, str | None], Any]

    def of(self, clock: Explanation) -> Foreseen:
        rule = self.book.by_id[clock.rule_id]
        alert = self.open.get((rule.id, clock.subject))
        route, tried = self._route(rule)
        every = [] if alert is None else notices.of_alerts(self.conn, [alert.id], _EVERY)
        said = [one for one in every if one.state in (*_WAITING, notices.TOLD)]
        waiting = [one for one in said if one.state in _WAITING]
        kind = _kind(clock, alert, waiting, self.now)
        holds = tuple(self._holds(rule, clock, alert, waiting))
        ways = ladders(route, self.row.owner, self.people, team=self.row.team)
        edge = self._edge(clock, alert, kind)
        hearings = tuple(self._hearing(rule, route, way, said, edge, kind, holds) for way in ways)
        return Foreseen(
            rule=rule, mode=self.book.modes[rule.id], state=clock.state, subject=clock.subject,
            alert=None if alert is None else alert.id, kind=kind, route=route, tried=tried, holds=holds,
            hearings=hearings, past=tuple(map(_happened, every)), ahead=_ahead(alert),
        )  # fmt: skip

    def _route(self, rule: Rule) -> tuple[Route, tuple[Tried, ...]]:
        facts = self.facts.of(rule.id, rule, self.row)
        tried: list[Tried] = []
        for route in self.speaking.routes:
            tried.append(Tried(route, _failed(route, facts)))
            if tried[-1].matches:
                return route, tuple(tried)
        return EVERYTHING_ELSE, (*tried, Tried(EVERYTHING_ELSE))

    # ------------------------------------------------------------------------------- what keeps it back

    def _holds(self, rule: Rule, clock: Explanation, alert: Any, waiting: Sequence[Any]) -> Iterator[Hold]:
        """In the order of the pipeline."""
        if self.book.modes[rule.id] is not Mode.LIVE:
            yield Hold(reason=Reason.SHADOW)
        if clock.state == "excepted":
            yield Hold(reason=Reason.EXCEPTED, until=clock.excepted_until)
        if clock.state == "cannot_judge" or self.row.connection not in self.believed:
            yield Hold(reason=Reason.CANNOT_JUDGE)
        if clock.state == "paused":
            asked = alert.ask_at if alert is not None else None
            yield Hold(reason=Reason.WAITING, until=asked or clock.paused_until)
        if alert is not None:
            yield from self._holds_of(alert)
        if any(one.state == notices.HELD and one.reason in (Reason.STORM, CHECKING) for one in waiting):
            yield Hold(reason=Reason.STORM)

    def _holds_of(self, alert: Any) -> Iterator[Hold]:
        """What keeps an alert back, whatever its rule and its clock say."""
        if alert.muted_by is not None:
            yield Hold(reason=Reason.MUTED, by=alert.muted_by)
        if alert.snoozed_until is not None and alert.snoozed_until > self.now:
            yield Hold(reason=Reason.SNOOZED, until=alert.snoozed_until, by=alert.snoozed_by or "")
        if alert.hushed_until is not None and alert.hushed_until > self.now:
            yield Hold(reason=Reason(alert.hushed_by), until=alert.hushed_until)
        if alert.holdout:
            yield Hold(reason=Reason.HOLDOUT)
        if alert.state == AlertState.RESOLVING:
            yield Hold(reason=Reason.SETTLING, until=alert.due_at)
        if alert.backlog:
            yield Hold(reason=Reason.BACKLOG)

    # ------------------------------------------------------------------------------------------- when

    def _edge(self, clock: Explanation, alert: Any, kind: Kind | None) -> int:
        """The moment that the next message is about: ahead of us, or now."""
        rests = [] if alert is None else [at for at in (alert.snoozed_until, alert.hushed_until) if at is not None]
        if rests:
            return max(self.now, *map(int, rests))
        if clock.state == "paused":
            return max((alert and alert.ask_at) or clock.paused_until or self.now, self.now)
        at = clock.warn if kind is Kind.WARN else clock.due
        return max(at or self.now, self.now)

    def _hearing(
        self, rule: Rule, route: Route, ladder: Ladder, said: Sequence[Any], edge: int, kind: Kind | None,
        holds: Sequence[Hold],
    ) -> Hearing:  # fmt: skip
        rung = ladder[0]
        person = self.people.people.get(rung.person or "")
        hours = hours_of(person, self.calendar, self.speaking, route.digest_at)
        mine = [one for one in said if one.target == rung.target]
        told = max((one.told_at for one in mine if one.told_at is not None), default=None)
        waiting = next((one for one in mine if one.state == notices.PENDING), None)
        style = Style(waiting.style) if waiting is not None else route.style
        if kind is None or any(hold.until is None for hold in holds if hold.reason is not Reason.BACKLOG):
            return Hearing(ladder=ladder, style=style, at=None, zone=str(hours.zone), told_at=told)
        if waiting is not None:
            edge = self.now if style is Style.IMMEDIATE else max(waiting.not_before, self.now)
        style, at, pacing = self._pace(rule, hours, rung.target, person, style, edge, waiting)
        return Hearing(ladder=ladder, style=style, at=at, zone=str(hours.zone), told_at=told, holds=tuple(pacing))

    def _pace(
        self, rule: Rule, hours: Hours, target: str, person: Any, style: Style, edge: int, waiting: Any
    ) -> tuple[Style, int, list[Hold]]:
        """How and when something of this edge is said to a target, and why then."""
        chooser = Chooser(self.book, self.speaking, target, person, self.now, self.looked, self.since, self.believed)
        today, budget = hours.day_of(self.now), self.speaking.immediate_per_day
        holds = list(self._rollout(rule, chooser, edge))
        later = {} if waiting is None else chooser.rolled_out(self.conn, notices.pending(self.conn, target, self.now))
        if waiting is not None and waiting.key in later:
            return Style.DIGEST, hours.digest(later[waiting.key]), holds
        told = today if outbox.by_key(self.conn, [chooser.digest_key()]) else None
        if waiting is not None and waiting.not_before > self.now and waiting.reason == Reason.DO_NOT_DISTURB:
            return style, waiting.not_before, [*holds, *_stored(waiting)]
        if style is Style.IMMEDIATE:
            sent = outbox.made_since(self.conn, target, Style.IMMEDIATE.value, hours.midnight(today))
            pace = immediate_time(
                hours, edge, self.now, sent={today: sent}, per_day=budget, seen=self.looked, told=told
            )
            if pace.reason is Reason.BUDGET_SPENT:
                holds.append(Hold(reason=pace.reason, used=sent, most=budget, until=pace.not_before))
            elif pace.reason is Reason.QUIET_HOURS:
                holds.append(Hold(reason=pace.reason, until=pace.not_before))
            return pace.style, max(pace.not_before, self.now), holds
        if waiting is not None and waiting.not_before > self.now and waiting.reason:
            return style, waiting.not_before, [*holds, *_stored(waiting)]
        pace = digest_slot(hours, edge, self.now, seen=self.looked, told=told)
        at = max(pace.not_before, self.now)
        return style, at, [*holds, Hold(reason=Reason.DIGEST, until=at)]

    def _rollout(self, rule: Rule, chooser: Chooser, edge: int) -> Iterator[Hold]:
        ends, rollout = chooser.grace_ends(rule.id), self.book.judging.rollout
        if ends is not None and rollout is not None and edge <= ends:
            used = chooser.told_today(self.conn, rule.id)
            yield Hold(reason=Reason.ROLLOUT, until=ends, used=used, most=rollout.most)


def _failed(route: Route, facts: Facts) -> tuple[tuple[Any, object], ...]:
    if not isinstance(route.matches, Where):
        return ()
    return tuple((test, facts.get(test.field)) for test in route.matches.tests if not test.holds(facts))


def _stored(waiting: Any) -> Iterator[Hold]:
    """The reason that was written down with a notice that waits for a later moment."""
    if waiting.reason in tuple(Reason):
        yield Hold(reason=Reason(waiting.reason), until=waiting.not_before)


def _kind(clock: Explanation, alert: Any, waiting: Sequence[Any], now: int) -> Kind | None:
    """The message that is next; None if nothing is left to say while nothing changes."""
    if waiting:
        return Kind(waiting[0].kind) if waiting[0].kind in tuple(Kind) else Kind.BREACH
    rests = alert is not None and (alert.snoozed_until is not None or alert.hushed_until is not None)
    if rests and alert.breach_told_at is not None:
        return Kind.REPEAT
    if alert is not None and alert.breach_told_at is not None:
        return Kind.REPEAT if clock.state == "paused" else None
    if clock.state not in _SPEAKS or (alert is not None and alert.backlog):
        return None
    warns = clock.warn is not None and (alert is None or alert.warn_told_at is None)
    return Kind.WARN if warns and clock.due is not None and clock.due > now else Kind.BREACH


def _happened(row: Any) -> Happened:
    at = row.told_at if row.told_at is not None else row.created_at
    until = row.not_before if row.state == notices.PENDING else None
    return Happened(kind=row.kind, target=row.target, state=row.state, reason=row.reason, at=at, until=until)


def _ahead(alert: Any) -> Ahead | None:
    """The level that is due next, while nothing lets the ladder stand still."""
    if alert is None or alert.climb_at is None or alert.hushed_until is not None or alert.snoozed_until is not None:
        return None
    levels = loaded(alert.ladder)
    if alert.climbed >= len(levels):
        return None
    level = levels[alert.climbed]
    return Ahead(at=alert.climb_at, to=level.to, again=level.again)
