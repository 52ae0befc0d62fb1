"""Databases for tests: every test that asks for one runs on SQLite and on PostgreSQL; all of them together in
`make test` each story on one of the two (`pytest_collection_modifyitems`).

def test_a_row_comes_back(database_url: str) -> None: ...          # empty
def test_a_deal_is_kept(migrated_database_url: str) -> None: ...   # with the schema, copied from a template

`opened(url)` is how a story opens one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet
from zlib import crc32

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests import postgres
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from stalewatch.store.engine import Database

KINDS: Final = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Postgres:
    """The PostgreSQL of this run. Without one its tests are skipped and the last lines of the run say so."""
    try:
        return postgres.join()
    except Exception as error:  # whatever it is, it is the reason to be told
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{postgres.MISSING}: {type(error).__name__}: {error}")


@pytest.fixture
def postgres_url(postgres_server: postgres.Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty PostgreSQL database."""
    request.node.user_properties.append(("postgresql", postgres_server.version))
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite database."""
    return f"sqlite:///{tmp_path / 'stalewatch.db'}"


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and no rows, to be copied."""
    template = tmp_path_factory.mktemp("template") / "stalewatch.db"
    _migrate(f"sqlite:///{template}")
    return template


@pytest.fixture(scope="session")
def postgres_shelf(postgres_server: postgres.Postgres) -> Iterator[postgres.Shelf]:
    """PostgreSQL databases with the schema and no rows."""
    url = postgres_server.create()
    _migrate(url)
    shelf = postgres.Shelf(postgres_server, template=str(sa.make_url(url).database))
    yield shelf
    shelf.close()
    postgres_server.drop(url)


@pytest.fixture(params=KINDS)
def migrated_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of each kind with the schema and no rows."""
    make = _sqlite_copy if request.param == "sqlite" else _postgres_copy
    yield from make(request.getfixturevalue, request.node)


def _daily(kind: str) -> pytest.MarkDecorator:
    """Every day on one kind of database, and on the other in `make thorough`."""
    rare = [pytest.mark.slow, pytest.mark.thorough]
    kinds = [one if one == kind else pytest.param(one, marks=rare) for one in KINDS]
    return pytest.mark.parametrize("migrated_database_url", kinds, indirect=True)


SQLITE_DAILY = _daily("sqlite")
"""For stories that ask the database nothing that others do not ask of both every day."""
POSTGRESQL_DAILY = _daily("postgresql")
"""For long stories of many processes: SQLite lets one of them write at a time, so here more can happen."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave each story one of the databases that it can be told on, always the same one, half of them on either.

    The store's own tests keep both, and so do all when somebody picks tests or says `--every-database`.
    """
    if config.option.every_database or config.option.keyword or config.args != config.getini("testpaths"):
        return
    dropped = {item for item in items if _is_told_elsewhere(item)}
    config.hook.pytest_deselected(items=list(dropped))
    items[:] = [item for item in items if item not in dropped]


def _is_told_elsewhere(item: pytest.Item) -> bool:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    kind = next((params[name] for name in ("database_url", "migrated_database_url") if name in params), None)
    if kind not in KINDS or item.path.parent.name == "store" or item.get_closest_marker("slow"):
        return False
    if any(mark.args[0] in ("database_url", "migrated_database_url") for mark in item.iter_markers("parametrize")):
        return False  # the story names its databases itself
    story = item.nodeid.replace(str(kind), "", 1)
    return kind != KINDS[crc32(story.encode()) % len(KINDS)]


def opened(url: str) -> Database:
    """A database of which nothing has to reach the disk: tests kill processes, never the machine."""
    from stalewatch.store.engine import Database

    database = Database(url)
    _OPENED.add(database)
    for engine in (database._reader, database._writer):
        _compile_once(engine)
    if database.is_sqlite:
        event.listen(database._writer, "connect", _never_waits)
    return database


_OPENED: Final[WeakSet[Database]] = WeakSet()
_BACKGROUND: Final = ("says-alive", "look", "rules-look", "work")
"""Names of the engines' threads that `stop` does not wait for: they may open a connection after a story's end."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Close what a thread that outlived its story has opened: else a later test fails for it."""
    yield
    for thread in enumerate_threads():
        if thread.name.startswith(_BACKGROUND):
            thread.join(PATIENCE)
    for database in list(_OPENED):
        database.dispose()
        _OPENED.discard(database)


_MADE_IN: Final[dict[str, str]] = {}
"""Per address of a connection of the driver the test that was under way when it was made, or most recently so."""


@event.listens_for(sa.pool.Pool, "connect")
def _(connection: Any, _record: object) -> None:
    _MADE_IN[f"{id(connection):#x}"] = os.environ.get("PYTEST_CURRENT_TEST", "no test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A connection that was left open fails a later test: say which one made it."""
    report = yield
    if report.failed and "was deleted while still open" in report.longreprtext:
        made_in = {_MADE_IN.get(address, "no test") for address in re.findall("0x[0-9a-f]+", report.longreprtext)}
        report.user_properties += [("left open by", one) for one in sorted(made_in - {"no test"})]
    return report


_COMPILED: Final[dict[str, tuple[sa.Dialect, Any]]] = {}
"""Per kind of database the dialect of this process's first engine, and the statements that were compiled for it."""


def _compile_once(engine: sa.Engine) -> None:
    """Let an engine know every statement that was compiled for another one: thousands of databases come and go here,
    and to compile what each of them is asked takes a third of a story's time."""
    dialect, compiled = _COMPILED.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))
    engine.dialect = engine.pool._dialect = dialect
    engine._compiled_cache = compiled


def _never_waits(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _sqlite_copy(fixture: Callable[[str], object], _node: pytest.Item) -> Iterator[str]:
    url = str(fixture("sqlite_url"))
    shutil.copyfile(str(fixture("sqlite_template")), str(sa.make_url(url).database))
    yield url


def _postgres_copy(fixture: Callable[[str], object], node: pytest.Item) -> Iterator[str]:
    server, shelf = fixture("postgres_server"), fixture("postgres_shelf")
    assert isinstance(server, postgres.Postgres)
    assert isinstance(shelf, postgres.Shelf)
    node.user_properties.append(("postgresql", server.version))
    url = shelf.take()
    yield url
    shelf.put_back(url)


def _migrate(url: str) -> None:
    from stalewatch import shipped
    from stalewatch.store import migrate

    database = opened(url)
    migrate.upgrade(database, shipped.migrations())
    database.dispose()
