"""Leads that vanish: computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.domain.instants import DAY
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Lead
from stalewatch.services.measuring.lead_ends import Ending, Judge
from stalewatch.services.measuring.unobserved import Tally, Unobserved, unobserved
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from tests import databases
from tests.services.world import World, at, rulebook

RULE = """
stalewatch: 1
rules:
  - id: first-touch
    title: {en: Not contacted, ja: 未対応}
    watch: lead
    start: handed_off_at
    within: 3d
    until: {first_touch_at: set}
    message: {en: "Contact it.", ja: "ご連絡ください"}
"""


def lead(name: str, mql: str | None, status: str, **fields: Any) -> Lead:
    """A lead of Sato's that became an MQL at noon of that day of 2026."""
    mql_at = None if mql is None else at(f"2026-{mql} 12:00")
    own = {"is_open": fields.pop("is_open", True), "owner": fields.pop("owner", "sato")}
    return Lead(id=name, name=name.title(), created_at=at("2026-01-01 09:00"), status=status,
                fields={"mql_at": mql_at, "source": "Web", **fields}, **own)  # fmt: skip


def inbox(world: World) -> None:
    """Twelve leads, looked at on 1 April 2026; who came in from 1 January to 31 March:

    a converted                                          -> a deal
    b disqualified, no_budget                            -> ended, tagged
    c disqualified, nothing noted                        -> ended, untagged  1
    d recycled, "call again in autumn" in words          -> ended, in words
    e recycled, nothing noted                            -> ended, untagged  2   (Tanaka's, from a fair)
    f MQL 10 Jan, last contact 20 Jan: silent 71 days    -> quiet, untagged  3
    g MQL 10 Jan, mail of 20 March: heard 12 days ago    -> under way
    h MQL 20 March, nothing since: 12 days               -> under way
    i MQL 5 Feb, deleted in the CRM                      -> deleted, untagged 4
    j MQL 2 Jan, silent, but tagged timing_unknown       -> quiet, tagged
    k came in on 1 April: later than asked               -> not counted
    l never became an MQL, disqualified                  -> not counted

    10 came in = 1 deal + 2 under way + 7 ended, of which 4 untagged.
    """
    world.crm.leads = {
        one.id: one
        for one in (
            lead("a", "01-05", "sql", is_open=False),
            lead("b", "02-03", "disqualified", unconverted_reason="no_budget"),
            lead("c", "02-04", "disqualified"),
            lead("d", "03-03", "recycled", accept_reason="call again in autumn"),
            lead("e", "03-04", "recycled", owner="tanaka", source="Fair"),
            lead("f", "01-10", "mql", first_touch_at=at("2026-01-20 12:00")),
            lead("g", "01-10", "mql", first_touch_at=at("2026-01-20 12:00")),
            lead("h", "03-20", "mql"),
            lead("i", "02-05", "mql"),
            lead("j", "01-02", "mql", unconverted_reason="timing_unknown"),
            lead("k", "04-01", "disqualified"),
            lead("l", None, "disqualified"),
        )
    }
    world.crm.activities = [
        Activity(id="m1", kind=ActivityKind.EMAIL, actor=Actor.SELLER, at=at("2026-03-20 12:00"), records=("g",))
    ]
    world.clock.move_to(at("2026-03-31 12:00"))
    world.rounds()
    del world.crm.leads["i"]
    world.reaches("2026-04-01 13:00")


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(RULE))
    inbox(world)
    yield world
    database.dispose()


def found(world: World, filters: Filters = Filters(), visible: Visible | None = None) -> Unobserved:  # noqa: B008
    reports = Reports(world.db, world.book, {"crm": None})
    return unobserved(reports, filters, date(2026, 1, 1), date(2026, 3, 31), world.us, visible=visible)


def test_four_of_ten_vanished_untagged(world: World) -> None:
    seen = found(world)
    assert seen.all == Tally(entered=10, deals=1, open=2, ended=7, unobserved=4)
    assert seen.all.share == 0.4
    assert dict(seen.tags) == {"in_words": 1, "no_budget": 1, "timing_unknown": 1, "none": 4}
    assert dict(seen.endings) == {
        Ending.DISQUALIFIED: (2, 1), Ending.RECYCLED: (2, 1), Ending.QUIET: (2, 1), Ending.DELETED: (1, 1),
    }  # fmt: skip
    assert [one.id for one in seen.untagged] == ["crm:e", "crm:i", "crm:c", "crm:f"]


