"""One message per deal, follow-ups in its thread, and what a manager or a channel reads of many."""

from __future__ import annotations

import pytest

from stalewatch.domain.language.model import Severity
from stalewatch.domain.policies import Speaking
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Entry, Message, Style
from stalewatch.sdk.records import Outcome
from tests.altered import replace
from tests.databases import SQLITE_DAILY
from tests.services.board import board
from tests.services.conftest import Founder
from tests.services.heard import QUIET, fate, titles
from tests.services.test_stories_ladder import AGAIN, CLIMBING, LATE, MANAGER, judging
from tests.services.world import SATO, World, at, deal

pytestmark = SQLITE_DAILY

CRITICAL_AT_ONCE = Speaking(
    routes=(
        Route(
            name="critical", to=("owner",), style=Style.IMMEDIATE,
            matches=Where((FieldTest("severity", "is", Severity.CRITICAL.value),)),
        ),
        Route(name="rest", to=("owner",)),
    ),
    public_url="https://sw.example",
)  # fmt: skip
TWO_CAUSES = (
    QUIET.replace("    warn: 4d\n", "")
    + """\
  - id: stuck
    title: {en: Stuck, ja: 停滞}
    watch: deal
    start: created_at
    within: 13d
    severity: warning
"""
)


def late(found: Founder, *names: str, rules: str = TWO_CAUSES, speaking: Speaking = CRITICAL_AT_ONCE) -> World:
    world = found(rules, speaking=speaking)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in names or ("acme",)))
    world.reaches("2026-03-02 13:00")
    return world


def entries(world: World) -> list[Entry]:
    return [entry for message in world.mail.messages for entry in message.entries]


def test_a_deal_with_a_critical_cause_is_one_message_and_the_rest_is_folded_into_it(found: Founder) -> None:
    """Stuck is over on Sunday and waits for Monday's digest; the critical cause comes that Monday evening."""
    world = late(found)
    world.reaches("2026-03-15 18:30")
    assert titles(world) == []
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    world.dispatches()
    [message] = world.mail.messages
    assert message.style is Style.IMMEDIATE
    [entry] = message.entries
    assert [chip.partition(":")[0] for chip in entry.chips] == ["Quiet", "Stuck"]
    for moment in ("2026-03-17 09:00", "2026-03-18 09:00"):
        world.reaches(moment)
    assert len(world.mail.messages) == 1, "the digest has nothing left to say"
    assert fate(world) == {"told": ["breach", "breach"]}


