"""A rule over the past with other limits than its own: the longer the limit, the fewer it speaks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Rule
from stalewatch.sdk.records import Outcome
from stalewatch.services.access.principals import Visible
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.looking_back import LookedBack, look_back, versions_of
from tests.services.conftest import Founder
from tests.services.world import World, at, deal, rulebook

OLD = """\
stalewatch: 1
pack: ours
rules:
  - {id: old, title: {en: Old, ja: 古い}, watch: deal, start: created_at, within: 40d}
"""
EXCEPT = """\
exceptions:
  - {watch: deal, rules: [old], where: {owner: "crm:tanaka"}, until: 2026-12-31, because: Away}
"""


@pytest.fixture
def world(found: Founder) -> World:
    return found(OLD)


def filled(world: World, many: int = 30) -> World:
    """A deal begins each day of 2025; a third of them each was won, lost, is open; the last third is Tanaka's."""
    begun = at("2025-01-06 09:00")
    for number in range(many):
        created = begun + timedelta(number)
        lasted = timedelta(20 + 3 * number)
        outcome = (Outcome.WON, Outcome.LOST, Outcome.OPEN)[number % 3]
        world.has(deal(
            f"d{number}", created_at=created, outcome=outcome, owner="tanaka" if number % 3 == 2 else "sato",
            closed_at=None if outcome is Outcome.OPEN else created + lasted,
        ))  # fmt: skip
    world.syncs()
    return world


def back(world: World, visible: Visible | None = None) -> LookedBack:
    return look_back(world.db, world.book, world.book.by_id["old"], ["crm"], Asked(as_of=world.us), visible)


def test_each_limit_is_tried_and_the_longer_it_is_the_fewer_are_told(world: World) -> None:
    found = back(filled(world))
    assert [str(one.limits[0]) for one in found.tries] == ["10d", "20d", "30d", "40d", "50d", "60d", "80d", "120d"]
    many = [one.found.score.flagged.all + one.found.score.late_entries for one in found.tries]
    assert many == sorted(many, reverse=True)
    assert many[0] > many[-1]
    assert found.own is next(one.found for one in found.tries if one.step == 1.0)
    assert (found.about, found.records, found.lacking) == ("deal", 30, [])
    assert found.learned[0].found.lacking.value == "few_won"


@pytest.mark.security
def test_s9_what_the_past_says_is_of_what_may_be_seen(world: World) -> None:
    filled(world)
    whole, sato, nobody = (back(world, who) for who in (None, Visible(frozenset({"crm:sato"})), Visible(frozenset())))
    assert (whole.records, sato.records, nobody.records) == (30, 20, 0)
    assert whole.own is not None
    assert sato.own is not None
    assert whole.own.score.flagged.open > sato.own.score.flagged.open == 0
    assert sum(one.found.won + one.found.lost + one.found.open for one in sato.learned[:1]) == 20
    assert nobody.own is not None
    assert nobody.own.score.flagged.all == 0


def test_an_exception_of_the_rule_is_one_of_all_its_versions(found: Founder) -> None:
    plain, excepted = back(filled(found(OLD))), back(filled(found(OLD + EXCEPT)))
    for one, other in zip(plain.tries, excepted.tries, strict=True):
        assert other.found.score.flagged.open == 0 < one.found.score.flagged.open


def test_limits_that_would_be_the_same_are_tried_once() -> None:
    rule: Rule = rulebook(OLD).by_id["old"]
    day = replace(rule, within=(replace(rule.within[0], duration=Duration(1, Unit.DAY)),))
    assert [str(one.within[0].duration) for one in versions_of(day).values()] == ["1d", "2d", "3d"]
    assert list(versions_of(day)) == [1.0, 1.5, 3.0]
