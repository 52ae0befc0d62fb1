"""The engine of several processes: calls reach somebody, kinds keep out of each other's way, and all of it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from procrastinate import PsycopgConnector

from stalewatch.domain.instants import DAY, HOUR, SECOND
from stalewatch.engine import distributed, queue
from stalewatch.engine.distributed import Distributed
from stalewatch.engine.jobs import Done, Job
from stalewatch.services.operating.workers import working
from stalewatch.store import leases
from stalewatch.store.engine import Database
from stalewatch.store.queue_schema import address, bring_up
from stalewatch.wiring.live import Live
from tests.patience import PATIENCE, soon
from tests.services.world import IMMEDIATE, World, at, deal, rulebook
from tests.web.office import project_of
from tests.web.pack import RULES

pytestmark = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = Database(migrated_database_url)
    bring_up(database, *queue.shipped_schema())
    yield database
    database.dispose()


@pytest.fixture
def world(db: Database) -> World:
    world = World(db, rulebook(RULES), speaking=IMMEDIATE)
    world.has(deal("acme", created_at=at("2026-01-05 10:00")))
    return world


class Running:
    """A worker in a thread of this process."""

    def __init__(self, world: World, *some: Job, **given: Any) -> None:
        made: dict[str, Any] = {"make": lambda _live, **_: some} if some else {}
        self.engine = Distributed(Live(project_of(world)), address(world.db), **made, **given)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.is_clean: bool | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        async def main() -> bool:
            self.loop = asyncio.get_running_loop()
            return await self.engine.run()

        self.is_clean = asyncio.run(main())

    def stop(self) -> bool | None:
        if self._thread.is_alive() and self.loop is not None:
            self.loop.call_soon_threadsafe(self.engine.stop)
            self._thread.join(15)
        return self.is_clean


@pytest.fixture
def run(world: World) -> Iterator[Callable[..., Running]]:
    """Starts a worker with these jobs, and stops it at the end."""
    started: list[Running] = []

    def running(*some: Job, **given: Any) -> Running:
        started.append(Running(world, *some, **given))
        return started[-1]

    yield running
    for one in started:
        one.stop()


END_ALL = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)


def _more_than(seen: list[str], many: int) -> bool:
    return len(seen) > many


def counted(name: str, seen: list[str], wait: Callable[[], int], **more: Any) -> Job:
    def work() -> Done:
        seen.append(name)
        return Done(("something",))

    return Job(name, work, wait, **more)


def calls(db: Database) -> list[tuple[str, str]]:
    """What lies in the queue: the kind and the state of each call."""
    with db.read() as conn:
        return [
            tuple(row)
            for row in conn.execute(sa.text("select task_name, status from stalewatch_queue.procrastinate_jobs"))
        ]


def test_a_deal_that_went_quiet_is_told_by_workers_alone(world: World, run: Callable[..., Running]) -> None:
    run()
    run()
    assert soon(lambda: world.mail.messages), "nobody was told"
    assert {entry.headline.split(" · ")[0] for one in world.mail.messages for entry in one.entries} == {"Acme"}
    time.sleep(0.3)
    assert len(world.mail.messages) == 1


def test_who_works_is_known_and_leaves_in_good_order(world: World, run: Callable[..., Running]) -> None:
    first, second = run(), run()
    assert soon(lambda: len(working(world.db).alive) == 2)
    [one, _] = working(world.db).alive
    assert (one.engine, "dispatch" in one.kinds, working(world.db).lacking(["dispatch", "new"])) == (
        "worker",
        True,
        ["new"],
    )
    assert [second.stop(), first.stop()] == [True, True]
    assert len(working(world.db).alive) <= 1, "the last that was there is remembered"


def test_what_an_unhurried_job_did_wakes_another_one_at_once(run: Callable[..., Running]) -> None:
    seen: list[str] = []
    due = [0]

    def wait() -> int:
        return due.pop() if due else DAY

    run(counted("first", seen, wait, wakes=("second",)), counted("second", seen, lambda: DAY))
    assert soon(lambda: "second" in seen, 4.0)
    assert seen == ["first", "second"]


def test_a_kind_that_follows_the_clock_is_called_once_by_all(run: Callable[..., Running]) -> None:
    seen: list[str] = []
    for _ in range(3):
        run(counted("hourly", seen, lambda: HOUR, every=HOUR))
    assert soon(lambda: seen)
    time.sleep(1.0)
    assert seen in (["hourly"], ["hourly", "hourly"]), "twice only if an hour has just begun"


def test_a_worker_that_is_busy_leaves_calls_to_others(run: Callable[..., Running]) -> None:
    begun, release = Event(), Event()

    def hang() -> Done:
        begun.set()
        release.wait(2 * PATIENCE)
        return Done()

    seen: list[str] = []
    due = iter([0])
    run(Job("sync", hang, lambda: next(due, DAY)))
    assert begun.wait(PATIENCE)
    run(counted("sync", seen, lambda: 0 if not seen else DAY))
    found = soon(lambda: seen)
    release.set()
    assert found, "the busy one took the call and kept it"


def test_no_kind_waits_for_another(run: Callable[..., Running]) -> None:
    release = Event()
    seen: list[str] = []

    def hang() -> Done:
        release.wait(2 * PATIENCE)
        return Done()

    run(Job("sync", hang, lambda: 0, shared=True), counted("tick", seen, lambda: 0 if len(seen) < 3 else DAY))
    found = soon(lambda: len(seen) >= 3)
    release.set()
    assert found


def test_at_once_says_how_many_of_a_shared_kind_run(run: Callable[..., Running]) -> None:
    release = Event()
    going: list[int] = []

    def hang() -> Done:
        going.append(1)
        release.wait(2 * PATIENCE)
        return Done()

    run(Job("sync", hang, lambda: 0, shared=True), at_once=3)
    found = soon(lambda: len(going) == 3)
    time.sleep(1.5)
    assert (found, len(going)) == (True, 3)
    release.set()


def test_only_the_kinds_that_were_asked_for(run: Callable[..., Running]) -> None:
    seen: list[str] = []
    run(counted("old", seen, lambda: 0 if not seen else DAY), counted("new", seen, lambda: 0), kinds=("old",))
    assert soon(lambda: seen)
    time.sleep(0.5)
    assert set(seen) == {"old"}, "twice only if it was looked at again before it had begun"


@pytest.mark.parametrize("error", [KeyError("a fault of ours")])
def test_a_job_that_fails_is_told_in_one_line_and_leaves_nothing_behind(
    run: Callable[..., Running], world: World, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail() -> Done:
        raise error

    seen: list[str] = []
    run(Job("broken", fail, lambda: 0), counted("other", seen, lambda: 0 if len(seen) < 2 else DAY))
    assert soon(lambda: len(seen) >= 2)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert set(lines) == {"broken failed: KeyError: 'a fault of ours'"}
    assert {status for _, status in calls(world.db)} <= {"todo", "doing"}


def test_calls_of_workers_that_are_gone_are_cleared_away(run: Callable[..., Running], world: World) -> None:
    """A killed worker leaves its row and the call that it had taken. Nobody tries that again: rows are the truth."""
    with world.db.write() as conn:
        conn.execute(sa.text("set local search_path to stalewatch_queue"))
        conn.execute(
            sa.text("insert into procrastinate_workers (last_heartbeat) values (now() - interval '5 minutes')")
        )
        conn.execute(
            sa.text(
                "insert into procrastinate_jobs (queue_name, task_name, queueing_lock, status, worker_id) "
                "select 'sync', 'sync', 'sync', 'doing', max(id) from procrastinate_workers"
            )
        )
    seen: list[str] = []
    run(counted("tick", seen, lambda: DAY))
    assert soon(lambda: calls(world.db) == [])
    assert seen == []


def test_the_database_goes_away_and_comes_back(run: Callable[..., Running], world: World) -> None:
    seen: list[str] = []
    begin = time.monotonic()  # due at each third of a second
    worker = run(counted("tick", seen, lambda: int(max(0.0, begin + len(seen) / 3 - time.monotonic()) * SECOND)))
    assert soon(lambda: len(seen) >= 2)
    for _ in range(2):
        with world.db.read() as conn:
            conn.execute(sa.text(END_ALL))
        before = len(seen)
        assert soon(partial(_more_than, seen, before + 1), 7.5), "not back in 7.5 s"
    assert worker.stop() is True


def test_a_question_without_an_answer_ends_the_connection_and_not_the_worker(
    run: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half-open connection: Procrastinate's worker cannot be ended while it waits on one."""
    monkeypatch.setattr(distributed, "DEAF", 1.0)
    seen: list[str] = []
    hangs = Event()
    ask = PsycopgConnector.execute_query_one_async

    async def deaf(self: Any, query: Any, **arguments: Any) -> Any:
        while hangs.is_set() and self is first:
            await asyncio.shield(asyncio.sleep(0.1))
        return await ask(self, query, **arguments)

    monkeypatch.setattr(PsycopgConnector, "execute_query_one_async", deaf)
    worker = run(counted("tick", seen, lambda: 0 if len(seen) < 50 else DAY))
    assert soon(lambda: len(seen) >= 2)
    first = worker.engine._app.connector
    hangs.set()
    time.sleep(1.5)
    before = len(seen)
    assert soon(lambda: len(seen) > before, 12.0)
    hangs.clear()