def test_by_source_owner_and_month(world: World) -> None:
    seen = found(world)
    assert [(one.key, one.tally.entered, one.tally.unobserved) for one in seen.by_source] == [
        ("Fair", 1, 1), ("Web", 9, 3),
    ]  # fmt: skip
    assert [(one.name, one.tally.entered, one.tally.unobserved) for one in seen.by_owner] == [
        ("Sato", 9, 3), ("Tanaka", 1, 1),
    ]  # fmt: skip
    assert [(one.key, one.tally.entered, one.tally.unobserved) for one in seen.by_month] == [
        ("2026-01", 4, 1), ("2026-02", 3, 2), ("2026-03", 3, 1),
    ]  # fmt: skip
    for groups in (seen.by_source, seen.by_owner, seen.by_team, seen.by_month):
        assert sum(one.tally.entered for one in groups) == seen.all.entered
        assert sum(one.tally.unobserved for one in groups) == seen.all.unobserved


def test_who_may_see_some_leads_is_told_of_those(world: World) -> None:
    assert found(world, visible=Visible(frozenset({"crm:tanaka"}))).all == Tally(1, ended=1, unobserved=1)
    assert found(world, Filters(owners=["crm:tanaka"])).all == Tally(1, ended=1, unobserved=1)
    assert found(world, visible=Visible(frozenset())).all.share is None


def test_where_the_crm_shows_no_reasons_nobody_is_blamed(world: World) -> None:
    world.crm.unfed = {"unconverted_reason", "accept_reason"}
    world.reaches("2026-04-01 13:30")
    seen = found(world)
    assert (seen.all.ended, seen.all.unobserved, seen.all.unreadable) == (7, 0, 4)
    assert seen.untagged == ()


def test_where_nobody_tells_when_a_lead_became_an_mql_it_came_in_when_it_was_made(world: World) -> None:
    """All were made on 1 January, so `l` came in as well; of `k` we know the day, which is later: 11."""
    world.crm.unfed = {"mql_at"}
    world.reaches("2026-04-01 13:30")
    assert found(world).all.entered == 11


_OFFSETS = st.integers(min_value=0, max_value=60)


@given(handed=st.none() | _OFFSETS, touched=st.none() | _OFFSETS, heard=st.none() | _OFFSETS)
@settings(max_examples=50, deadline=None)
def test_a_lead_is_quiet_exactly_from_thirty_days_after_its_last_sign(
    handed: int | None, touched: int | None, heard: int | None
) -> None:
    now = 100 * DAY

    class Row:
        id, name, connection, owner, owner_name, owner_email = "l", "L", "crm", None, None, None
        team = source = url = gone_at = fields = unreadable = None
        is_open, status, entered_at = True, "mql", 30 * DAY
        handed_off_at = None if handed is None else (30 + handed) * DAY
        first_touch_at = None if touched is None else (30 + touched) * DAY

    signs = [30, *(30 + days for days in (handed, touched, heard) if days is not None)]
    judge = Judge(now, {} if heard is None else {"l": (30 + heard) * DAY}, {"crm"})
    assert (judge.fate(Row()).ending is Ending.QUIET) == (100 - max(signs) >= 30)


def test_days_are_those_of_the_projects_zone(world: World) -> None:
    """31 March 23:30 in Tokyo is 14:30 UTC of the same day, and 1 April 00:30 is still March in UTC."""
    late = datetime.fromisoformat("2026-03-31T23:30+09:00")
    world.crm.leads = {
        "x": Lead(id="x", name="X", created_at=late, status="recycled", owner="sato", fields={"mql_at": late}),
        "y": Lead(id="y", name="Y", created_at=late, status="recycled", owner="sato",
                  fields={"mql_at": late + timedelta(hours=1)}),
    }  # fmt: skip
    world.reaches("2026-04-01 14:00")
    ids = {one.id for one in found(world).untagged}
    assert "crm:x" in ids
    assert "crm:y" not in ids
