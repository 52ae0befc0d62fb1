"""The lists: one row per record, filtered, sorted, paged, and never a record that may not be seen."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.store import alerts, bulk, clocks, connections, open_records, people, records, reports
from stalewatch.store import stalled as late
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import CursorNotUnderstood
from stalewatch.store.paging import Rows
from stalewatch.store.reports import Filters, Sort
from stalewatch.store.tables import alerts as alerts_table
from stalewatch.store.tables import deals
from stalewatch.store.visibility import Visible
from tests.store.builders import alert, analyze, clock, deal, lead, plan, statements

EVERYTHING = Filters()


def ids(found: Rows) -> list[str]:
    return [row.id.removeprefix("sf:") for row in found.rows]


@pytest.fixture
def team(db: Database) -> Database:
    """Four stalled deals: a (critical), b (two rules, longest over), c (Mori's), p (a partner deal); d is well."""
    with db.write() as conn:
        connections.ensure(conn, {"sf": "salesforce"}, due_at=0)
        for name, title in (("sato", "佐藤"), ("mori", "Mori")):
            row = {"id": f"sf:{name}", "connection": "sf", "external_id": name, "name": title, "email": f"{name}@x"}
            people.upsert(conn, [{**row, "active": True}])
        records.upsert_deals(
            conn,
            [
                deal("a", amount=500, team="tokyo"),
                deal("b", amount=None, team="tokyo", stage="approval"),
                deal("c", amount=900, team="osaka", owner="sf:mori", name="100% _Blau"),
                deal("p", amount=100, team="tokyo", object="partner_deal"),
                deal("d", team="tokyo"),
            ],
        )
        alerts.insert(
            conn,
            [
                alert("sf:a", severity="critical", breach_at=90),
                alert("sf:b", breach_at=20),
                alert("sf:b", "overdue", breach_at=10),
                alert("sf:c", breach_at=30),
                alert("sf:p", breach_at=40, state="snoozed"),
                alert("sf:d", state="resolved"),
                alert("sf:d", "warned", breached_at=None),
                alert("sf:d", "tried", state="shadow"),
            ],
        )
    return db


def stalled(db: Database, filters: Filters = EVERYTHING, **options: Any) -> Rows:
    with db.read() as conn:
        return late.stalled(conn, filters, **{"visible": None, **options})


def test_the_worst_come_first_and_each_record_once(team: Database) -> None:
    found = stalled(team)
    assert ids(found) == ["a", "b", "c", "p"]
    assert (found.total, found.more, found.next) == (4, False, None)
    second = found.rows[1]
    assert (second.breach_at, second.gravity, second.breaches) == (10, 2, 2)
    with team.read() as conn:
        [shown] = late.shown(conn, EVERYTHING, [second.id])
    assert (shown.id, shown.stage, shown.owner_name, shown.owner_email) == ("sf:b", "approval", "佐藤", "sato@x")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(obj="deal"), "abc"),
        (Filters(obj="partner_deal"), "p"),
        (Filters(connection="hs"), ""),
        (Filters(owners=["sf:mori"]), "c"),
        (Filters(owners=[]), ""),
        (Filters(team="tokyo"), "abp"),
        (Filters(stage="approval"), "b"),
        (Filters(pipeline="x"), ""),
        (Filters(rule="overdue"), "b"),
        (Filters(severity="critical"), "a"),
        (Filters(min_amount=500), "ac"),
        (Filters(q="blau"), "c"),
        (Filters(q="0% _"), "c"),
        (Filters(q="%"), "c"),
        (Filters(q="Deal"), "abp"),
        (Filters(team="tokyo", min_amount=200), "a"),
        (Filters(obj="lead"), ""),
    ],
)
def test_filters(team: Database, filters: Filters, expected: str) -> None:
    found = stalled(team, filters)
    assert ids(found) == list(expected)
    assert found.total == len(expected)


@pytest.mark.parametrize(
    ("sort", "falling", "expected"),
    [
        (Sort.WORST, None, "abcp"),
        (Sort.WORST, False, "pcba"),
        (Sort.DUE, None, "bcpa"),
        (Sort.AMOUNT, None, "capb"),
        (Sort.AMOUNT, False, "bpac"),
        (Sort.NAME, None, "cabp"),
        (Sort.OWNER, None, "cabp"),
        (Sort.CLOSE_DATE, None, "abcp"),
        (Sort.CREATED, None, "abcp"),
    ],
)
def test_every_order_pages_without_gap_or_double(
    team: Database, sort: Sort, falling: bool | None, expected: str
) -> None:
    for limit in (1, 3, 200):
        met: list[str] = []
        after: str | None = None
        while True:
            found = stalled(team, sort=sort, falling=falling, limit=limit, after=after)
            met += ids(found)
            assert found.total == 4
            after = found.next
            if after is None:
                break
        assert met == list(expected), f"{limit} a page"


@pytest.mark.parametrize("cursor", ["", "???", "AAAA", "W10", "WyJ3b3JzdDpkb3duIiwgImEiLCAiYiJd"])
def test_a_cursor_of_another_list_is_refused(team: Database, cursor: str) -> None:
    with pytest.raises(CursorNotUnderstood, match="start again"):
        stalled(team, after=cursor)


def test_a_cursor_of_another_order_is_refused(team: Database) -> None:
    cursor = stalled(team, limit=1).next
    with pytest.raises(CursorNotUnderstood):
        stalled(team, sort=Sort.NAME, after=cursor)


