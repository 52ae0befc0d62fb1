"""Transactions, readers that cannot write, the database's clock, and what its faults are called."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from stalewatch.sdk.errors import ConfigurationError
from stalewatch.store import facts
from stalewatch.store.engine import Database
from stalewatch.store.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseUnreachable,
    StoreError,
    in_words,
)
from stalewatch.store.expressions import among
from stalewatch.store.tables import facts as facts_table
from tests.patience import PATIENCE


def test_a_transaction_is_kept_whole_or_not_at_all(db: Database) -> None:
    def stop_half_way() -> None:
        with db.write() as conn:
            facts.write(conn, "a", 1)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        stop_half_way()
    with db.read() as conn:
        assert facts.read(conn, "a") is None


def test_what_is_committed_is_read_at_once_by_an_open_reader(db: Database) -> None:
    with db.read() as reader:
        assert facts.read(reader, "a") is None
        with db.write() as conn:
            facts.write(conn, "a", 1)
        assert facts.read(reader, "a") == 1


def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(DatabaseReadOnly), db.read() as conn:
        facts.write(conn, "a", 1)


def test_a_reader_does_not_wait_for_a_writer(db: Database) -> None:
    with db.write() as conn:
        facts.write(conn, "a", 1)
        with db.read() as reader:
            assert facts.read(reader, "a") is None


def test_writers_wait_for_each_other_and_none_fails(db: Database) -> None:
    with db.write() as conn:
        facts.write(conn, "n", 0)

    def count_up(_: int) -> None:
        with db.write() as conn:
            row = conn.execute(sa.select(facts_table.c.value).where(facts_table.c.key == "n").with_for_update())
            facts.write(conn, "n", row.scalar_one() + 1)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(count_up, range(120)))
    with db.read() as conn:
        assert facts.read(conn, "n") == 120


def test_who_gives_a_connection_back_late_leaves_none_open(db: Database) -> None:
    with db.read() as conn:
        kept = conn.connection.dbapi_connection
        db.dispose()
    assert kept is not None
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match=r"closed"):
        kept.cursor().execute("SELECT 1")
    with db.read() as conn:
        again = conn.connection.dbapi_connection
    with db.read() as conn:  # which is kept as ever
        assert conn.connection.dbapi_connection is again


def test_the_database_clock_is_the_time(db: Database) -> None:
    assert abs(db.now() / 1e6 - time.time()) < 5
    first = db.now()
    time.sleep(0.01)
    assert db.now() > first


def test_sqlite_is_durable_and_in_wal_mode(db: Database) -> None:
    if not db.is_sqlite:
        return
    with db.write() as conn:
        found = [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_long_write_ahead_log_is_folded_in(db: Database) -> None:
    if not db.is_sqlite:
        assert not db.tidy()
        return
    assert not db.tidy()
    log = Path(f"{db.url.database}-wal")
    with db.write() as conn:
        facts.write(conn, "big", "x" * 20_000_000)
    assert log.stat().st_size > 16 * 1024 * 1024
    assert db.tidy()
    assert log.stat().st_size == 0


def test_a_list_of_ids_may_be_longer_than_any_limit_of_parameters(db: Database) -> None:
    with db.write() as conn:
        facts.write(conn, "k7", 7)
        ids = [f"k{n}" for n in range(70_000)]
        assert conn.scalars(sa.select(facts_table.c.key).where(among(conn, facts_table.c.key, ids))).all() == ["k7"]


def test_a_database_that_stays_locked_is_named_in_one_line(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db", busy_seconds=0.05)
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write():
            holds.set()
            done.wait(PATIENCE)

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(PATIENCE)
    with pytest.raises(DatabaseBusy) as caught, database.write():
        pass
    done.set()
    thread.join()
    database.dispose()
    assert "another process holds the database" in caught.value.what
    assert "Traceback" not in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/x.db")
    with pytest.raises(DatabaseUnreachable, match="nowhere"), database.write():
        pass


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    database = Database("postgresql+psycopg://sato:hunter2@127.0.0.1:1/x?connect_timeout=2")
    with pytest.raises(DatabaseUnreachable) as caught, database.read():
        pass
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_server_whose_name_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    database = Database("postgresql+psycopg://sato@nobody.invalid/x")
    with pytest.raises(DatabaseUnreachable, match="cannot be reached"), database.read():
        pass


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("Dear diary, " * 100)
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(DatabaseDamaged, match="restore"), database.write() as conn:
        conn.exec_driver_sql("SELECT 1 FROM sqlite_master")


def test_a_full_disk_is_named() -> None:
    error = sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    assert isinstance(in_words(error, "x"), DatabaseFull)


def test_a_full_disk_loses_only_what_did_not_fit(db: Database) -> None:
    if not db.is_sqlite:
        return
    with db.write() as conn:
        facts.write(conn, "kept", 1)

    def write_more_than_there_is_room() -> None:
        with db.write() as conn:
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
            conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            facts.write(conn, "big", "x" * 500_000)

    with pytest.raises(DatabaseFull):
        write_more_than_there_is_room()
    with db.read() as conn:
        assert (facts.read(conn, "kept"), facts.read(conn, "big")) == (1, None)


def test_a_mistake_of_ours_stays_loud_but_tells_no_values(db: Database) -> None:
    twice = [{"key": "k", "value": "sato@acme.com"}] * 2
    with pytest.raises(sa.exc.IntegrityError) as caught, db.write() as conn:
        conn.execute(sa.insert(facts_table), twice)
    assert not isinstance(caught.value, StoreError)
    assert "sato@acme.com" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "not an address", "oracle+cx://x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Database(url)


def test_a_plain_postgresql_address_uses_our_driver() -> None:
    assert Database("postgresql://u@h/d").url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_a_server_that_goes_away_while_somebody_looks_is_a_passing_trouble(db: Database) -> None:
    def looks_too_long() -> None:
        with db.look() as conn:
            backend = conn.scalar(sa.text("select pg_backend_pid()"))
            with db.write() as other:
                other.execute(sa.text("select pg_terminate_backend(:backend, 5000)"), {"backend": backend})
            conn.execute(sa.text("select 1"))

    with pytest.raises(DatabaseUnreachable):
        looks_too_long()
