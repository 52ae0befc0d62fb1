"""The database as the rest of stalewatch holds it: transactions that write, connections that read, its clock.

SQLite writes under BEGIN IMMEDIATE, so that two writers wait for each other instead of failing; readers are in
autocommit mode and never wait. PostgreSQL runs READ COMMITTED. Both are one class; nobody else sees SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from stalewatch.store import addresses, renewing
from stalewatch.store.errors import in_words
from stalewatch.store.expressions import database_now
from stalewatch.store.kept import Kept

__all__ = ["WAL_LIMIT", "Connection", "Database"]  # Connection: what services hand to the store's functions

WAL_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of write-ahead log above which `Database.tidy` folds it into the file."""
CACHE: Final = 40 * 1024
"""Kilobytes of pages that the one connection which writes to SQLite may keep: those of 5,000 records that stand
scattered over the table are read once and written once, and not again and again because there was no room."""

_LIVELY: Final = {
    "connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip
"""A server must take a connection within ten seconds, and one that is gone without a word is noticed within half a
minute, not after the system's two hours; the address may say otherwise."""
REST: Final = 0.25
"""Seconds after which a connection may have gone without a word."""


class Database:
    """One database. Safe to share between threads; every process opens its own."""

    def __init__(
        self,
        url: str,
        *,
        busy_seconds: float = 30.0,
        pool_size: int = 8,
        overflow: int = 24,
        looking: bool = False,
    ) -> None:
        """Prepare connections to `url`; none is opened yet.

        Args:
            url: `sqlite:///path` or `postgresql+psycopg://…`.
            busy_seconds: how long a write waits for another process before `DatabaseBusy`.
            pool_size: connections kept open, for writing and for reading each.
            overflow: further connections under load.
            looking: whoever opens it only looks: no file is made, and `write` fails.

        Raises:
            ConfigurationError: if the address is of another kind.
        """
        self.url = addresses.checked(url)
        # hide_parameters: an error must not carry a page of customers' names into a log
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": overflow, "pool_timeout": 60}
        options["hide_parameters"] = True
        if self.is_sqlite:
            options["connect_args"] = {"timeout": busy_seconds}
        else:
            options["connect_args"] = {name: told for name, told in _LIVELY.items() if name not in self.url.query}
        self._reader = sa.create_engine(addresses.to_look_at(self.url) if looking else self.url, **options)
        self._writer = self._reader if looking else sa.create_engine(self.url, **options)
        self._marker = self._reader if looking else sa.create_engine(self.url, isolation_level="AUTOCOMMIT", **options)
        self._kept = Kept(self._reader)
        prepare = _prepare_sqlite if self.is_sqlite else _prepare_postgresql
        prepare(None if looking else self._writer, self._reader)
        if not looking:
            _prepare_marker(self._marker, lite=self.is_sqlite)
        for engine in {self._reader, self._writer, self._marker}:
            _close_late_ones(engine)

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite, False for PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def where(self) -> str:
        """The address as it may be shown: without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back if it raises.

        Before the commit the stalled list is renewed where it follows from what was written.

        Raises:
            StoreError: and its kinds, also for the commit itself.
        """
        with self._speaking(), self._writer.begin() as conn, renewing.renewed(conn):
            yield conn

    @contextmanager
    def mark(self) -> Iterator[Connection]:
        """A connection whose statements are each a transaction that does not wait for the disk: the end of the machine
        may undo it, that of a process cannot. For tables that no list follows from.

        Raises:
            StoreError: and its kinds.
        """
        with self._speaking(), self._marker.connect() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that cannot write; each statement sees what is committed when it starts.

        Raises:
            StoreError: and its kinds.
        """
        with self._speaking(), self._reader.connect() as conn:
            yield conn

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A connection that cannot write, all of whose statements see one moment, whatever others write meanwhile.

        Raises:
            StoreError: and its kinds.
        """
        with self.read() as conn:
            conn.exec_driver_sql("BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield conn
            finally:
                if not conn.invalidated:  # its end must not hide why it broke
                    conn.exec_driver_sql("ROLLBACK")

    def value(self, statement: str) -> Any:
        """The only value of a statement of ours without parameters, asked at every request: it costs microseconds.

        Raises:
            StoreError: and its kinds.
        """
        with self._speaking():
            return self._kept.value(statement)

    def now(self) -> int:
        """The database's clock, in microseconds: what leases are measured by, whatever this machine believes."""
        with self.read() as conn:
            return int(conn.execute(sa.select(database_now())).scalar_one())

    def tidy(self) -> bool:
        """Fold SQLite's write-ahead log into the file once it passes 16 MB; True if that was done."""
        if not self.is_sqlite or _size(f"{self.url.database}-wal") <= WAL_LIMIT:
            return False
        with self.read() as conn:
            busy = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not busy

    def compact(self) -> None:
        """Write SQLite's file anew, so that nothing of what was deleted or changed is left in it; the server of
        PostgreSQL does that by itself. Everybody else waits meanwhile.

        Raises:
            StoreError: others did not let go of the file in time, or the disk is full.
        """
        if not self.is_sqlite:
            return
        with self._speaking(), self._writer.connect() as conn:
            for statement in ("COMMIT", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):  # each connection has begun one
                conn.exec_driver_sql(statement)

    def dispose(self) -> None:
        """Close every connection, those that a thread still uses as soon as it gives them back. The object can be used
        again; it then opens new ones."""
        self._kept.close()
        for engine in (self._writer, self._marker, self._reader):
            pool = engine.pool
            engine.dispose()
            pool.dispose()  # once more, of what came back before the engine had its new one

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn a driver's error into one that says what to do; mistakes of ours pass unchanged."""
        try:
            yield
        except SQLAlchemyError as error:
            known = in_words(error, self.where)
            if known is None:
                raise
            raise known from error


def _prepare_sqlite(writer: Engine | None, reader: Engine) -> None:
    """`isolation_level=None` keeps the driver from opening transactions of its own; ours begin IMMEDIATE."""

    @event.listens_for(reader, "connect")
    def _(connection: Any, _record: object) -> None:
        _pragmas(connection, "query_only=ON")

    if writer is None:
        return

    @event.listens_for(writer, "connect")
    def _(connection: Any, _record: object) -> None:
        _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"cache_size={-CACHE}")

    @event.listens_for(writer, "begin")
    def _(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_marker(marker: Engine, *, lite: bool) -> None:
    if not lite:
        _ask_after_rest(marker)

    @event.listens_for(marker, "connect")
    def _(connection: Any, _record: object) -> None:
        if lite:
            _pragmas(connection, "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
        else:
            connection.execute("SET SESSION synchronous_commit = off")
            connection.commit()


def _pragmas(connection: Any, *pragmas: str) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgresql(writer: Engine | None, reader: Engine) -> None:
    @event.listens_for(reader, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        # one sum over a million rows must not take every processor from all who read a page
        connection.execute("SET max_parallel_workers_per_gather = 0")

    for engine in (reader, writer):
        if engine is not None:
            _ask_after_rest(engine)


def _ask_after_rest(engine: Engine) -> None:
    """Ask a connection whether it is still there before it is used again after a while, and take another one if it is
    not. To ask each time, as the pool offers, is a round trip more for every transaction."""

    @event.listens_for(engine, "checkin")
    def _(_connection: object, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _(connection: Any, record: Any, _proxy: object) -> None:
        if monotonic() - record.info.get("rests_since", monotonic()) < REST:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool takes another one


def _close_late_ones(engine: Engine) -> None:
    """What comes back after `dispose` would wait for ever in a pool that nobody asks any more."""

    @event.listens_for(engine, "connect")
    def _(_connection: object, record: Any) -> None:
        record.info["pool"] = engine.pool

    @event.listens_for(engine, "checkin")
    def _(_connection: object, record: Any) -> None:
        if record.info.get("pool") not in (None, engine.pool):
            record.invalidate()


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0
