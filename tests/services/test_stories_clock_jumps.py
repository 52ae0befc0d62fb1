"""A machine whose clock jumps, and nights on which everybody's does: nothing is said twice, nor in anybody's night."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from stalewatch.domain.hours import Quiet
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Message, Receipt, Style
from stalewatch.sdk.records import Person
from stalewatch.store.tables import notices
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, rows
from tests.services.world import SATO, TANAKA, Mailboxes, World, at, deal

pytestmark = SQLITE_DAILY
ZONES = {"sato": "Asia/Tokyo", "miller": "America/New_York", "jones": "Europe/London"}
POLITE = Quiet(9 * 60, 18 * 60 + 30)
MINUTES = (60, 90, 180, 300)


@dataclass
class Dated(Mailboxes):
    """Notes when each message came, by the machine's own clock."""

    came: list[tuple[datetime, Message]] = field(default_factory=list)

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self.came = []

    def send(self, message: Message) -> Receipt:
        self.came.append((self.clock.now(), message))
        return super().send(message)


def company(found: Founder, style: Style) -> World:
    speaking = Speaking(routes=(Route(name="all", to=("owner",), style=style),), quiet=POLITE)
    world = found(QUIET, speaking=speaking)
    people = [Person(id=key, name=key.title(), email=f"{key}@acme.example", zone=zone) for key, zone in ZONES.items()]
    world.crm.people = [SATO, TANAKA, *people[1:]]
    world.mail = Dated(world)
    for number in range(9):
        owner, created = list(ZONES)[number % 3], at("2026-02-20 08:00") + timedelta(hours=29 * number)
        world.has(deal(f"deal{number}", owner=owner, created_at=created, next_step="x"))
    return world


def goes(world: World, moments: list[datetime]) -> list[tuple[datetime, Message]]:
    for moment in moments:
        world.clock.move_to(moment)
        world.rounds()
    assert isinstance(world.mail, Dated)
    return world.mail.came


def walk(begins: datetime, ends: datetime, seed: int) -> list[datetime]:
    """From one moment to another, now and then an hour or two back, or forward over what was to come."""
    random, now, moments = Random(seed), begins, [begins]  # noqa: S311  # not for secrets
    while now < ends:
        now += timedelta(minutes=random.choice(MINUTES))
        moments.append(now)
        if random.random() < 0.25:
            moments.append(now := now - timedelta(minutes=random.choice((59, 60, 61, 120))))
    return [*moments, ends]


def assert_calm(came: list[tuple[datetime, Message]], style: Style) -> None:
    """At nobody's night, no deal twice in one kind of word, and one digest a day."""
    digests: Counter[tuple[str, str]] = Counter()
    for moment, message in came:
        key = message.target.removeprefix("person:").partition("@")[0]
        there = moment.astimezone(ZoneInfo(ZONES.get(key, "Asia/Tokyo")))
        minutes = there.hour * 60 + there.minute
        assert POLITE.opens <= minutes <= POLITE.closes, (message.target, there)
        if message.style is Style.DIGEST:
            digests[message.target, f"{there:%F}"] += 1
    assert max(digests.values(), default=0) <= 1
    assert bool(digests) or style is Style.IMMEDIATE
    assert max(Counter(message.delivery for _, message in came).values()) == 1


def word_keys(world: World) -> set[str]:
    """What had to be said of deadlines, whoever said when."""
    return {row.key for row in rows(world, notices) if row.kind in ("warn", "breach") and row.state != "dropped"}


@pytest.mark.parametrize("style", [Style.DIGEST, pytest.param(Style.IMMEDIATE, marks=pytest.mark.slow)])
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_a_clock_that_jumps_doubles_nothing_and_wakes_nobody(found: Founder, style: Style, seed: int) -> None:
    """Over the night of 8 March, on which New York's clocks go forward."""
    world = company(found, style)
    came = goes(world, walk(at("2026-03-06 07:00"), at("2026-03-10 03:00"), seed))
    assert len(came) >= 3
    assert_calm(came, style)


@pytest.mark.parametrize("back", [timedelta(hours=1), pytest.param(timedelta(days=1), marks=pytest.mark.slow)])
def test_a_day_that_comes_twice_is_told_once(found: Founder, back: timedelta) -> None:
    world = company(found, Style.DIGEST)
    nine = at("2026-03-10 09:00")
    before = len(goes(world, [at("2026-03-09 12:00"), nine, nine + timedelta(minutes=1)]))
    assert any("sato" in message.target for _, message in world.mail.came)  # type: ignore[attr-defined]  # it is Dated
    said = word_keys(world)
    came = goes(world, [nine - back, nine - back + timedelta(minutes=30), nine, nine + timedelta(minutes=2)])
    assert [message.target for _, message in came[before:] if "sato" in message.target] == []
    assert said <= word_keys(world)


def test_a_clock_that_jumps_over_the_hour_makes_up_for_it_on_the_same_day(found: Founder) -> None:
    world = company(found, Style.DIGEST)
    came = goes(world, [at("2026-03-06 12:00"), at("2026-03-09 08:59"), at("2026-03-09 11:00")])
    mine = [moment for moment, one in came if "sato" in one.target]
    assert mine[-1] == at("2026-03-09 11:00")


@pytest.mark.parametrize(
    ("name", "night"),
    [
        ("miller", "2026-03-08"),
        pytest.param("jones", "2026-10-25", marks=pytest.mark.slow),
        pytest.param("jones", "2026-03-29", marks=pytest.mark.slow),
    ],
)
def test_the_nights_on_which_clocks_change_move_no_digest(found: Founder, name: str, night: str) -> None:
    """At nine by the wall, the day before and the day after; and the hour that is there twice says nothing twice."""
    zone = ZoneInfo(ZONES[name])
    start = at(night, ZONES[name]) - timedelta(days=2)
    world = company(found, Style.DIGEST)
    since = start - timedelta(days=14)
    for n in range(8):
        world.has(deal(f"late{n}", owner=name, created_at=since + timedelta(hours=14 * n), next_step="x"))
    hours = (0, 1, 2, 2.5, 3, 8, 9, 9.5, 10)
    came = goes(world, [start + timedelta(days=day, hours=hour) for day in range(4) for hour in hours])
    mine = [moment.astimezone(zone) for moment, one in came if name in one.target]
    assert len(mine) >= 2
    assert {f"{moment:%H:%M}" for moment in mine} == {"09:00"}
    assert len({moment.date() for moment in mine}) == len(mine)
