"""Deals and leads: a page replayed changes nothing, and what it does not name stays."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sqlalchemy as sa

from stalewatch.store import people, records
from stalewatch.store.engine import Database
from stalewatch.store.visibility import Visible
from tests.store.builders import deal, lead, statements


def test_a_page_tells_which_deals_are_new_or_differ(db: Database) -> None:
    with db.write() as conn:
        assert records.upsert_deals(conn, [deal("b"), deal("a")]) == ["sf:b", "sf:a"]
        assert records.upsert_deals(conn, [deal("b"), deal("a", stage="approval")]) == ["sf:a"]
        assert records.upsert_deals(conn, []) == []


def test_a_page_replayed_leaves_every_byte_as_it_was(db: Database) -> None:
    page = [deal(str(n), fields={"b": n, "a": [1, 2]}, unreadable=frozenset({"y", "x"})) for n in range(50)]
    with db.write() as conn:
        records.upsert_deals(conn, page)
        before = records.read_by_ids(conn, "deal", [row["id"] for row in page])
    with db.write() as conn:
        assert records.upsert_deals(conn, page) == []
        assert records.read_by_ids(conn, "deal", [row["id"] for row in page]) == before


def test_a_deal_that_comes_twice_in_a_page_counts_as_it_came_last(db: Database) -> None:
    with db.write() as conn:
        assert records.upsert_deals(conn, [deal("a", stage="x"), deal("a", stage="y")]) == ["sf:a"]
        assert records.columns(conn, "deal", ["sf:a"], ["stage"]) == {"id": ["sf:a"], "stage": ["y"]}


def test_what_a_page_does_not_name_stays(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a")])
        assert (
            records.update(conn, "deal", [{"id": "sf:a", "hold_until": 20_000}, {"id": "sf:?", "hold_until": 1}]) == 1
        )
        records.upsert_deals(conn, [deal("a", stage="approval", first_seen_at=77)])
        (row,) = records.read_by_ids(conn, "deal", ["sf:a"])
    assert (row.hold_until, row.stage, row.first_seen_at) == (20_000, "approval", 1)


def test_only_being_seen_again_is_no_difference(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a")])
        assert records.upsert_deals(conn, [deal("a", seen_at=50)]) == []


@pytest.mark.parametrize("name", ["😀" * 1000, "שלום", "O'Neil; DROP TABLE deals", "日本\u202e", None])
def test_any_text_comes_back_as_it_was(db: Database, name: str | None) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a", name=name, fields={"note": name})])
        (row,) = records.read_by_ids(conn, "deal", ["sf:a"])
    assert (row.name, row.fields) == (name, {"note": name})


def test_columns_are_lists_in_the_order_of_ids(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal("c", amount=3), deal("a", amount=None), deal("b", amount=2)])
        found = records.columns(conn, "deal", ["sf:b", "sf:c", "sf:a", "sf:?"], ["amount", "is_open"])
        assert found == {"id": ["sf:a", "sf:b", "sf:c"], "amount": [None, 2, 3], "is_open": [True, True, True]}
        assert records.columns(conn, "deal", [], ["amount"]) == {"id": [], "amount": []}


def test_columns_of_more_records_than_one_statement_takes(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal(f"{n:05}") for n in range(3)])
        ids = [f"sf:{n:05}" for n in range(40_000)]
        with statements() as sent:
            assert len(records.columns(conn, "deal", ids, ["stage"])["id"]) == 3
        assert len(sent) == 2


def test_every_record_is_met_once_in_pieces(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal(f"{n:03}", is_open=n % 2 == 0) for n in range(25)])
        records.upsert_deals(conn, [deal("hs", id="hs:1", connection="hs"), deal("p", object="partner_deal")])
        records.mark_gone(conn, ["sf:004"], at=5)
    with db.read() as conn:
        pieces = list(records.column_chunks(conn, "deal", ["stage"], connection="sf", size=7))
        ids = [id_ for piece in pieces for id_ in piece["id"]]
        assert [len(piece["id"]) for piece in pieces] == [7, 7, 7, 3]
        assert all(one < other for one, other in pairwise(ids))
        assert "sf:004" not in ids
        assert len(next(records.column_chunks(conn, "deal", [], open_only=True))["id"]) == 13
        assert [piece["id"] for piece in records.column_chunks(conn, "partner_deal", [])] == [["sf:p"]]


def test_a_pull_that_shows_everything_tells_what_is_missing(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a"), deal("b"), deal("c")])
        records.touch(conn, "deal", ["sf:a"], seen_at=60)
        assert records.unseen(conn, "deal", "sf", before=50) == ["sf:b", "sf:c"]
        assert records.mark_gone(conn, ["sf:b", "sf:?"], at=60) == ["sf:b"]
        assert records.mark_gone(conn, ["sf:b"], at=70) == []
        assert records.unseen(conn, "deal", "sf", before=50) == ["sf:c"]
        assert records.upsert_deals(conn, [deal("b", seen_at=80)]) == ["sf:b"], "it came back"


def test_leads_live_in_a_table_of_their_own(db: Database) -> None:
    with db.write() as conn:
        assert records.upsert_leads(conn, [lead("l1")]) == ["sf:l1"]
        assert records.upsert_leads(conn, [lead("l1")]) == []
        records.upsert_deals(conn, [deal("a"), deal("p", object="partner_deal", name=None)])
        assert records.objects(conn, ["sf:l1", "sf:a", "sf:p", "sf:?"]) == {
            "sf:l1": "lead",
            "sf:a": "deal",
            "sf:p": "partner_deal",
        }
        assert records.names(conn, ["sf:l1", "sf:a", "sf:p"]) == {"sf:l1": "Lead l1", "sf:a": "Deal a"}
        assert [records.count(conn, kind) for kind in ("lead", "deal", "partner_deal")] == [1, 1, 1]


def test_a_person_sees_the_records_of_their_owners_and_no_others(db: Database) -> None:
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a"), deal("b", owner="sf:mori"), deal("c", owner=None)])
        mine = Visible(frozenset({"sf:sato"}))
        seen = records.read_by_ids(conn, "deal", ["sf:a", "sf:b", "sf:c"], visible=mine)
        assert [row.id for row in seen] == ["sf:a"]
        assert records.count(conn, "deal", visible=mine) == 1
        assert records.count(conn, "deal", visible=Visible(frozenset())) == 0
        assert records.count(conn, "deal", connection="sf", open_only=True) == 3


def test_a_thousand_deals_take_as_many_statements_as_one(db: Database) -> None:
    with db.write() as conn:
        with statements() as few:
            records.upsert_deals(conn, [deal("x")])
        with statements() as many:
            records.upsert_deals(conn, [deal(str(n)) for n in range(1000)])
    assert len(many) == len(few) == 2


def test_the_columns_of_an_object_are_told() -> None:
    assert {"stage", "amount"} <= records.column_names("partner_deal")
    assert "stage" not in records.column_names("lead")


def test_people_are_found_by_address_in_any_case_and_leave_when_absent(db: Database) -> None:
    sato = {"id": "sf:sato", "connection": "sf", "external_id": "sato", "name": "佐藤", "email": " Sato@Acme.COM "}
    mori = {"id": "sf:mori", "connection": "sf", "external_id": "mori", "name": "Mori", "email": None}
    with db.write() as conn:
        assert people.upsert(conn, [{**sato, "active": True}, {**mori, "active": True}]) == 2
        assert people.upsert(conn, [{**sato, "active": True}]) == 0
        assert [row.name for row in people.by_email(conn, "SATO@acme.com")] == ["佐藤"]
        assert people.absent(conn, "sf", ["sf:sato"]) == 1
        assert people.absent(conn, "sf", ["sf:sato"]) == 0
        assert {id_: row.active for id_, row in people.by_id(conn, ["sf:mori", "sf:?"]).items()} == {"sf:mori": False}
        assert [row.id for row in people.read(conn)] == ["sf:mori", "sf:sato"]
        assert people.read(conn, "hs") == []


def test_a_page_waits_for_whoever_changes_one_of_its_deals(db: Database) -> None:
    """On PostgreSQL rows that will be compared are locked, so a hold set meanwhile is not judged away."""
    if db.is_sqlite:
        return
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a")])
    with db.write() as conn, db.write() as other:
        records.update(conn, "deal", [{"id": "sf:a", "hold_until": 3}])
        other.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            records.upsert_deals(other, [deal("a", stage="y")])
        other.rollback()
