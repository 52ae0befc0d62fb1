"""Several processes at the same work: every piece once, no two at one row, and what kills its worker is set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from multiprocessing.context import ForkServerContext
from pathlib import Path
from time import sleep

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import SECOND
from stalewatch.engine.queue import shipped_schema
from stalewatch.services.operating.workers import working
from stalewatch.store import leases
from stalewatch.store.engine import Database
from stalewatch.store.leases import DESTINATIONS, PATIENCE
from stalewatch.store.queue_schema import bring_up
from stalewatch.store.tables import audit as log
from tests.databases import KINDS
from tests.engine.crew import POISON, Task, crew, engine_of, now, nursery, rows_due, times_done

pytestmark = pytest.mark.bar

__all__ = ["nursery"]
both = pytest.mark.parametrize("migrated_database_url", KINDS, indirect=True)


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = Database(migrated_database_url)
    bring_up(database, *shipped_schema())
    yield database
    database.dispose()


@both
@pytest.mark.parametrize("slots", [40, pytest.param(1_000, marks=[pytest.mark.slow, pytest.mark.alone])])
def test_b13_periodic_work_misses_no_slot_and_does_none_twice_while_workers_die(
    nursery: ForkServerContext, migrated_database_url: str, db: Database, slots: int,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    """B13: five workers; one is killed every other second; each fire of a row is done once, and in time."""
    every = SECOND // 10
    task = Task(every=every, fires=slots)
    with crew(nursery, migrated_database_url, task, size=5, engine=engine_of(migrated_database_url)) as five:
        five.keep(lambda: len(working(db).alive) >= 5, 30)
        begin = now() + 11 * SECOND // 2  # known to all before: what comes unannounced may wait five seconds for a look
        rows_due(db, [("slots", begin)])
        killed = five.keep(lambda: len(times_done(db)) >= slots, 60 + slots, kills=1.5, seed=13)
    assert times_done(db) == {f"slots@{begin + number * every}": 1 for number in range(slots)}
    late = sorted(_lateness(db))
    figures = f"p50 {late[len(late) // 2]:.3f} s, p99 {late[-1 - len(late) // 100]:.3f} s late"
    record_property("figures", f"B13 {engine_of(migrated_database_url)}: {slots} slots, {killed} kills, {figures}")
    assert killed > 0
    assert late[len(late) // 2] <= 2.0
    assert slots < 100 or late[-1 - len(late) // 100] <= 2.0  # of a few, the worst is the machine's


def _lateness(db: Database) -> list[float]:
    with db.read() as conn:
        rows = conn.execute(sa.select(log.c.at, log.c.object).where(log.c.action == "crew")).all()
    return [(row.at - int(row.object.partition("@")[2])) / SECOND for row in rows]


@pytest.mark.parametrize(
    ("migrated_database_url", "syncs"),
    [
        *((kind, 150) for kind in KINDS),
        pytest.param("postgresql", 10_000, marks=pytest.mark.slow(minutes=5)),
        pytest.param("sqlite", 10_000, marks=[pytest.mark.slow(minutes=5), pytest.mark.thorough]),
    ],
    indirect=["migrated_database_url"],
)
def test_b14_a_connection_is_read_by_one_at_a_time(
    nursery: ForkServerContext, migrated_database_url: str, db: Database, tmp_path: Path, syncs: int,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    """B14: eight processes read twelve connections again and again; the CRM's own notes show no two at once."""
    log = tmp_path / "crm.log"
    task = Task(name="sync", log=log)
    with crew(nursery, migrated_database_url, task, size=8, engine=engine_of(migrated_database_url)) as eight:
        eight.keep(lambda: len(_reads(log)) >= syncs, 60 + syncs / 10)
    reads = sorted(_reads(log))
    overlaps = [
        one for one, following in pairwise(reads) if one[0] == following[0] and following[1] < one[2]
    ]  # fmt: skip
    record_property(
        "figures", f"B14 {eight.engine}: {len(reads)} reads of twelve connections, {len(overlaps)} overlaps"
    )
    assert (eight.engine, overlaps) == ("embedded" if db.is_sqlite else "worker", [])
    assert len({name for name, _, _ in reads}) == 12


def _reads(log: Path) -> list[tuple[str, float, float]]:
    if not log.exists():
        return []
    lines = (line.split() for line in log.read_text().splitlines())
    return [(line[0], float(line[1]), float(line[2])) for line in lines if len(line) == 3]


@both
def test_b15_work_that_ends_its_process_is_set_aside_after_five_and_the_rest_is_done(
    nursery: ForkServerContext, migrated_database_url: str, db: Database
) -> None:
    """B15: three workers; the row that is due first ends whoever claims it."""
    rows_due(db, [(POISON, 1), *((f"row {number}", 2) for number in range(200))])
    with crew(nursery, migrated_database_url, Task(), size=3, engine=engine_of(migrated_database_url)) as three:
        three.keep(lambda: len(times_done(db)) == 200 and bool(_parked(db)), 60)
        sleep(0.2)
    assert _parked(db) == [POISON]
    assert three.deaths == PATIENCE
    assert set(times_done(db).values()) == {1}


def _parked(db: Database) -> list[str]:
    with db.read() as conn:
        return [row.target for row in leases.parked(conn, DESTINATIONS)]
