"""Messages that were sent say what is true by now, and posting an edit is nobody's business but theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stalewatch.sdk.errors import BadContent, NotAccepted, OutcomeUnknown, SlowDown, TargetGone, WorkspaceDown
from stalewatch.sdk.notifier import Entry
from stalewatch.sdk.records import Outcome
from stalewatch.store.tables import edits
from tests.databases import SQLITE_DAILY
from tests.services.answered import snoozes
from tests.services.board import Board, board
from tests.services.conftest import Founder
from tests.services.heard import QUIET, rows
from tests.services.test_stories_dispatch import free
from tests.services.world import IMMEDIATE, World, at, deal

pytestmark = SQLITE_DAILY

MINUTE = timedelta(minutes=1)


def told(found: Founder, *names: str) -> tuple[World, Board]:
    """Deals that are late, of which their owner was told at once, each in a message of its own."""
    world = found(QUIET.replace("    warn: 4d\n", ""))
    shown = board(world)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in names or ("acme",)))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-16 18:00")
    later(world, timedelta(0))
    return world, shown


def later(world: World, span: timedelta = MINUTE, times: int = 3) -> None:
    world.clock.advance(span)
    world.syncs()
    world.ticks()
    for _ in range(times):
        free(world)
        world.dispatches()


def entry(shown: Board, name: str = "Acme") -> Entry:
    [found] = [each for message in shown.shown.values() for each in message.entries if name in each.headline]
    return found


def wins(world: World, name: str = "acme") -> None:
    world.changes(name, outcome=Outcome.WON)
    world.clock.advance(MINUTE)
    world.syncs()
    world.ticks()


def edit(world: World) -> Any:
    [row] = [row for row in rows(world, edits) if row.error is not None]
    return row


def test_a_resolved_deal_is_ticked_where_it_was_told_and_nothing_is_posted(found: Founder) -> None:
    world, shown = told(found)
    before = entry(shown)
    wins(world)
    world.dispatches()
    assert shown.edits == [], "a moment for whatever else changes"
    later(world)
    assert (len(shown.messages), len(shown.edits)) == (1, 1)
    assert (entry(shown).headline, entry(shown).struck) == ("✅ Acme", before.body)
    assert (entry(shown).note, list(entry(shown).actions)) == ("Deal won", [])
    later(world)
    assert len(shown.edits) == 1


def test_a_flurry_of_changes_is_one_edit_with_the_last_words(found: Founder) -> None:
    world, shown = told(found)
    snoozed = snoozes(world, alert_of(shown), world.us + 3_600_000_000 * 30, actor="crm:tanaka")
    assert snoozed.refusal is None
    later(world, timedelta(seconds=30))
    wins(world)
    later(world)
    assert [message.entries[0].note for message in shown.edits] == ["Deal won"]


def alert_of(shown: Board) -> str:
    return entry(shown).alerts[0]


def test_a_snooze_says_until_when_and_by_whom_and_its_end_takes_that_back(found: Founder) -> None:
    world, shown = told(found)
    before = entry(shown)
    until = world.us + 3_600_000_000 * 30
    snoozes(world, alert_of(shown), until, actor="tanaka@acme.example")
    later(world)
    assert entry(shown).note == "Snoozed until 18 Mar (Tanaka)"
    assert entry(shown).body == before.body
    later(world, timedelta(hours=31))
    later(world)
    first = next(message for message in shown.shown.values() if message.entries[0].headline == before.headline)
    assert first.entries[0].note == ""
    assert len(shown.messages) == 2, "it is asked again in a message of its own"


def test_what_was_announced_and_has_come_is_late(found: Founder) -> None:
    world = found(QUIET)
    shown = board(world)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-12 18:30")
    assert entry(shown).note == ""
    world.reaches("2026-03-16 18:00")
    later(world)
    warning, breach = shown.shown.values()
    assert (warning.entries[0].note, breach.entries[0].note) == ("Late since 16 Mar", "")


def test_a_deal_that_is_reopened_reads_as_it_did(found: Founder) -> None:
    world, shown = told(found)
    before = entry(shown)
    wins(world)
    later(world)
    assert entry(shown).resolved
    world.changes("acme", outcome=Outcome.OPEN)
    later(world)
    later(world)
    again = next(iter(shown.shown.values())).entries[0]
    assert (again.headline, again.body, again.struck, again.note) == (before.headline, before.body, "", "")


def test_a_service_that_cannot_edit_gets_no_rows(found: Founder) -> None:
    world, shown = told(found)
    shown.can_edit = False  # type: ignore[misc]
    world.has(deal("beta", created_at=at("2026-03-02 10:00"), next_step="x"))
    later(world)
    assert len(shown.messages) == 2
    assert len(rows(world, edits)) == 1, "of the one that was sent while it could"


def test_messages_of_long_ago_stay_as_they_are(found: Founder) -> None:
    world, shown = told(found)
    world.clock.advance(timedelta(days=31))
    world.syncs()
    world.ticks()
    wins(world)
    later(world)
    assert shown.edits == []


def test_what_changes_while_its_message_is_on_the_way_is_edited_as_soon_as_it_is_there(found: Founder) -> None:
    world = found(QUIET.replace("    warn: 4d\n", ""))
    shown = board(world)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 13:00")
    shown.faults, shown.swallow = [OutcomeUnknown("lost")], True
    world.reaches("2026-03-16 18:00")
    wins(world)
    later(world, timedelta(0))
    assert shown.edits == []
    later(world)
    assert [message.entries[0].resolved for message in shown.edits] == [True]


@pytest.mark.parametrize("fault", [TargetGone("deleted"), BadContent("too old to be edited")])
def test_a_message_that_cannot_be_edited_any_more_is_let_be(found: Founder, fault: Exception) -> None:
    world, shown = told(found)
    shown.edit_faults = [fault]
    wins(world)
    later(world)
    later(world)
    assert shown.edits == []
    assert (edit(world).due_at, edit(world).error) == (None, str(fault))


def test_an_edit_whose_outcome_is_unknown_is_made_again_and_given_up_in_the_end(found: Founder) -> None:
    world, shown = told(found)
    shown.edit_faults = [OutcomeUnknown("lost"), NotAccepted("no route")]
    wins(world)
    for _ in range(3):
        later(world, 2 * MINUTE)
    assert len(shown.edits) == 1
    world.changes("acme", outcome=Outcome.OPEN)
    shown.edit_faults = [OutcomeUnknown("lost") for _ in range(9)]
    for _ in range(9):
        later(world, 2 * MINUTE)
    assert (len(shown.edit_faults), edit(world).due_at, edit(world).attempts) == (4, None, 5)


def test_told_to_wait_it_waits_and_counts_no_attempt(found: Founder) -> None:
    world, shown = told(found)
    shown.edit_faults = [SlowDown("wait", after=timedelta(0)) for _ in range(7)]
    wins(world)
    later(world, times=9)
    assert len(shown.edits) == 1


def test_a_new_message_goes_before_an_edit(found: Founder) -> None:
    world, shown = told(found)
    wins(world)
    world.has(deal("beta", created_at=at("2026-03-02 10:00"), next_step="x"))
    later(world)
    assert shown.log == ["send", "send", "edit"]


def test_edits_wait_for_a_service_that_is_down(found: Founder) -> None:
    world, shown = told(found)
    shown.edit_faults = [WorkspaceDown("revoked")]
    wins(world)
    later(world)
    assert shown.edits == []
    later(world, 2 * MINUTE)
    later(world, 2 * MINUTE)
    assert len(shown.edits) == 1


def test_a_digest_keeps_what_is_open_and_ticks_what_is_not(found: Founder) -> None:
    world = found(QUIET.replace("    warn: 4d\n", ""), speaking=IMMEDIATE.__class__())
    shown = board(world)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in ("acme", "beta")))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-16 18:30")
    world.reaches("2026-03-17 09:00")
    wins(world)
    later(world)
    [message] = shown.edits
    assert sorted((each.headline.split(" · ")[0], each.resolved) for each in message.entries) == [
        ("Beta", False),
        ("✅ Acme", True),
    ]
