"""The databases that tests are given are empty, apart from each other, and of the schema they claim."""

from __future__ import annotations

import socket

import pytest
import sqlalchemy as sa

from stalewatch import shipped
from stalewatch.store import migrate
from stalewatch.store.engine import Database
from tests.network import NetworkForbidden


def _tables(url: str) -> list[str]:
    engine = sa.create_engine(url)
    names = sa.inspect(engine).get_table_names()
    engine.dispose()
    return names


def test_an_empty_database_has_no_tables(database_url: str) -> None:
    assert _tables(database_url) == []


@pytest.mark.parametrize("time", ["first", "second"])
def test_two_tests_never_share_a_database(database_url: str, time: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as conn:
        conn.execute(sa.text(f"create table {time} (id integer)"))
    engine.dispose()
    assert _tables(database_url) == [time]


def test_a_migrated_database_has_the_schema_of_this_version(migrated_database_url: str) -> None:
    database = Database(migrated_database_url)
    migrate.require_current(database, shipped.migrations())
    database.dispose()


@pytest.mark.parametrize("host", ["198.51.100.1", "2001:db8::1", "crm.example.com"])
def test_the_network_is_closed(host: str) -> None:
    with pytest.raises(NetworkForbidden):
        socket.create_connection((host, 443), timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()[:2]):
        pass
