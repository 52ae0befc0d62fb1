"""Once a month the limits that the history suggests are worked out, and compared with those of the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.learning.history import Found
from stalewatch.domain.policies import Judging
from stalewatch.sdk.records import Outcome
from stalewatch.services.learning import stored
from stalewatch.services.learning.monthly import Monthly
from stalewatch.services.measuring.limit_patches import limit_patch
from stalewatch.services.measuring.other_limits import OtherLimits, other_limits
from stalewatch.store import suggestions
from stalewatch.store.suggestions import Suggested
from stalewatch.wiring.reviewing import keep_and_post, learning_of
from tests import databases
from tests.databases import SQLITE_DAILY
from tests.services.world import World, at, deal, rulebook
from tests.web.office import project_of

RULES = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: open-too-long
    title: {en: Open too long, ja: 長すぎる}
    watch: deal
    mode: live
    start: created_at
    within: WITHIN
"""
OPEN_MINUTES = 9 * 60


def ruled(within: str) -> str:
    return RULES.replace("WITHIN", within)


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 deals won on days 5 to 49, 60 lost on days 20 to 79, 60 open for long, on 2 March 2026; read once."""
    path = tmp_path_factory.mktemp("monthly") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(ruled("200d")))
    for number in range(210):
        begun = at("2025-09-01 12:00") + timedelta(days=number * 7 % 60)
        age = 5 + number % 45 if number < 90 else 20 + number % 60
        outcome = Outcome.WON if number < 90 else Outcome.LOST if number < 150 else Outcome.OPEN
        closed = None if outcome is Outcome.OPEN else begun + timedelta(days=age)
        world.has(deal(f"d{number:03}", created_at=begun, outcome=outcome, closed_at=closed))
    world.syncs()
    world.db.dispose()
    return path


@pytest.fixture
def world(lived: Path, tmp_path: Path) -> Iterator[World]:
    mine = tmp_path / "stalewatch.db"
    mine.write_bytes(lived.read_bytes())
    world = World(databases.opened(f"sqlite:///{mine}"), rulebook(ruled("200d")))
    yield world
    world.db.dispose()


def monthly(world: World, read: Callable[[], Mapping[str, Found]] | None = None) -> Monthly:
    def kept() -> Mapping[str, Found]:
        with world.db.read() as conn:
            return {"deal": stored.deals(conn, ["crm"])}

    return Monthly(world.db, world.clock, world.book, {"crm": None}, read or kept)


def latest(world: World) -> tuple[Suggested, ...]:
    with world.db.read() as conn:
        return suggestions.latest(conn)


def test_once_a_month_whoever_looks(world: World) -> None:
    """Of several workers that look at once one learns; what it learned is there until the next month."""
    with ThreadPoolExecutor(3) as crew:
        came = list(crew.map(lambda _: monthly(world).learn(), range(3)))
    assert sorted(came, key=str) == [1, None, None]
    [one] = latest(world)
    assert (one.about, one.won, one.lost, one.open) == ("deal", 90, 60, 60)
    assert one.low is not None
    assert one.high is not None
    assert one.low <= one.day <= one.high < 60
    for moment in ("2026-03-02 13:00", "2026-03-31 23:00"):
        world.clock.move_to(at(moment))
        assert monthly(world).learn() is None
    world.clock.move_to(at("2026-04-01 00:30"))
    assert monthly(world).learn() == 1
    assert len(latest(world)) == 1


def test_what_is_interrupted_is_learned_by_the_next(world: World) -> None:
    def broken() -> Mapping[str, Found]:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        monthly(world, broken).learn()
    assert latest(world) == ()
    assert monthly(world).learn() == 1


def test_the_same_history_suggests_the_same(world: World) -> None:
    monthly(world).learn()
    first = latest(world)
    with world.db.write() as conn:
        suggestions.keep(conn, "2026-02", ())
    assert latest(world) == ()
    monthly(world).learn()
    assert latest(world) == first


@SQLITE_DAILY
def test_not_before_every_connection_was_read(migrated_database_url: str) -> None:
    """What there is no history for suggests nothing, and is done for the month."""
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(ruled("200d")))
    assert monthly(world).learn() is None
    world.syncs()
    assert monthly(world).learn() == 0
    assert latest(world) == ()
    database.dispose()


def test_a_round_of_run_once_learns_as_the_engine_does(world: World) -> None:
    keep_and_post(project_of(world))
    assert len(latest(world)) == 1
    assert learning_of(project_of(world)).learn() is None


def test_a_year_of_months_is_kept(world: World) -> None:
    some = Suggested("deal", None, None, None, 30, 28, 33, 90, 60, 60)
    months = [f"2025-{month:02}" for month in range(1, 13)] + ["2026-01", "2026-02"]
    for month in months:
        with world.db.write() as conn:
            suggestions.keep(conn, month, [some, some._replace(pipeline="partner")])
    assert latest(world) == (some, some._replace(pipeline="partner"))
    with world.db.read() as conn:
        assert conn.exec_driver_sql("SELECT min(month) FROM limit_suggestions").scalar_one() == "2025-02"


# --------------------------------------------------------------------------- other limits than the rules have

WHOLE = Suggested("deal", None, None, None, 30, 28, 33, 90, 60, 60)
PROPOSAL = Suggested("deal", "new_business", "proposal", None, 21, 19, 24, 99, 80, 40)


def differing(text: str, *some: Suggested) -> tuple[OtherLimits, ...]:
    book = rulebook(text, judging=Judging(currency="JPY"))
    return other_limits(book, some, OPEN_MINUTES)


@pytest.mark.parametrize(("limit", "differs"), [
    ("27d", True), ("28d", False), ("33d", False), ("34d", True), ("4w", False), ("20bd", False), ("19bd", True),
    ("23bd", False), ("24bd", True), ("672h", False),
])  # fmt: skip
def test_a_limit_differs_if_it_lies_outside_of_the_interval(limit: str, differs: bool) -> None:
    """Five business days are seven days: 20bd are 28, 23bd are 32.2."""
    assert bool(differing(ruled(limit), WHOLE)) is differs


def test_without_an_interval_nobody_can_tell() -> None:
    assert not differing(ruled("200d"), replace_interval(WHOLE))


def replace_interval(one: Suggested) -> Suggested:
    return one._replace(low=None, high=None)


STAGED = ruled("""
      - {stage: discovery, is: 10bd}
      - {stage: proposal, segment: [enterprise], is: 40d}
      - {stage: proposal, is: 15bd}
      - {is: 20bd}""").replace("created_at", "stage_entered_at")


def test_a_group_is_compared_with_every_limit_that_it_may_have() -> None:
    """A proposal may have 40 days or 15 business days (21): one of them is what is suggested, so nothing differs."""
    assert not differing(STAGED, PROPOSAL)
    [found] = differing(STAGED, PROPOSAL._replace(day=30, low=28, high=33))
    assert found.rows[0].now == (Duration(40, Unit.DAY), Duration(15, Unit.BUSINESS_DAY))
    assert not differing(STAGED, PROPOSAL._replace(stage=None)), "whole deals are another clock"
    assert not differing(STAGED, PROPOSAL._replace(about="conversion"))


def test_what_a_rule_does_not_watch_is_not_compared_nor_a_rule_that_waits_for_something() -> None:
    long = PROPOSAL._replace(day=90, low=80, high=99)
    assert differing(STAGED, long)
    for clause in ("where: {pipeline: [partner]}", "where: {stage: {not: proposal}}", "until: {next_step: set}"):
        assert not differing(STAGED.replace("    start:", f"    {clause}\n    start:"), long), clause


def test_the_patch_is_the_limit_of_the_file_with_what_is_new_before_it() -> None:
    [found] = differing(STAGED, PROPOSAL._replace(day=30, low=28, high=33))
    assert (
        limit_patch(found)
        == """\
  # open-too-long (0.yaml, line 6)
    within:
      - {pipeline: "new_business", stage: "proposal", is: 30d}   # now 40d or 15bd; 30 (28-33), won 99, lost 80, open 40
      - {stage: "discovery", is: 10bd}   # as it is
      - {stage: "proposal", segment: ["enterprise"], is: 40d}   # as it is
      - {stage: "proposal", is: 15bd}   # as it is
      - {is: 20bd}   # as it is"""
    )


