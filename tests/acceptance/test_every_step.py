"""A process that ends at any commit and at any request: what it was about is told once all the same (B4)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.acceptance.harness import company, work
from tests.acceptance.harness.crew import until
from tests.databases import SQLITE_DAILY

pytestmark = pytest.mark.bar

PATIENCE = 60.0


@SQLITE_DAILY
@pytest.mark.parametrize(("first", "stride"), [(11, 37), pytest.param(1, 1, marks=pytest.mark.slow(minutes=4))])
def test_b04_whoever_ends_at_a_step_is_followed_by_somebody_who_goes_on(
    nursery: ForkServerContext, migrated_database_url: str, tmp_path: Path, first: int, stride: int,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    """Two deals a step; each n-th step of a round is the last of a process, until there are no more steps."""
    ends = 0

    def runs(dies_at: int) -> int | None:
        process = nursery.Process(target=work.cycle, args=(acme.config, acme.folder / "log", dies_at))
        process.start()
        process.join(PATIENCE)
        return process.exitcode

    with company.opened(tmp_path / "acme") as acme:
        acme.watched(migrated_database_url)
        for step in count(first, stride):
            acme.enters(2)
            ended = runs(step)
            assert ended in (0, work.DIED)
            until(acme.has_heard_all, PATIENCE, meanwhile=lambda: runs(0))
            assert set(acme.told().values()) == {1}, f"ended at step {step}: {acme.told()}"
            if ended == 0:
                break
            ends += 1
        assert set(acme.told()) == acme.meant
    record_property("figures", f"B4: ended at {ends} of {step - 1} steps, 0 lost, 0 doubled of {len(acme.meant)}")
    assert ends >= (50 if stride == 1 else 3)
