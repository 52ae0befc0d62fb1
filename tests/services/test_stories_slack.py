"""From a deal that is late to the page of a simulated Slack, through real HTTP, when an answer is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stalewatch.delivery.slack import connect
from stalewatch.domain.instants import from_us
from stalewatch.sdk.notifier import NotifierSettings
from stalewatch.services.telling.sending import ATTEMPTS
from stalewatch.store import outbox
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, delivery_states
from tests.services.test_stories_dispatch import free
from tests.services.world import IMMEDIATE, World, at, deal


def late(found: Founder, server: SlackServer) -> World:
    """A deal of Sato's that is late, of which Slack is to tell."""
    server.workspace.join("Sato", "sato@acme.example")
    world = found(QUIET.replace("    warn: 4d\n", ""), speaking=IMMEDIATE)
    options = {"bot_token": server.token, "base_url": server.api_url, "allow_custom_host": True}
    world.mail = connect(  # type: ignore[assignment]  # in this story the mailbox is Slack
        NotifierSettings(options=options, base=Path(), now=world.clock.now)
    )
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    return world


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (None, "sent"),
        ({"case": "accept_and_drop"}, "unknown"),
        ({"case": "drop"}, "unknown"),
        ({"case": "error", "error": "a_word_of_tomorrow"}, "unknown"),
        ({"case": "error", "error": "invalid_blocks"}, "sent"),  # as plain text, at once
    ],
    ids=lambda value: value if isinstance(value, str) else (value or {}).get("case", "no fault"),
)
def test_whatever_becomes_of_the_answer_one_message_is_seen(
    found: Founder, fault: dict[str, Any] | None, first: str
) -> None:
    present = Clock(from_us(0))
    with SlackServer(present) as server:
        server.api.limits.is_strict = False  # the story's pace is not real time
        world = late(found, server)
        present.set(from_us(world.db.now()))
        if fault:
            server.board.faults.arm(**fault)
        world.dispatches()
        assert delivery_states(world) == [first]
        for _ in range(3):
            free(world)
            world.dispatches()
        assert delivery_states(world) == ["sent"]
        [post] = [one for one in server.workspace.ledger if one.kind == "post"]
        assert "Acme" in post.text
        assert (post.blocks == []) is (fault is not None and fault.get("error") == "invalid_blocks")


ENDS = {
    "message_limit_exceeded": ("ready", ["sent"]),  # told to wait: no attempt, and the same message later
    "ratelimited": ("ready", ["sent"]),
    "fatal_error": ("unknown", ["sent"]),  # looked for, absent, sent again
    "internal_error": ("unknown", ["sent"]),
    "token_revoked": ("ready", ["ready"]),  # everything waits for the repair
    "missing_scope": ("ready", ["ready"]),
    "user_disabled": ("rerouted", ["rerouted", "sent"]),  # through the manager
    "restricted_action_read_only_channel": ("rerouted", ["rerouted", "sent"]),
    "invalid_charset": ("sent", ["sent"]),  # once more, as plain words
}

DAILY = ("message_limit_exceeded", "token_revoked", "user_disabled")


@SQLITE_DAILY
@pytest.mark.parametrize(
    "word", [word if word in DAILY else pytest.param(word, marks=pytest.mark.slow) for word in ENDS]
)
def test_each_kind_of_refusal_ends_in_its_state(found: Founder, word: str) -> None:
    present = Clock(from_us(0))
    with SlackServer(present) as server:
        server.api.limits.is_strict = False
        server.workspace.join("Tanaka", "tanaka@acme.example")
        world = late(found, server)
        present.set(from_us(world.db.now()))
        server.board.faults.arm("error", error=word)
        world.dispatches()
        first, last = ENDS[word]
        assert first in delivery_states(world)
        world.mail.client._closed.clear()  # type: ignore[attr-defined]  # what Slack asked us to wait has passed
        for _ in range(4):
            free(world)
            world.dispatches()
        assert sorted(delivery_states(world)) == last
        assert len([one for one in server.workspace.ledger if one.kind == "post"]) == last.count("sent")


@SQLITE_DAILY
@pytest.mark.slow
def test_a_word_that_nobody_knows_is_looked_up_and_in_the_end_given_up_and_counted(found: Founder) -> None:
    present = Clock(from_us(0))
    with SlackServer(present) as server:
        server.api.limits.is_strict = False
        world = late(found, server)
        present.set(from_us(world.db.now()))
        server.board.faults.arm("error", error="a_word_of_tomorrow", times=None)
        for _ in range(4 * ATTEMPTS):
            world.dispatches()
            free(world)
        server.board.faults.disarm()
        assert delivery_states(world) == ["dead"]
        assert sum(call.path == "/api/chat.postMessage" for call in server.board.ledger) == ATTEMPTS
        with world.db.read() as conn:
            assert outbox.stuck(conn) == {"dead": 1}
