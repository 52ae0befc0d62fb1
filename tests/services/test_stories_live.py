"""Rules that are changed while deals are watched: what stays, what ends, what is backlog, and what is said of it."""

from __future__ import annotations

from typing import Any

from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging, Rollout, Speaking, StormGuard
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Style
from stalewatch.sdk.records import Lead, Outcome
from stalewatch.store.tables import alerts, notices
from tests.databases import SQLITE_DAILY
from tests.services.answered import snoozes
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, called_for, count_to, fate, next_at, rows, state, titles
from tests.services.world import World, at, deal, rulebook

UNWARNED = QUIET.replace("    warn: 4d\n", "")
LONGER = QUIET.replace("within: 14d", "within: 30d")
TIGHTER = UNWARNED.replace("within: 14d", "within: 10d")
RENAMED = QUIET.replace("id: quiet", "id: silent\n    was: [quiet]")
DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))
LATE = "2026-03-16 18:00"
"""When a deal that was created on 2 March at 10:00 is late by 14 days."""


def judging(**changes: Any) -> Judging:
    return Judging(**{"mode": Mode.LIVE, "rollout": None, "storm_guard": None, "currency": "JPY", **changes})


def late_world(found: Founder, *rules: str, **policy: Any) -> World:
    """Acme is late since yesterday evening, and Sato knows."""
    world = found(*(rules or (QUIET,)), **policy)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    for moment in ("2026-03-02 14:00", "2026-03-12 09:00", LATE, "2026-03-17 09:00"):
        world.reaches(moment)
    assert (called_for(world), state(world)) == (["1:warn", "1:breach"], "open")
    return world


def saves(world: World, text: str, moment: str, **policy: Any) -> None:
    """Other rules are in force from then on."""
    world.book = rulebook(text, judging=judging(**policy))
    world.reaches(moment)


@SQLITE_DAILY
def test_a_rule_that_still_says_so_changes_nothing_and_nothing_is_looked_at(found: Founder) -> None:
    world = late_world(found)
    world.has(deal("beta", created_at=at("2026-03-16 10:00")))
    world.reaches("2026-03-17 10:00")
    stands, due = alert(world), next_at(world, "beta")
    world.book = rulebook("# a remark\n" + QUIET)
    world.syncs()
    assert next_at(world, "beta") == due, "its clock says the same: there is nothing to look at"
    assert world.ticks().looked == 1, "only what is open is looked at"
    world.dispatches()
    assert alert(world)[:-2] == stands[:-2]
    assert called_for(world) == ["1:warn", "1:breach"]


def test_a_longer_limit_ends_what_is_late_no_more_and_nobody_acted_on_it(found: Founder) -> None:
    world = late_world(found)
    saves(world, LONGER, "2026-03-17 10:00")
    assert (state(world), called_for(world)) == ("resolving", ["1:warn", "1:breach"])
    world.reaches("2026-03-17 12:00")
    assert (state(world), called_for(world)) == ("resolved: rule_changed", ["1:warn", "1:breach", "1:resolve"])
    world.reaches("2026-04-01 18:00")
    assert called_for(world)[3:] == ["1:reopen"], "its clock never stopped: late again, by the longer limit"


@SQLITE_DAILY
def test_a_slip_of_the_pen_that_is_put_right_tells_nobody_anything(found: Founder) -> None:
    world = late_world(found)
    saves(world, LONGER, "2026-03-17 10:00")
    saves(world, QUIET, "2026-03-17 10:05")
    world.reaches("2026-03-17 13:00")
    assert (state(world), called_for(world)) == ("open", ["1:warn", "1:breach"])


@SQLITE_DAILY
def test_where_that_leaves_a_deal_out_is_no_doing_of_the_rep(found: Founder) -> None:
    world = late_world(found)
    saves(world, QUIET.replace("    start:", "    where: {next_step: empty}\n    start:"), "2026-03-17 10:00")
    world.reaches("2026-03-17 12:00")
    assert state(world) == "resolved: rule_changed"


@SQLITE_DAILY
def test_what_the_rep_did_before_the_rules_changed_is_still_theirs(found: Founder) -> None:
    world = late_world(found)
    world.changes("acme", outcome=Outcome.WON)
    saves(world, LONGER, "2026-03-17 10:00")
    assert state(world) == "resolved: closed"


