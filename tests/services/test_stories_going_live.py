"""What was late before anybody watched, how a new rule begins, and what happens when everything breaks at once."""

from __future__ import annotations

from typing import Any

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging, Rollout, Speaking, StormGuard
from stalewatch.domain.routing import Route
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Lead, MeetingState
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, called_for, count_to, fate, state, titles
from tests.services.world import World, at, deal, rulebook

pytestmark = SQLITE_DAILY

UNWARNED = QUIET.replace("    warn: 4d\n", "")
DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))


def judging(**changes: Any) -> Judging:
    return Judging(**{"mode": Mode.LIVE, "rollout": None, "storm_guard": None, "currency": "JPY", **changes})


def held_meeting(name: str, start: str) -> Activity:
    return Activity(
        id=f"m-{name}", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=at(start), ends_at=at(start),
        meeting=MeetingState.HELD, records=(name,),
    )  # fmt: skip


def old(name: str, **attributes: Any) -> Any:
    return deal(name, created_at=at("2026-01-05 10:00"), **attributes)


def test_what_was_late_before_makes_one_summary_per_owner_and_its_next_episode_is_normal(found: Founder) -> None:
    world = found(QUIET, judging=judging(rollout=Rollout()), speaking=DIGEST)
    world.has(old("acme"), old("beta"), old("gamma", owner="tanaka"))
    world.reaches("2026-03-02 14:00")
    assert (state(world), state(world, "gamma")) == ("backlog", "backlog")
    world.reaches("2026-03-03 09:00")
    assert [len(titles(world, who)) for who in ("sato", "tanaka")] == [1, 1]
    assert "Acme" in titles(world)[0]
    assert "Beta" in titles(world)[0]
    world.reaches("2026-03-04 09:00")
    assert count_to(world) == 1, "it is said once"
    world.crm.activities.append(held_meeting("acme", "2026-03-04 10:00"))
    world.reaches("2026-03-04 11:00")
    world.reaches("2026-03-04 13:00")
    assert state(world).startswith("resolved")
    world.reaches("2026-03-18 18:00")
    assert (alert(world).episode, state(world)) == (2, "open")
    world.reaches("2026-03-19 09:00")
    assert count_to(world) == 2


def test_the_summary_is_not_repeated_when_a_backlog_deal_is_edited(found: Founder) -> None:
    world = found(QUIET, judging=judging(rollout=Rollout()), speaking=DIGEST)
    world.has(old("acme"))
    world.reaches("2026-03-02 14:00")
    world.reaches("2026-03-03 09:00")
    world.changes("acme", owner="sato", stage="proposal")
    world.reaches("2026-03-04 09:00")
    assert count_to(world) == 1


def test_a_new_rule_speaks_of_a_few_deals_a_day_worst_first(found: Founder) -> None:
    world = found(UNWARNED, judging=judging(rollout=Rollout(most=2)), speaking=DIGEST)
    for number in range(5):  # all late at the close of 3 March, after the rule went live on the 2nd
        world.has(deal(f"d{number}", created_at=at("2026-02-17 10:00")))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-03 18:00")
    for day in (4, 5, 6, 7):
        world.reaches(f"2026-03-0{day} 09:00")
    assert [len(message.entries) for message in world.mail.messages] == [2, 2, 1]


def test_immediate_messages_are_rolled_out_as_well(found: Founder) -> None:
    world = found(UNWARNED, judging=judging(rollout=Rollout(most=2)))
    for number in range(5):
        world.has(deal(f"d{number}", created_at=at("2026-02-17 10:00")))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-03 18:00")
    assert count_to(world) == 2
    world.reaches("2026-03-04 09:00")
    assert [len(message.entries) for message in world.mail.messages] == [1, 1, 2]


def test_after_the_grace_everything_is_told(found: Founder) -> None:
    grace = Rollout(grace=Duration(1, Unit.BUSINESS_DAY), most=1)
    world = found(UNWARNED, judging=judging(rollout=grace), speaking=DIGEST)
    for number in range(5):
        world.has(deal(f"d{number}", created_at=at("2026-02-17 10:00")))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-03 18:00")
    for day in (4, 5):
        world.reaches(f"2026-03-0{day} 09:00")
    assert sum(len(message.entries) for message in world.mail.messages) == 5


def test_a_rule_in_shadow_counts_and_tells_nobody(found: Founder) -> None:
    world = found(QUIET, judging=judging(mode=Mode.SHADOW))
    world.has(old("acme"))
    world.reaches("2026-03-02 14:00")
    assert (state(world), called_for(world), count_to(world)) == ("shadow", [], 0)


