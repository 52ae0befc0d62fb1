"""The review of a week: what went quiet, what came back, who needs help; counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.reviewing import Every, Posting, Span, due_day, holding, span_of
from stalewatch.services.measuring.review import Review, last_ended, review
from stalewatch.services.reporting.reports import Reports, Visible
from tests import databases
from tests.services.world import World, at, deal, rulebook

RULE = """
stalewatch: 1
rules:
  - id: silent
    title: {en: No next step, ja: 次アクションなし}
    watch: deal
    start: created_at
    within: 10d
    until: {next_step: set}
    message: {en: "Write the next step.", ja: "次アクションを入力してください"}
"""
WEEK = Span(Every.WEEKLY, "2026-W13", date(2026, 3, 23), date(2026, 3, 29))


def told(world: World, visible: Visible | None = None, team: str | None = None) -> Review:
    return review(Reports(world.db, world.book, {"crm": None}), WEEK, world.us, visible=visible, team=team)


def quarter(world: World) -> None:
    """Deals become late ten days after the day on which they were made, when that day closes.

    made    late       then
    10 Mar  20 Mar     late in the week before; a next step on 25 Mar: back in the week        (old,    300,000)
    14 Mar  24 Mar     went quiet in the week, still late                                      (quiet,  100,000)
    16 Mar  26 Mar     went quiet in the week, a next step on 28 Mar: quiet, and back          (brief,  200,000)
    17 Mar  27 Mar     went quiet in the week; Tanaka's, without an amount                     (hers)
    25 Mar   4 Apr     nothing yet                                                             (young,  900,000)
    """
    made = (("old", "03-10", 300_000), ("quiet", "03-14", 100_000), ("brief", "03-16", 200_000),
            ("hers", "03-17", None), ("young", "03-25", 900_000))  # fmt: skip
    for name, day, amount in made:
        money = None if amount is None else Decimal(amount)
        owner = "tanaka" if name == "hers" else "sato"
        world.has(deal(name, created_at=at(f"2026-{day} 09:00"), amount_in_project_currency=money, owner=owner))
    world.reaches("2026-03-20 12:00")
    for day, written in (("24", ()), ("25", ("old",)), ("26", ()), ("27", ()), ("28", ("brief",))):
        for name in written:
            world.changes(name, next_step="call them")
        world.reaches(f"2026-03-{day} 12:00")
        world.reaches(f"2026-03-{day} 15:00")
    world.reaches("2026-03-30 10:00")


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(RULE))
    quarter(world)
    yield world
    database.dispose()


def test_what_went_quiet_and_what_came_back(world: World) -> None:
    """Quiet: brief 200,000 + quiet 100,000 + hers. Back: old 300,000 + brief 200,000. The week before: old alone."""
    found = told(world)
    assert (found.quiet.deals, found.quiet.amount) == (3, Decimal(300_000))
    assert [one.id for one in found.quiet.largest] == ["crm:brief", "crm:quiet", "crm:hers"]
    assert (found.back.deals, found.back.amount) == (2, Decimal(500_000))
    assert [one.id for one in found.back.largest] == ["crm:old", "crm:brief"]
    assert (found.quiet_before.deals, found.back_before.deals) == (1, 0)
    assert found.is_last
    assert [one.id for one in found.worst] == ["crm:quiet", "crm:hers"]


def test_who_sees_some_deals_reads_a_review_of_those(world: World) -> None:
    tanakas = told(world, Visible(frozenset({"crm:tanaka"})))
    assert [one.id for one in tanakas.quiet.largest] == ["crm:hers"]
    assert (tanakas.back.deals, tanakas.forecast.total.all.deals, tanakas.rules) == (0, 1, ())
    assert told(world, Visible(frozenset())).quiet.deals == 0
    assert told(world, team="nowhere").quiet.deals == 0


def test_help_is_offered_to_who_has_many_deals_that_wait_for_an_answer(world: World) -> None:
    """Sato hears of three deals on 9 April, of those made on 30 March; five business days later they still wait."""
    assert told(world).needs_help == ()
    for name in ("x", "y", "z"):
        world.has(deal(name, created_at=at("2026-03-30 09:00"), amount_in_project_currency=Decimal(10_000)))
    world.reaches("2026-04-09 12:00")
    world.reaches("2026-04-10 12:00")
    world.reaches("2026-04-20 12:00")
    (sato,) = told(world).needs_help
    assert (sato.name, sato.deals >= 3) == ("Sato", True)
    assert told(world, Visible(frozenset({"crm:tanaka"}))).needs_help == ()


def test_a_week_and_a_month_know_their_days() -> None:
    assert span_of(Every.WEEKLY, "2026-W13") == WEEK
    assert span_of(Every.MONTHLY, "2026-02") == Span(
        Every.MONTHLY, "2026-02", date(2026, 2, 1), date(2026, 2, 28)
    )  # fmt: skip
    assert [span_of(Every.WEEKLY, text) for text in ("2026-W54", "2025-W53", "2026-13", "")] == [None] * 4
    assert span_of(Every.MONTHLY, "2026-13") is None
    assert last_ended(Every.WEEKLY, date(2026, 3, 30)) == WEEK
    assert last_ended(Every.MONTHLY, date(2026, 1, 1)).key == "2025-12"


@given(st.dates(date(1995, 1, 1), date(2090, 1, 1)), st.sampled_from(list(Every)))
def test_spans_follow_each_other_without_a_gap(day: date, every: Every) -> None:
    span = holding(every, day)
    assert span.first <= day <= span.last
    assert span_of(every, span.key) == span
    assert span.after.before == span
    assert (span.after.first - span.last).days == 1


def test_a_review_is_posted_on_the_first_day_that_is_worked() -> None:
    """20 July 2026 is a holiday in Japan: the review of the week before it comes on Tuesday."""
    monday = holding(Every.WEEKLY, date(2026, 7, 15))
    worked = lambda day: day.weekday() < 5 and day != date(2026, 7, 20)  # noqa: E731
    assert due_day(monday, Posting(), worked) == date(2026, 7, 21)
    assert due_day(monday, Posting(weekday=2), worked) == date(2026, 7, 22)
    assert due_day(holding(Every.MONTHLY, date(2026, 7, 1)), Posting(), worked) == date(2026, 8, 3)
