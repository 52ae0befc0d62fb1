"""kill -9 at random moments of sync, tick and dispatch: nothing is lost, nothing is doubled (B1, B3)."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import SECOND
from stalewatch.store.engine import Database
from stalewatch.store.tables import chores, notices
from tests.acceptance.harness.crew import joined
from tests.acceptance.harness.designs import Design
from tests.acceptance.harness.nursery import works_for
from tests.acceptance.worker import STRUCK, work
from tests.databases import SQLITE_DAILY
from tests.delivery.ledger import entries

pytestmark = pytest.mark.bar

KILLS = 20
PATIENCE = 60.0
"""Seconds after the last kill after which what is not settled counts as stuck."""
LAZY = 5.0
"""Seconds after which a process that was to end as it sends is killed instead, as it has nothing to send."""


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        heard: how often each message key stands in the ledger.
        meant: every key that was to be told.
    """

    kills: int
    heard: Counter[str]
    meant: set[str]


def run(
    nursery: ForkServerContext, url: str, folder: Path, *, kills: int, seed: int, design: Design, slack: str = ""
) -> Ended:
    """Start a worker, kill it, start the next one, until the last one ends by itself."""
    dice = Random(seed)  # noqa: S311
    for killed in range(kills + 1):
        _chooses(folder, None if slack or killed == kills else dice)
        process = nursery.Process(target=work, args=(url, folder, design, slack))
        process.start()
        if killed < kills:
            _works_for_a_moment(process, folder, dice)
        else:
            joined(process, PATIENCE)
        if process.exitcode not in (None, -signal.SIGKILL):
            assert process.exitcode == 0, f"the worker failed, seed {seed}"
            return Ended(killed, *told(url, folder))
        process.kill()
        process.join()
    raise AssertionError(f"not settled after {PATIENCE} seconds, seed {seed}")


def _chooses(folder: Path, dice: Random | None) -> None:
    """Two of three processes end as they send: before it arrived, or when nobody has written down yet that it did."""
    order, moment = folder / STRUCK, "" if dice is None else dice.choice(("before", "after", ""))
    order.unlink(missing_ok=True)
    if moment:
        order.write_text(moment)


def _works_for_a_moment(process: BaseProcess, folder: Path, dice: Random) -> None:
    """Until it ends by itself, where it was chosen to; or for a while, whatever happens in it."""
    moment = dice.uniform(0.02, 0.35)
    if (folder / STRUCK).exists():
        process.join(LAZY)
    else:
        works_for(process.pid or 0, moment)
        process.join(0)


def told(url: str, folder: Path) -> tuple[Counter[str], set[str]]:
    """What stands in the ledger by message key, and what was to be told, dropped ones left out."""
    heard = told_by(url, Counter(line["delivery"] for line in entries(folder / "ledger")))
    return heard, {row.key for row in _notices(url) if row.state == "told"}


def told_by(url: str, arrived: Counter[str]) -> Counter[str]:
    """How often each message key was heard, by how often each delivery arrived."""
    heard: Counter[str] = Counter()
    for row in _notices(url):
        if row.delivery_id in arrived:
            heard[row.key] += arrived[row.delivery_id]
    return heard


def _notices(url: str) -> list[Any]:
    database = Database(url)
    with database.read() as conn:
        rows = list(conn.execute(sa.select(notices)))
    database.dispose()
    return rows


@pytest.fixture(scope="module")
def undisturbed(
    nursery: ForkServerContext, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> set[str]:
    """What is heard when nobody is killed."""
    folder = tmp_path_factory.mktemp("calm")
    shutil.copyfile(sqlite_template, folder / "calm.db")
    ended = run(nursery, f"sqlite:///{folder / 'calm.db'}", folder, kills=0, seed=0, design=Design.OURS)
    assert set(ended.heard) == ended.meant
    assert len(ended.meant) > 60
    return ended.meant


@SQLITE_DAILY
def test_twenty_kills_lose_nothing_and_double_nothing(
    nursery: ForkServerContext, migrated_database_url: str, tmp_path: Path, undisturbed: set[str]
) -> None:
    seed = 20_260_302
    ended = run(nursery, migrated_database_url, tmp_path, kills=KILLS, seed=seed, design=Design.OURS)
    assert ended.kills == KILLS, "the work was over before the last kill"
    doubled = {key: times for key, times in ended.heard.items() if times > 1}
    assert (undisturbed - set(ended.heard), doubled) == (set(), {}), f"seed {seed}"
    assert set(ended.heard) == undisturbed


def test_whoever_goes_on_looks_when_it_may_and_not_never(
    nursery: ForkServerContext, sqlite_template: Path, tmp_path: Path, undisturbed: set[str]
) -> None:
    """After two ends in a row somebody looks alone for what they ended with; that can be one who ended, too."""
    shutil.copyfile(sqlite_template, tmp_path / "run.db")
    database = Database(f"sqlite:///{tmp_path / 'run.db'}")
    looking = {"id": "tick:crm", "attempts": 2, "lease_until": database.now() + 3 * SECOND}
    with database.write() as conn:
        conn.execute(sa.insert(chores), [looking])
    database.dispose()
    ended = run(nursery, f"sqlite:///{tmp_path / 'run.db'}", tmp_path, kills=0, seed=0, design=Design.OURS)
    assert set(ended.heard) == undisturbed


@pytest.mark.parametrize(
    ("design", "fault"),
    [pytest.param(Design.SENDS_FIRST, "doubled", marks=pytest.mark.slow), (Design.RECORDS_FIRST, "lost")],
)
def test_the_usual_designs_fail_the_same_test(
    nursery: ForkServerContext, sqlite_template: Path, tmp_path: Path, undisturbed: set[str], design: Design, fault: str
) -> None:
    """A harness that cannot fail proves nothing."""
    shutil.copyfile(sqlite_template, tmp_path / "run.db")
    ended = run(nursery, f"sqlite:///{tmp_path / 'run.db'}", tmp_path, kills=8, seed=2, design=design)
    doubled = sum(times > 1 for times in ended.heard.values())
    assert doubled if fault == "doubled" else undisturbed - set(ended.heard), f"{design} survived"