@SQLITE_DAILY
def test_an_exception_that_is_saved_says_so_itself(found: Founder) -> None:
    world = late_world(found)
    fair = "exceptions:\n  - {watch: deal, rules: [quiet], until: 2026-03-31, because: fair, owner: revops}\n"
    saves(world, QUIET + fair, "2026-03-17 10:00")
    world.reaches("2026-03-17 12:00")
    assert state(world) == "resolved: excepted"


@SQLITE_DAILY
def test_a_tighter_limit_makes_backlog_of_what_it_finds_and_news_of_what_follows(found: Founder) -> None:
    world = found(UNWARNED, judging=judging(rollout=Rollout()), speaking=DIGEST)
    for name, day in (("acme", "03"), ("beta", "04"), ("gamma", "09")):
        world.has(deal(name, created_at=at(f"2026-03-{day} 10:00")))
    world.reaches("2026-03-05 09:00")
    saves(world, TIGHTER, "2026-03-16 10:00", rollout=Rollout())
    assert [state(world, name) for name in ("acme", "beta", "gamma")] == ["backlog", "backlog", "none"]
    world.reaches("2026-03-17 09:00")
    assert count_to(world) == 1, "one summary for their owner"
    assert "Acme" in titles(world)[0]
    assert "Beta" in titles(world)[0]
    world.reaches("2026-03-19 18:00")
    world.reaches("2026-03-20 09:30")
    assert (state(world, "gamma"), called_for(world, "gamma")) == ("open", ["1:breach"])
    world.reaches("2026-03-23 09:00")
    assert count_to(world) == 2, "each is told once"
    assert [text.partition(":")[0] for text in world.nudges_to("sato")] == ["Gamma"]


@SQLITE_DAILY
def test_a_warning_by_the_old_limit_is_not_told_of_what_is_backlog_by_the_new(found: Founder) -> None:
    world = found(QUIET, judging=judging(rollout=Rollout()), speaking=DIGEST)
    world.has(deal("acme", created_at=at("2026-03-02 10:00")))
    world.reaches("2026-03-02 14:00")
    world.clock.move_to(at("2026-03-12 09:00"))
    world.syncs()
    world.ticks()
    assert (state(world), fate(world)) == ("open", {"pending: digest": ["warn"]}), "nobody has sent it yet"
    saves(world, TIGHTER, "2026-03-12 19:00", rollout=Rollout())
    assert (state(world), fate(world)) == ("backlog", {"dropped: backlog": ["warn"], "pending: digest": ["backlog"]})
    world.reaches("2026-03-13 09:00")
    assert count_to(world) == 1, "the summary"


@SQLITE_DAILY
def test_what_a_new_rule_finds_is_no_storm_and_what_falls_due_at_once_is(found: Founder) -> None:
    guarded = {"storm_guard": StormGuard(share=0.2, at_least=3)}
    world = found(LONGER, judging=judging(**guarded))
    for number in range(4):
        world.has(deal(f"d{number}", created_at=at("2026-03-01 10:00")))
    world.reaches("2026-03-02 14:00")
    world.reaches("2026-03-16 10:00")
    saves(world, UNWARNED, "2026-03-16 11:00", **guarded)  # all four are late at once, and nothing was rolled out
    assert fate(world) == {"held: storm": ["breach"] * 4, "told": ["storm"]}
    other = UNWARNED.replace("id: quiet", "id: other")
    saves(world, other, "2026-03-16 12:00", **guarded, rollout=Rollout())
    assert {state(world, f"d{number}", "other") for number in range(4)} == {"backlog"}
    assert "held: storm" not in fate(world), "what was held is of a rule that is gone"


def test_a_rule_that_gets_another_id_keeps_its_alerts_their_snoozes_and_their_episodes(found: Founder) -> None:
    world = late_world(found)
    until = to_us(at("2026-03-19 09:00"))
    assert snoozes(world, alert(world).id, until, reason="their fair").refusal is None
    before = alert(world)
    saves(world, RENAMED, "2026-03-17 10:00")
    after = alert(world, rule="silent")
    assert (after.id, after.state, after.snoozes, after.snoozed_until) == (before.id, "snoozed", 1, until)
    assert alert(world, rule="quiet") is None
    world.reaches("2026-03-19 09:00")
    assert called_for(world, rule="silent") == ["1:warn", "1:breach", "1:repeat"]
    world.changes("acme", created_at=at("2026-03-19 10:00"))
    world.reaches("2026-03-19 11:00")
    world.reaches("2026-03-19 13:00")
    world.reaches("2026-04-02 18:00")
    assert called_for(world)[3:] == ["1:resolve", "2:breach"]
    assert alert(world).fingerprint == before.fingerprint, "the problem is the same as ever"
    saves(world, QUIET.replace("id: quiet", "id: quiet\n    was: [silent]"), "2026-04-02 19:00")
    world.reaches("2026-04-02 22:00")
    assert {(row.episode, row.rule_id) for row in rows(world, alerts)} == {(1, "quiet"), (2, "quiet")}
    assert {row.rule_id for row in rows(world, notices)} == {"quiet"}
    assert (state(world), called_for(world)[5:]) == ("open", []), "back again, with everything that it was"


