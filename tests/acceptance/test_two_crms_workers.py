"""Workers that die, meet, or hear their own token: each with both CRMs, over HTTP, into a database."""

from __future__ import annotations

import logging
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import sqlalchemy as sa

from stalewatch.store.engine import Database
from stalewatch.store.tables import activities, activity_records, alerts, changes, clocks, deals, leads, people
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault
from tests.acceptance.two_desks_office import Office, opened
from tests.acceptance.two_desks_worker import work
from tests.delivery.ledger import entries
from tests.patience import PATIENCE

each_crm = pytest.mark.parametrize("crm", ["sf", "hs"])
OFTEN = 7
HOURS = timedelta(hours=4)


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path) -> Iterator[Office]:
    """An office that has not read anything yet."""
    shutil.copyfile(sqlite_template, tmp_path / "stalewatch.db")
    with opened(f"sqlite:///{tmp_path / 'stalewatch.db'}") as made:
        yield made


def stored(place: Path) -> dict[str, list[str]]:
    """What is known, and what came of it."""
    database = Database(f"sqlite:///{place / 'run.db'}")
    tables = (deals, leads, people, activities, activity_records, changes, clocks)
    with database.read() as conn:
        found = {one.name: sorted(map(repr, conn.execute(sa.select(one)).all())) for one in tables}
        known = sa.select(alerts.c.record_id, alerts.c.rule_id, alerts.c.state)
        found["alerts"] = sorted(map(repr, conn.execute(known).all()))
    database.dispose()
    return found


@pytest.mark.parametrize("crm", ["sf", pytest.param("hs", marks=pytest.mark.slow)])
def test_x02_killed_at_any_request_it_ends_as_if_it_had_not_been(
    office: Office, nursery: ForkServerContext, tmp_path: Path, sqlite_template: Path, crm: str
) -> None:
    """SIGKILL at the first, second, third ... request that a worker makes; the next one goes on."""
    other = office.crms[crm]
    for number in range(12):
        other.hears(other.deal(f"Deal {number}"), office.clock.now())
    if crm == "sf":
        other.faults.arm("SF06", sizes=[3])
    worker: list[BaseProcess] = []
    left = [0]

    def strike(_: Request, response: Response) -> Response:
        left[0] -= 1
        if left[0] == 0:
            os.kill(worker[-1].pid or 0, signal.SIGKILL)
        return response

    other.faults.arm_fault("kill", Fault(afterwards=strike))

    def run(name: str, at: int) -> int | None:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        if not (place / "run.db").exists():
            shutil.copyfile(sqlite_template, place / "run.db")
        left[0] = at
        worker.append(nursery.Process(target=work, args=(place, crm, other.options(), office.clock.now())))
        worker[-1].start()
        worker[-1].join(PATIENCE)
        return worker[-1].exitcode

    assert run("calm", 0) == 0
    exits = [run("killed", at) for at in range(1, OFTEN + 1)]
    assert exits == [-signal.SIGKILL] * OFTEN
    assert run("killed", 0) == 0
    assert stored(tmp_path / "killed") == stored(tmp_path / "calm")
    heard = {name: Counter(told(tmp_path / name)) for name in ("calm", "killed")}
    assert heard["killed"] == heard["calm"]
    assert heard["calm"]
    assert set(heard["calm"].values()) == {1}


def told(place: Path) -> Iterator[tuple[str, str]]:
    for message in entries(place / "ledger"):
        yield from ((message["target"], entry["record"]) for entry in message["entries"])


@each_crm
def test_x03_while_one_worker_reads_a_crm_no_other_does(office: Office, crm: str) -> None:
    """A second worker comes at every single request of the first, and asks this CRM nothing."""
    faults, met, is_inside = office.crms[crm].faults, list[bool](), list[bool]()

    def second_worker(_: Request, response: Response) -> Response:
        if is_inside:
            raise AssertionError("the second worker asked as well")
        is_inside.append(True)
        try:
            [synced] = other.sync(force=True, only=[crm])
        finally:
            is_inside.clear()
        met.append(synced.is_busy)
        return response

    other = office.another_worker()
    faults.arm_fault("another", Fault(afterwards=second_worker))
    [report] = office.rounds()
    assert report.failures == ()
    assert len(met) > 3
    assert set(met) == {True}
    faults.disarm("another")
    [synced] = other.sync(force=True, only=[crm])
    assert not synced.is_busy


@each_crm
def test_x04_a_token_that_is_echoed_stands_nowhere(
    office: Office, crm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the database, which every status page and message is made of, nor in a log or a message."""
    caplog.set_level(logging.DEBUG)
    tokens: set[str] = set()

    def overheard(request: Request, response: Response) -> Response:
        tokens.add((request.header("authorization") or "").partition(" ")[2])
        return response

    faults = office.crms[crm].faults
    faults.arm_fault("overheard", Fault(afterwards=overheard))
    office.rounds()
    faults.arm("X04", times=None)
    office.rounds(HOURS, every=timedelta(minutes=30))
    assert "[hidden]" in office.connection(crm).last_error
    shown = "".join(repr(message) for message in office.mail.messages) + caplog.text
    shown += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("stalewatch.db*"))
    assert office.operator_heard()
    assert tokens - {""}
    assert [token for token in tokens - {""} if token in shown] == []
