"""When and to whom: digests, quiet hours, budgets, mutes, and people who cannot be reached."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from stalewatch.domain.hours import Quiet
from stalewatch.domain.policies import Override, Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Style
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from tests.altered import replace
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, called_for, count_to, fate, rows, state, titles
from tests.services.world import IMMEDIATE, SATO, TANAKA, World, at, deal

pytestmark = SQLITE_DAILY

DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))
TWO = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: loud
    title: {en: Loud, ja: 大}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at]}
    within: 5d
    severity: critical
    mutes: [soft]
  - id: soft
    title: {en: Soft, ja: 小}
    watch: deal
    start: {since: {next_step: empty}}
    within: 6d
    severity: warning
"""


def born(name: str, moment: str = "2026-03-02 10:00", **attributes: Any) -> Any:
    return deal(name, created_at=at(moment), **{"next_step": "call", **attributes})


def late_at_six(world: World, *names: str) -> None:
    """These deals are late at the close of 16 March; it is that moment."""
    world.has(*(born(name) for name in names))
    world.reaches("2026-03-02 12:30")
    world.reaches("2026-03-16 18:00")


def test_a_digest_comes_once_a_day_with_what_is_new_and_is_not_sent_empty(found: Founder) -> None:
    world = found(QUIET, speaking=DIGEST)
    world.has(born("acme"), born("beta"))
    world.reaches("2026-03-02 13:00")
    for moment in ("2026-03-12 09:00", "2026-03-12 10:00", "2026-03-12 17:00", "2026-03-13 09:00", "2026-03-16 18:00"):
        world.reaches(moment)
    assert [len(message.entries) for message in world.mail.messages] == [2], "the warning, at nine"
    world.reaches("2026-03-17 09:00")
    world.reaches("2026-03-18 09:00")
    assert [len(message.entries) for message in world.mail.messages] == [2, 2]


def test_what_is_written_after_nine_waits_for_tomorrow_and_two_causes_are_one_entry(found: Founder) -> None:
    world = found(TWO.replace("    mutes: [soft]\n", "").replace("6d", "5d"), speaking=DIGEST)
    world.has(born("acme", next_step=""))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-07 18:00")
    assert count_to(world) == 0
    world.reaches("2026-03-08 09:00")
    (message,) = world.mail.messages
    assert len(message.entries) == 1
    assert len(message.entries[0].alerts) == 2


def test_what_resolves_before_its_digest_is_never_told(found: Founder) -> None:
    world = found(QUIET, speaking=DIGEST)
    late_at_six(world, "acme")
    world.changes("acme", outcome=Outcome.LOST)
    world.reaches("2026-03-16 18:30")
    world.reaches("2026-03-17 09:00")
    assert count_to(world) == 0
    assert fate(world)["dropped: resolved"][-1:] == ["breach"]


