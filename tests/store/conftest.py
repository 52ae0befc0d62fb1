"""The databases of these tests, opened: each test gets one of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch import shipped
from stalewatch.store.engine import Database


@pytest.fixture
def scripts() -> Path:
    return shipped.migrations()


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """A database without a schema."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    """A database with the schema and no rows."""
    database = Database(migrated_database_url)
    yield database
    database.dispose()
