"""What a difference of rules says is what a switch from one to the other does."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from stalewatch import shipped
from stalewatch.clock import FixedClock
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_changes import changes_in_words
from stalewatch.domain.deadlines import State
from stalewatch.domain.language.model import Mode
from stalewatch.services.previewing.difference import Turn
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.tables import alerts
from stalewatch.store.visibility import Visible
from tests.services.conftest import Founder
from tests.services.test_stories_preview import TIGHTER, TWO, judging, peopled
from tests.services.tried import Clock, compared, contents, judged_alone, looks
from tests.services.world import World, at, rulebook

OLD = rulebook(TWO, judging=judging(rollout=None))
NEW = rulebook(
    TIGHTER.replace("id: no-step", "id: no-next\n    was: [no-step]").replace("mutes: [no-step]", "mutes: [no-next]")
    + """
  - id: young
    title: {en: Still young, ja: 新しい}
    watch: deal
    start: created_at
    within: 20d
""",
    judging=judging(rollout=None),
)
RENAMED = {"no-step": "no-next"}
SPEAKS = (State.AT_RISK, State.BREACHED)


@pytest.fixture
def world(found: Founder) -> World:
    """A company whose deals were read once, and judged by the old rules."""
    world = found(TWO, judging=judging(rollout=None))
    peopled(world, 30)
    looks(world, "2026-03-06 12:00")
    return world


def states(world: World, book: Rulebook) -> dict[Clock, tuple[State, int]]:
    """Every clock under the id that its rule has in the new version."""
    found = judged_alone(world, book, world.us)
    return {(record, RENAMED.get(rule, rule), subject): one for (record, rule, subject), one in found.items()}


def test_a_difference_is_that_of_records_judged_one_by_one_by_each_version(world: World) -> None:
    before = contents(world)
    found = compared(world, OLD, NEW)
    assert contents(world) == before
    old, new = states(world, OLD), states(world, NEW)
    nothing = (State.NOT_APPLICABLE, 0)
    pairs = {clock: (old.get(clock, nothing), new.get(clock, nothing)) for clock in old.keys() | new.keys()}
    added = {clock for clock, (was, now) in pairs.items() if now[0] in SPEAKS and was[0] not in SPEAKS}
    removed = {clock for clock, (was, now) in pairs.items() if was[0] in SPEAKS and now[0] not in SPEAKS}
    late = {c for c, (was, now) in pairs.items() if now[0] is State.BREACHED is not was[0]}
    moved = {c: now[1] - was[1] for c, (was, now) in pairs.items() if min(was[1], now[1]) > 0 and was[1] != now[1]}
    listed = {
        turn: {(one.record, one.rule.id, one.subject) for one in found.moved if one.turn is turn} for turn in Turn
    }
    assert (found.total.added, found.total.removed) == (len(added), len(removed))
    assert listed[Turn.NEWLY_LATE] == late
    assert listed[Turn.NEWLY_AT_RISK] == added - late
    assert (found.total.earlier, found.total.later) == (len(moved), 0)
    assert found.earliest is not None
    assert (found.earliest.new_due or 0) - (found.earliest.old_due or 0) == min(moved.values())
    assert (
        sum(one.added for one in found.owners.values()) == sum(one.added for one in found.rules.values()) == len(added)
    )
    assert len(late) > 3
    few = compared(world, OLD, NEW, limit=1)
    assert few.total == found.total
    assert [one.record for one in few.moved] == [
        next(one.record for one in found.moved if one.turn is turn) for turn in Turn if listed[turn]
    ]


def open_alerts(world: World) -> set[tuple[str, str, str | None]]:
    with world.db.read() as conn:
        there = sa.select(alerts.c.record_id, alerts.c.rule_id, alerts.c.subject)
        rows = conn.execute(there.where(alerts.c.state.not_in(("resolved", "resolving"))))
        return {(row[0], RENAMED.get(row[1], row[1]), row[2]) for row in rows}


@pytest.mark.parametrize("way", ["tighter", pytest.param("looser", marks=pytest.mark.slow)])
def test_the_alerts_that_come_and_go_are_those_of_the_tick_after_the_switch(world: World, way: str) -> None:
    books = (OLD, NEW) if way == "tighter" else (rulebook(TIGHTER, judging=judging(rollout=None)), OLD)
    world.book = books[0]
    looks(world)
    before = open_alerts(world)
    found = compared(world, *books)
    world.book = books[1]
    for _ in range(4):  # what is no longer late resolves, and what is at risk instead opens again
        looks(world)
        world.clock.advance(timedelta(hours=1))
    after = open_alerts(world)
    assert (found.total.added, found.total.removed) == (len(after - before), len(before - after))
    assert found.total.added + found.total.removed > 3


@pytest.mark.slow
def test_versions_with_different_fields_are_read_by_their_own(world: World) -> None:
    fields = (shipped.rules() / "fields.yaml").read_text()
    other = rulebook(TWO, judging=judging(rollout=None), catalogue=fields.replace("decision_date:", "decided_on:", 1))
    assert other.rules.catalogue != OLD.rules.catalogue
    found = compared(world, OLD, other)
    assert (found.total.added, found.total.removed, found.beside) == (0, 0, ["fields"])


def test_what_changed_is_said_in_words(world: World) -> None:
    found = compared(world, OLD, NEW)
    reader = Reader("en", FixedClock(at("2026-03-06 12:00")).now(), "Asia/Tokyo")
    assert changes_in_words(found.changes, found.beside, OLD.rules, NEW.rules, reader) == [
        "quiet: limit: 14 days → 9 days",
        "quiet: mutes: no-step → no-next",
        "no-next: was no-step",
        "no-next: limit if Stage is Negotiation: 3 business days → 2 business days",
        "young: added (Still young)",
    ]
    same = compared(world, OLD, rulebook(TWO, judging=judging(rollout=None)))
    assert same.is_empty
    assert same.judged == found.judged > 0


def test_a_rule_that_goes_live_newly_tells_and_one_that_stays_in_shadow_does_not(world: World) -> None:
    shadow = rulebook(TWO, judging=judging(rollout=None, mode=Mode.SHADOW))
    live = compared(world, shadow, OLD)
    assert (live.total.added, live.total.newly_silent) == (0, 0)
    assert live.total.newly_told == sum(one.newly_told for one in live.owners.values()) > 3
    silent = compared(world, OLD, shadow)
    assert (silent.total.newly_told, silent.total.newly_silent) == (0, live.total.newly_told)
    both = compared(world, shadow, rulebook(TIGHTER, judging=judging(rollout=None, mode=Mode.SHADOW)))
    assert (both.total.newly_told, both.total.added > 0) == (0, True)


def test_a_difference_is_of_the_records_that_may_be_seen(world: World) -> None:
    whole = compared(world, OLD, NEW)
    for owner in sorted({one.owner for one in whole.moved if one.owner is not None}):
        mine = compared(world, OLD, NEW, visible=Visible(frozenset({owner})), piece=7)
        assert {one.record for one in mine.moved} == {one.record for one in whole.moved if one.owner == owner}
        assert mine.owners == {owner: whole.owners[owner]}
        assert 0 < mine.judged < whole.judged
    [one, *_] = whole.moved
    named = compared(world, OLD, NEW, visible=Visible(frozenset(), frozenset({one.record})))
    assert (named.judged, {moved.record for moved in named.moved}) == (1, {one.record})