def test_a_rename_that_is_taken_back_without_a_word_finds_its_problem_again(found: Founder) -> None:
    world = late_world(found)
    before = alert(world)
    saves(world, RENAMED, "2026-03-17 10:00")
    saves(world, QUIET, "2026-03-17 11:00")
    world.reaches("2026-03-17 14:00")
    assert (alert(world).id, state(world), called_for(world)) == (before.id, "open", ["1:warn", "1:breach"])
    assert {row.rule_id for row in (*rows(world, alerts), *rows(world, notices))} == {"quiet"}


@SQLITE_DAILY
def test_a_rule_that_comes_back_after_its_alert_ended_goes_on_where_it_was(found: Founder) -> None:
    world = late_world(found)
    saves(world, RENAMED, "2026-03-17 10:00")
    saves(world, UNWARNED.replace("id: quiet", "id: another").replace("14d", "60d"), "2026-03-17 11:00")
    assert state(world) == "resolved: rule_changed"
    saves(world, QUIET, "2026-04-20 10:00")
    assert called_for(world) == ["1:warn", "1:breach", "1:resolve", "2:breach"]
    assert (state(world), {row.fingerprint for row in rows(world, alerts)}) == ("open", {alert(world).fingerprint})


@SQLITE_DAILY
def test_a_new_rule_with_the_old_id_of_another_has_problems_of_its_own(found: Founder) -> None:
    world = late_world(found)
    both = RENAMED + QUIET.partition("rules:\n")[2]
    saves(world, RENAMED, "2026-03-17 10:00")
    saves(world, both, "2026-03-17 11:00")
    world.reaches("2026-03-17 12:00")
    assert [state(world, rule=name) for name in ("silent", "quiet")] == ["open", "open"]
    assert len({row.fingerprint for row in rows(world, alerts)}) == 2


@SQLITE_DAILY
def test_a_rule_that_went_live_long_ago_is_not_new_under_another_id(found: Founder) -> None:
    world = found(QUIET, judging=judging(rollout=Rollout()))
    world.has(deal("acme", created_at=at("2026-03-02 10:00")))
    world.reaches("2026-03-02 14:00")
    world.clock.move_to(at("2026-03-16 18:30"))
    saves(world, RENAMED, "2026-03-16 18:30", rollout=Rollout())
    assert (state(world), called_for(world)) == ("open", ["1:breach"]), "late since the rule is live: news, no backlog"


def test_the_last_rule_of_an_object_takes_its_alerts_along(found: Founder) -> None:
    leads = UNWARNED.replace("watch: deal", "watch: lead").replace("id: quiet", "id: lead-quiet")
    leads = leads.replace("[created_at, last_meeting_at, next_meeting_at]", "[created_at]")
    leads = leads.replace("    pause: {until: hold_until, from: hold_set_at, max: 60d}\n", "")
    world = found(leads)
    world.crm.leads["lead"] = Lead(id="lead", name="Lead", owner="sato", created_at=at("2026-03-02 10:00"))
    world.reaches("2026-03-02 14:00")
    world.reaches(LATE)
    assert state(world, "lead") == "open"
    saves(world, QUIET, "2026-03-17 10:00")
    assert state(world, "lead") == "resolved: rule_changed"


@SQLITE_DAILY
def test_a_route_that_is_saved_carries_what_comes_next(found: Founder) -> None:
    world = found(UNWARNED)
    world.has(deal("acme", created_at=at("2026-03-02 10:00")), deal("beta", created_at=at("2026-03-03 10:00")))
    world.reaches("2026-03-02 14:00")
    world.reaches(LATE)
    world.speaking = Speaking(routes=(Route(name="up", to=("owner.manager",), style=Style.IMMEDIATE),))
    world.reaches("2026-03-17 18:00")
    assert (count_to(world), count_to(world, "tanaka")) == (1, 1)