def test_nothing_goes_out_in_quiet_hours_and_nothing_is_lost(found: Founder) -> None:
    world = found(QUIET, speaking=replace(IMMEDIATE, quiet=Quiet(opens=9 * 60, closes=18 * 60)))
    world.has(born("acme"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-12 09:00")
    world.reaches("2026-03-16 19:00")  # the deadline was at six; we look at seven
    assert fate(world)["pending: quiet_hours"] == ["breach"]
    world.reaches("2026-03-17 08:59")
    assert count_to(world) == 1
    world.reaches("2026-03-17 09:00")
    assert count_to(world) == 2


def test_the_fourth_immediate_message_of_a_day_waits_for_the_digest(found: Founder) -> None:
    world = found(QUIET, speaking=replace(IMMEDIATE, immediate_per_day=3))
    late_at_six(world, "a", "b", "c", "d", "e")
    assert [message.style for message in world.mail.messages] == [Style.IMMEDIATE] * 3
    assert fate(world)["pending: budget_spent"] == ["breach"] * 2
    world.reaches("2026-03-17 09:00")
    assert [message.style for message in world.mail.messages][3:] == [Style.DIGEST]
    assert len(world.mail.messages[3].entries) == 2


def test_a_muted_problem_is_told_when_the_louder_one_falls_silent(found: Founder) -> None:
    world = found(TWO)
    world.has(born("acme", next_step=""))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-07 18:00")
    world.reaches("2026-03-08 18:00")
    assert called_for(world) == ["1:breach"]
    assert state(world, rule="soft") == "open", "it counts, and says nothing"
    world.crm.activities.append(
        Activity(id="m", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=at("2026-03-09 10:00"),
                 ends_at=at("2026-03-09 11:00"), meeting=MeetingState.HELD, records=("acme",))
    )  # fmt: skip
    world.reaches("2026-03-09 11:00")
    assert called_for(world, rule="soft") == ["1:breach"]
    assert called_for(world, rule="loud") == ["1:breach"]
    world.reaches("2026-03-09 13:00")
    assert state(world, rule="loud").startswith("resolved")


def test_a_muted_problem_whose_wait_is_over_keeps_the_tick_calm(found: Founder) -> None:
    paused = "    pause: {until: hold_until, from: hold_set_at, max: 60d}\n"
    world = found(TWO.replace("    within: 6d\n", f"    within: 3d\n{paused}"))
    world.has(born("acme", next_step=""))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-05 18:00")
    assert called_for(world, rule="soft") == ["1:breach"]
    world.changes("acme", hold_set_at=at("2026-03-06 09:00"), hold_until=date(2026, 3, 9))
    world.reaches("2026-03-06 10:00")
    for moment in ("2026-03-07 18:00", "2026-03-09 09:00", "2026-03-09 18:00", "2026-03-10 09:00"):
        world.reaches(moment)  # the louder rule is late since the 7th
    assert called_for(world) == ["1:breach", "1:breach"]


PEOPLE = {
    "no address": ([replace(SATO, email=None), TANAKA], "sato", "tanaka"),
    "inactive": ([replace(SATO, active=False), TANAKA], "sato", "tanaka"),
    "not among the people": ([SATO, TANAKA], "nobody", "operator"),
    "no owner": ([SATO, TANAKA], None, "operator"),
}


@pytest.mark.parametrize("case", PEOPLE)
def test_somebody_else_hears_of_a_deal_whose_owner_cannot_be_reached(found: Founder, case: str) -> None:
    people, owner, hears = PEOPLE[case]
    world = found(QUIET, speaking=replace(IMMEDIATE, operator_channel="#ops"))
    world.crm.people = list(people)
    world.has(born("acme", owner=owner))
    world.reaches("2026-03-02 12:30")
    world.reaches("2026-03-16 18:00")
    assert [hears in message.target for message in world.mail.messages] == [True]


@pytest.mark.parametrize("style", [IMMEDIATE, DIGEST], ids=["immediate", "digest"])
def test_what_nobody_can_be_told_is_kept_and_shown_and_not_sent_anywhere(found: Founder, style: Speaking) -> None:
    world = found(QUIET, speaking=style)
    late_at_six(world)
    world.has(born("acme", owner="nobody"))
    world.reaches("2026-03-16 18:30")
    world.reaches("2026-03-17 09:00")
    assert world.mail.messages == []
    assert [(row.target, row.state) for row in rows_of_acme(world)] == [("undelivered", "held")]


def rows_of_acme(world: World) -> list[Any]:
    from stalewatch.store.tables import notices

    return [row for row in rows(world, notices) if row.record_id == "crm:acme"]


def test_an_alias_stands_in_for_an_address(found: Founder) -> None:
    world = found(QUIET, speaking=replace(IMMEDIATE, people={"Sato": Override(slack="U123")}))
    world.crm.people = [replace(SATO, email=None), TANAKA]
    late_at_six(world, "acme")
    assert [message.address for message in world.mail.messages] == ["U123"]


def test_each_reads_in_their_own_language_and_strange_names_arrive_whole(found: Founder) -> None:
    world = found(QUIET)
    world.crm.people = [replace(SATO, language="ja"), TANAKA]
    world.has(replace(born("acme"), name="🚀 شركة النور"))
    world.reaches("2026-03-02 12:30")
    world.reaches("2026-03-16 18:00")
    (message,) = world.mail.messages
    assert message.language == "ja"
    assert "🚀" in message.entries[0].headline
    assert "شركة" in message.entries[0].headline


def test_a_digest_whose_slot_falls_between_tick_and_dispatch_waits_for_the_next_tick(found: Founder) -> None:
    world = found(QUIET, speaking=DIGEST)
    late_at_six(world, "acme")
    world.clock.move_to(at("2026-03-17 08:59:59"))
    world.syncs()
    world.ticks()
    world.clock.move_to(at("2026-03-17 09:00:01"))
    ticking = world.clock.now

    class Running:
        """A clock that goes on while we work."""

        def now(self) -> Any:
            world.clock.advance(timedelta(milliseconds=1))
            return ticking()

    calm = world.dispatches(Running())
    assert calm.sent == 0
    world.reaches("2026-03-17 09:05")
    assert len(titles(world)) == 1
