"""S14 and S15 of docs/security.md: secrets of connections are sealed, each for its place, and keys can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from stalewatch.clock import FixedClock
from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect, TryLater
from stalewatch.sdk.testing import NOON
from stalewatch.sdk.vault import MemoryVault, RefreshToken, Replaced, Secret, Vault
from stalewatch.services.syncing.sealing import CannotOpen, Seals
from stalewatch.services.syncing.vault import SealedVault, unopened
from stalewatch.store import secrets
from stalewatch.store.engine import Database
from stalewatch.wiring.checking import examine
from stalewatch.wiring.project import doctor
from tests.databases import opened

KEY, OTHER = "k" * 40, "o" * 40
TOKEN = "5Aep861-a-secret-of-the-customer"  # noqa: S105  # it is of nobody


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    database.dispose()


def vault(db: Database, connection: str = "sf", **keys: str) -> SealedVault:
    """A vault as a worker makes it."""
    return SealedVault(connection, lambda: db, keys or {"key": KEY}, FixedClock(NOON))


@pytest.fixture(params=["memory", "sealed"])
def any_vault(request: pytest.FixtureRequest, db: Database) -> Callable[[], Vault]:
    """Makes vaults of one connection, each as another worker has it."""
    shared = MemoryVault()
    return lambda: shared if request.param == "memory" else vault(db)


def test_what_is_kept_is_what_the_next_worker_reads(any_vault: Callable[[], Vault]) -> None:
    assert any_vault().get("token") is None
    first = any_vault().replace("token", TOKEN, seen=None)
    assert any_vault().get("token") == first
    any_vault().replace("token", "another", seen=first)
    assert (found := any_vault().get("token")) is not None
    assert (found.value, found.version) == ("another", 2)


def test_who_comes_second_replaces_nothing(any_vault: Callable[[], Vault]) -> None:
    first = any_vault().replace("token", "1", seen=None)
    any_vault().replace("token", "2", seen=first)
    for seen in (None, first):
        with pytest.raises(Replaced):
            any_vault().replace("token", "3", seen=seen)
    assert (found := any_vault().get("token")) is not None
    assert found.value == "2"


def test_what_is_of_no_use_any_more_is_dropped(any_vault: Callable[[], Vault]) -> None:
    for name in ("old", "new"):
        any_vault().replace(name, name, seen=None)
    any_vault().forget(but="new")
    assert any_vault().get("old") is None
    assert any_vault().get("new") is not None


def test_one_at_a_time_is_inside(any_vault: Callable[[], Vault]) -> None:
    """Ten workers read, think, and replace: without `alone` all but one would meet a newer one."""

    def renew(_: int) -> None:
        worker = any_vault()
        with worker.alone("token"):
            seen = worker.get("token")
            worker.replace("token", str(int(seen.value) + 1 if seen else 1), seen=seen)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(renew, range(10)))
    assert (found := any_vault().get("token")) is not None
    assert found.value == "10"


def test_somebody_who_does_not_come_out_is_waited_for_and_then_reported(db: Database) -> None:
    with db.write() as conn:
        fence = secrets.hold(conn, "sf", "token", 60_000_000)
    waits: list[float] = []
    patient = replace(vault(db), patience=2.0, sleep=waits.append, monotonic=lambda: sum(waits))
    with pytest.raises(TryLater, match="another process"), patient.alone("token"):
        pytest.fail("two are inside")
    assert sum(waits) == pytest.approx(2.0, abs=0.2)
    assert fence is not None
    with db.write() as conn:
        secrets.let_go(conn, "sf", "token", fence)
    with vault(db).alone("token"):
        pass


def test_somebody_who_died_inside_gives_way(db: Database) -> None:
    with db.write() as conn:
        secrets.hold(conn, "sf", "token", -1)
    with vault(db).alone("token"):
        pass


def test_a_database_that_is_gone_passes(tmp_path: Path) -> None:
    gone = Database(f"sqlite:///{tmp_path}/nowhere/at/all.db")
    with pytest.raises(TryLater, match="database"):
        vault(gone).get("token")


def test_what_could_not_be_kept_is_not_lost() -> None:
    """What cannot be written now is written before the next use; nothing else would ever bring it back."""
    broken = [True]

    class Breaking(MemoryVault):
        def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
            if broken.pop():
                raise TryLater("the database does not answer")
            return super().replace(name, value, seen=seen)

    kept = Breaking()
    refresh = RefreshToken(kept, "first")
    assert refresh.read() == "first"
    with pytest.raises(TryLater):
        refresh.keep("second")
    assert "second" in refresh.known
    broken.append(False)
    assert refresh.read() == "second"
    assert RefreshToken(kept, "first").read() == "second", "it is durable by now"


def test_another_token_of_the_operator_begins_anew(db: Database) -> None:
    old = RefreshToken(vault(db), "first")
    old.read()
    old.keep("second")
    again = RefreshToken(vault(db), "pasted anew")
    assert again.read() == "pasted anew"
    again.keep(None)
    assert RefreshToken(vault(db), "first").read() == "first", "what replaced the old one is gone"


@pytest.mark.security
def test_s14_the_database_says_nothing(db: Database) -> None:
    refresh = RefreshToken(vault(db), f"{TOKEN} first")
    refresh.read()
    refresh.keep(TOKEN)
    with db.read() as conn:
        dump = str(list(conn.exec_driver_sql("SELECT * FROM secrets")))
    assert "refresh_token" in dump
    for word in (TOKEN, KEY):
        assert word not in dump
        assert word not in repr(vault(db)) + repr(vault(db).get("x")) + str(refresh.__dict__["_seen"])
    if db.is_sqlite:
        files = [path.read_bytes() for path in Path(str(db.url.database)).parent.glob("*.db*")]
        assert not any(TOKEN.encode() in content for content in files)


@pytest.mark.security
def test_s14_keys_are_changed_while_three_workers_run(db: Database) -> None:
    vault(db).replace("token", "0", seen=None)
    after = {"key": OTHER, "previous": KEY}

    def work(_: int) -> None:
        worker = vault(db, **after)
        worker.check("token")
        for _ in range(5):
            with worker.alone("token"):
                seen = worker.get("token")
                assert seen is not None
                worker.replace("token", str(int(seen.value) + 1), seen=seen)

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(work, range(3)))
    found = vault(db, key=OTHER).get("token")
    assert found is not None
    assert found.value == "15"


@pytest.mark.security
def test_s14_what_the_previous_key_sealed_is_sealed_anew_at_the_start(db: Database) -> None:
    vault(db).replace("token", TOKEN, seen=None)
    assert unopened(db, {"key": OTHER}) == [("sf", "token")]
    vault(db, key=OTHER, previous=KEY).check("token")
    assert unopened(db, {"key": OTHER}) == []
    assert (found := vault(db, key=OTHER).get("token")) is not None
    assert (found.value, found.version) == (TOKEN, 1), "whoever read it before may still replace it"


@pytest.mark.security
@pytest.mark.parametrize("keys", [{"key": OTHER}, {"previous": KEY}, {"key": "short"}], ids=["wrong", "none", "short"])
def test_s14_without_the_right_key_nothing_starts_and_nothing_crashes(db: Database, keys: dict[str, str]) -> None:
    kept = vault(db).replace("token", TOKEN, seen=None)
    other = vault(db, **keys)
    with pytest.raises(ConfigurationError) as refused:
        other.check("token")
    assert refused.value.cure
    with pytest.raises(NeedsReconnect) as in_a_pull:
        other.get("token")
    assert in_a_pull.value.cure == refused.value.cure
    assert TOKEN not in f"{refused.value} {in_a_pull.value}"
    if keys != {"key": OTHER}:
        with pytest.raises(NeedsReconnect):
            other.replace("token", "in the clear", seen=kept)
    assert unopened(db, keys) == [("sf", "token")]


@pytest.mark.security
def test_s14_doctor_names_what_no_key_opens(migrated_database_url: str, db: Database, tmp_path: Path) -> None:
    vault(db, "export").replace("refresh_token 12ab", TOKEN, seen=None)
    vault(db, "of a connection that is no more").replace("refresh_token", TOKEN, seen=None)
    (tmp_path / "rules").mkdir()
    config = tmp_path / "stalewatch.yaml"
    config.write_text(
        f'stalewatch: 1\ndatabase: "{migrated_database_url}"\nsecrets: {{key: "${{KEY}}"}}\n'
        "connections:\n  - {id: export, type: csv, path: .}\n"
    )
    found = {}
    for key in (KEY, OTHER):
        examined = examine(config, NOON, {"KEY": key})
        told = list(doctor(examined, FixedClock(NOON), "en").look())
        found[key] = [(one.subject, one.level, bool(one.cure)) for one in told if "cannot be opened" in one.message]
    assert found == {KEY: [], OTHER: [("export", Level.WARNING, True)]}


@pytest.mark.security
def test_s15_a_seal_opens_only_in_its_place(db: Database) -> None:
    for connection in ("sf", "hs"):
        vault(db, connection).replace("token", f"{TOKEN} of {connection}", seen=None)
    with db.write() as conn:
        conn.exec_driver_sql(
            "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE connection = 'sf') WHERE connection = 'hs'"
        )
    with pytest.raises(NeedsReconnect, match="cannot be opened"):
        vault(db, "hs").get("token")
    with pytest.raises(ConfigurationError):
        vault(db, "hs").check("token")
    assert vault(db, "sf").get("token") is not None
    assert unopened(db, {"key": KEY}) == [("hs", "token")]


@pytest.mark.security
@pytest.mark.parametrize("place", [("hs", "token"), ("sf", "other")])
def test_s15_connection_and_name_are_both_its_place(place: tuple[str, str]) -> None:
    seals = Seals(KEY)
    sealed = seals.seal("sf", "token", TOKEN)
    with pytest.raises(CannotOpen):
        seals.open(*place, sealed)
    with pytest.raises(CannotOpen):
        seals.open("sf", "token", f"{sealed[:-4]}AAAA")