def test_modes_turn_a_rule_on_that_its_file_turns_off(found: Founder) -> None:
    off = UNWARNED.replace("    severity:", '    mode: "off"\n    severity:')
    world = found(off, judging=judging(modes={"quiet": Mode.LIVE}))
    world.has(deal("acme", created_at=at("2026-02-17 10:00")))
    world.reaches("2026-03-03 18:00")
    assert called_for(world) == ["1:breach"]


def test_promoting_a_rule_makes_what_is_late_backlog(found: Founder) -> None:
    world = found(QUIET, judging=judging(mode=Mode.SHADOW, rollout=Rollout()))
    world.has(old("acme"), deal("beta", created_at=at("2026-02-25 10:00")))
    world.reaches("2026-03-02 14:00")
    world.book = rulebook(QUIET, judging=judging(rollout=Rollout()))
    world.reaches("2026-03-03 09:00")
    assert state(world) == "backlog"
    world.reaches("2026-03-11 18:00")
    assert (state(world, "beta"), called_for(world, "beta")) == ("open", ["1:breach"])


def test_a_rule_that_goes_back_to_shadow_falls_silent(found: Founder) -> None:
    world = found(QUIET)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 14:00")
    world.reaches("2026-03-12 09:00")
    assert called_for(world) == ["1:warn"]
    world.book = rulebook(QUIET, judging=judging(mode=Mode.SHADOW))
    world.reaches("2026-03-16 18:00")
    assert called_for(world) == ["1:warn"]
    assert state(world) == "shadow"


def test_a_rule_that_is_removed_takes_its_alerts_along(found: Founder) -> None:
    world = found(QUIET)
    world.has(old("acme"))
    world.reaches("2026-03-02 14:00")
    assert state(world) == "open"
    world.book = rulebook(QUIET.replace("id: quiet", "id: other"))
    world.reaches("2026-03-02 15:00")
    assert state(world, rule="quiet") == "resolved: rule_changed"
    assert state(world, rule="other") == "open"


def test_the_first_rule_for_leads_judges_the_leads_that_are_there_already(found: Founder) -> None:
    world = found(QUIET)
    world.crm.leads["lead"] = Lead(id="lead", name="Lead", owner="sato", created_at=at("2026-02-02 10:00"))
    world.reaches("2026-03-02 14:00")
    world.book = rulebook(
        QUIET,
        """
stalewatch: 1
pack: leads
title: {en: Leads, ja: リード}
rules:
  - {id: lead-age, title: {en: Old, ja: 古い}, watch: lead, start: created_at, within: 5d, severity: critical}
""",
    )
    world.reaches("2026-03-02 15:00")
    assert state(world, "lead") == "open"


def storm_of(found: Founder, many: int) -> World:
    world = found(QUIET, judging=judging(storm_guard=StormGuard(share=0.2, at_least=3)))
    for number in range(many):
        world.has(deal(f"d{number}", created_at=at("2026-03-02 10:00")))
    for number in range(10):
        world.has(deal(f"young{number}", created_at=at("2026-03-10 10:00")))
    world.reaches("2026-03-10 13:00")
    world.reaches("2026-03-16 18:00")
    return world


def test_a_storm_is_held_and_the_operator_hears_of_it(found: Founder) -> None:
    world = storm_of(found, 4)
    assert fate(world)["held: storm"] == ["breach"] * 4
    assert count_to(world) == 0 or "breach" not in fate(world).get("told", [])
    assert [message.target for message in world.mail.messages if message.style == "operator"] == ["operator"]
    world.reaches("2026-03-17 09:00")
    assert fate(world)["held: storm"] == ["breach"] * 4, "only a person lets them go"


def test_fewer_at_once_are_no_storm(found: Founder) -> None:
    world = storm_of(found, 2)
    assert "held: storm" not in fate(world)
    assert fate(world)["told"].count("breach") == 2


def test_what_settles_while_it_is_held_is_never_told(found: Founder) -> None:
    world = storm_of(found, 4)
    world.crm.activities.append(held_meeting("d0", "2026-03-17 10:00"))
    world.reaches("2026-03-17 11:00")
    world.reaches("2026-03-17 13:00")
    assert fate(world)["held: storm"] == ["breach"] * 3
    assert fate(world)["dropped: resolved"] == ["breach"]
