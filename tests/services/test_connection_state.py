"""How a connection stands, by what is stored: the worst that holds, its quota, and what it does not tell."""

from __future__ import annotations

import pytest

from stalewatch.domain.instants import HOUR
from stalewatch.sdk.errors import NeedsReconnect, TryLater
from stalewatch.services.alerting import failing
from stalewatch.services.operating.connection_state import ConnectionState, Quota, State, states
from stalewatch.store import accounts, connections
from tests.services.conftest import Founder
from tests.services.world import World, deal, default_pack


@pytest.fixture
def world(found: Founder) -> World:
    return found(default_pack())


def standing(world: World, most: int | None = 2 * HOUR, later: int = 0) -> ConnectionState:
    [one] = states(world.db, world.book, {"crm": "memory"}, {"crm": most}, world.us + later)
    return one


def test_it_is_as_bad_as_the_worst_that_holds(world: World) -> None:
    world.has(deal("acme"))
    world.syncs()
    assert (standing(world).state, standing(world).data_age, standing(world).error) == (State.OK, 0, None)
    failing.note(world.db, "crm", TryLater("busy"), world.us)
    assert standing(world).state is State.FAILING
    assert standing(world, later=3 * HOUR).state is State.TOO_OLD
    assert standing(world, None, later=3 * HOUR).state is State.FAILING
    failing.note(world.db, "crm", NeedsReconnect("gone"), world.us)
    assert standing(world).state is State.NEEDS_PERSON


def test_what_it_does_not_tell_is_told_with_the_rules_and_the_permission(world: World) -> None:
    world.crm.unfed = {"next_meeting_at"}
    world.crm.missing = {"next_meeting_at": ["Access Activities"]}
    world.has(deal("acme"))
    world.syncs()
    blind = standing(world).blind["deal"]
    assert (blind.fields, blind.lacking) == (("next_meeting_at",), ("Access Activities",))
    assert "no-next-meeting" in blind.rules
    assert standing(world).judging == standing(world).rules - len(blind.rules)


def test_its_quota_is_what_its_account_told_last(world: World) -> None:
    assert standing(world).quota == {}
    with world.db.write() as conn:
        accounts.hear(conn, "memory:1", {"day": [28, 1000]}, "crm")
    [(name, quota)] = standing(world).quota.items()
    assert (name, quota.used, quota.allowed) == ("day", 28, 1000)
    assert isinstance(quota, Quota)


def test_a_connection_that_has_no_row_yet_is_there(world: World) -> None:
    found = states(world.db, world.book, {"new": "csv", "crm": "memory"}, {}, world.us)
    assert [(one.id, one.state) for one in found] == [("new", State.NEVER_READ), ("crm", State.OK)]
    with world.db.write() as conn:
        connections.set_values(conn, "crm", parked_at=1)
    assert standing(world).state is State.PARKED
