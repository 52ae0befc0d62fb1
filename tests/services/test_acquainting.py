"""People are written to in the language that they set in Slack, and at their own hour; Slack is asked once a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from stalewatch.delivery.slack.members import Member
from stalewatch.domain.policies import Override
from stalewatch.sdk.errors import NotifierError, OutcomeUnknown
from stalewatch.services.alerting.people import people_of
from stalewatch.services.telling.acquainting import AT_ONCE, Acquainting
from tests import databases
from tests.altered import replace
from tests.databases import SQLITE_DAILY
from tests.services.world import SATO, TANAKA, World, at, deal, rulebook

pytestmark = SQLITE_DAILY

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
    message: {en: "{name} is quiet.", ja: "{name}は動きがありません。"}
"""


@dataclass
class Slack:
    """What Slack says of people, and how often it was asked."""

    known: dict[str, Member] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fault: NotifierError | None = None

    def has(self, address: str, language: str | None = None, zone: str | None = None) -> None:
        self.known[address] = Member(
            id="U" + address[:5].upper(), email=address, is_fit=True, language=language, zone=zone, teams=frozenset()
        )

    def __call__(self, address: str) -> Member | None:
        self.asked.append(address)
        if self.fault is not None:
            raise self.fault
        return self.known.get(address)


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(RULES))
    world.has(deal("acme", created_at=at("2026-03-02 10:00")))
    world.syncs()
    world.clock.move_to(at("2026-03-12 12:00"))
    world.syncs()
    yield world
    database.dispose()


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def meets(world: World, slack: Slack) -> Callable[[], int]:
    return lambda: Acquainting(world.db, world.clock, world.speaking, slack).run()


def person(world: World, key: str = "crm:sato") -> Any:
    return people_of(world.db, world.speaking).people[key]


def test_a_rep_whose_slack_is_japanese_is_told_in_japanese(
    world: World, slack: Slack, meets: Callable[[], int]
) -> None:
    slack.has("sato@acme.example", "ja")
    assert meets() == 0, "nobody is to be told anything yet"
    world.ticks()
    assert meets() == 1
    world.lives_until("2026-03-13 10:00")
    [message] = [one for one in world.mail.messages if "sato" in one.target]
    assert (message.language, message.entries[0].body) == ("ja", "Acmeは動きがありません。")
    assert slack.asked == ["sato@acme.example"]


def test_who_was_found_is_asked_about_once_a_day_and_who_was_not_once_an_hour(
    world: World, slack: Slack, meets: Callable[[], int]
) -> None:
    world.ticks()
    assert [meets(), meets()] == [1, 0]
    world.clock.advance(timedelta(minutes=59))
    assert meets() == 0
    slack.has("sato@acme.example", "ja")
    world.clock.advance(timedelta(minutes=1))
    assert [meets(), meets()] == [1, 0]
    assert person(world).language == "ja"
    world.clock.advance(timedelta(hours=23, minutes=59))
    assert meets() == 0
    slack.has("sato@acme.example", "en")
    world.clock.advance(timedelta(minutes=1))
    assert meets() == 1
    assert person(world).language == "en"


def test_a_slack_that_cannot_be_asked_stops_nobody_and_is_asked_again(
    world: World, slack: Slack, meets: Callable[[], int]
) -> None:
    world.ticks()
    slack.fault = OutcomeUnknown("reset")
    assert meets() == 0
    slack.has("sato@acme.example", "ja")
    slack.fault = None
    assert meets() == 1
    assert person(world).language == "ja"


def test_not_everybody_is_asked_about_at_once(world: World, slack: Slack, meets: Callable[[], int]) -> None:
    for number in range(AT_ONCE + 5):
        world.crm.people.append(
            replace(SATO, id=f"rep{number}", name=f"Rep {number}", email=f"rep{number}@acme.example")
        )
        world.has(deal(f"d{number}", owner=f"rep{number}", created_at=at("2026-03-02 10:00")))
    world.syncs()
    world.ticks()
    assert [meets(), meets(), meets()] == [AT_ONCE, 6, 0]
    assert len(set(slack.asked)) == AT_ONCE + 6


def test_people_goes_before_slack_and_slack_before_the_crm(
    world: World, slack: Slack, meets: Callable[[], int]
) -> None:
    world.crm.people[:] = [replace(SATO, language="en", zone=None), TANAKA]
    world.syncs()
    assert (person(world).language, person(world).zone) == ("en", None)
    world.ticks()
    slack.has("sato@acme.example", "ja", "America/New_York")
    meets()
    assert (person(world).language, person(world).zone) == ("ja", "America/New_York")
    world.crm.people[:] = [replace(SATO, language="en", zone="Europe/Berlin"), TANAKA]
    world.syncs()
    assert (person(world).language, person(world).zone) == ("ja", "Europe/Berlin")
    world.speaking = replace(world.speaking, people={"sato@acme.example": Override(language="en", zone="Asia/Seoul")})
    assert (person(world).language, person(world).zone) == ("en", "Asia/Seoul")


def test_who_is_named_by_an_id_is_asked_about_by_it(world: World, slack: Slack) -> None:
    world.speaking = replace(world.speaking, people={"sato@acme.example": Override(slack="U0SATO1")})
    world.ticks()
    slack.known["U0SATO1"] = Member(id="U0SATO1", email=None, is_fit=True, language="ja", zone=None, teams=frozenset())
    assert Acquainting(world.db, world.clock, world.speaking, slack).run() == 1
    assert slack.asked == ["U0SATO1"]
    assert person(world).language == "ja"
