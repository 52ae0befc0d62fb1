"""Whom an alert goes to: routes that ask for bands and scores, and what `rules route` foretells."""

from __future__ import annotations

from stalewatch.domain.policies import Speaking
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Style
from tests.services.conftest import Founder
from tests.services.heard import QUIET, count_to
from tests.services.world import at, deal

BANDED = QUIET.replace(
    "rules:\n",
    "bands: {price_band: {of: amount, rows: [{name: small, below: 5000000}, {name: large}]}}\n"
    "scores: {ready: {watch: deal, items: {need: {filled: [need]}, budget: {filled: [budget]}}}}\n"
    "rules:\n",
)


def routed(field: str, word: str, operand: str | int) -> Speaking:
    asked = Where((FieldTest(field, word, operand),))
    return Speaking(
        routes=(
            Route(name="asked", to=("owner.manager",), matches=asked, style=Style.IMMEDIATE),
            Route(name="rest", to=("owner",), style=Style.IMMEDIATE),
        )
    )


def test_a_route_may_ask_for_a_band(found: Founder) -> None:
    world = found(BANDED, speaking=routed("price_band", "is", "large"))
    world.has(deal("acme", amount_in_project_currency=9_000_000), deal("beta", amount_in_project_currency=1_000_000))
    world.reaches("2026-03-03 12:00")
    world.reaches("2026-03-06 19:00")
    world.reaches("2026-03-09 09:00")
    assert (count_to(world, "tanaka"), count_to(world, "sato")) == (2, 2)


def test_a_route_may_ask_for_a_score(found: Founder) -> None:
    world = found(BANDED, speaking=routed("score.ready", "at_least", 50))
    world.has(deal("acme", need="Speed"), deal("beta", created_at=at("2026-02-20 10:00")))
    world.reaches("2026-03-03 12:00")
    world.reaches("2026-03-06 19:00")
    world.reaches("2026-03-09 09:00")
    assert (count_to(world, "tanaka"), count_to(world, "sato")) == (2, 2)
