"""Whom an alert goes to: routes that ask for bands and scores, and what `rules route` foretells."""

from __future__ import annotations

from stalewatch.domain.alerts import Kind
from stalewatch.domain.foreseen import Foreseen, Hold
from stalewatch.domain.hours import Quiet
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Mode
from stalewatch.domain.pacing import Reason
from stalewatch.domain.policies import Judging, Rollout, Speaking, StormGuard
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Style
from stalewatch.services.telling.foreseeing import foresee
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, count_to
from tests.services.test_stories_episodes import snoozed
from tests.services.world import World, at, deal

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


# --------------------------------------------------------------------------------------------- foretold

HOURS = Quiet(opens=9 * 60, closes=18 * 60)
DAILY = Speaking(routes=(Route(name="all", to=("owner",)),), quiet=HOURS)
AT_ONCE = Speaking(routes=(Route(name="all", to=("owner",), style=Style.IMMEDIATE),), quiet=HOURS, immediate_per_day=1)
LOUD = (
    QUIET.replace("    warn: 4d\n", "")
    + """\
  - {id: louder, title: {en: Louder}, watch: deal, start: created_at, within: 14d, mutes: [quiet]}
"""
)


def foretold(world: World, name: str = "acme", rule: str = "quiet") -> Foreseen:
    found = foresee(world.db, world.book, world.speaking, {"crm": None}, f"crm:{name}", world.us)
    return next(one for one in found if one.rule.id == rule)


def when(one: Foreseen) -> int | None:
    return one.hearings[0].at


def reasons(holds: tuple[Hold, ...]) -> list[Reason]:
    return [hold.reason for hold in holds]


def test_what_is_foretold_is_what_happens(found: Founder) -> None:
    world = found(QUIET, speaking=DAILY)
    world.has(deal("acme", created_at=at("2026-03-01 09:00")))
    world.reaches("2026-03-04 10:00")
    said = foretold(world)
    assert (said.alert, said.kind, when(said)) == (None, Kind.WARN, to_us(at("2026-03-11 09:00")))
    assert reasons(said.hearings[0].holds) == [Reason.DIGEST]
    assert said.hearings[0].ladder[0].target == "person:sato@acme.example"
    world.reaches("2026-03-10 12:00")
    assert (count_to(world), when(foretold(world))) == (0, to_us(at("2026-03-11 09:00")))
    world.reaches("2026-03-11 09:00")
    assert count_to(world) == 1
    after = foretold(world)
    assert (after.kind, when(after)) == (Kind.BREACH, to_us(at("2026-03-16 09:00")))
    assert after.hearings[0].told_at == to_us(at("2026-03-11 09:00"))


def test_at_once_waits_for_the_hours_and_then_for_the_budget(found: Founder) -> None:
    world = found(LOUD.partition("  - {id: louder")[0], speaking=AT_ONCE)
    world.has(deal("acme", created_at=at("2026-02-17 09:00")), deal("beta", created_at=at("2026-02-17 09:00")))
    world.reaches("2026-03-03 08:00")
    world.reaches("2026-03-03 18:30")
    waits = foretold(world)
    assert (waits.kind, when(waits), waits.hearings[0].style) == (
        Kind.BREACH, to_us(at("2026-03-04 09:00")), Style.IMMEDIATE,
    )  # fmt: skip
    assert reasons(waits.hearings[0].holds) == [Reason.QUIET_HOURS]
    world.reaches("2026-03-04 09:00")
    both = [foretold(world, name) for name in ("acme", "beta")]
    [late] = [one for one in both if one.kind is not None]
    assert late.hearings[0].style is Style.DIGEST
    assert count_to(world) == 1


def test_what_keeps_it_back_is_named(found: Founder) -> None:
    world = found(LOUD, judging=Judging(mode=Mode.LIVE, rollout=Rollout(), storm_guard=None), speaking=DAILY)
    world.has(deal("acme", created_at=at("2026-02-17 09:00")))
    world.reaches("2026-03-03 08:00")
    new = foretold(world, rule="louder").hearings[0].holds
    assert [(hold.reason, hold.used, hold.most) for hold in new][:1] == [(Reason.ROLLOUT, 0, 5)]
    world.reaches("2026-03-03 18:30")
    assert alert(world, rule="quiet").muted_by == "louder"
    muted = foretold(world)
    assert (reasons(muted.holds), muted.holds[0].by, when(muted)) == ([Reason.MUTED], "louder", None)


def test_a_rule_in_shadow_and_one_that_is_about_something_else(found: Founder) -> None:
    world = found(
        QUIET.replace("    start:", "    where: {stage: proposal}\n    start:"), judging=Judging(storm_guard=None)
    )
    world.has(deal("acme"), deal("beta", stage="proposal"))
    world.reaches("2026-03-03 08:00")
    assert (foretold(world).kind, foretold(world).state) == (None, "not_applicable")
    assert (reasons(foretold(world, "beta").holds), when(foretold(world, "beta"))) == ([Reason.SHADOW], None)


def test_a_storm_and_a_snooze_say_so(found: Founder) -> None:
    world = found(
        QUIET,
        judging=Judging(mode=Mode.LIVE, rollout=None, storm_guard=StormGuard(share=0.2, at_least=2)),
        speaking=DAILY,
    )
    world.has(*(deal(name, created_at=at("2026-02-17 09:00")) for name in ("acme", "beta")))
    world.reaches("2026-03-02 19:00")
    world.reaches("2026-03-03 18:30")
    held = foretold(world, "beta")
    assert (reasons(held.holds), when(held)) == ([Reason.STORM], None)
    snoozed(world, "2026-03-10 09:00")
    resting = foretold(world)
    assert resting.holds[0].until == to_us(at("2026-03-10 09:00"))
    assert resting.holds[0].reason is Reason.SNOOZED
