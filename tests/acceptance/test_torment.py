"""The real engines, killed, frozen and cut off while deals are entered: each is told once, in under a minute.

B1, B2: kills and freezes. B3: the usual designs fail it. B6: the database crashes. B7: the network is toxic. B44: all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random
from time import sleep

import pytest

from stalewatch import shipped
from stalewatch.store import migrate
from stalewatch.store.engine import Database
from tests.acceptance.harness import company, work
from tests.acceptance.harness.company import Company
from tests.acceptance.harness.crew import Crew, Work, at_work
from tests.acceptance.harness.designs import Design
from tests.acceptance.harness.own_postgres import OwnPostgres, own_postgres
from tests.acceptance.harness.torment import FREEZE, KILL, Torment
from tests.acceptance.harness.toxic_proxy import EVERYWHERE, Proxy, Toxic, between
from tests.acceptance.harness.verdict import Verdict, judged
from tests.acceptance.harness.vitals import vitals_of

pytestmark = [pytest.mark.bar, pytest.mark.gameday]

SEED = 20_261_121
GRACE = 5.0
"""Seconds that a wrong design gets to tell what it has lost: it never will."""
TOXIC = 1.5
"""Seconds for which a fault of the network lasts: longer than every patience of the processes."""
RESTART, NETWORK = "restart", "network"
Records = Callable[[str, object], None]


@dataclass(frozen=True)
class Engine:
    """Which command does the work, and in how many processes."""

    work: Work
    hands: int


EMBEDDED, DISTRIBUTED = Engine(work.engine, 1), Engine(work.worker, 3)


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company.opened(tmp_path / "acme") as one:
        yield one


@pytest.fixture
def own() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        database = Database(server.url)
        migrate.upgrade(database, shipped.migrations())
        database.dispose()
        yield server


def ended(
    acme: Company, nursery: ForkServerContext, url: str, plan: Mapping[str, int], *, engine: Engine = EMBEDDED,
    seed: int = SEED, design: Design = Design.OURS, patience: float = 60.0,
    more: Mapping[str, Callable[[Random], None]] | None = None, pause: tuple[float, float] = (0.05, 0.35),
) -> Verdict:  # fmt: skip
    """What came of so many blows; the company is watched already."""
    config = ["--config", str(acme.config)]
    crew = Crew(nursery, engine.work, config, acme.folder / "log", hands=engine.hands, design=design)
    with at_work(crew):
        acme.enters(2)
        with suppress(*(() if design is Design.OURS else (TimeoutError,))):  # a wrong one may lose its first word
            crew.awaits(acme.has_heard_all, 60)  # all of them have begun
        Torment(acme, crew, seed, more or {}, pause).run(plan)
        verdict = judged(acme, crew, url, patience=patience)
        crew.end()
    # Who is started while its database is away says so and ends, and is started again: nobody else ends by itself.
    assert crew.failed == [] or (more and KILL in plan), crew.log.read_text()[-3000:]
    return verdict


@pytest.mark.parametrize(
    ("migrated_database_url", "engine"),
    [("sqlite", EMBEDDED), ("postgresql", DISTRIBUTED)], indirect=["migrated_database_url"], ids=["serve", "workers"],
)  # fmt: skip
@pytest.mark.parametrize(("kills", "freezes"), [(20, 1), pytest.param(200, 20, marks=pytest.mark.slow(minutes=10))])
def test_b01_b02_killed_and_frozen(
    acme: Company, nursery: ForkServerContext, migrated_database_url: str, engine: Engine, kills: int, freezes: int,
    record_property: Records,
) -> None:  # fmt: skip
    """The engine of `serve` on SQLite, three `stalewatch worker` on PostgreSQL."""
    acme.watched(migrated_database_url)
    verdict = ended(acme, nursery, migrated_database_url, {KILL: kills, FREEZE: freezes}, engine=engine)
    record_property("figures", f"B1 B2 {engine.work.__name__} x {engine.hands}, seed {SEED}: {verdict}")
    verdict.assert_faultless(SEED)
    assert verdict.kills >= kills


def crashes(own: OwnPostgres) -> Callable[[Random], None]:
    """The database is gone for up to a second."""

    def restart(dice: Random) -> None:
        own.crash()
        sleep(dice.uniform(0, 1))
        own.start()

    return restart


@pytest.mark.parametrize("restarts", [2, pytest.param(50, marks=pytest.mark.slow(minutes=5))])
def test_b06_the_database_crashes(
    acme: Company, nursery: ForkServerContext, own: OwnPostgres, restarts: int, record_property: Records
) -> None:
    """`pg_ctl stop -m immediate` under three workers: none of them has to be started again."""
    acme.watched(own.url)
    plan, more = {RESTART: restarts}, {RESTART: crashes(own)}
    verdict = ended(acme, nursery, own.url, plan, engine=DISTRIBUTED, more=more, pause=(0.3, 1.5))
    record_property("figures", f"B6, seed {SEED}: {own.restarts} restarts of PostgreSQL, {verdict}")
    verdict.assert_faultless(SEED)


def spoils(*proxies: Proxy, seconds: float = TOXIC) -> Callable[[Random], None]:
    """One fault after the other, each at one of these places, and for a while. The last of them is spoken by HTTP."""

    def spoil(dice: Random) -> None:
        where = dice.choice(proxies)
        where.toxic = dice.choice(EVERYWHERE if where is proxies[0] else (*EVERYWHERE, Toxic.BAD_GATEWAY))
        sleep(dice.uniform(0.3, seconds))
        where.toxic = Toxic.NONE

    return spoil


@pytest.mark.slow(minutes=5)
@pytest.mark.parametrize("faults", [120])
def test_b07_the_network_is_toxic(
    acme: Company, nursery: ForkServerContext, own: OwnPostgres, faults: int, record_property: Records
) -> None:
    """Between three workers and their database, CRM and Slack; whoever lives through it holds no more than before."""
    crm, slack = (one.url.rpartition(":") for one in (acme.crm, acme.slack))
    with (
        between(own.socket, SEED) as database,
        between(("127.0.0.1", int(crm[2])), SEED) as before_crm,
        between(("127.0.0.1", int(slack[2])), SEED) as before_slack,
    ):
        acme.watched(own.url)
        acme.reached(own.through(database.port), before_crm.url, f"{before_slack.url}/api/")
        config = ["--config", str(acme.config)]
        crew = Crew(nursery, work.worker, config, acme.folder / "log", hands=3)
        spoil = {NETWORK: spoils(database, before_crm, before_slack)}
        with at_work(crew):
            Torment(acme, crew, SEED, spoil).run({NETWORK: 10})  # what is opened once is open then
            judged(acme, crew, own.url)
            before = vitals_of(crew.pids)
            Torment(acme, crew, SEED + 1, spoil).run({NETWORK: faults})
            verdict = judged(acme, crew, own.url)
            sleep(5)  # what was given up closes
            after = vitals_of(crew.pids)
            crew.end()
    spoiled = database.spoiled + before_crm.spoiled + before_slack.spoiled
    record_property("figures", f"B7, seed {SEED}: {spoiled} pieces spoiled, {verdict}; {before} -> {after}")
    verdict.assert_faultless(SEED)
    after.assert_no_leak_since(before)


@pytest.mark.slow(minutes=10)
def test_b44_all_of_it_at_once(
    acme: Company, nursery: ForkServerContext, own: OwnPostgres, record_property: Records
) -> None:
    """Kills, freezes, crashes of the database and a toxic network, mixed."""
    crm, slack = (one.url.rpartition(":") for one in (acme.crm, acme.slack))
    with (
        between(own.socket, SEED) as database,
        between(("127.0.0.1", int(crm[2])), SEED) as before_crm,
        between(("127.0.0.1", int(slack[2])), SEED) as before_slack,
    ):
        acme.watched(own.url)
        acme.reached(own.through(database.port), before_crm.url, f"{before_slack.url}/api/")
        more = {RESTART: crashes(own), NETWORK: spoils(database, before_crm, before_slack)}
        plan = {KILL: 60, FREEZE: 6, RESTART: 10, NETWORK: 30}
        verdict = ended(acme, nursery, own.url, plan, engine=DISTRIBUTED, more=more)
    record_property("figures", f"B44, seed {SEED}: {own.restarts} restarts, 30 network faults, {verdict}")
    verdict.assert_faultless(SEED)


@pytest.mark.slow(minutes=5)  # that a harness can fail is shown every day with a ledger on disk
@pytest.mark.parametrize("design", [Design.SENDS_FIRST, Design.RECORDS_FIRST])
def test_b03_the_usual_designs_fail_it(
    nursery: ForkServerContext, sqlite_template: Path, tmp_path: Path, design: Design
) -> None:
    """A harness that cannot fail proves nothing."""
    for seed in range(5):
        folder = tmp_path / str(seed)
        with company.opened(folder) as acme:
            shutil.copyfile(sqlite_template, folder / "run.db")
            url = f"sqlite:///{folder / 'run.db'}"
            acme.watched(url)
            verdict = ended(acme, nursery, url, {KILL: 20}, seed=seed, design=design, patience=GRACE)
            if verdict.doubled if design is Design.SENDS_FIRST else verdict.lost:
                return
    raise AssertionError(f"{design} survived")