def test_what_is_pasted_differs_no_more() -> None:
    longer = PROPOSAL._replace(pipeline="expansion", day=60, low=55, high=66)
    some = (PROPOSAL._replace(day=30, low=28, high=33), longer)
    [found] = differing(STAGED, *some)
    lines = limit_patch(found).split("\n")[2:]
    assert not differing(ruled("\n" + "\n".join(lines)).replace("created_at", "stage_entered_at"), *some)
    [whole] = differing(ruled("14d"), WHOLE)
    pasted = "\n" + "\n".join(limit_patch(whole).split("\n")[2:])
    assert pasted.count("is:") == 1, "nothing is left for the row below one that takes all"
    assert not differing(ruled(pasted), WHOLE)


def test_a_condition_that_is_more_than_a_choice_stays_where_it_is() -> None:
    text = STAGED.replace("segment: [enterprise]", "amount: {at_least: 100}")
    [found] = differing(text, PROPOSAL._replace(day=30, low=28, high=33))
    assert limit_patch(found).endswith("open 40\n      # and below them the rows that stand there now")


def test_a_rule_that_is_off_is_left_alone() -> None:
    book = rulebook(ruled("14d").replace("mode: live", 'mode: "off"'), judging=Judging(currency="JPY"))
    assert not other_limits(replace(book), [WHOLE], OPEN_MINUTES)
