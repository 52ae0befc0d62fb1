"""kill -9 while writes go into a CRM that drops answers: each is there once, and once in the audit log (S29)."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Fields, Note, marked
from stalewatch.services.writing.asking import ask
from stalewatch.store import audit, records
from stalewatch.store.engine import Database
from stalewatch.store.tables import writebacks
from stalewatch_sandbox.hubspot.kinds import kind_called
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from tests.acceptance.write_worker import Design, write_all
from tests.databases import SQLITE_DAILY

pytestmark = pytest.mark.bar

DEALS = 6
PATIENCE = 60.0
"""Seconds, and two for each kill, after which what is not settled counts as stuck."""


@dataclass
class Crm:
    """A simulated CRM with some deals, and what was written into it."""

    name: str
    options: dict[str, Any]
    deals: list[str]
    server: Any

    def notes(self) -> Counter[str]:
        """How often each marker stands in it."""
        if self.name == "salesforce":
            texts = [row.get("Description") for row in self.server.org.tables["Task"]]
        else:
            kind = kind_called("notes")
            assert kind is not None
            texts = [one.now.properties["hs_note_body"] for one in self.server.portal.records(kind, archived=False)]
        return Counter(found for text in texts if (found := marked(text)))

    def changes(self) -> int:
        """How many changes of a deal it has taken."""
        ledger = self.server.ledger if self.name == "salesforce" else self.server.board.ledger
        return len(ledger.where(wanted=lambda call: call.method == "PATCH" and call.status in (200, 204)))

    def writes(self) -> int:
        """How much of both there is."""
        return self.notes().total() + self.changes()

    def drops_answers(self, times: int) -> None:
        board = self.server if self.name == "salesforce" else self.server.board
        board.faults.arm("SF55" if self.name == "salesforce" else "lost_answer", times=times, after=2)


@contextmanager
def opened(name: str, size: int = DEALS) -> Iterator[Crm]:
    clock = Clock(datetime.now(UTC) - timedelta(days=1))
    if name == "salesforce":
        with SalesforceSandbox(clock) as sandbox:
            made = {"StageName": "Qualification", "CloseDate": clock.now().date()}
            deals = [sandbox.org.insert("Opportunity", made | {"Name": f"D{n}"}) for n in range(size)]
            app = sandbox.app
            auth = {"flow": "client_credentials", "login_url": sandbox.url, "client_id": app.client_id,
                    "client_secret": app.client_secret}  # fmt: skip
            clock.advance(timedelta(hours=23))
            clock.run()
            yield Crm(name, {"auth": auth}, deals, sandbox)
        return
    with HubSpotServer(clock) as server:
        server.api.limits.allowance.burst = server.api.limits.allowance.searches = None
        first = {"pipeline": "default", "dealstage": "appointmentscheduled"}
        deals = [server.portal.create("deals", first | {"dealname": f"D{n}"}) for n in range(size)]
        clock.advance(timedelta(hours=23))
        clock.run()
        options = {"auth": {"flow": "token", "token": server.token}, "base_url": server.url}
        yield Crm(name, options, deals, server)


def asked(url: str, crm: Crm) -> tuple[set[str], set[str]]:
    """Ask for a next step and a note for each deal; the ids of both."""
    database, now = Database(url), datetime.now(UTC)
    steps, notes = set(), set()
    seen = to_us(now - timedelta(hours=12))
    rows = [
        {"id": f"crm:{one}", "connection": "crm", "external_id": one, "object": "deal", "name": one, "is_open": True}
        for one in crm.deals
    ]
    with database.write() as conn:
        records.upsert_deals(conn, rows)
        for row in records.read_by_ids(conn, "deal", [str(one["id"]) for one in rows]):
            given: dict[str, Any] = {"actor": "sato", "now": to_us(now), "seen_version": seen}
            steps.add(ask(conn, Writeback.FIELDS, row, Fields(next_step=f"Call {row.name}"), **given))
            notes.add(ask(conn, Writeback.FIELDS, row, Note(text="They wait."), **given))
    database.dispose()
    return steps, notes


def works_for_a_moment(process: Any, crm: Crm, dice: Random) -> None:
    """Until a process has written once or twice, or for a third of a second: however quick it is, work is left."""
    before, most = crm.writes(), dice.choice((1, 1, 2))
    ends = time.monotonic() + dice.uniform(0.05, 0.3)
    while process.is_alive() and time.monotonic() < ends and crm.writes() < before + most:
        time.sleep(0.001)


def lets_a_lease_pass(url: str) -> None:
    """What a killed worker held is free, as it is after a minute."""
    database = Database(url)
    with database.write() as conn:
        conn.execute(sa.update(writebacks).values(lease_until=0))
    database.dispose()


def run(nursery: ForkServerContext, url: str, crm: Crm, *, kills: int, seed: int, design: Design) -> int:
    """Start a worker, kill it, start the next, until the last one ends by itself; how many were killed."""
    dice, killed, deadline = Random(seed), 0, time.monotonic() + PATIENCE + 2 * kills  # noqa: S311
    while time.monotonic() < deadline:
        process = nursery.Process(target=write_all, args=(url, crm.name, crm.options, design))
        process.start()
        if killed < kills:
            works_for_a_moment(process, crm, dice)
        else:
            process.join(deadline - time.monotonic())
        if process.exitcode is not None:
            assert process.exitcode == 0, f"the worker failed, seed {seed}"
            return killed
        process.kill()
        process.join()
        lets_a_lease_pass(url)
        killed += 1
    raise AssertionError(f"not settled in time, seed {seed}")


def logged(url: str) -> Counter[str]:
    """How often each write stands in the audit log as written."""
    database = Database(url)
    with database.read() as conn:
        found = Counter(row.request for row in audit.read(conn, action="crm.write", limit=10_000))
    database.dispose()
    return found


@pytest.mark.security
@SQLITE_DAILY
@pytest.mark.parametrize("crm", ["salesforce", pytest.param("hubspot", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kills", [8, pytest.param(60, marks=pytest.mark.slow(minutes=2))])
def test_s29_each_write_is_in_the_crm_once_and_in_the_audit_log_once(
    nursery: ForkServerContext, migrated_database_url: str, crm: str, kills: int
) -> None:
    seed = 20_260_311
    with opened(crm, max(DEALS, kills)) as there:  # two writes each: nobody writes all of them before the last kill
        steps, notes = asked(migrated_database_url, there)
        there.drops_answers(3)
        killed = run(nursery, migrated_database_url, there, kills=kills, seed=seed, design=Design.OURS)
        assert killed >= kills // 2, "the work was over before half of the kills"
        assert there.notes() == Counter(dict.fromkeys(notes, 1)), f"seed {seed}"
        assert logged(migrated_database_url) == Counter(dict.fromkeys(steps | notes, 1)), f"seed {seed}"
        assert there.changes() == len(steps), f"seed {seed}"


def test_whose_workers_were_killed_often_before_they_wrote_is_written_all_the_same(
    nursery: ForkServerContext, sqlite_template: Path, tmp_path: Path
) -> None:
    """A starved machine kills one worker after the other that has hardly begun."""
    shutil.copyfile(sqlite_template, tmp_path / "run.db")
    url = f"sqlite:///{tmp_path / 'run.db'}"
    with opened("salesforce", size=2) as there:
        _, notes = asked(url, there)
        database = Database(url)
        with database.write() as conn:
            conn.execute(sa.update(writebacks).values(attempts=10))
        database.dispose()
        run(nursery, url, there, kills=0, seed=0, design=Design.OURS)
        assert there.notes() == Counter(dict.fromkeys(notes, 1))


@pytest.mark.slow
def test_the_usual_design_fails_the_same_test(
    nursery: ForkServerContext, sqlite_template: Path, tmp_path: Path
) -> None:
    """A harness that cannot fail proves nothing."""
    for seed in range(5):
        shutil.copyfile(sqlite_template, tmp_path / f"{seed}.db")
        url = f"sqlite:///{tmp_path / f'{seed}.db'}"
        with opened("salesforce") as there:
            _, notes = asked(url, there)
            there.drops_answers(3)
            run(nursery, url, there, kills=8, seed=seed, design=Design.WRITES_FIRST)
            if there.notes() != Counter(dict.fromkeys(notes, 1)):
                return
    raise AssertionError("the usual design survived")
