"""What somebody has to do, at a glance: the figures of a team are those of its people, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from stalewatch.delivery.glances import Glance, Team
from stalewatch.delivery.slack.commands import WEEK
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging
from stalewatch.sdk.records import Lead, Person
from stalewatch.services.alerting.people import people_of
from stalewatch.services.answering.acts import Snooze
from stalewatch.services.answering.outcomes import Office
from stalewatch.services.answering.respond import answer
from stalewatch.services.reporting.glancing import LATE_SHOWN, Glancing
from stalewatch.store import alerts
from tests import databases
from tests.altered import replace
from tests.services.world import SATO, TANAKA, World, at, deal, rulebook

RULES = """
stalewatch: 1
pack: quiet
rules:
  - id: quiet
    title: {en: Quiet, ja: 動きなし}
    watch: deal
    start: created_at
    within: [{is: 5bd}]
    severity: warning
    message: {en: "{name} is quiet."}
  - id: old
    title: {en: Old, ja: 長期}
    watch: deal
    start: created_at
    within: [{is: 8bd}]
    severity: critical
  - id: tried
    title: {en: Tried out, ja: 試行}
    watch: deal
    start: created_at
    within: [{is: 9bd}]
    severity: critical
    mode: shadow
  - id: untouched
    title: {en: Untouched lead, ja: 未対応リード}
    watch: lead
    start: created_at
    within: [{is: 5bd}]
    severity: warning
"""


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    judging = Judging(mode=Mode.LIVE, rollout=None, storm_guard=None, currency="JPY")
    world = World(database, rulebook(RULES, judging=judging))
    kim = Person(id="kim", name="Kim", email="kim@acme.example", manager="tanaka", active=False)
    world.crm.people[:] = [SATO, TANAKA, kim]
    world.syncs()
    money = {"amount_in_project_currency": Decimal(1_000_000)}
    for number in range(4):
        world.has(deal(f"late{number}", created_at=at("2026-03-02 13:00"), **money))
    world.has(deal("kims", created_at=at("2026-03-02 13:00"), owner="kim", **money))
    world.has(deal("nobodys", created_at=at("2026-03-02 13:00"), owner=None))
    world.has(deal("soon", created_at=at("2026-03-10 10:00"), **money))
    lead = Lead(id="lead", name="Lead", owner="sato", created_at=at("2026-03-02 13:00"), fields={})
    world.crm.leads["lead"] = lead
    world.reaches("2026-03-12 12:00")
    yield world
    database.dispose()


def glancing(world: World) -> Glancing:
    return Glancing(world.book, {"crm": None})


def own(world: World, *keys: str) -> Glance:

    with world.db.read() as conn:
        return glancing(world).own(conn, people_of(world.db, world.speaking), keys, world.us, WEEK)


def team(world: World, *keys: str) -> Team:

    with world.db.read() as conn:
        people = people_of(world.db, world.speaking)
        return glancing(world).team(conn, people, frozenset(keys) or None, world.us, WEEK)


def snoozed(world: World, name: str) -> None:
    with world.db.write() as conn:
        [row] = [one for one in alerts.history(conn, f"crm:{name}") if one.rule_id == "quiet"]
        until = int(at("2026-03-16 09:00").timestamp() * 1_000_000)
        act = Snooze(until=until, reason="wait")
        answered = answer(
            conn, Office(book=world.book), row.id, act, actor="sato@acme.example", now=world.us, visible=None
        )
        assert answered.refusal is None


def names(some: Any) -> list[str]:
    return list(dict.fromkeys(one.name for one in some))


def test_what_is_late_what_comes_and_what_rests_stand_apart(world: World) -> None:
    snoozed(world, "late3")
    mine = own(world, "crm:sato")
    assert (mine.late.deals, mine.late.leads, mine.late.amount) == (3, 1, 300_000_000)
    assert sorted(names(mine.late_ones)) == ["Late0", "Late1", "Late2", "Lead"]
    assert names(mine.soon_ones) == ["Late3", "Soon"], "the first due first; what is in shadow is told to nobody"
    assert {one.rule for one in mine.soon_ones} == {"old", "quiet"}
    assert [(one.telling.name, one.answer.act, one.answer.by) for one in mine.resting_ones] == [
        ("Late3", "snooze", "Sato")
    ]
    assert (mine.resting.records, mine.soon.records) == (1, 2)


def test_the_figures_of_a_team_are_those_of_its_people(world: World) -> None:
    snoozed(world, "late3")
    told = team(world, "crm:sato", "crm:kim", "crm:tanaka")
    assert [one.name for one in told.members] == ["Kim", "Sato"], "by name; who owns nothing is not there"
    for member in told.members:
        mine = own(
            world, *(key for key, one in people_of(world.db, world.speaking).people.items() if one.name == member.name)
        )
        assert (member.late, member.soon, member.resting) == (mine.late, mine.soon, mine.resting.records)
    everybody = team(world)
    assert [(one.name, one.late.records) for one in everybody.members] == [("Kim", 1), ("Sato", 4), ("", 1)]
    assert everybody.late.records == 6
    assert len(names(everybody.first_ones)) == 5


def test_who_has_gone_keeps_their_deals_and_a_closed_deal_is_nobodys_work(world: World) -> None:
    assert own(world, "crm:kim").late.records == 1
    del world.crm.deals["kims"]
    world.crm.withdrawn.append("kims")
    world.reaches("2026-03-12 15:00")
    assert own(world, "crm:kim").late.records == 0
    assert not own(world, "crm:kim").owned


def test_more_than_can_be_shown_is_counted_in_full(world: World) -> None:
    for number in range(LATE_SHOWN + 5):
        world.has(deal(f"more{number:02}", created_at=at("2026-03-02 13:00")))
    world.reaches("2026-03-12 15:00")
    mine = own(world, "crm:sato")
    assert mine.late.deals == LATE_SHOWN + 9
    assert len(names(mine.late_ones)) == LATE_SHOWN


def test_two_crms_know_one_person_as_one(world: World) -> None:
    twin = replace(SATO, id="sato2")
    world.crm.people.append(twin)
    world.has(deal("twins", created_at=at("2026-03-02 13:00"), owner="sato2"))
    world.reaches("2026-03-12 15:00")
    [kim, sato] = team(world, "crm:sato", "crm:sato2", "crm:kim").members
    assert (kim.name, sato.name, sato.late.deals) == ("Kim", "Sato", 5)
