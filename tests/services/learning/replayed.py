"""A company whose CRM is read the moment anything happens in it, day by day, by an engine that also looks whenever
something falls due: what such an engine opened alerts for is what a backtest of the same rules has to say afterwards.

Nothing here is told late. What a CRM says of the past after the fact (a change that is dated back, a history that is
corrected, a meeting that is called off without its moment) a backtest knows earlier than any engine did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from stalewatch.domain.instants import to_us
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.judging.sources import coverage
from stalewatch.services.learning.past_alerts import PastAlerts, Said
from stalewatch.store import clocks
from stalewatch.store.tables import alerts
from tests.services.company import KEPT, STAGES, Company, Life, Past, dice
from tests.services.heard import QUIET, rows
from tests.services.test_laws import fresh_enough
from tests.services.world import World, at, default_pack, rulebook

BEGIN: Final = at("2026-03-02 08:00")
RESTLESS: Final = """
stalewatch: 1
pack: restless
title: {en: Restless, ja: 短期}
rules:
  - id: step
    title: {en: No step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: 1d
    severity: warning
  - id: pained
    title: {en: No pain, ja: 課題なし}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 2d
    until: {pain: set}
    pause: {until: hold_until, from: hold_set_at, max: 60d}
    warn: 9h
    severity: critical
  - id: dwelling
    title: {en: Dwelling, ja: 滞留}
    watch: deal
    start: stage_entered_at
    within:
      by: stage
      qualification: 2d
      discovery: 2bd
      negotiation: 30h
      else: 4d
    pause: {while: {forecast_category: pipeline}, max: 9d}
    warn: 5h
    severity: warning
  - id: answered
    title: {en: Answer, ja: 返信}
    watch: deal
    where: {seller_touches_since_customer: {at_least: 1}, stage: {not: qualification}}
    start: {first_of: [last_customer_activity_at, created_at]}
    within: 36h
    severity: critical
    mutes: [dwelling]
  - id: after-meeting
    title: {en: After a meeting, ja: 商談後}
    watch: deal
    start: {each: meeting}
    within: 1bd
    until: {next_step: set}
    severity: info
  - id: large
    title: {en: Large, ja: 大型}
    watch: deal
    where: {amount: {at_least: 50}}
    start: created_at
    within: 5d
    until: {next_meeting_at: set}
    severity: info
  - id: dated
    title: {en: Dated, ja: 期日}
    watch: deal
    start: close_date
    within: 0bd
    severity: info
exceptions:
  - {rules: [pained, dwelling], where: {stage: [discovery, proposal]}, until: 2026-03-19, because: fair}
"""
"""Rules that are late soon and often, and stop being so."""
BOOKS: Final = (rulebook(RESTLESS), rulebook(default_pack(), QUIET))

Late = tuple[str, str, int]
"""Rule, record, and the moment at which one of its episodes came to its breach."""


class Punctual(Company):
    """Everything that happens in it is written down when it happens."""

    def begins_at(self, name: str, now: datetime) -> str:
        """A deal is created."""
        values = {"stage": self.dice.choice(STAGES), "owner": "sato", "next_step": self.dice.choice(["call", ""])}
        past: Past = {one: [(now, values.get(one))] for one in ("stage", *KEPT)}
        self.lives[name] = Life(name, past, born=now)
        return f"{now:%m-%d %H:%M} {name} begins in {values['stage']}, next step {values['next_step']!r}"

    def _moment(self, now: datetime) -> datetime:
        return now

    def _meets(self, life: Life, now: datetime) -> str:
        """A meeting is booked for some later hour."""
        start, name = now + timedelta(hours=self.dice.randrange(1, 200)), f"m{len(self.activities)}"
        self.activities[name] = Activity(
            id=name, kind=ActivityKind.MEETING, actor=Actor.SELLER, at=start, ends_at=start + timedelta(hours=1),
            recorded_at=now, records=(life.name,), people=frozenset({"c1"}),
            meeting=self.dice.choice([MeetingState.PLANNED, MeetingState.UNLOGGED]),
        )  # fmt: skip
        return f"meeting {name} at {start:%m-%d %H:%M}"

    def _ends(self, life: Life, now: datetime) -> str:
        if life.outcome is Outcome.OPEN:
            life.outcome, life.closed_at = self.dice.choice([Outcome.WON, Outcome.LOST]), now
        else:
            life.outcome, life.closed_at = Outcome.OPEN, None
        return life.outcome.value

    def lives_on(self, now: datetime) -> str:
        """Something happens to a deal."""
        if not self.lives or (len(self.lives) < 6 and self.dice.random() < 0.15):
            return self.begins_at(f"d{len(self.lives)}", now)
        life = self.dice.choice(list(self.lives.values()))
        happening = self.dice.choice(
            [self._changes, self._changes, self._changes, self._meets, self._writes, self._writes, self._ends,
             self._waits]
        )  # fmt: skip
        return f"{now:%m-%d %H:%M} {life.name}: {happening(life, now)}"


@dataclass
class Replay:
    """A company's days, as an engine lives through them that looks at every moment at which there is something to see.

    Attributes:
        said: what happened, for whoever has to find out why a law does not hold.
    """

    world: World
    seed: int
    said: list[str] = field(default_factory=list)
    episodes: dict[tuple[str, int], Late] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = dice(self.seed)
        self.company = Punctual(dice(self.seed + 1))
        self.company.joins(self.world)

    def lives(self, days: int) -> None:
        """Day after day."""
        self._looks(BEGIN, reads=True)
        for day in range(days):
            begin = BEGIN + timedelta(days=day)
            seconds = sorted(self.dice.sample(range(1, 86_400), self.dice.randrange(7)))
            for moment in [begin + timedelta(seconds=one) for one in seconds]:
                self._passes(moment)
                self.said.append(self.company.lives_on(moment))
                self._looks(moment, reads=True)
            self._passes(begin + timedelta(days=1))

    def _passes(self, until: datetime) -> None:
        """Time passes, and the engine looks whenever something falls due before then."""
        while (edge := self._edge()) is not None and edge < to_us(until):
            self._looks(datetime.fromtimestamp(0, UTC) + timedelta(microseconds=edge))
        self._looks(until)

    def _edge(self) -> int | None:
        """When the engine has to look next."""
        with self.world.db.read() as conn:
            edge = clocks.next_edge(conn, "crm")
        known = [row.due_at for row in rows(self.world, alerts)] + [edge]
        return min([one for one in known if one is not None and one > self.world.us], default=None)

    def _looks(self, moment: datetime, *, reads: bool = False) -> None:
        """A tick; the CRM is read where there is news, and else known to have none."""
        self.world.clock.move_to(moment)
        if reads:
            self.world.syncs()
        else:
            fresh_enough(self.world)
        self.world.ticks()
        for row in rows(self.world, alerts):
            if row.breached_at is not None:
                self.episodes.setdefault((row.fingerprint, row.episode), (row.rule_id, row.record_id, row.breached_at))

    def late(self, rules: Collection[str]) -> Counter[Late]:
        """What was late by some rules."""
        return Counter(late for late in self.episodes.values() if late[0] in rules)


def backtested(world: World) -> tuple[set[str], Counter[Late]]:
    """The rules that a backtest can try, and what it says of everything up to now."""
    tried: set[str] = set()
    found = Counter[Late]()
    with world.db.read() as conn:
        for obj in world.book.objects:
            past = PastAlerts(conn, world.book, obj, world.us, coverage(conn)["crm"][obj])
            said = {rule: Said() for rule in past.rules()}
            ids = conn.exec_driver_sql("SELECT id FROM leads UNION ALL SELECT id FROM deals").scalars().all()
            past.of("crm", said, {record: number for number, record in enumerate(ids)})
            tried |= said.keys()
            for rule, one in said.items():
                both = zip(*(column.tolist() for column in one.all()), strict=True)
                found.update((rule, ids[row], at) for row, at in both)
    return tried, found
