"""Limits that all workers share: claimed in one database by threads, processes and connections, never exceeded."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event

from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.pacing import MARGIN, Limit, Usage
from stalewatch.services.syncing.pacing import StoredPacer
from stalewatch.store import accounts, connections
from stalewatch.store.engine import Database
from tests.databases import opened
from tests.patience import PATIENCE

LIMIT: Final = Limit("search", 5, 0.3)
HUB: Final = "hubspot:4711"


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    database.dispose()


def pacer(db: Database, connection: str = "hs") -> StoredPacer:
    """As one worker makes it for one connection."""
    return StoredPacer(connection, lambda: db)


def claimed(worker: StoredPacer, calls: int, limit: Limit = LIMIT) -> list[tuple[float, float]]:
    """Between which moments each of so many calls was let out, by the clock that all processes of a machine share."""
    found = []
    for _ in range(calls):
        asked = time.monotonic()
        while (wait := worker.claim(HUB, limit)) is not None:
            time.sleep(wait.seconds)
            asked = time.monotonic()
        found.append((asked, time.monotonic()))
    return found


def never_more(found: list[tuple[float, float]], limit: Limit = LIMIT) -> bool:
    """Whether the calls that surely fell into one span were never more than allowed."""
    return all(
        sum(end <= asked <= out <= end + limit.seconds for asked, out in found) <= limit.most for end, _ in found
    )


def working(url: str, calls: int, answers: Any) -> None:
    """What another process does."""
    database = Database(url)
    answers.put(claimed(pacer(database), calls))
    database.dispose()


@pytest.mark.parametrize("calls", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_two_processes_together_keep_to_the_limit(migrated_database_url: str, calls: int) -> None:
    several = multiprocessing.get_context("spawn")
    answers = several.Queue()
    workers = [several.Process(target=working, args=(migrated_database_url, calls, answers)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [one for _ in workers for one in answers.get(timeout=PATIENCE)]
    for worker in workers:
        worker.join()
    assert len(found) == 2 * calls
    assert never_more(found)
    times = sorted(out for _, out in found)
    spans = (2 * calls - 1) // LIMIT.most
    assert times[-1] - times[0] >= spans * LIMIT.seconds - 0.1, "as long as the limit takes"


def test_threads_and_connections_of_one_account_count_together(db: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        parts = threads.map(lambda number: claimed(pacer(db, f"c{number}"), 3), range(4))
        found = [one for part in parts for one in part]
    assert never_more(found)
    with db.read() as conn:
        assert not accounts.is_prepared(conn, HUB, LIMIT.name, LIMIT.most + 1)


def test_a_full_window_says_how_long_it_is_full(db: Database) -> None:
    long = Limit("burst", 3, 10.0)
    claimed(pacer(db), 3, long)
    wait = pacer(db, "another").claim(HUB, long)
    assert wait is not None
    assert 9 < wait.seconds <= 10 + MARGIN
    assert wait.why == ""
    assert pacer(db).claim("hubspot:other", long) is None
    assert pacer(db).claim(HUB, LIMIT) is None, "another limit is another window"


def test_a_limit_that_was_made_smaller_or_larger_is_the_new_one(db: Database) -> None:
    assert [pacer(db).claim(HUB, Limit("x", 2, 60)) is None for _ in range(3)] == [True, True, False]
    assert [pacer(db).claim(HUB, Limit("x", 4, 60)) is None for _ in range(3)] == [True, True, False]
    assert pacer(db).claim(HUB, Limit("x", 1, 60)) is not None


def test_a_rest_is_everybodys_and_the_longer_one_stays(db: Database) -> None:
    pacer(db).rest(HUB, 3_600, "daily")
    pacer(db).rest(HUB, 10, "")
    other = pacer(db, "other")
    for wait in (other.claim(HUB, LIMIT), other.resting(HUB)):
        assert wait is not None
        assert wait.why == "daily"
        assert 3_590 < wait.seconds <= 3_600
    assert other.resting("hubspot:other") is None


def test_a_clock_that_was_set_back_stops_nobody_for_long(db: Database) -> None:
    """What was used, or rests, far in the future was written before."""
    claimed(pacer(db), LIMIT.most)
    with db.write() as conn:
        conn.exec_driver_sql("UPDATE permits SET used_at = used_at + 7200000000")
        conn.exec_driver_sql("UPDATE accounts SET rests_until = 9000000000000000")
    assert pacer(db).resting(HUB) is None
    assert pacer(db).claim(HUB, LIMIT) is None


def test_a_claim_is_one_statement(db: Database) -> None:
    worker = pacer(db)
    claimed(worker, 1, Limit("burst", 100, 10.0))
    said: list[str] = []

    def heard(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(db._writer, "before_cursor_execute", heard)
    claimed(worker, 1, Limit("burst", 100, 10.0))
    assert [one.split(maxsplit=1)[0] for one in said if not one.startswith(("BEGIN", "COMMIT", "PRAGMA"))] in (
        ["UPDATE"],
        ["WITH"],
    )


def test_a_quota_is_told_to_whoever_asks(db: Database) -> None:
    with db.write() as conn:
        connections.ensure(conn, {"hs": "hubspot", "twin": "hubspot", "csv": "csv"}, 0)
    for connection in ("hs", "twin"):
        pacer(db, connection).hear(HUB, {"day": Usage(500, 1_000)})
    told = pacer(db, "another").quota(HUB)
    assert told is not None
    assert told.usages == {"day": Usage(500, 1_000)}
    assert 0 <= told.age < 60
    assert pacer(db).quota("hubspot:other") is None
    with db.read() as conn:
        rows = [(row.id, row.account, row.usages) for row in accounts.quotas(conn)]
    assert rows == [("hs", HUB, {"day": [500, 1_000]}), ("twin", HUB, {"day": [500, 1_000]})]


def test_hearing_the_same_again_is_not_written_again(db: Database) -> None:
    moments = [0.0]
    worker = StoredPacer("hs", lambda: db, lambda: moments[0])

    def stored(used: int, at: float) -> int:
        moments[0] = at
        worker.hear(HUB, {"day": Usage(used, 1_000)})
        told = worker.quota(HUB)
        return told.usages["day"].used if told else 0

    assert [stored(100, 0), stored(101, 1), stored(106, 2), stored(107, 63)] == [100, 100, 106, 107]


def test_a_database_that_is_gone_passes(tmp_path: Path) -> None:
    gone = Database(f"sqlite:///{tmp_path}/nowhere/at/all.db")
    for ask in (lambda: pacer(gone).claim(HUB, LIMIT), lambda: pacer(gone).resting(HUB)):
        with pytest.raises(TryLater, match="database"):
            ask()
