"""`worker` as its users run it: a process beside others, that says what it lacks and ends in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import SECOND
from stalewatch.engine.queue import shipped_schema
from stalewatch.store.engine import Database
from stalewatch.store.queue_schema import bring_up
from stalewatch.store.tables import connections, deliveries, destinations
from tests.cli.conftest import Call
from tests.delivery import ledger
from tests.delivery.ledger import entries
from tests.patience import PATIENCE, Stopwatch, soon

PROJECT = """
stalewatch: 1
database: ${STALEWATCH_DATABASE_URL:-sqlite:///stalewatch.db}
rules: [rules/]
connections:
  - {id: export, type: csv, path: exports/, files: {deals: deals.csv}, every: 1m}
defaults: {mode: live, currency: JPY, rollout: off}
notify: {slow: {path: ledger, seconds: SECONDS}}
storm_guard: off
quiet: off
routes: [{name: all, to: [owner], style: immediate}]
people: {Sato: {slack: U1}}
"""
RULES = """
stalewatch: 1
pack: quiet
rules:
  - id: old
    title: {en: Old, ja: 長期}
    watch: deal
    start: created_at
    within: [{is: 10d}]
    severity: critical
"""
NOTIFIER = '''
import time
from ledger_notifier import LedgerNotifier

class Slow(LedgerNotifier):
    """A service that takes its time before it answers."""

    def __init__(self, settings):
        super().__init__(settings.base / settings.options["path"], settings.now)
        self.begun, self.seconds = settings.base / "begun", settings.options["seconds"]

    def send(self, message):
        self.begun.touch()
        time.sleep(self.seconds)
        return super().send(message)

def connect(settings):
    return Slow(settings)
'''
NOW = "2026-04-15T09:00:00Z"


def installed(site: Path) -> None:
    """The slow notifier, as a plugin."""
    ledger.install(site)
    (site / "slow_notifier.py").write_text(NOTIFIER)
    about = site / "slow_notifier-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-notifier\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[stalewatch.notifiers]\nslow = slow_notifier:connect\n")


@pytest.fixture
def project(here: Path) -> Path:
    for name in ("rules", "exports", "site"):
        (here / name).mkdir()
    (here / "stalewatch.yaml").write_text(PROJECT.replace("SECONDS", "3"))
    (here / "rules" / "quiet.yaml").write_text(RULES)
    (here / "exports" / "deals.csv").write_text(
        "deal_id,name,owner,created_on,stage,outcome\n1,Acme,Sato,2026-01-05,discovery,open\n"
    )
    installed(here / "site")
    return here


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = Database(migrated_database_url)
    bring_up(database, *shipped_schema())
    yield database
    database.dispose()


@pytest.fixture
def worker(project: Path, migrated_database_url: str) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts workers of the project, and kills what is left of them."""
    started: list[subprocess.Popen[bytes]] = []
    path = os.pathsep.join([str(project / "site"), *filter(None, sys.path)])
    env = {**os.environ, "STALEWATCH_DATABASE_URL": migrated_database_url, "PYTHONPATH": path}

    def start(*options: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-P", "-c", "from stalewatch.cli.main import main; main()", "worker", "--now", NOW]
        with (project / "worker.log").open("ab") as log:
            process = subprocess.Popen([*words, *options], cwd=project, env=env, stdout=log, stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def ended(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Its exit status once it is told to end, and the seconds that it took, of those in which the machine was ours."""
    process.send_signal(signal.SIGTERM)
    watch = Stopwatch()
    return process.wait(PATIENCE), watch.seconds


def one(db: Database, *columns: sa.ColumnElement[Any]) -> tuple[Any, ...]:
    with db.read() as conn:
        return tuple(conn.execute(sa.select(*columns)).one())


def test_on_sqlite_it_says_in_one_sentence_what_to_do(project: Path, call: Call) -> None:
    (project / "stalewatch.yaml").write_text(PROJECT.replace("notify:", "# notify:"))
    said = call("worker")
    assert (said.status, said.out) == (1, "")
    assert said.err.splitlines() == [
        "several workers need PostgreSQL: on SQLite, `stalewatch serve` does the work of one by itself",
        "  move with `stalewatch db copy`, or write `database: postgresql+psycopg://...` into stalewatch.yaml",
    ]


def test_without_its_queue_it_says_how_to_make_one(
    project: Path, postgres_url: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "stalewatch.yaml").write_text(PROJECT.replace("notify:", "# notify:"))
    monkeypatch.setenv("STALEWATCH_DATABASE_URL", postgres_url)
    made = call("db", "upgrade")
    assert made.lines[-1].startswith("workers' queue: brought up to ")
    assert call("worker", "--queues", "sync, dance").err.startswith(
        "Invalid value for --queues: there is no work of the kind dance"
    )
    assert len(call("db", "upgrade").lines) == 1
    database = Database(postgres_url)
    with database.write() as conn:
        conn.exec_driver_sql("drop schema stalewatch_queue cascade")
    database.dispose()
    lacking = call("worker")
    assert "has no queue for workers yet" in lacking.err.splitlines()[0]
    assert lacking.err.splitlines()[-1] == "  run `stalewatch db upgrade`"


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
@pytest.mark.bar
def test_b34_sigterm_in_the_middle_of_a_message_sends_it_whole_and_gives_leases_back(
    worker: Callable[..., subprocess.Popen[bytes]], project: Path, db: Database
) -> None:
    """B34: it ends within ten seconds, nothing is half sent, and the next worker has nothing to wait for."""
    working = worker()
    assert soon((project / "begun").exists), (project / "worker.log").read_text()
    status, seconds = ended(working)
    assert (status, seconds <= 10) == (0, True), (project / "worker.log").read_text()
    assert len(entries(project / "ledger")) == 1
    assert one(db, deliveries.c.state) == ("sent",)
    held, attempts = one(db, destinations.c.lease_until, destinations.c.attempts)
    assert (attempts, held < db.now() + 2 * SECOND) == (0, True), "but for the pause that a service is owed"
    assert one(db, connections.c.lease_until, connections.c.attempts) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
@pytest.mark.bar
def test_b34_a_service_that_never_answers_is_left_behind(
    worker: Callable[..., subprocess.Popen[bytes]], project: Path, db: Database
) -> None:
    """B34: it ends within ten seconds all the same; the message is one whose fate has to be looked up."""
    (project / "stalewatch.yaml").write_text(PROJECT.replace("SECONDS", "60"))
    working = worker()
    assert soon((project / "begun").exists), (project / "worker.log").read_text()
    status, seconds = ended(working)
    assert (status, seconds <= 10) == (1, True)
    assert "its leases lapse by themselves" in (project / "worker.log").read_text()
    assert one(db, deliveries.c.state) == ("sending",)
    assert one(db, destinations.c.lease_until)[0] > db.now()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_an_idle_worker_ends_at_once(worker: Callable[..., subprocess.Popen[bytes]], project: Path) -> None:
    working = worker("--queues", "retain", "--log-format", "json")
    assert soon(lambda: b'works: retain"' in (project / "worker.log").read_bytes())
    assert ended(working)[0] == 0
