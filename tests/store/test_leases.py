"""A row is worked on by one worker at a time, and one that comes back too late changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from stalewatch.store import bulk, facts, leases
from stalewatch.store.engine import Database
from stalewatch.store.errors import LeaseLost
from stalewatch.store.leases import CONNECTIONS, DESTINATIONS, PATIENCE
from stalewatch.store.tables import connections, destinations
from tests.store.claimers import claims_of_many

NOW, LONG, LAPSED = 1_000, 60_000_000, -1


@pytest.fixture
def crm(db: Database) -> Database:
    """Two connections: `sf` due since 10, `hs` due since 20."""
    with db.write() as conn:
        rows = [{"id": "hs", "type": "hubspot", "due_at": 20}, {"id": "sf", "type": "salesforce", "due_at": 10}]
        bulk.insert(conn, connections, rows)
    return db


def claim(db: Database, due: int = NOW, lease_us: int = LONG, limit: int = 1) -> list[tuple[str, int]]:
    with db.write() as conn:
        rows = leases.claim(conn, CONNECTIONS, due=due, lease_us=lease_us, limit=limit)
        return [(row.id, row.fence) for row in rows]


def facts_of(db: Database, key: str) -> object:
    with db.read() as conn:
        return facts.read(conn, key)


def test_the_longest_due_comes_first_and_is_not_given_twice(crm: Database) -> None:
    assert claim(crm) == [("sf", 1)]
    assert claim(crm) == [("hs", 1)]
    assert claim(crm) == []


def test_several_at_once_come_in_order(crm: Database) -> None:
    assert claim(crm, limit=5) == [("sf", 1), ("hs", 1)]


def test_what_is_not_due_or_has_nothing_to_do_is_left_alone(crm: Database) -> None:
    assert claim(crm, due=15, limit=5) == [("sf", 1)]
    with crm.write() as conn:
        leases.finish(conn, CONNECTIONS, "sf", 1, due_at=None)
    assert claim(crm, due=15, limit=5) == []


def test_one_connection_can_be_asked_for(crm: Database) -> None:
    with crm.write() as conn:
        taken = leases.claim(conn, CONNECTIONS, due=NOW, lease_us=LONG, limit=5, only="hs")
    assert [row.id for row in taken] == ["hs"]


def test_a_claim_that_is_rolled_back_never_was(crm: Database) -> None:
    def claim_and_crash() -> None:
        with crm.write() as conn:
            assert leases.claim(conn, CONNECTIONS, due=NOW, lease_us=LONG)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        claim_and_crash()
    assert claim(crm) == [("sf", 1)]


def test_a_zombie_rolls_back_with_all_it_did(crm: Database) -> None:
    assert claim(crm, due=15, lease_us=LAPSED) == [("sf", 1)]
    assert claim(crm, due=15) == [("sf", 2)]

    def store_a_page_as(worker: str, fence: int) -> None:
        with crm.write() as conn:
            facts.write(conn, "written by", worker)
            leases.keep(conn, CONNECTIONS, "sf", fence, cursor={"at": worker})

    with pytest.raises(LeaseLost, match="sf"):
        store_a_page_as("zombie", 1)
    assert facts_of(crm, "written by") is None
    store_a_page_as("heir", 2)
    with crm.read() as conn:
        cursor = conn.execute(sa.select(connections.c.cursor).where(connections.c.id == "sf")).scalar_one()
    assert (facts_of(crm, "written by"), cursor) == ("heir", {"at": "heir"})


def test_keeping_without_values_still_asks_whether_the_row_is_ours(crm: Database) -> None:
    claim(crm)
    with crm.write() as conn:
        leases.keep(conn, CONNECTIONS, "sf", 1)
    with pytest.raises(LeaseLost), crm.write() as conn:
        leases.keep(conn, CONNECTIONS, "sf", 7)


def test_a_renewed_lease_holds(crm: Database) -> None:
    claim(crm, due=15, lease_us=LAPSED)
    with crm.write() as conn:
        leases.keep(conn, CONNECTIONS, "sf", 1, lease_us=LONG)
    assert claim(crm, due=15) == []


def test_the_lease_goes_by_the_clock_of_the_database(crm: Database) -> None:
    far_future = 10**17
    assert claim(crm, due=far_future) == [("sf", 1)]
    with crm.read() as conn:
        until = conn.execute(sa.select(connections.c.lease_until).where(connections.c.id == "sf")).scalar_one()
    assert abs(until - crm.now() - LONG) < 10_000_000


def attempts(db: Database, key: str = "sf") -> int:
    with db.read() as conn:
        return int(conn.execute(sa.select(connections.c.attempts).where(connections.c.id == key)).scalar_one())


def test_attempts_fall_to_zero_with_a_finished_claim(crm: Database) -> None:
    for fence in (1, 2):
        assert claim(crm, due=15, lease_us=LAPSED) == [("sf", fence)]
    assert attempts(crm) == 2
    with crm.write() as conn:
        leases.finish(conn, CONNECTIONS, "sf", 2, due_at=12, last_error="told")
    assert attempts(crm) == 0
    assert claim(crm, due=15) == [("sf", 3)]


def test_a_claim_given_back_does_not_count(crm: Database) -> None:
    claim(crm, due=15)
    with crm.write() as conn:
        leases.release(conn, CONNECTIONS, "sf", 1, due_at=14)
    assert attempts(crm) == 0
    assert claim(crm, due=13) == []
    assert claim(crm, due=15) == [("sf", 2)]
    with pytest.raises(LeaseLost, match="sf"), crm.write() as conn:
        leases.release(conn, CONNECTIONS, "sf", 1)


def test_a_row_that_kills_its_worker_is_parked_and_the_others_go_on(crm: Database) -> None:
    for _ in range(PATIENCE):
        assert claim(crm, due=15, lease_us=LAPSED)[0][0] == "sf"
    assert claim(crm, limit=5) == [("hs", 1)]
    with crm.read() as conn:
        assert [row.id for row in leases.parked(conn, CONNECTIONS)] == ["sf"]


def test_a_worker_that_wakes_up_after_its_row_was_parked_is_too_late(crm: Database) -> None:
    for _ in range(PATIENCE):
        claim(crm, due=15, lease_us=LAPSED)
    claim(crm, due=15)
    with pytest.raises(LeaseLost), crm.write() as conn:
        leases.finish(conn, CONNECTIONS, "sf", PATIENCE, due_at=12)


def test_a_parked_row_returns_when_told_to(crm: Database) -> None:
    with crm.write() as conn:
        assert leases.park(conn, CONNECTIONS, "sf")
        assert not leases.park(conn, CONNECTIONS, "sf")
    assert claim(crm, due=15) == []
    with crm.write() as conn:
        assert leases.unpark(conn, CONNECTIONS, "sf", 12)
        assert not leases.unpark(conn, CONNECTIONS, "sf", 12)
    assert claim(crm, due=15) == [("sf", 2)]


def test_a_demand_only_ever_makes_it_earlier(crm: Database) -> None:
    with crm.write() as conn:
        leases.demand(conn, CONNECTIONS, "hs", 500)
        leases.demand(conn, CONNECTIONS, "sf", 5)
    assert claim(crm, due=9, limit=5) == [("sf", 1)]
    assert claim(crm, due=20, limit=5) == [("hs", 1)]


def test_destinations_are_leased_by_the_same_functions(db: Database) -> None:
    with db.write() as conn:
        bulk.insert(conn, destinations, [{"target": "person:sato", "due_at": 1}])
        (row,) = leases.claim(conn, DESTINATIONS, due=1, lease_us=LONG, limit=3)
        leases.finish(conn, DESTINATIONS, row.target, row.fence, due_at=None)
        assert leases.claim(conn, DESTINATIONS, due=NOW, lease_us=LONG, limit=3) == []


def test_a_claim_of_no_size_is_of_one(crm: Database) -> None:
    with crm.write() as conn:
        assert [row.id for row in leases.claim(conn, CONNECTIONS, due=NOW, lease_us=LONG)] == ["sf"]


def test_only_the_row_that_is_asked_for_is_found_worn(crm: Database) -> None:
    for _ in range(PATIENCE):
        assert len(claim(crm, lease_us=LAPSED, limit=2)) == 2
    with crm.write() as conn:
        assert leases.claim(conn, CONNECTIONS, due=NOW, lease_us=LONG, only="hs") == []
        assert [row.id for row in leases.parked(conn, CONNECTIONS)] == ["hs"]
        assert leases.unpark(conn, CONNECTIONS, "hs", 20)
    assert claim(crm, due=NOW) == [("hs", PATIENCE + 2)], "to park it took a fence, so that who comes back is too late"


def test_what_is_written_into_one_row_stands_in_no_other(crm: Database) -> None:
    assert len(claim(crm, limit=2)) == 2, "both at fence 1"
    with crm.write() as conn:
        leases.keep(conn, CONNECTIONS, "sf", 1, cursor={"at": "sf"})
        leases.finish(conn, CONNECTIONS, "hs", 1, due_at=30, last_error="told")
        found = {row.id: row for row in conn.execute(sa.select(connections))}
    assert {key: (row.cursor, row.due_at, row.last_error) for key, row in found.items()} == {
        "sf": ({"at": "sf"}, 10, None),
        "hs": (None, 30, "told"),
    }
    assert (found["sf"].lease_until > 0, found["hs"].lease_until) == (True, 0)
    assert claim(crm, due=30) == [("hs", 2)], "who ends in good order leaves no lease behind"


def test_a_demand_wakes_what_had_nothing_to_do(crm: Database) -> None:
    claim(crm, due=15)
    with crm.write() as conn:
        leases.finish(conn, CONNECTIONS, "sf", 1, due_at=None)
        leases.demand(conn, CONNECTIONS, "sf", 5)
    assert claim(crm, due=5) == [("sf", 2)]


def test_of_parked_rows_one_returns_as_new_and_the_longest_parked_is_told_first(crm: Database) -> None:
    for _ in range(PATIENCE - 1):
        claim(crm, due=15, lease_us=LAPSED)
    assert claim(crm, due=15, lease_us=LONG) == [("sf", PATIENCE)]
    with crm.write() as conn:
        assert leases.park(conn, CONNECTIONS, "sf")
        assert leases.park(conn, CONNECTIONS, "hs")
        leases.keep(conn, CONNECTIONS, "sf", PATIENCE + 1, parked_at=7)
        leases.keep(conn, CONNECTIONS, "hs", 1, parked_at=8)
        assert [row.id for row in leases.parked(conn, CONNECTIONS)] == ["sf", "hs"]
        assert leases.unpark(conn, CONNECTIONS, "sf", 12)
        assert [row.id for row in leases.parked(conn, CONNECTIONS)] == ["hs"]
    assert attempts(crm) == 0
    assert claim(crm, due=11) == []
    assert claim(crm, due=12) == [("sf", PATIENCE + 2)]


def test_a_row_is_found_by_its_name_or_by_how_that_begins(db: Database) -> None:
    names = ["a", "ab", "ac", "ad", "ae", "af", "ag", "b_1", "bx1"]
    with db.write() as conn:
        bulk.insert(conn, destinations, [{"target": name} for name in reversed(names)])

        def found(begin: str) -> list[str]:
            return [row.target for row in leases.find(conn, DESTINATIONS, begin)]

        assert (found("a"), found("ac"), found("c")) == (["a"], ["ac"], [])
        assert found("b_") == ["b_1"], "an underscore is no wildcard"
        assert found("b") == ["b_1", "bx1"]
        assert found("") == names[:5], "a few of them"


@pytest.mark.bar
def test_a_hundred_claimers_get_each_of_ten_thousand_rows_exactly_once(db: Database) -> None:
    """B16: fifty threads here and fifty of another process."""
    rows = 10_000
    with db.write() as conn:
        bulk.insert(conn, destinations, [{"target": f"t{n}", "due_at": n % 7} for n in range(rows)])
    url = db.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.store.claimers", url]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, cwd=root) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        here = claims_of_many(url)
        there = json.loads(other.stdout.readline())
    taken = Counter([*here, *there])
    assert len(taken) == rows
    assert set(taken.values()) == {1}
