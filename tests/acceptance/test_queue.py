"""Many messages, several workers, one Slack that counts: none of its limits is broken, nothing is said twice (B9)."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext

import pytest

from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from tests.acceptance.queue_worker import empty, fill
from tests.databases import POSTGRESQL_DAILY

pytestmark = pytest.mark.bar

WORKERS = 4


def is_emptied_within_all_limits(nursery: ForkServerContext, url: str, people: int, each: int, faster: float) -> None:
    """Four workers empty it; Slack's seconds are so much shorter than real ones."""
    fill(url, people, each)
    clock = Clock(datetime.now(UTC))
    clock.run()
    with SlackServer(clock, ticks=lambda: time.monotonic() * faster) as slack:
        for number in range(people):
            slack.workspace.join(f"P{number}", f"p{number}@acme.example")
        workers = [nursery.Process(target=empty, args=(url, people, slack.api_url, 1 / faster)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * WORKERS
        posts = [one for one in slack.workspace.ledger if one.kind == "post"]
        assert len(posts) == people * each
        assert set(Counter(one.user for one in posts).values()) == {each}
        assert len({(one.metadata or {})["event_payload"]["delivery_id"] for one in posts}) == len(posts)
        assert slack.api.limits.violations == {}


def test_four_workers_break_no_limit(nursery: ForkServerContext, migrated_database_url: str) -> None:
    is_emptied_within_all_limits(nursery, migrated_database_url, people=12, each=8, faster=20)


@POSTGRESQL_DAILY
@pytest.mark.slow(minutes=8)
def test_ten_thousand_messages_and_four_workers_break_no_limit(
    nursery: ForkServerContext, migrated_database_url: str
) -> None:
    """Twelve people, because Slack tells the ids of fifty a minute and each worker asks for itself."""
    is_emptied_within_all_limits(nursery, migrated_database_url, people=12, each=834, faster=20)