def test_nobody_sees_the_records_of_others(team: Database) -> None:
    mine = Visible(frozenset({"sf:mori"}))
    found = stalled(team, visible=mine)
    assert (ids(found), found.total) == (["c"], 1)
    assert stalled(team, Filters(owners=["sf:sato"]), visible=mine).total == 0
    assert stalled(team, visible=Visible(frozenset())).rows == []


def test_closed_and_vanished_records_are_not_listed(team: Database) -> None:
    with team.write() as conn:
        records.mark_gone(conn, ["sf:a"], at=1)
        records.update(conn, "deal", [{"id": "sf:b", "is_open": False}])
    assert ids(stalled(team)) == ["c", "p"]


def test_the_alerts_behind_a_page_come_in_one_statement(team: Database) -> None:
    with team.read() as conn, statements() as sent:
        found = late.stalled_alerts(conn, ["sf:a", "sf:b", "sf:d"])
    assert [row.id for row in found] == ["quiet/sf:a:1", "overdue/sf:b:1", "quiet/sf:b:1"]
    assert len(sent) == 1


def test_a_page_of_any_size_takes_two_statements(team: Database) -> None:
    for limit in (1, 200):
        with statements() as sent:
            stalled(team, limit=limit)
        assert len(sent) == 2


def test_leads_have_a_list_of_their_own(team: Database) -> None:
    with team.write() as conn:
        records.upsert_leads(conn, [lead("l1"), lead("l2")])
        alerts.insert(conn, [alert("sf:l1", object="lead")])
    for sort in Sort:
        assert ids(stalled(team, Filters(obj="lead"), sort=sort)) == ["l1"]
    assert stalled(team, Filters(obj="lead", min_amount=1)).total == 0


def test_beyond_ten_thousand_the_total_says_only_that_there_are_more(db: Database) -> None:
    with db.write() as conn:
        bulk.insert(conn, deals, [deal(f"{n}") for n in range(10_001)])
    analyze(db)
    with db.write() as conn:
        bulk.insert(conn, alerts_table, [alert(f"sf:{n}") for n in range(10_001)])
    analyze(db)
    found = stalled(db, limit=1_000)
    assert (len(found.rows), found.total, found.more) == (200, 10_000, True)


def due_soon(db: Database, filters: Filters = EVERYTHING, **options: Any) -> Rows:
    with db.read() as conn:
        return reports.due_soon(conn, filters, **{"now": 100, "until": 200, "visible": None, **options})


@pytest.fixture
def coming(team: Database) -> Database:
    """Deadlines of a at 150 (its warning at 120), of c at 130, of p at 201, of d in the past."""
    with team.write() as conn:
        rows = [clock("sf:a", 120, breach_at=150), clock("sf:c", 130), clock("sf:p", 110, breach_at=201)]
        clocks.upsert(conn, [*rows, clock("sf:d", 140, breach_at=None), clock("sf:b", 100)])
    return team


def test_what_breaks_within_the_window_and_nothing_else(coming: Database) -> None:
    found = due_soon(coming)
    assert [(row.id, row.next_at, row.breach_at) for row in found.rows] == [("sf:c", 130, 130), ("sf:a", 120, 150)]
    assert found.total == 2
    assert ids(due_soon(coming, until=201)) == ["c", "a", "p"]


def test_due_soon_filters_sorts_and_pages(coming: Database) -> None:
    assert ids(due_soon(coming, Filters(team="tokyo"))) == ["a"]
    assert ids(due_soon(coming, Filters(connection="sf"), sort=Sort.AMOUNT)) == ["c", "a"]
    assert ids(due_soon(coming, visible=Visible(frozenset({"sf:sato"})))) == ["a"]
    first = due_soon(coming, limit=1)
    assert (ids(first), ids(due_soon(coming, limit=1, after=first.next))) == (["c"], ["a"])


def test_due_soon_reads_a_range_of_the_index(db: Database) -> None:
    with db.write() as conn:
        connections.ensure(conn, {"sf": "salesforce"}, due_at=0)
        bulk.insert(conn, deals, [deal(f"{n}") for n in range(10_000)])
        clocks.upsert(conn, [clock(f"sf:{n}", n) for n in range(10_000)])
    analyze(db)

    def soon(conn: Connection) -> None:
        reports.due_soon(conn, Filters(connection="sf"), now=100, until=150, visible=None)

    assert "ix_clocks_breach" in plan(db, soon)


SOME = (
    *(EVERYTHING, Filters(obj="deal"), Filters(obj="partner_deal"), Filters(obj="lead"), Filters(connection="hs")),
    *(Filters(owners=["sf:mori"]), Filters(owners=[]), Filters(team="tokyo"), Filters(stage="approval")),
    *(Filters(pipeline="x"), Filters(team="tokyo", stage="proposal"), Filters(min_amount=500), Filters(q="blau")),
)


@pytest.mark.parametrize(
    "visible", [None, Visible(frozenset({"sf:mori"})), Visible(frozenset()), Visible(frozenset(), frozenset({"sf:a"}))]
)
def test_open_records_are_counted_without_counting_them(team: Database, visible: Visible | None) -> None:
    with team.write() as conn:
        records.upsert_leads(conn, [lead("l1"), lead("l2", owner="sf:mori", team="osaka")])
        records.mark_gone(conn, ["sf:d"], at=1)
    with team.read() as conn:
        for filters in SOME:
            asked: dict[str, Any] = {"visible": visible}
            counted = reports.open_sum(conn, filters, **asked)
            assert tuple(open_records.total(conn, filters, **asked)) == tuple(counted)
            for kept, read in ((open_records.owners, reports.owners), (open_records.teams, reports.teams)):
                assert kept(conn, filters, limit=5, **asked) == read(conn, filters, limit=5, **asked)
