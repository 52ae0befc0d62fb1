"""Somebody is erased: from every table there is, from the log, from SQLite's file, and from the syncs to come (S31)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.erasing import Kind, Needle, Stricken, digest, kind_of, normal, put
from stalewatch.domain.policies import Override
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Person
from stalewatch.services.keeping.forgetting import Forgetting, Forgotten
from stalewatch.store import answers, audit, bulk, inbox
from stalewatch.store.columns import Json
from stalewatch.store.engine import Database
from stalewatch.store.tables import audit as audit_rows
from stalewatch.store.tables import audit_permits, deals, deliveries, metadata, notices, people, tombstones
from tests.databases import SQLITE_DAILY
from tests.services.heard import rows
from tests.services.world import SATO, TANAKA, World, at, deal, default_pack

Founder = Callable[..., World]
ITO = Person(id="00530000ITO", name="Ito Hanako", email="ito@acme.example", manager="tanaka", zone="Asia/Tokyo")
TEXTS = ("ito@acme.example", "Ito Hanako", "Hanako Ito", "00530000ITO", "ito%40acme.example", "U0ITO")


def dump(db: Database) -> str:
    """Everything that the database has: of SQLite also what is left in free pages."""
    with db.read() as conn:
        rows = (str(tuple(row)) for table in metadata.sorted_tables for row in conn.execute(_as_text(table)))
        told = "\n".join(rows)
    if db.is_sqlite:
        for path in (Path(str(db.url.database)), Path(f"{db.url.database}-wal")):
            told += path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
    return told


def _as_text(table: sa.Table) -> sa.Select[Any]:
    return sa.select(*(sa.type_coerce(one, sa.Text()) if isinstance(one.type, Json) else one for one in table.c))


def hits(db: Database, *texts: str) -> list[str]:
    told = dump(db).lower()
    return [text for text in texts or TEXTS if text.lower() in told]


def forgets(world: World, address: str = "ito@acme.example", *also: str) -> Forgotten:
    return Forgetting(world.db, world.clock, world.speaking).erase(address, actor="tester", also=also)


@pytest.fixture
def world(found: Founder) -> World:
    """Ito sells Acme, which went quiet, and was told; customers wrote to her; her manager knows."""
    world = found(default_pack())
    world.crm.people = [SATO, TANAKA, ITO]
    world.has(
        deal("acme", owner=ITO.id, next_step="Ito Hanako calls the CFO; ito@acme.example", contacts=frozenset({"c1"})),
        deal("globex", next_step="Ask Hanako Ito, then ITO@acme.example."),
    )
    world.crm.activities = [
        Activity(
            id="e1",
            kind=ActivityKind.EMAIL,
            actor=Actor.CUSTOMER,
            at=at("2026-03-02 10:00"),
            records=("acme",),
            people=frozenset({"cfo@acme-customer.example", "ito@acme.example"}),
        )
    ]
    for day, owner in ((3, ITO.id), (4, "sato"), (5, ITO.id)):
        world.changes("acme", owner=owner)
        world.clock.move_to(at(f"2026-03-0{day} 10:00"))
        world.syncs()
    world.reaches("2026-04-20 10:00")
    with world.db.write() as conn:
        audit.add(conn, at=5, actor="ito@acme.example", action="alert.claim", obj="a1", after={"by": "Ito Hanako"})
        audit.add(
            conn, at=6, actor="ITO@acme.example", action="x", obj="crm:00530000ITO", before=["line\nito@acme.example"]
        )
        inbox.add(conn, "p1", "press", 5, payload={"user": "U0ITO", "text": 'O"Ito Hanako"'}, due_at=5)
        answers.add(conn, _answer())
    return world


def _answer() -> dict[str, Any]:
    return {
        "id": "x1", "at": 5, "alert_id": "a1", "record_id": "crm:acme", "rule_id": "r", "episode": 1, "act": "hold",
        "actor": "ito@acme.example", "detail": {"who": "Ito Hanako", "reason": "hanako ito is away"},
    }  # fmt: skip


@pytest.mark.security
def test_s31_forgetting_leaves_nothing_in_any_table_nor_in_the_file(world: World) -> None:
    world.speaking = replace(world.speaking, people={"ito@acme.example": Override(slack="U0ITO")})
    assert set(hits(world.db)) >= {"ito@acme.example", "Ito Hanako", "00530000ITO", "U0ITO"}
    traces = Forgetting(world.db, world.clock, world.speaking).look("Ito@acme.example")
    assert traces.rows.keys() >= {"people", "deals", "changes", "activities", "deliveries", "answers", "inbox", "audit"}
    assert (traces.owned, traces.is_configured) == (1, True)

    done = forgets(world)

    assert hits(world.db) == []
    assert done.rows.keys() >= {"people", "deals", "changes", "activities", "answers", "inbox", "audit"}
    with world.db.read() as conn:
        log = audit.read(conn)
        assert conn.execute(sa.select(sa.func.count()).select_from(tombstones)).scalar_one() > 3
    assert next(row.action for row in log if row.actor == "tester") == "person.forget"
    (claimed,) = [row for row in log if row.action == "alert.claim"]
    assert claimed.actor.startswith(done.pseudonym)
    assert claimed.after["by"].startswith(done.pseudonym)


@pytest.mark.security
def test_s31_the_next_sync_brings_nothing_back(world: World) -> None:
    forgets(world, "ito@acme.example", "c1")
    texts = ("ito@acme.example", "Ito Hanako", "Hanako Ito", "00530000ITO")
    world.changes("globex", next_step="ito@acme.example again, and Ito Hanako", stage="proposal")
    world.has(deal("initech", owner=ITO.id, next_step="hanako ito"))
    world.reaches("2026-05-20 10:00")
    world.reaches("2026-05-21 10:00")
    assert hits(world.db, *texts) == []
    owners = {row.id: row.owner for row in rows(world, deals)}
    (erased,) = [row for row in rows(world, people) if row.email is None]
    assert owners["crm:acme"] == owners["crm:initech"] == erased.id
    assert erased.id == f"crm:{erased.external_id}"
    assert (erased.manager, erased.name.startswith("erased-")) == ("crm:tanaka", True)


@SQLITE_DAILY
def test_a_deal_whose_owner_was_erased_is_judged_on_and_nobody_else_changed(world: World) -> None:
    before = {row.id: (row.stage, row.amount, row.is_open) for row in rows(world, deals)}
    told = {row.key for row in rows(world, notices)}
    forgets(world)
    assert {row.id: (row.stage, row.amount, row.is_open) for row in rows(world, deals)} == before
    assert len({row.key for row in rows(world, notices)}) == len(told)
    said = len(world.mail.messages)
    world.reaches("2026-05-08 10:00")
    world.reaches("2026-05-15 10:00")
    assert all("ito" not in message.target for message in world.mail.messages[said:])
    assert {row.email for row in rows(world, people)} >= {"sato@acme.example", "tanaka@acme.example"}


@SQLITE_DAILY
def test_what_was_said_to_somebody_is_empty_and_what_was_not_sent_is_not(world: World) -> None:
    mine = [row.id for row in rows(world, deliveries) if row.target == "person:ito@acme.example"]
    assert mine
    with world.db.write() as conn:
        conn.execute(sa.update(deliveries).where(deliveries.c.id == mine[0]).values(state="ready"))
    forgets(world)
    kept = {row.id: row for row in rows(world, deliveries)}
    assert all((kept[one].body, kept[one].address, kept[one].receipt) == (None, None, None) for one in mine)
    assert kept[mine[0]].state == "cancelled"
    world.rounds()


@SQLITE_DAILY
def test_forgetting_twice_and_a_stranger_change_nothing(world: World) -> None:
    first = forgets(world)
    again = forgets(world)
    assert again.rows == {}
    assert first.pseudonym != again.pseudonym
    assert forgets(world, "nobody@nowhere.example").rows == {}
    world.changes("globex", next_step="mail nobody@nowhere.example")
    world.rounds()
    assert hits(world.db, "nobody@nowhere.example") == []


def planted(db: Database) -> Iterator[str]:
    """A row in every table there is that speaks of Ito in every text, whoever may add a table one day."""
    for table in metadata.sorted_tables:
        if table in (audit_permits, tombstones):
            continue
        with db.write() as conn:
            bulk.insert(conn, table, [{one.name: _planted(one) for one in table.c if one is not audit_rows.c.id}])
        if any(isinstance(column.type, sa.Text | Json) for column in table.c):
            yield table.name


def _planted(column: sa.Column[Any]) -> Any:
    if column is audit_rows.c.action:  # one of our own words, which no door leads to
        return "alert.claim"
    if isinstance(column.type, Json):
        return {"to": ["ito@acme.example", "Ito Hanako, or\nIto Hanako"]}
    if isinstance(column.type, sa.Text):
        return f"{column.name}: ito@acme.example"
    return column.type.python_type(1)


@pytest.mark.security
def test_s31_no_table_is_left_out(found: Founder) -> None:
    world = found(default_pack())
    world.crm.people.append(ITO)
    world.syncs()
    tables = set(planted(world.db))
    traces = Forgetting(world.db, world.clock, world.speaking).look("ito@acme.example")
    assert traces.rows.keys() == tables
    forgets(world)
    assert hits(world.db) == []


# ------------------------------------------------------------------------------------------------ in any text

NEEDLES = (
    Needle(Kind.ADDRESS, "ito@acme.example", "erased-1-01"),
    Needle(Kind.NAME, "Ito Hanako", "erased-1-02"),
    Needle(Kind.NAME, "伊藤花子", "erased-1-03"),
    Needle(Kind.WORD, "Won", "erased-1-04"),
    Needle(Kind.ID, "crm:12", "crm:erased-1-05"),
)


def stricken(*needles: Needle) -> Stricken:
    salt = b"salt"
    stones = {digest(salt, one.kind, one.text): one.pseudonym for one in needles}
    shapes = {(one.kind, len(normal(one.kind, one.text))) for one in needles}
    return Stricken(salt, stones, tuple(sorted(shapes, key=lambda one: -one[1])))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("ask ITO@Acme.example.", "ask erased-1-01."),
        ("x.ito@acme.example, ito@acme.example.org", "x.ito@acme.example, ito@acme.example.org"),
        ("person:ito@acme.example", "person:erased-1-01"),
        ("明日伊藤花子さんに連絡", "明日erased-1-03さんに連絡"),
        ("ITO HANAKO/Ito Hanakos", "erased-1-02/Ito Hanakos"),
        ("Won won WON", "erased-1-04 won WON"),
        ("crm:12 crm:123 xcrm:12 crm:12-a", "crm:erased-1-05 crm:123 xcrm:12 crm:12-a"),
    ],
)
def test_a_needle_stands_alone(text: str, after: str) -> None:
    assert put(NEEDLES, text) == after
    assert stricken(*NEEDLES).text(text) == after


def test_a_name_ends_no_deal() -> None:
    assert put(NEEDLES, "Won by all", for_machines=True) == "Won by all"
    assert put(NEEDLES, "Won", for_machines=True) == "erased-1-04"
    assert stricken(*NEEDLES).row({"outcome": "won", "stage": "Won by all"}, lambda _: True) == {
        "outcome": "won", "stage": "Won by all",
    }  # fmt: skip
    assert [kind_of(one) for one in ("Won", "Ito Hanako", "伊藤")] == [Kind.WORD, Kind.NAME, Kind.NAME]


words = st.sampled_from(
    [
        "ito@acme.example",
        "Ito Hanako",
        "ito hanako",
        "伊藤花子",
        "Won",
        "won",
        "crm:12",
        "3",
        ".",
        " ",
        "-",
        "x",
        "さん",
        "é",
    ]
)


@given(st.lists(words, max_size=8).map("".join))
def test_whoever_knows_only_digests_strikes_what_is_erased(text: str) -> None:
    one = put(NEEDLES, text)
    assert stricken(*NEEDLES).text(text) == one
    assert put(NEEDLES, one) == one
    assert stricken().text(text) == text
