"""The workers' queue: made once, brought up step by step, and left to old workers until they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from stalewatch.engine.queue import shipped_schema
from stalewatch.store.engine import Database
from stalewatch.store.errors import SchemaBehind
from stalewatch.store.queue_schema import SCHEMA, address, bring_up, due, require

WHOLE, STEPS = shipped_schema()
LAST = max(STEPS)
PILE = ["01_01_pre_first", "01_50_post_first", "02_01_pre_second", "02_02_second", "02_50_post_second"]

FUNCTIONS = """
select p.proname, pg_get_function_identity_arguments(p.oid), md5(regexp_replace(p.prosrc, '\\s+', ' ', 'g'))
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'stalewatch_queue' order by 1, 2
"""
COLUMNS = """
select table_name, column_name, udt_name, is_nullable from information_schema.columns
where table_schema = 'stalewatch_queue' order by 1, 2
"""


@pytest.fixture
def db(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.dispose()


def looks(db: Database) -> tuple[list[object], list[object]]:
    with db.read() as conn:
        return [*map(tuple, conn.execute(sa.text(FUNCTIONS)))], [*map(tuple, conn.execute(sa.text(COLUMNS)))]


def test_a_queue_is_made_as_a_whole_and_once(db: Database) -> None:
    with pytest.raises(SchemaBehind, match="no queue for workers yet"):
        require(db, STEPS)
    assert bring_up(db, WHOLE, STEPS) == sorted(STEPS)
    require(db, STEPS)
    assert bring_up(db, WHOLE, STEPS) == []


def test_several_that_make_it_at_once_wait_for_each_other(db: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        done = [*threads.map(lambda _: bring_up(db, WHOLE, STEPS), range(4))]
    assert sorted(map(len, done)) == [0, 0, 0, len(STEPS)]


def test_an_older_queue_becomes_what_a_new_one_is(db: Database) -> None:
    """The library as it was: its first steps alone; then those that came since, with what they take away last."""
    older = {name: text for name, text in STEPS.items() if name < "03.01"}
    first = min(STEPS)
    bring_up(db, STEPS[first], {first: STEPS[first]})
    bring_up(db, WHOLE, older)
    with pytest.raises(SchemaBehind, match=r"an older queue, without 03\.01"):
        require(db, STEPS)
    brought = bring_up(db, WHOLE, STEPS)
    assert LAST not in brought
    require(db, STEPS)
    assert bring_up(db, WHOLE, STEPS) == [LAST]
    grown = looks(db)
    with db.write() as conn:
        conn.exec_driver_sql(f"drop schema {SCHEMA} cascade")
    bring_up(db, WHOLE, STEPS)
    assert grown == looks(db)


@pytest.mark.parametrize(
    ("applied", "wanted"),
    [
        ([], PILE[:4]),
        (PILE[:1], PILE[1:4]),
        (PILE[:4], PILE[4:]),
        (PILE, []),
        ([*PILE, "03_01_pre_newer"], []),
    ],
)
def test_what_only_takes_away_waits_until_the_next_time(applied: list[str], wanted: list[str]) -> None:
    assert due(PILE, applied) == wanted


def test_its_address_keeps_what_the_projects_says() -> None:
    told = Database("postgresql+psycopg://me:pass@there:6432/sales?options=-cstatement_timeout%3D9s&connect_timeout=2")
    query = sa.make_url(address(told)).query
    assert query["options"] == f"-cstatement_timeout=9s -csearch_path={SCHEMA}"
    assert (query["connect_timeout"], query["tcp_user_timeout"]) == ("2", "15000")
    assert sa.make_url(address(told)).password == "pass"  # noqa: S105 - none


def test_sqlite_has_none(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert bring_up(database, WHOLE, STEPS) == []
    database.dispose()
