"""The alarm clock: every job runs when it is needed, none holds up another, and all end when they are told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest

from stalewatch.domain.instants import DAY, SECOND
from stalewatch.engine import embedded
from stalewatch.engine.embedded import Embedded
from stalewatch.engine.jobs import Done, Job
from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.errors import StalewatchError
from stalewatch.store import connections
from stalewatch.store.engine import Database
from stalewatch.wiring.live import Live
from tests.patience import PATIENCE, soon
from tests.services.world import IMMEDIATE, World, at, deal, rulebook
from tests.web.office import project_of
from tests.web.pack import RULES


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = Database(migrated_database_url)
    world = World(database, rulebook(RULES), speaking=IMMEDIATE)
    world.has(deal("acme", created_at=at("2026-01-05 10:00")))
    yield world
    database.dispose()


@pytest.fixture
def run(world: World) -> Iterator[Callable[..., Embedded]]:
    """Starts an engine with these jobs, and stops it at the end."""
    started: list[Embedded] = []

    def running(*some: Job) -> Embedded:
        made: dict[str, Any] = {"make": lambda _project, **_: some} if some else {}
        started.append(Embedded(Live(project_of(world)), **made))
        started[-1].start()
        return started[-1]

    yield running
    for engine in started:
        engine.stop()


def counted(name: str, seen: list[str], until: float = DAY, *, wakes: tuple[str, ...] = (), said: str = "") -> Job:
    def work() -> Done:
        seen.append(name)
        return Done((said,)) if said else Done()

    return Job(name, work, lambda: int(until), wakes)


def test_a_deal_that_went_quiet_is_told_by_the_engine_alone(world: World, run: Callable[..., Embedded]) -> None:
    run()
    assert soon(lambda: world.mail.messages), "nobody was told"
    assert {entry.headline.split(" · ")[0] for one in world.mail.messages for entry in one.entries} == {"Acme"}


def test_a_job_that_did_something_wakes_the_next(run: Callable[..., Embedded]) -> None:
    seen: list[str] = []
    may_end = Event()

    def first() -> Done:
        may_end.wait(2 * PATIENCE)
        seen.append("first")
        return Done(("something",))

    run(Job("first", first, lambda: DAY, ("second",)), counted("second", seen))
    assert soon(lambda: seen == ["second"])
    may_end.set()
    assert soon(lambda: seen == ["second", "first", "second"])


def test_a_job_that_is_woken_while_it_runs_runs_once_more(run: Callable[..., Embedded]) -> None:
    seen: list[str] = []
    begun, may_end = Event(), Event()

    def second() -> Done:
        begun.set()
        may_end.wait(2 * PATIENCE)
        seen.append("second")
        return Done()

    def first() -> Done:
        begun.wait(10)
        return Done(("something",)) if not seen else Done()

    engine = run(Job("second", second, lambda: DAY), Job("first", first, lambda: DAY, ("second",)))
    assert soon(lambda: "second" in engine._woken)
    may_end.set()
    assert soon(lambda: seen == ["second", "second"])


def test_a_job_runs_again_when_the_next_thing_is_due(run: Callable[..., Embedded]) -> None:
    seen: list[str] = []
    run(counted("busy", seen, until=0.6 * SECOND), counted("idle", seen))
    assert soon(lambda: seen.count("busy") == 3)
    assert seen.count("idle") == 1


@pytest.mark.parametrize("error", [StalewatchError("the database is busy"), KeyError("a fault of ours")])
def test_a_job_that_fails_is_told_in_one_line_and_stops_no_other(
    run: Callable[..., Embedded], caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail() -> Done:
        raise error

    seen: list[str] = []
    run(Job("broken", fail, lambda: DAY), counted("other", seen, until=0.5 * SECOND))
    assert soon(lambda: len(seen) >= 2)
    [line] = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert str(error) in line.getMessage()


def test_what_hangs_is_given_up_after_its_patience(
    run: Callable[..., Embedded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PATIENCE", 0.2)
    begun, release = Event(), Event()

    def hang() -> Done:
        begun.set()
        release.wait(2 * PATIENCE)
        return Done()

    engine = run(Job("stuck", hang, lambda: DAY))
    assert begun.wait(PATIENCE)
    assert engine.stop() is False
    release.set()
    assert soon(engine.stop)


def test_a_pull_under_way_ends_between_two_pages_and_gives_its_lease_back(
    world: World, run: Callable[..., Embedded], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()
    pull = world.crm.pull

    def slow(cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        for page in pull(cursor, full=full):
            begun.set()
            time.sleep(0.05)
            yield page

    world.has(*(deal(f"d{number}") for number in range(400)))
    world.crm.page_size = 2
    monkeypatch.setattr(world.crm, "pull", slow)
    engine = run()
    assert begun.wait(PATIENCE)
    assert engine.stop()
    with world.db.read() as conn:
        row = connections.one(conn, "crm")
    assert row is not None
    assert (row.lease_until, row.attempts, row.last_sync_at) == (0, 0, None)
