"""What keeps the engine of `serve` from working for a while, and is over: a full disk, a lock, a revoked token."""

from __future__ import annotations

import resource
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Block
from contextlib import closing, contextmanager
from multiprocessing.context import ForkServerContext
from pathlib import Path
from time import sleep

import pytest
import sqlalchemy as sa

from stalewatch.store.engine import Database
from stalewatch.store.tables import deliveries, notices
from tests.acceptance.harness import company, work
from tests.acceptance.harness.company import Company
from tests.acceptance.harness.crew import Crew, at_work, until
from tests.acceptance.harness.torment import armed
from tests.acceptance.harness.verdict import judged
from tests.databases import POSTGRESQL_DAILY

pytestmark = pytest.mark.bar

PATIENCE = 60.0
HINDERED = 3.0
"""Seconds for which it lasts; a process waits two for a file that is locked."""


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company.opened(tmp_path / "acme") as one:
        yield one


@contextmanager
def full(pid: int, _file: Path) -> Iterator[None]:
    """No file of this process may grow beyond a page: what SQLite writes fails as on a full disk."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, hard))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked(_pid: int, file: Path) -> Iterator[None]:
    """Another program holds the database."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=PATIENCE)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


@pytest.mark.parametrize("hindrance", [full, locked])
def test_b32_it_goes_on_by_itself_when_it_can_write_again(
    acme: Company,
    nursery: ForkServerContext,
    sqlite_template: Path,
    hindrance: Callable[[int, Path], Block[None]],
) -> None:
    file = acme.folder / "run.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    acme.watched(url)
    crew = Crew(nursery, work.engine, ["--config", str(acme.config)], acme.folder / "log")
    with at_work(crew):
        acme.enters(4)
        until(acme.has_heard_all, PATIENCE)
        [pid] = crew.pids
        with hindrance(pid, file):
            acme.enters(8)
            sleep(HINDERED)
            assert not acme.has_heard_all(), "nothing hindered it"
        verdict = judged(acme, crew, url)
        assert crew.pids == [pid], "it had to be started again"
        crew.end()
    verdict.assert_faultless(0)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@POSTGRESQL_DAILY
@pytest.mark.parametrize("waiting", [24, pytest.param(1_000, marks=[pytest.mark.slow, pytest.mark.alone])])
def test_b11_a_revoked_token_kills_no_message(
    acme: Company, nursery: ForkServerContext, migrated_database_url: str, waiting: int,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    """Three workers, of which each could raise an alarm of its own; on SQLite the engine of `serve`."""
    url = migrated_database_url
    acme.watched(url)
    does, hands = (work.engine, 1) if url.startswith("sqlite") else (work.worker, 3)
    crew = Crew(nursery, does, ["--config", str(acme.config)], acme.folder / "log", hands=hands)
    with at_work(crew), closing(Kept(Database(url))) as database:
        with armed(acme.slack.board.faults, "token"):
            acme.enters(waiting)
            crew.awaits(lambda: database.notices() >= waiting, PATIENCE + waiting / 5)
            sleep(2)
            assert not acme.told()
        verdict = judged(acme, crew, url, patience=300)
        alarms, states = database.alarms(), database.states()
        crew.end()
    record_property("figures", f"B11: {waiting} waiting, {alarms} alarm, {dict(states)}, {verdict}")
    verdict.assert_faultless(0)
    assert alarms == 1
    assert set(states) == {"sent"}


class Kept:
    """What our own database says of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.close = database.dispose

    def notices(self) -> int:
        """How much is to be said."""
        return self._count(sa.select(sa.func.count()).where(notices.c.rule_id == "late"))

    def alarms(self) -> int:
        """How often the operator was told that Slack takes nothing."""
        return self._count(sa.select(sa.func.count()).where(notices.c.kind == "workspace:slack"))

    def states(self) -> Counter[str]:
        """People's messages by their state; the alarm goes to an operator who is nowhere to be found."""
        with self.database.read() as conn:
            return Counter(conn.scalars(sa.select(deliveries.c.state).where(deliveries.c.target.startswith("person:"))))

    def _count(self, statement: sa.Select[int]) -> int:
        with self.database.read() as conn:
            return int(conn.execute(statement).scalar_one())
