"""A crew: processes that do the same work on one database, by either engine, and that a story starts, kills and ends.

Their work is not ours but a row a piece, claimed by the functions that all work is claimed by, so that thousands of
pieces fit into a story. What is done is written into the audit log in the transaction that ends the claim.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa

from stalewatch.clock import FixedClock, SystemClock
from stalewatch.domain.instants import DAY, SECOND, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.engine.distributed import Distributed
from stalewatch.engine.embedded import Embedded
from stalewatch.engine.jobs import Done, Job
from stalewatch.sdk.connector import Cursor, Page
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.operating.cycle import Cycle, Source
from stalewatch.store import audit, bulk, leases
from stalewatch.store.engine import Database
from stalewatch.store.leases import DESTINATIONS
from stalewatch.store.queue_schema import address
from stalewatch.store.tables import audit as log
from stalewatch.store.tables import destinations
from stalewatch.wiring.live import Live
from tests.databases import opened
from tests.patience import PATIENCE
from tests.services.world import Mailboxes, Memory, World, rulebook
from tests.web.office import project_of
from tests.web.pack import RULES

LEASE: Final = SECOND
POISON: Final = "poison"
BOOK: Final = rulebook(RULES)
"""Read once, in the process that all of them come from."""


@dataclass(frozen=True)
class Task:
    """What a crew does: the rows of `destinations` whose names begin like this.

    Attributes:
        every: microseconds from one fire of a row to the next; None: it is done once.
        fires: how often a row fires, with `every`.
        takes: seconds that a piece takes.
        log: what the CRM wrote down, where the work is to read connections, again and again.
    """

    name: str = "work"
    every: int | None = None
    fires: int = 1
    takes: float = 0.002
    log: Path | None = None


def now() -> int:
    return to_us(SystemClock().now())


def jobs_of(db: Database, task: Task) -> tuple[Job, ...]:
    """One kind of work, of which several processes do more than one."""

    def run() -> Done:
        done = 0
        while _piece(db, task):
            done += 1
        return Done((f"{done} pieces",) if done else ())

    return (Job(task.name, run, lambda: _until(db), shared=True),)


class Noting(Memory):
    """A CRM that notes when it was read, and from when to when."""

    def __init__(self, connection: str, log: Path) -> None:
        super().__init__({})
        self._connection, self._log = connection, log

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        begin = time.monotonic()
        yield from super().pull(cursor, full=full)
        time.sleep(0.002)
        line = f"{self._connection} {begin!r} {time.monotonic()!r}\n"
        log = os.open(self._log, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(log, line.encode())
        os.close(log)


def syncs_of(db: Database, log: Path) -> tuple[Job, ...]:
    """Reading twelve connections as soon as they have been read, by the product's own cycle."""
    names = [f"crm{number}" for number in range(12)]
    sources = {
        name: Source(type="memory", connect=partial(Noting, name, log), every=SECOND // 50) for name in names
    }  # fmt: skip
    clock, ages = SystemClock(), dict.fromkeys(names, DAY)
    cycle = Cycle(db, clock, BOOK, Speaking(), ages, sources, notifier=lambda: Mailboxes(FixedClock(clock.now())))
    agenda = Agenda(db, clock, ages)
    return (Job("sync", lambda: Done(tuple(one.connection for one in cycle.sync())), agenda.until_sync, shared=True),)


def _piece(db: Database, task: Task) -> bool:
    with db.write() as conn:
        claimed = leases.claim(conn, DESTINATIONS, due=now(), lease_us=LEASE)
    if not claimed:
        return False
    row = claimed[0]
    if row.target == POISON:
        os._exit(3)
    time.sleep(task.takes)
    with db.read() as conn:
        fired = len(_done(conn, row.target)) + 1
    following = None if task.every is None or fired >= task.fires else row.due_at + task.every
    with db.write() as conn:
        leases.finish(conn, DESTINATIONS, row.target, row.fence, due_at=following)
        audit.add(conn, at=now(), actor=str(os.getpid()), action="crew", obj=f"{row.target}@{row.due_at}")
    return True


def _done(conn: Any, target: str) -> list[Any]:
    found = sa.select(log).where(log.c.action == "crew", log.c.object.startswith(f"{target}@"))
    return list(conn.execute(found))


def _until(db: Database) -> int:
    with db.read() as conn:
        rows = conn.execute(sa.select(destinations).where(destinations.c.parked_at.is_(None))).all()
    waits = [max(row.due_at - now(), row.lease_until - now(), 0) for row in rows if row.due_at is not None]
    return min(waits, default=5 * SECOND)


def member(url: str, engine: str, task: Task) -> None:
    """The life of one process, until SIGTERM."""
    os.setpgrp()
    database = opened(url)
    live = Live(project_of(World(database, BOOK)), judges=False)
    jobs = jobs_of(database, task) if task.log is None else syncs_of(database, task.log)
    made: dict[str, Any] = {"make": lambda _live, **_: jobs}
    if engine == "embedded":
        _embedded(Embedded(live, **made))
    else:
        asyncio.run(_distributed(Distributed(live, address(database), **made)))


def _embedded(engine: Embedded) -> None:
    signals = {signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    engine.start()
    signal.sigwait(signals)
    engine.stop()


async def _distributed(engine: Distributed) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.stop)
    await engine.run()


@dataclass
class Crew:
    """Processes on one database; whoever dies is replaced while `keep` looks."""

    url: str
    task: Task
    nursery: ForkServerContext
    engine: str
    size: int
    deaths: int = 0
    members: list[BaseProcess] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        self.members = [self._new() for _ in range(self.size)]

    def _new(self) -> BaseProcess:
        process = self.nursery.Process(target=member, args=(self.url, self.engine, self.task))
        process.start()
        return process

    def keep(self, until: Callable[[], bool], seconds: float, *, kills: float = 0.0, seed: int = 0) -> int:
        """Replace who dies until something is so; with `kills`, one is killed every so many seconds. How many were."""
        dice, killed, end, next_kill = Random(seed), 0, time.monotonic() + PATIENCE + seconds, time.monotonic() + kills  # noqa: S311
        while not until():
            assert time.monotonic() < end, f"not done in {PATIENCE + seconds} s, seed {seed}"
            if kills and time.monotonic() >= next_kill:
                dice.choice(self.members).kill()
                killed, next_kill = killed + 1, time.monotonic() + kills * dice.uniform(0.5, 1.5)
            for place, one in enumerate(self.members):
                if not one.is_alive():
                    self.deaths += one.exitcode == 3
                    self.members[place] = self._new()
            time.sleep(0.05)
        return killed

    def stop(self) -> list[int | None]:
        """End them in good order; how each ended."""
        for one in self.members:
            one.terminate()
        for one in self.members:
            one.join(PATIENCE)
            one.kill()
        return [one.exitcode for one in self.members]


@contextmanager
def crew(
    nursery: ForkServerContext, url: str, task: Task, *, size: int, engine: str
) -> Iterator[Crew]:  # fmt: skip
    """A crew at work, which is ended at the end whatever happens."""
    made = Crew(url, task, nursery, engine, size)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def engine_of(url: str) -> str:
    """SQLite has one engine, and PostgreSQL the distributed one; that both may run on it is another story."""
    return "embedded" if url.startswith("sqlite") else "worker"


def rows_due(db: Database, due: Sequence[tuple[str, int]]) -> None:
    """Pieces of work, each with the moment at which it is due."""
    with db.write() as conn:
        bulk.insert(conn, destinations, [{"target": target, "due_at": at} for target, at in due])


def times_done(db: Database) -> Counter[str]:
    """How often each piece was done, by its name and the moment at which it was due."""
    with db.read() as conn:
        return Counter(conn.execute(sa.select(log.c.object).where(log.c.action == "crew")).scalars())


@pytest.fixture(scope="session")
def nursery() -> ForkServerContext:
    """Processes come from one that has read all code already: to start one costs no second."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "tests.acceptance.worker"])
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # the nursery takes no other notice of it
        forkserver.ensure_running()
    return context
