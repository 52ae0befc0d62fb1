"""However much falls due at once, nobody's mailbox floods (B42), and a guard that is on lets a person look first."""

from __future__ import annotations

from collections import Counter

import pytest

from stalewatch.domain.policies import Speaking, StormGuard
from stalewatch.domain.routing import Route
from stalewatch.sdk.records import Person
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.test_stories_going_live import judging
from tests.services.world import World, at, deal

pytestmark = [SQLITE_DAILY, pytest.mark.bar]

DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))


def full_of(world: World, deals: int, owners: int) -> None:
    """Deals that all become late on one evening, and the people they belong to."""
    world.crm.people = [Person(id=f"p{n}", name=f"P{n}", email=f"p{n}@acme.example") for n in range(owners)]
    world.has(*(deal(f"d{n}", owner=f"p{n % owners}", created_at=at("2026-02-20 09:00")) for n in range(deals)))
    world.reaches("2026-03-02 14:00")


@pytest.mark.parametrize(
    ("deals", "owners"),
    [(1_200, 24), pytest.param(50_000, 500, marks=pytest.mark.slow(minutes=4))],
    ids=["small", "whole"],
)
def test_all_of_an_owners_deals_that_fall_due_at_once_are_one_message(
    found: Founder, deals: int, owners: int
) -> None:  # fmt: skip
    world = found(QUIET.replace("    warn: 4d\n", ""), judging=judging(), speaking=DIGEST)
    full_of(world, deals, owners)
    told: list[int] = []
    for moment in ("2026-03-06 20:00", "2026-03-09 09:00", "2026-03-09 15:00", "2026-03-10 09:00"):
        before = len(world.mail.messages)
        world.reaches(moment)
        fresh = Counter(message.target for message in world.mail.messages[before:])
        assert set(fresh.values()) <= {1}, "nobody gets two at one moment"
        told.append(len(fresh))
    assert sum(told) == owners, "each owner hears once of all of it"
    assert max(told) == owners, "and all at the same digest"


def test_so_many_at_once_that_somebody_should_look_first_are_held(found: Founder) -> None:
    guard = StormGuard(share=0.2, at_least=20)
    world = found(QUIET.replace("    warn: 4d\n", ""), judging=judging(storm_guard=guard), speaking=DIGEST)
    full_of(world, 60, 3)
    world.clock.move_to(at("2026-03-06 20:00"))
    world.syncs()
    done = world.ticks()
    assert (done.opened, done.said, done.stormed) == (60, 60, 60)


def test_so_few_at_once_that_they_are_no_storm_are_never_held(found: Founder) -> None:
    guard = StormGuard(share=0.2, at_least=20)
    world = found(QUIET.replace("    warn: 4d\n", ""), judging=judging(storm_guard=guard), speaking=DIGEST)
    full_of(world, 10, 2)
    world.has(*(deal(f"later{n}", owner="p1", created_at=at("2026-03-01 09:00")) for n in range(90)))
    world.reaches("2026-03-02 15:00")
    world.clock.move_to(at("2026-03-06 20:00"))
    world.syncs()
    done = world.ticks()
    assert (done.opened, done.said, done.stormed) == (10, 10, 0)
    world.reaches("2026-03-09 09:00")
    assert Counter(message.target for message in world.mail.messages) == {
        "person:p0@acme.example": 1,
        "person:p1@acme.example": 1,
    }
