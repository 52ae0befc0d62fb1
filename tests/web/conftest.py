"""Worlds with an application, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from stalewatch.store.engine import Database
from tests import databases
from tests.services.world import World, at, deal, rulebook
from tests.web.office import Office
from tests.web.pack import RULES
from tests.web.reception import Counter, late_company, late_world, opened
from tests.web.visits import Visitor


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    yield _in_april(database)
    database.dispose()


@pytest.fixture(scope="module")
def april(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same world on SQLite, for stories that only read: one for all of a file."""
    path = tmp_path_factory.mktemp("april") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = databases.opened(f"sqlite:///{path}")
    yield _in_april(database)
    database.dispose()


@pytest.fixture
def own(empty: World) -> World:
    """The same world, for a story that changes it and is the same on every database."""
    return _peopled(empty)


@pytest.fixture
def visitor(april: World) -> Visitor:
    """Somebody who may read, with a browser of their own."""
    return Visitor(Office.of(april, "deals:read", "reports:read", "rules:read"))


def _in_april(database: Database) -> World:
    return _peopled(World(database, rulebook(RULES)))


def _peopled(world: World) -> World:
    world.has(
        deal("acme", created_at=at("2026-03-02 10:00"), amount_in_project_currency=Decimal(1_200_000)),
        deal("=zeta", created_at=at("2026-01-05 10:00"), owner="tanaka", stage="proposal"),
        deal("young", created_at=at("2026-03-30 10:00")),
    )
    world.reaches("2026-04-01 12:00")
    return world


@pytest.fixture
def office(world: World) -> Office:
    """A caller who may read deals and answer alerts."""
    return Office.of(world, "deals:read", "alerts:act", "reports:read")


@pytest.fixture
def empty(sqlite_url: str, sqlite_template: Path) -> Iterator[World]:
    """A world with nothing in it, on SQLite: who may come in does not depend on what is inside."""
    Path(sqlite_url.removeprefix("sqlite:///")).write_bytes(sqlite_template.read_bytes())
    database = databases.opened(sqlite_url)
    yield World(database, rulebook(RULES))
    database.dispose()


# ------------------------------------------------------------------------------------------------ people in Slack


@pytest.fixture(scope="session")
def company(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which Acme (Sato's, whose manager is Tanaka) is late, and Young will be within two weeks."""
    return late_company(sqlite_template, tmp_path_factory.mktemp("company"))


@pytest.fixture
def late(company: Path, tmp_path: Path) -> Iterator[World]:
    """Wednesday noon, 1 April, on SQLite: what people see does not depend on the database."""
    yield from late_world(company, tmp_path)


@pytest.fixture
def desk(late: World) -> Iterator[Counter]:
    """A simulated Slack whose buttons, commands and events reach the project."""
    with opened(late) as desk:
        yield desk
