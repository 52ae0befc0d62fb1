"""What was posted twice is taken back within the hour: over real HTTP against a simulated Slack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import HOUR, from_us
from stalewatch.services.operating.cycle import Cycle
from stalewatch.services.telling.sweeping import Sweeping, Swept
from stalewatch.store.tables import audit, deliveries, destinations, edits
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from stalewatch_sandbox.slack.workspace import Message
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import delivery_states, rows
from tests.services.test_stories_dispatch import free
from tests.services.test_stories_slack import late
from tests.services.world import World


@contextmanager
def workspace(found: Founder) -> Iterator[tuple[World, SlackServer]]:
    present = Clock(from_us(0))
    with SlackServer(present) as server:
        server.api.limits.is_strict = False  # the story's pace is not real time
        world = late(found, server)
        present.set(from_us(world.db.now()))
        yield world, server


def sweeps(world: World, *, after: int = 0) -> Swept:
    """An hour later, or so many microseconds."""
    with world.db.write() as conn:
        swept = destinations.c.swept_at - (after or HOUR + 1)
        conn.execute(sa.update(destinations).values(swept_at=swept))
    return Sweeping(world.db, world.clock, world.speaking, world.mail).run()


def shown(server: SlackServer) -> list[Message]:
    [channel] = [one.id for one in server.workspace.channels.values() if one.is_direct]
    return [one for one in server.workspace.messages(channel) if one.is_ours]


def doubled(world: World, server: SlackServer) -> list[Message]:
    """Slack takes the message and drops the answer; its history lags, so that it looks absent and is sent again."""
    server.board.faults.arm("accept_and_drop")
    server.board.faults.arm("history_lag", seconds=3_600)
    for _ in range(4):
        world.dispatches()
        free(world)
    server.board.faults.disarm()
    assert delivery_states(world) == ["sent"]
    copies = shown(server)
    assert len(copies) == 2
    return copies


def test_a_message_that_lag_doubled_stands_there_once_after_the_sweep(found: Founder) -> None:
    with workspace(found) as (world, server):
        first, second = doubled(world, server)
        assert sweeps(world) == Swept(looked=1, removed=1)
        assert [one.ts for one in shown(server)] == [first.ts]
        [delivery] = rows(world, deliveries)
        assert delivery.receipt["ts"] == first.ts, "edits go to the message that is kept"
        [said] = [row for row in rows(world, audit) if row.action == "delivery.copy_removed"]
        assert (said.object, said.before["ts"], said.after["ts"]) == (delivery.id, second.ts, first.ts)
        assert sweeps(world) == Swept(looked=1)


@SQLITE_DAILY
def test_the_message_that_was_answered_is_kept(found: Founder) -> None:
    with workspace(found) as (world, server):
        _, second = doubled(world, server)
        server.workspace.say(server.workspace.channels[second.channel].user, second.channel, "On it", second.ts)
        assert sweeps(world).removed == 1
        assert [one.ts for one in shown(server)] == [second.ts]


@SQLITE_DAILY
@pytest.mark.slow
def test_copies_that_were_both_answered_both_stay(found: Founder) -> None:
    with workspace(found) as (world, server):
        for copy in doubled(world, server):
            server.workspace.say(server.workspace.channels[copy.channel].user, copy.channel, "On it", copy.ts)
        assert sweeps(world).removed == 0
        assert len(shown(server)) == 2


@SQLITE_DAILY
def test_what_is_not_ours_is_left_alone(found: Founder) -> None:
    with workspace(found) as (world, server):
        first, second = doubled(world, server)
        messages = server.workspace.channels[first.channel].messages
        messages[second.ts] = replace(second, user=server.workspace.channels[first.channel].user)
        stranger = {"event_type": "stalewatch_delivery", "event_payload": {"delivery_id": "of-another-installation"}}
        for number in range(2):
            ts = f"{int(float(second.ts)) + 1}.00000{number}"
            messages[ts] = replace(first, ts=ts, metadata=stranger)
        assert sweeps(world) == Swept(looked=1)
        assert len(server.workspace.messages(first.channel)) == 4
        assert "chat.delete" not in server.board.ledger.kinds()


@SQLITE_DAILY
@pytest.mark.slow
def test_what_may_be_on_its_way_is_left_to_those_who_look_for_it(found: Founder) -> None:
    with workspace(found) as (world, server):
        doubled(world, server)
        with world.db.write() as conn:
            conn.execute(sa.update(deliveries).values(state="unknown"))
            conn.execute(sa.insert(deliveries).values(_sent_too(conn)))
        assert sweeps(world).removed == 0


def _sent_too(conn: Any) -> dict[str, Any]:
    """Another message to the same person, which did arrive: so the conversation is looked over."""
    [row] = conn.execute(sa.select(deliveries)).all()
    return {**row._mapping, "id": "other", "key": "other", "state": "sent"}


def test_a_process_that_died_before_it_took_a_copy_back_left_nothing_broken(
    found: Founder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace(found) as (world, server):
        first, second = doubled(world, server)
        with monkeypatch.context() as patched:
            patched.setattr(type(world.mail), "remove", _dies)
            with pytest.raises(KeyboardInterrupt):
                sweeps(world)
        [delivery] = rows(world, deliveries)
        assert delivery.receipt["ts"] == first.ts
        assert [one.ts for one in shown(server)] == [first.ts, second.ts]
        assert sweeps(world).removed == 1


def _dies(*_: Any) -> None:
    raise KeyboardInterrupt


@SQLITE_DAILY
def test_the_one_that_is_kept_says_what_is_true_by_now(found: Founder) -> None:
    with workspace(found) as (world, server):
        first, _ = doubled(world, server)
        sweeps(world)
        free(world)
        world.dispatches()
        [row] = rows(world, edits)
        assert (row.due_at, row.error) == (None, None)
        assert server.board.ledger.kinds()["chat.update"] == 1
        assert shown(server)[0].ts == first.ts
        assert shown(server)[0].edited


@pytest.mark.slow
def test_it_is_looked_once_an_hour_and_for_two_days(found: Founder) -> None:
    with workspace(found) as (world, server):
        doubled(world, server)
        sweeps(world)
        assert sweeps(world, after=HOUR // 2) == Swept()
        with world.db.write() as conn:
            conn.execute(sa.update(deliveries).values(sending_at=deliveries.c.sending_at - 48 * HOUR - 1))
        assert sweeps(world) == Swept()


@SQLITE_DAILY
@pytest.mark.parametrize("method", ["conversations.history", "chat.delete"])
@pytest.mark.slow
def test_a_sweep_that_slack_slows_down_ends_and_goes_on_in_an_hour(found: Founder, method: str) -> None:
    with workspace(found) as (world, server):
        doubled(world, server)
        server.board.faults.arm("ratelimited", method=method, retry_after="0")
        done = sweeps(world)
        assert (done.removed, len(done.errors)) == (0, 1)
        world.mail.client._closed.clear()  # type: ignore[attr-defined]  # the second that Slack asked for has passed
        assert sweeps(world).removed == 1
        assert len(shown(server)) == 1


@SQLITE_DAILY
@pytest.mark.slow
def test_a_copy_that_is_gone_already_is_no_trouble(found: Founder) -> None:
    with workspace(found) as (world, server):
        doubled(world, server)
        server.board.faults.arm("error", error="message_not_found", method="chat.delete")
        assert sweeps(world).errors == []


@SQLITE_DAILY
@pytest.mark.slow
def test_copies_in_a_thread_are_found(found: Founder) -> None:
    with workspace(found) as (world, server):
        world.dispatches()
        [parent] = shown(server)
        [row] = rows(world, deliveries)
        mark = {"event_type": "stalewatch_delivery", "event_payload": {"delivery_id": "reply"}}
        replies = [replace(parent, ts=f"{parent.ts[:-1]}{n}", thread=parent.ts, metadata=mark) for n in (7, 8)]
        for one in replies:
            server.workspace.post(one)
        body = {**row.body, "thread": dict(row.receipt)}
        receipt = {**row.receipt, "ts": replies[1].ts}
        answer = {**row._mapping, "id": "reply", "key": "reply", "body": body, "receipt": receipt}
        with world.db.write() as conn:
            conn.execute(sa.insert(deliveries).values(answer))
        assert sweeps(world).removed == 1
        assert [one.ts for one in shown(server)] == [parent.ts, replies[0].ts]


@SQLITE_DAILY
@pytest.mark.parametrize(
    ("method", "word"),
    [
        ("conversations.history", "missing_scope"),
        pytest.param("conversations.history", "channel_not_found", marks=pytest.mark.slow),
        ("chat.delete", "compliance_exports_prevent_deletion"),
    ],
)
def test_where_nobody_may_look_or_take_back_it_stays_and_is_no_fault(found: Founder, method: str, word: str) -> None:
    with workspace(found) as (world, server):
        doubled(world, server)
        server.board.faults.arm("error", error=word, method=method, times=None)
        assert sweeps(world) == Swept(looked=1)
        assert len(shown(server)) == 2


@SQLITE_DAILY
def test_every_round_sweeps(found: Founder) -> None:
    with workspace(found) as (world, server):
        doubled(world, server)
        round_ = Cycle(world.db, world.clock, world.book, world.speaking, {}, {}, lambda: world.mail)
        done = round_.run()
        assert (done.swept, done.failures) == (Swept(looked=1, removed=1), ())
        assert round_.run().swept == Swept()
        assert len(shown(server)) == 1
