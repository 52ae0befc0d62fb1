"""The real engines, killed and frozen while deals are entered: each is told once, in under a minute (B1, B2, B3)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.acceptance.harness import company, work
from tests.acceptance.harness.company import Company
from tests.acceptance.harness.crew import Crew, at_work
from tests.acceptance.harness.designs import Design
from tests.acceptance.harness.torment import FREEZE, KILL, Torment
from tests.acceptance.harness.verdict import Verdict, judged
from tests.databases import SQLITE_DAILY

SEED = 20_261_121
GRACE = 5.0
"""Seconds that a wrong design gets to tell what it has lost: it never will."""


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company.opened(tmp_path / "acme") as one:
        yield one


def ended(
    acme: Company, nursery: ForkServerContext, url: str, *, kills: int, freezes: int = 0, seed: int = SEED,
    design: Design = Design.OURS, patience: float = 60.0,
) -> Verdict:  # fmt: skip
    """What came of so many blows to the engine of `serve`."""
    acme.watched(url)
    crew = Crew(nursery, work.engine, ["--config", str(acme.config)], acme.folder / "log", design=design)
    with at_work(crew):
        Torment(acme, crew, seed).run({KILL: kills, FREEZE: freezes})
        verdict = judged(acme, crew, url, patience=patience)
        assert crew.failed == []
        crew.end()
    return verdict


@SQLITE_DAILY
@pytest.mark.parametrize(("kills", "freezes"), [(20, 1), pytest.param(200, 20, marks=pytest.mark.slow)])
def test_b01_the_engine_of_serve(
    acme: Company, nursery: ForkServerContext, migrated_database_url: str, kills: int, freezes: int,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    verdict = ended(acme, nursery, migrated_database_url, kills=kills, freezes=freezes)
    record_property("figures", f"B1 B2 embedded, seed {SEED}: {verdict}")
    verdict.assert_faultless(SEED)


@pytest.mark.slow  # that a harness can fail is shown every day with a ledger on disk
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
            verdict = ended(acme, nursery, url, kills=20, seed=seed, design=design, patience=GRACE)
            if verdict.doubled if design is Design.SENDS_FIRST else verdict.lost:
                return
    raise AssertionError(f"{design} survived")