def test_what_another_deal_waits_for_is_not_folded_in(found: Founder) -> None:
    world = late(found, "acme")
    world.has(deal("bolt", created_at=at("2026-03-03 10:00"), next_step="x"))
    world.reaches("2026-03-03 12:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    world.dispatches()
    assert titles(world)[0].startswith("Acme")
    assert {entry.record for entry in entries(world)} == {"crm:acme"}
    world.reaches("2026-03-17 09:00")
    assert [entry.record for entry in world.mail.messages[-1].entries] == ["crm:bolt"]


def test_a_digest_tells_what_settled_since_the_last_one_in_a_line(found: Founder) -> None:
    world = late(found, "acme", rules=QUIET.replace("    warn: 4d\n", ""), speaking=Speaking())
    world.reaches("2026-03-16 18:00")
    world.reaches("2026-03-17 09:00")
    world.has(deal("bolt", created_at=at("2026-03-03 12:00"), next_step="x"))
    world.changes("acme", outcome=Outcome.WON)
    world.reaches("2026-03-17 12:00")
    world.reaches("2026-03-18 09:00")
    last = world.mail.messages[-1]
    assert last.title == "1 deal needs a next step from you"
    assert last.footer == ["Since yesterday: ✅ Acme (deal won)"]


# --------------------------------------------------------------------------------------------- threads


def reopened(found: Founder, speaking: Speaking) -> tuple[World, list[Message]]:
    """A deal that was told, won by mistake, and is open again."""
    world = late(found, rules=QUIET.replace("    warn: 4d\n", ""), speaking=speaking)
    shown = board(world)
    world.reaches("2026-03-16 18:00")
    world.reaches("2026-03-17 09:00")
    world.changes("acme", outcome=Outcome.WON)
    world.reaches("2026-03-17 10:00")
    world.changes("acme", outcome=Outcome.OPEN)
    world.reaches("2026-03-17 11:00")
    world.reaches("2026-03-18 09:00")
    return world, shown.messages


def test_what_is_open_again_is_a_reply_in_the_thread_of_its_first_message(found: Founder) -> None:
    _, messages = reopened(found, CRITICAL_AT_ONCE)
    first, again = messages
    assert (first.thread, again.thread) == (None, {"n": 1})
    assert again.entries[0].body.startswith("Open again.")


def test_a_channel_hears_in_the_thread_who_looks_after_it_now(found: Founder) -> None:
    speaking = Speaking(routes=(Route(name="all", to=("owner", "#sales"), style=Style.IMMEDIATE),))
    world = late(found, rules=QUIET.replace("    warn: 4d\n", ""), speaking=speaking)
    shown = board(world)
    world.reaches("2026-03-16 18:00")
    world.rounds()
    for owner, day in (("tanaka", "17"), ("sato", "18"), ("tanaka", "19")):
        world.changes("acme", owner=owner)
        world.reaches(f"2026-03-{day} 10:00")
    to_channel = [message for message in shown.messages if message.target == "channel:#sales"]
    first, *replies = to_channel
    assert first.thread is None
    assert [message.thread for message in replies] == [replies[0].thread] * 3
    assert [message.entries[0].body.partition(".")[0] for message in replies] == [
        "Now with Tanaka", "Now with Sato", "Now with Tanaka",
    ]  # fmt: skip
    assert [message.target for message in shown.messages if "person" in message.target] == [
        "person:sato@acme.example", "person:tanaka@acme.example",
    ]  # fmt: skip
    world.reaches("2026-03-19 10:01")
    again = next(message for message in shown.shown.values() if "sato" in message.target)
    assert again.entries[0].note == "Now with Tanaka"


def test_a_manager_goes_on_looking_after_what_another_of_theirs_took_over(found: Founder) -> None:
    speaking = Speaking(routes=(Route(name="all", to=("owner", "owner.manager"), style=Style.IMMEDIATE),))
    world = late(found, rules=QUIET.replace("    warn: 4d\n", ""), speaking=speaking)
    world.crm.people.append(replace(SATO, id="mori", name="Mori", email="mori@acme.example"))
    shown = board(world)
    world.reaches("2026-03-16 18:00")
    world.rounds()
    world.changes("acme", owner="mori")
    for moment in ("2026-03-17 10:00", "2026-03-17 10:02"):
        world.reaches(moment)
    notes = {message.target: message.entries[0].note for message in shown.shown.values()}
    assert notes["person:sato@acme.example"] == "Now with Mori"
    assert notes["person:tanaka@acme.example"] == ""


def test_what_a_digest_told_is_open_again_in_a_digest(found: Founder) -> None:
    _, messages = reopened(found, Speaking())
    assert [message.style for message in messages] == [Style.DIGEST] * 2
    assert all(message.thread is None for message in messages)


def test_whoever_hears_of_it_for_the_first_time_gets_a_message_of_its_own(found: Founder) -> None:
    """An escalation to the manager answers to nothing that the manager ever saw."""
    world = found(CLIMBING, judging=judging())
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    for moment in ("2026-03-02 12:30", LATE, LATE, AGAIN, MANAGER):
        world.reaches(moment)
    to_manager = [message for message in world.mail.messages if "tanaka" in message.target]
    assert [message.thread for message in to_manager] == [None]


# --------------------------------------------------------------------------------------------- many


def test_a_manager_reads_sums_and_no_list_of_sins(found: Founder) -> None:
    world = found(CLIMBING, judging=judging())
    world.has(*(
        deal(f"deal {number}", created_at=at("2026-03-02 10:00"), next_step="call",
             amount_in_project_currency=1_000_000 * number)
        for number in range(1, 8)
    ))  # fmt: skip
    for moment in ("2026-03-02 12:30", LATE, LATE, AGAIN, MANAGER):
        world.reaches(moment)
    [message] = [message for message in world.mail.messages if "tanaka" in message.target]
    assert message.title == "7 deals without an answer from your team for 5 business days, ¥28M"
    assert len(message.entries) == 5
    assert message.entries[0].body.startswith("Still open, 5 business days after Sato was told.")
    assert message.footer[0] == "+2 more"
    again = [entry.body for message in world.mail.messages[7:] if "sato" in message.target for entry in message.entries]
    assert again[0].startswith("Still open, 3 business days after we told you.")


@pytest.mark.parametrize(
    ("by", "headings"),
    [
        (("owner", "deal"), ["Sato: 1 deal", "Tanaka: 1 deal"]),
        (("stage",), ["Discovery: 1 deal", "Proposal: 1 deal"]),
        (("deal",), ["", ""]),
    ],
)
def test_a_channel_reads_its_deals_grouped_as_the_route_says(
    found: Founder, by: tuple[str, ...], headings: list[str]
) -> None:
    speaking = Speaking(routes=(Route(name="all", to=("#sales",), group_by=by), Route(name="never", to=("owner",))))
    world = found(QUIET.replace("    warn: 4d\n", ""), speaking=speaking)
    world.has(
        deal("acme", created_at=at("2026-03-02 10:00"), next_step="x", owner="tanaka"),
        deal("bolt", created_at=at("2026-03-02 10:00"), next_step="x", stage="proposal"),
    )
    for moment in ("2026-03-02 13:00", "2026-03-16 18:00", "2026-03-17 09:00"):
        world.reaches(moment)
    [message] = world.mail.messages
    assert sorted(entry.section for entry in message.entries) == headings
