"""S14 of docs/security.md: a key is changed while everybody works, and a wrong one is noticed before all starts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from stalewatch.clock import FixedClock
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.testing import NOON
from stalewatch.services.answering.link_tokens import Purpose, signer_of
from stalewatch.services.syncing.resealing import Resealed, check_keys, drop_shut, reseal
from stalewatch.services.syncing.sealing import keys_of
from stalewatch.services.syncing.vault import SealedVault, unopened
from stalewatch.store.engine import Database
from tests.databases import opened

pytestmark = pytest.mark.security
FIRST, SECOND, THIRD = "f" * 40, "s" * 40, "t" * 40
SOONER, LATER = {"key": FIRST, "previous": [SECOND]}, {"key": SECOND, "previous": FIRST}
"""What a worker has that knows the next key already, and what one has that uses it."""


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    database.dispose()


def vault(db: Database, connection: str = "sf", **keys: object) -> SealedVault:
    return SealedVault(connection, lambda: db, keys or {"key": FIRST}, FixedClock(NOON))


def test_s14_all_is_sealed_anew_while_three_workers_run_and_are_restarted_one_by_one(db: Database) -> None:
    """Each works by the old configuration, then by the new one; whoever reseals in between disturbs nobody."""
    for connection in ("sf", "hs", "quiet"):
        vault(db, connection).replace("token", "0", seen=None)
    ended = Event()

    def work(number: int) -> None:
        connection = ("sf", "hs", "hs")[number]
        for keys in (SOONER, LATER):
            worker = vault(db, connection, **keys)
            worker.check("token")
            for _ in range(4):
                with worker.alone("token"):
                    seen = worker.get("token")
                    assert seen is not None
                    worker.replace("token", str(int(seen.value) + 1), seen=seen)

    def rotate() -> int:
        rounds = 0
        while not ended.is_set():
            assert reseal(db, LATER).shut == ()
            rounds += 1
        return rounds

    with ThreadPoolExecutor(4) as workers:
        rotating = workers.submit(rotate)
        list(workers.map(work, range(3)))
        ended.set()
        assert rotating.result() > 0
    reseal(db, LATER)
    assert unopened(db, {"key": SECOND}) == []
    values = {name: vault(db, name, key=SECOND).get("token") for name in ("sf", "hs", "quiet")}
    assert {name: found.value for name, found in values.items() if found} == {"sf": "8", "hs": "16", "quiet": "0"}


def test_s14_what_is_sealed_already_is_left_alone_and_what_no_key_opens_is_named(db: Database) -> None:
    vault(db, "sf").replace("token 12ab", "1", seen=None)
    vault(db, "hs", key=SECOND).replace("token", "2", seen=None)
    vault(db, "lost", key=THIRD).replace("token", "3", seen=None)
    assert reseal(db, LATER) == Resealed(anew=1, kept=1, shut=(("lost", "token"),))
    assert reseal(db, LATER) == Resealed(anew=0, kept=2, shut=(("lost", "token"),))
    assert reseal(db, {"key": SECOND, "previous": [FIRST, THIRD]}) == Resealed(anew=1, kept=2, shut=())


def test_s14_only_what_is_lost_is_dropped(db: Database) -> None:
    vault(db, "sf").replace("token", "1", seen=None)
    vault(db, "lost", key=THIRD).replace("token", "3", seen=None)
    assert drop_shut(db, LATER) == [("lost", "token")]
    assert vault(db, "sf", **LATER).get("token") is not None
    assert vault(db, "lost", **LATER).get("token") is None


def test_s14_a_key_that_opens_nothing_does_not_start_and_one_that_opens_some_does(db: Database) -> None:
    check_keys(db, {"key": THIRD})  # nothing is stored yet
    vault(db, "sf").replace("token", "1", seen=None)
    with pytest.raises(ConfigurationError, match="none of the 1 stored") as refused:
        check_keys(db, {"key": THIRD})
    assert "db reseal --drop" in str(refused.value)
    assert THIRD not in str(refused.value)
    for keys in ({"key": FIRST}, LATER, {}):
        check_keys(db, keys)  # without any key the connections themselves say what they lack
    vault(db, "hs", key=SECOND).replace("token", "2", seen=None)
    check_keys(db, {"key": SECOND})


def test_s14_without_a_key_nothing_is_sealed_anew(db: Database) -> None:
    for keys in ({}, {"previous": FIRST}, {"key": "short"}):
        with pytest.raises(ConfigurationError):
            reseal(db, keys)


def test_s14_links_are_good_as_long_as_their_key_is_known() -> None:
    before = signer_of({"key": FIRST})
    assert before is not None
    link = before.mint(Purpose.PARTNER, "1", 10**15)
    for keys, ends in ((LATER, 10**15), ({"key": THIRD, "previous": [SECOND, FIRST]}, 10**15), ({"key": SECOND}, None)):
        signer = signer_of(keys)
        assert signer is not None
        assert signer.ends(Purpose.PARTNER, link) == ends


def test_keys_may_be_one_or_many_and_what_is_empty_is_none() -> None:
    assert keys_of({}) == [""]
    assert keys_of({"key": None, "previous": None}) == [""]
    assert keys_of(LATER) == [SECOND, FIRST]
    assert keys_of({"key": THIRD, "previous": [SECOND, None, "", FIRST]}) == [THIRD, SECOND, FIRST]
