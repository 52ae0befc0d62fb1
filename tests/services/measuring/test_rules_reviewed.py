"""What a review says of rules: idle ones and other limits, with their figures and the line that answers them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.learning.intervals import Rate
from stalewatch.domain.policies import Holdout
from stalewatch.domain.reviewing import Every, Span
from stalewatch.services.measuring.review import Review, review
from stalewatch.services.measuring.review_told import review_told, sentences
from stalewatch.services.measuring.rules_reviewed import LEAST, RulesReviewed
from stalewatch.services.reporting.reports import Reports, Visible
from stalewatch.store import suggestions
from stalewatch.store.suggestions import Suggested
from tests import databases
from tests.services.test_stories_feedback import DIGEST, PLAIN, answered, judging
from tests.services.world import World, at, deal, rulebook

WEEK = Span(Every.WEEKLY, "2026-W13", date(2026, 3, 23), date(2026, 3, 29))
SATO: Final = Visible(frozenset({"crm:sato"}))
NAMES: Final = tuple(f"deal{number:02}" for number in range(LEAST))


def founded(path: Path) -> World:
    return World(databases.opened(f"sqlite:///{path}"), rulebook(PLAIN, judging=judging()), speaking=DIGEST)


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """Twenty deals of which their owners heard on Monday, 16 March; one of them is Tanaka's. Lived through once."""
    path = tmp_path_factory.mktemp("rules") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = founded(path)
    for name in NAMES:
        owner = "tanaka" if name == NAMES[0] else "sato"
        world.has(deal(name, created_at=at("2026-02-28 10:00"), owner=owner))
    for moment in ("2026-03-02 14:00", "2026-03-14 20:00", "2026-03-16 10:00", "2026-03-30 10:00"):
        world.reaches(moment)
    world.db.dispose()
    return path, world


@pytest.fixture
def world(lived: tuple[Path, World], tmp_path: Path) -> Iterator[World]:
    """It is the 30th."""
    mine = tmp_path / "stalewatch.db"
    mine.write_bytes(lived[0].read_bytes())
    world = founded(mine)
    world.crm.deals = dict(lived[1].crm.deals)
    world.clock.move_to(at("2026-03-30 10:00"))
    yield world
    world.db.dispose()


def said(world: World, visible: Visible | None = None, team: str | None = None) -> Review:
    return review(Reports(world.db, world.book, {"crm": None}), WEEK, world.us, visible=visible, team=team)


def idle(world: World, visible: Visible | None = None) -> list[Rate]:
    return [one.acted for one in said(world, visible).about_rules.idle]


def test_a_rule_on_which_nobody_acts_is_proposed_for_retirement(world: World) -> None:
    """0 of 20: surely less than 16.1 %."""
    [one] = said(world).about_rules.idle
    assert (one.rule, one.title, one.acted, one.line) == ("quiet", "Quiet", Rate(0, 20), 'modes: {quiet: "off"}')
    reader = Reader("en", world.clock.now(), "Asia/Tokyo")
    told = sentences(said(world), reader)
    assert "Quiet: acted on 0 of 20 times in four weeks, surely less than 16%. It could be retired" in told
    assert not any(one.startswith("Quiet: told") for one in told), "it is said once"


def test_nothing_is_proposed_of_fewer_nor_where_somebody_acts(world: World) -> None:
    """19 are too few; 1 of 20 may be 23.6 %."""
    assert idle(world, SATO) == []
    assert said(world, team="tokyo").about_rules == RulesReviewed(), "rules are everybody's"
    answered(world, NAMES[3], "snooze", "2026-03-17 15:00")
    assert idle(world) == []


def test_nothing_is_proposed_of_a_rule_that_does_not_speak_any_more_or_long_ago(world: World) -> None:
    live = world.book
    world.book = rulebook(PLAIN + '    mode: "off"\n', judging=judging())
    assert idle(world) == []
    world.book = live
    world.clock.move_to(at("2026-06-01 10:00"))
    later = Span(Every.WEEKLY, "2026-W22", date(2026, 5, 25), date(2026, 5, 31))
    reports = Reports(world.db, world.book, {"crm": None})
    assert review(reports, later, world.us, visible=None).about_rules.idle == ()


@pytest.mark.security
def test_s9_another_limit_is_a_patch_for_who_may_see_everything(world: World) -> None:
    text = PLAIN.replace("{latest_of: [created_at, last_meeting_at, next_meeting_at]}", "created_at")
    world.book = rulebook(text, judging=judging())
    with world.db.write() as conn:
        suggestions.keep(conn, "2026-03", [Suggested("deal", None, None, None, 30, 28, 33, 90, 60, 60)])
    [one] = said(world).about_rules.limits
    assert (one.rule, one.groups) == ("quiet", 1)
    assert one.patch.endswith("- {is: 30d}   # now 14d; 30 (28-33), won 90, lost 60, open 60")
    told = review_told(said(world), Reader("ja", world.clock.now(), "Asia/Tokyo"))
    assert told.limits[0].patch == one.patch
    assert "Quiet:履歴から見た期限が、ルールの期限と1件異なります" in told.sentences
    assert said(world, SATO).about_rules.limits == ()
    world.book = rulebook(text.replace("14d", "30d"), judging=judging())
    assert said(world).about_rules.limits == (), "what was pasted is said no more"


def test_what_being_told_changes_is_shown_with_how_far_it_is(world: World) -> None:
    world.book = replace(world.book, judging=judging(holdout=Holdout(share=0.5)))
    world.reaches("2026-03-30 12:00")
    [one] = said(world).about_rules.effects
    told = review_told(said(world), Reader("en", world.clock.now(), "Asia/Tokyo")).effects
    assert (one.rule, one.effect.is_enough, told[0].effect.acted, told[0].effect.needed) == ("quiet", False, None, 200)
