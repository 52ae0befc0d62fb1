"""The law of KPIs: what is kept of a living company night by night is what is worked out of its changes afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random

import pytest

from stalewatch import shipped
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Lead, MeetingState, Outcome, Person
from stalewatch.services.measuring.kpi_days import Measuring, last_ended
from stalewatch.store.kpis import Figures, Place
from tests import databases
from tests.altered import replace
from tests.databases import SQLITE_DAILY
from tests.services.world import World, at, deal, default_pack, rulebook

STAGES = ("qualification", "discovery", "proposal", "evaluation", "negotiation")
TEAMS = {"sato": "tokyo", "suzuki": "tokyo", "abe": "osaka"}
Days = dict[int, dict[Place, Figures]]


class Company:
    """Deals come, move, are handed over, meet, wait, end, come back and vanish; so do leads."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.names = count()
        self.dice = Random(seed)  # noqa: S311 - nothing secret
        world.crm.people = [
            Person(id=name, name=name.title(), email=f"{name}@acme.example", team=team) for name, team in TEAMS.items()
        ]
        for _ in range(8):
            self.a_deal_comes()

    def a_deal_comes(self) -> None:
        now, dice = self.world.clock.now(), self.dice
        name = f"d{next(self.names):03}"
        made = deal(
            name, owner=dice.choice(list(TEAMS)), created_at=now - timedelta(days=dice.randint(0, 20)), stage=STAGES[0],
            close_date=(now + timedelta(days=dice.randint(-5, 20))).date(),
            amount_in_project_currency=Decimal(dice.randint(1, 400)) * 100_000, modified_at=now,
        )  # fmt: skip
        self.world.has(made)

    def a_lead_comes(self) -> None:
        now = self.world.clock.now()
        name = f"l{next(self.names):03}"
        mql = now - timedelta(days=self.dice.randint(20, 40))
        told = {"mql_at": mql, "handed_off_at": now - timedelta(hours=9)}
        self.world.crm.leads[name] = Lead(
            id=name, name=name, owner="sato", created_at=mql, status="mql", fields=told, modified_at=now
        )

    def something_happens(self) -> None:
        happenings = (
            self.a_deal_comes, self.a_lead_comes, self.a_lead_changes, self.a_meeting_is_booked,
            self.a_meeting_is_called_off, self.a_deal_vanishes, *[self.a_deal_changes] * 8,
        )  # fmt: skip
        self.dice.choice(happenings)()

    def a_deal_changes(self) -> None:
        dice, now = self.dice, self.world.clock.now()
        name = dice.choice(list(self.world.crm.deals))
        before = self.world.crm.deals[name]
        what = dice.randrange(9)
        changes: dict[str, object] = {}
        if before.outcome is not Outcome.OPEN:
            changes = {"outcome": Outcome.OPEN, "closed_at": None} if what < 2 else {}  # somebody opens it again
        elif what < 3:
            changes = {"stage": dice.choice(STAGES)}
        elif what == 3:
            changes = {"outcome": dice.choice((Outcome.WON, Outcome.LOST)), "closed_at": now}
        elif what == 4:
            changes = {"owner": dice.choice(list(TEAMS))}
        elif what == 5:
            changes = {"close_date": (now + timedelta(days=dice.randint(-9, 30))).date()}
        elif what == 6:
            amount = dice.choice((None, Decimal(dice.randint(1, 400)) * 100_000))
            changes = {"amount_in_project_currency": amount, "segment": dice.choice(("smb", "enterprise"))}
        elif what == 7:
            changes = {dice.choice(("metrics", "pain", "impact", "budget", "need")): dice.choice((None, "known"))}
        else:
            changes = {"next_step": f"call {now:%d %H}", "meeting_notes": f"met {now:%d %H}", "roles.champion": 1}
        if changes:
            self.world.changes(name, **changes, modified_at=now)

    def a_lead_changes(self) -> None:
        if not self.world.crm.leads:
            return
        name = self.dice.choice(list(self.world.crm.leads))
        before, now = self.world.crm.leads[name], self.world.clock.now()
        news = self.dice.choice((
            {"first_touch_at": now}, {"unconverted_reason": self.dice.choice(("no_budget", "other", None))},
        ))  # fmt: skip
        after = replace(before, fields={**before.fields, **news}, modified_at=now)
        self.world.crm.leads[name] = replace(after, is_open=self.dice.random() < 0.9)

    def a_meeting_is_booked(self) -> None:
        now, dice = self.world.clock.now(), self.dice
        begins = now + timedelta(hours=dice.randint(2, 200))
        activities = self.world.crm.activities
        activities.append(
            Activity(
                id=f"m{len(activities)}", kind=ActivityKind.MEETING, actor=Actor.CUSTOMER, at=begins, recorded_at=now,
                records=(dice.choice(list(self.world.crm.deals)),), meeting=MeetingState.PLANNED,
                people=frozenset(dice.sample(("mori", "kato", "ito", "ono"), dice.randint(1, 3))),
            )
        )  # fmt: skip

    def a_meeting_is_called_off(self) -> None:
        """Or put off, ahead of its time."""
        ahead = [one for one in self.world.crm.activities if one.at > self.world.clock.now()]
        if ahead:
            one = self.dice.choice(ahead)
            news = self.dice.choice(({"meeting": MeetingState.CANCELLED}, {"at": one.at + timedelta(days=3)}))
            self.world.crm.activities[self.world.crm.activities.index(one)] = replace(one, **news)

    def a_deal_vanishes(self) -> None:
        if len(self.world.crm.deals) > 6 and self.dice.random() < 0.3:
            self.world.crm.deals.pop(self.dice.choice(list(self.world.crm.deals)))

    def lives(self, days: int) -> Days:
        """Day after day: read in the morning, at noon and in the evening, and kept in the night after it."""
        kept: Days = {}
        start = self.world.clock.now()
        for number in range(days):
            for hour in (9, 13, 18):
                self.world.clock.move_to(start + timedelta(days=number, hours=hour))
                for _ in range(self.dice.randint(1, 5)):
                    self.something_happens()
                self.world.clock.advance(timedelta(minutes=5))
                self.world.rounds()
            self.world.clock.move_to(start + timedelta(days=number + 1, minutes=10))
            self.world.syncs()
            kept |= self.counted([last_ended(self.world.book.calendars.default, self.world.us)])
        return kept

    def counted(self, days: list[int]) -> Days:
        return Measuring(self.world.db, self.world.book, ["crm"], size=5).days(days)


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(default_pack(), (shipped.rules() / "leads.yaml").read_text()))
    world.clock.move_to(at("2026-03-02 00:00"))
    yield world
    database.dispose()


def check(world: World, seed: int, days: int) -> None:
    company = Company(world, seed)
    kept = company.lives(days)
    afterwards = company.counted(sorted(kept))
    for day in kept:
        assert afterwards[day] == kept[day], (seed, day)
    assert sum(len(places) for places in kept.values()) > days


@SQLITE_DAILY
def test_what_is_kept_night_by_night_is_what_is_worked_out_afterwards(world: World) -> None:
    check(world, seed=1, days=8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_the_same_of_longer_lives(world: World, seed: int) -> None:
    check(world, seed=seed + 100, days=40)