def test_what_hangs_is_given_up_after_its_patience(
    run: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "PATIENCE", 0.2)
    begun, release = Event(), Event()

    def hang() -> Done:
        begun.set()
        release.wait(2 * PATIENCE)
        return Done()

    worker = run(Job("stuck", hang, lambda: 0))
    assert begun.wait(PATIENCE)
    assert worker.stop() is False
    release.set()


@pytest.mark.bar
def test_b29_an_older_worker_leaves_alone_what_it_does_not_know(run: Callable[..., Running]) -> None:
    """B29 in small: only who knows a newer kind of work does it, and what it did wakes the older ones."""
    old: list[str] = []
    new: list[str] = []
    run(counted("known", old, lambda: 0 if not old else DAY))
    run(counted("known", old, lambda: DAY))
    assert soon(lambda: old)
    run(counted("novel", new, lambda: 0 if len(new) < 3 else DAY, wakes=("known",)))
    assert soon(lambda: len(new) == 3 and len(old) > 1)
    assert set(old) == {"known"}


@pytest.mark.bar
def test_b29_a_worker_goes_on_when_the_schema_becomes_a_newer_one(world: World, run: Callable[..., Running]) -> None:
    """B29 in small: `db upgrade` comes first, while workers of the version before are at work."""
    run()
    assert soon(lambda: world.mail.messages)
    for table in ("connections", "notices", "deliveries", "destinations", "workers"):
        with world.db.write() as conn:
            conn.execute(sa.text(f"alter table {table} add column newer bigint default 7 not null"))
    with world.db.write() as conn:
        conn.execute(sa.text("update alembic_version set version_num = '9999'"))
    world.has(deal("beta", created_at=at("2026-01-05 10:00")))
    with world.db.write() as conn:
        leases.demand(conn, leases.CONNECTIONS, "crm", 0)
    assert soon(lambda: len(world.mail.messages) == 2), "what came after the upgrade was not told"
