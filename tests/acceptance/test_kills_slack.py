"""kill -9 while Slack drops answers, holds them, breaks them off and says no: its ledger has everything once (B1)."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import monotonic
from typing import Any, Final

import pytest

from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from tests.acceptance.harness.designs import Design
from tests.acceptance.test_kills import KILLS, Ended, run, told_by
from tests.acceptance.worker import OWNERS
from tests.databases import POSTGRESQL_DAILY

pytestmark = pytest.mark.bar

FASTER: Final = 100
"""A second of Slack's limits is ten milliseconds: twenty kills are over before a real one."""
BROKEN: Final = 30
"""How many things go wrong, beside the kills."""
FAULTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("accept_and_drop", {}), ("accept_and_hold", {}), ("drop", {}), ("cut", {}), ("late", {"seconds": 0.15}),
    ("ratelimited", {"retry_after": "0.05"}), ("html", {"status": 503}), ("error", {"error": "internal_error"}),
    ("accept_and_drop", {"method": "chat.update"}), ("html", {"method": "conversations.history"}),
)  # fmt: skip


@contextmanager
def workspace(faults: Random | None) -> Iterator[SlackServer]:
    """Slack with the owners in it; with dice, one thing after the other goes wrong in it."""
    clock, over = Clock(datetime.now(UTC)), Event()
    clock.run()
    with SlackServer(clock, ticks=lambda: monotonic() * FASTER) as slack:
        for owner in OWNERS:
            slack.workspace.join(owner.title(), f"{owner}@acme.example")
        breaks = Thread(target=break_things, args=(slack, faults, over))
        breaks.start()
        try:
            yield slack
        finally:
            over.set()
            breaks.join()


def break_things(slack: SlackServer, dice: Random | None, over: Event) -> None:
    for case, options in dice.choices(FAULTS, k=BROKEN) if dice else ():
        slack.board.faults.arm(case, **options)
        if over.wait(dice.uniform(0.1, 0.4) if dice else 0):
            return


def ended(nursery: ForkServerContext, url: str, folder: Path, *, kills: int, seed: int, design: Design) -> Ended:
    with workspace(Random(seed) if kills else None) as slack:  # noqa: S311
        folder.mkdir()
        end = run(nursery, url, folder, kills=kills, seed=seed, design=design, slack=slack.api_url)
        posts = [one for one in slack.workspace.ledger if one.kind == "post"]
        heard = told_by(url, Counter((one.metadata or {})["event_payload"]["delivery_id"] for one in posts))
        assert not slack.api.limits.violations
        return Ended(end.kills, heard, end.meant)


@pytest.fixture(scope="module")
def undisturbed(
    nursery: ForkServerContext, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> set[str]:
    """What is heard when nobody is killed and nothing is broken."""
    folder = tmp_path_factory.mktemp("calm")
    shutil.copyfile(sqlite_template, folder / "calm.db")
    end = ended(nursery, f"sqlite:///{folder / 'calm.db'}", folder / "run", kills=0, seed=0, design=Design.OURS)
    assert set(end.heard.values()) == {1}
    assert len(end.heard) > 60
    return set(end.heard)


@POSTGRESQL_DAILY
def test_twenty_kills_and_a_broken_slack_lose_nothing_and_double_nothing(
    nursery: ForkServerContext, migrated_database_url: str, tmp_path: Path, undisturbed: set[str]
) -> None:
    seed = 20_260_304
    end = ended(nursery, migrated_database_url, tmp_path / "run", kills=KILLS, seed=seed, design=Design.OURS)
    assert end.kills == KILLS, "the work was over before the last kill"
    doubled = {key: times for key, times in end.heard.items() if times > 1}
    assert (undisturbed - set(end.heard), doubled) == (set(), {}), f"seed {seed}"
    assert set(end.heard) == undisturbed


@pytest.mark.slow  # that the harness can fail is shown every day with a ledger on disk
@pytest.mark.parametrize(("design", "fault"), [(Design.SENDS_FIRST, "doubled"), (Design.RECORDS_FIRST, "lost")])
def test_the_usual_designs_fail_in_a_broken_slack(
    nursery: ForkServerContext, sqlite_template: Path, tmp_path: Path, undisturbed: set[str], design: Design, fault: str
) -> None:
    """A harness that cannot fail proves nothing."""
    for seed in range(15):  # a busy machine kills many before they have said anything
        shutil.copyfile(sqlite_template, tmp_path / f"{seed}.db")
        url = f"sqlite:///{tmp_path / f'{seed}.db'}"
        end = ended(nursery, url, tmp_path / str(seed), kills=KILLS, seed=seed, design=design)
        doubled = sum(times > 1 for times in end.heard.values())
        if doubled if fault == "doubled" else undisturbed - set(end.heard):
            return
    raise AssertionError(f"{design} survived")
