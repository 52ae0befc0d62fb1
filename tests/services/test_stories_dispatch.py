"""One message on its way: accepted, refused, lost and looked for, and told once, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.deliveries import TRANSITIONS, DeliveryState
from stalewatch.domain.hours import Quiet
from stalewatch.domain.policies import Override, Speaking
from stalewatch.domain.routing import OnUnknown, Route
from stalewatch.sdk.errors import BadContent, NotAccepted, OutcomeUnknown, SlowDown, TargetGone, WorkspaceDown
from stalewatch.sdk.notifier import Message, Receipt, Style
from stalewatch.sdk.records import Outcome
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.services.telling import sending
from stalewatch.store import notices as notice_rows
from stalewatch.store import outbox
from stalewatch.store.tables import audit, deliveries, destinations, notices
from tests.altered import replace
from tests.services.conftest import Founder
from tests.services.heard import QUIET, count_to, delivery_states, rows, titles
from tests.services.world import IMMEDIATE, SATO, TANAKA, World, at, deal


@pytest.fixture(autouse=True)
def lawful(found: Founder) -> Iterator[list[World]]:  # noqa: ARG001  # databases outlive this check
    """Worlds of which, after the story, each delivery went a way that delivery.md knows, by its audit rows."""
    worlds: list[World] = []
    yield worlds
    for world in worlds:
        steps: dict[str, str] = {}
        for row in rows(world, audit):
            if row.action.startswith("delivery."):
                assert steps.get(row.object, "ready") == row.before, row
                assert (DeliveryState(row.before), row.action.removeprefix("delivery.")) in {
                    (state, event.value) for state, event in TRANSITIONS
                }
                steps[row.object] = row.after


def to_tell(found: Founder, worlds: list[World], *names: str, speaking: Speaking = IMMEDIATE) -> World:
    """Deals that are late, of which nobody has heard yet."""
    world = found(QUIET.replace("    warn: 4d\n", ""), speaking=speaking)
    worlds.append(world)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in names or ("acme",)))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    return world


RESENDING = replace(
    IMMEDIATE, routes=(Route(name="all", to=("owner",), style=Style.IMMEDIATE, on_unknown=OnUnknown.RESEND),)
)
CHECKED = timedelta(seconds=61)
"""After so long a service that was down has been asked again."""


def free(world: World) -> None:
    """A while later: every lease has run out, and what is to be looked for can be seen."""
    with world.db.write() as conn:
        conn.execute(sa.update(destinations).values(lease_until=0))
        conn.execute(sa.update(deliveries).values(look_at=0).where(deliveries.c.look_at.is_not(None)))


def dispatches(world: World, times: int = 1) -> None:
    for _ in range(times):
        world.dispatches()
        free(world)


def told(world: World) -> list[str]:
    return [row.kind for row in rows(world, notices) if row.state == "told" and row.target != "operator"]


def test_accepted_is_told(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    dispatches(world, 2)
    assert (count_to(world), told(world), delivery_states(world)) == (1, ["breach"], ["sent"])


def test_a_lost_answer_is_looked_for_and_not_sent_again(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults, world.mail.swallow = [OutcomeUnknown("the line broke")], True
    dispatches(world)
    assert delivery_states(world) == ["unknown"]
    dispatches(world, 3)
    assert (count_to(world), told(world), delivery_states(world)) == (1, ["breach"], ["sent"])


def test_a_lost_request_is_sent_again_once_it_is_known_not_to_have_arrived(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults = [OutcomeUnknown("the line broke")]
    dispatches(world, 3)
    assert (count_to(world), told(world), delivery_states(world)) == (1, ["breach"], ["sent"])


def test_where_nobody_can_look_it_is_sent_again_if_the_route_says_so(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful, speaking=RESENDING)
    world.mail.faults, world.mail.can_look = [OutcomeUnknown("the line broke")], False
    dispatches(world, 3)
    assert (count_to(world), delivery_states(world)) == (1, ["sent"])


@pytest.mark.parametrize("arrives", [True, False], ids=["arrives every time", "never arrives"])
def test_a_line_that_always_breaks_is_given_up(found: Founder, lawful: list[World], arrives: bool) -> None:
    world = to_tell(found, lawful, speaking=RESENDING)
    world.mail.faults, world.mail.swallow = [OutcomeUnknown("the line broke") for _ in range(50)], arrives
    world.mail.can_look = False
    dispatches(world, 30)
    assert delivery_states(world) == ["dead"]
    assert count_to(world) == (sending.ATTEMPTS if arrives else 0)


def test_a_look_that_fails_is_made_again(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults, world.mail.swallow = [OutcomeUnknown("the line broke")], True
    settle = world.mail.settle
    refusals: list[Exception] = [WorkspaceDown("token revoked"), NotAccepted("no route to host")]

    def failing(*about: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return settle(*about)

    world.mail.settle = failing  # type: ignore[method-assign,assignment]
    dispatches(world, 3)
    assert delivery_states(world) == ["ready"], "paused, and looked for before it is sent"
    world.clock.advance(CHECKED)
    dispatches(world, 3)
    assert (count_to(world), told(world), delivery_states(world)) == (1, ["breach"], ["sent"])


def test_told_to_wait_is_not_an_attempt(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults = [SlowDown("wait", after=timedelta(0)) for _ in range(12)] + [
        NotAccepted("no") for _ in range(3)
    ]
    dispatches(world, 20)
    assert (count_to(world), told(world), delivery_states(world)) == (1, ["breach"], ["sent"])


def test_a_dead_workspace_kills_no_message(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful, "acme", "beta")
    world.mail.faults = [WorkspaceDown("token revoked") for _ in range(12)]
    for _ in range(20):
        dispatches(world)
        world.clock.advance(CHECKED)
    assert (count_to(world), delivery_states(world)) == (2, ["sent", "sent"])


def test_refused_five_times_is_dead_and_shown(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults = [NotAccepted("no") for _ in range(5)]
    dispatches(world, 12)
    assert (count_to(world), delivery_states(world), world.mail.faults) == (0, ["dead"], [])
    assert titles(world, "operator") == ["1 message could not be sent"]
    assert [row.error for row in rows(world, deliveries) if row.target != "operator"] == ["no"]


def test_refused_content_is_dead_after_plain_text_and_the_next_message_goes(
    found: Founder, lawful: list[World]
) -> None:
    world = to_tell(found, lawful, "acme", "beta")
    world.mail.faults = [BadContent("too long"), BadContent("too long")]
    dispatches(world, 3)
    assert (count_to(world), sorted(delivery_states(world))) == (1, ["dead", "sent"])


def test_a_target_that_is_gone_gives_way_to_the_manager(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults = [TargetGone("no such user")]
    dispatches(world, 3)
    assert (count_to(world), count_to(world, "tanaka")) == (0, 1)
    assert sorted(delivery_states(world)) == ["rerouted", "sent"]
    assert told(world) == ["breach"]


def test_a_person_whose_address_is_gone_is_tried_by_the_other_one(found: Founder, lawful: list[World]) -> None:
    speaking = replace(IMMEDIATE, people={"sato@acme.example": Override(slack="U1")})
    world = to_tell(found, lawful, speaking=speaking)
    world.mail.faults = [TargetGone("no such address")]
    dispatches(world, 3)
    assert [message.address for message in world.mail.messages] == ["U1"]
    assert sorted(delivery_states(world)) == ["rerouted", "sent"]


def test_when_every_way_is_gone_it_is_held_and_shown(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.crm.people = [replace(SATO, manager=None), TANAKA]
    world.syncs()
    world.mail.faults = [TargetGone("gone") for _ in range(20)]
    dispatches(world, 12)
    assert world.mail.messages == []
    assert [(row.state, row.target) for row in rows(world, notices)] == [("held", "undelivered")]
    assert set(delivery_states(world)) == {"rerouted"}


def test_what_settles_while_a_message_is_refused_is_not_told_after_all(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.mail.faults = [NotAccepted("no")]
    dispatches(world)
    world.changes("acme", outcome=Outcome.WON)
    world.clock.advance(timedelta(minutes=5))
    world.syncs()
    world.ticks()
    dispatches(world, 2)
    assert (count_to(world), told(world), delivery_states(world)) == (0, [], ["cancelled"])


def test_a_digest_that_was_refused_goes_without_what_settled_meanwhile(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful, "acme", "beta", speaking=Speaking())
    world.reaches("2026-03-16 19:00")
    world.mail.faults = [NotAccepted("no")]
    world.reaches("2026-03-17 09:00")
    world.changes("acme", outcome=Outcome.WON)
    world.clock.advance(timedelta(minutes=5))
    world.syncs()
    world.ticks()
    free(world)
    dispatches(world, 2)
    (message,) = world.mail.messages
    assert [entry.record for entry in message.entries if not entry.resolved] == ["crm:beta"]


def test_a_retry_does_not_wake_anybody_at_night(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful, speaking=replace(IMMEDIATE, quiet=Quiet(opens=9 * 60, closes=18 * 60)))
    world.mail.faults = [SlowDown("wait", after=timedelta(minutes=30))]
    dispatches(world)
    world.clock.advance(timedelta(minutes=30))
    world.syncs()
    dispatches(world)
    assert count_to(world) == 0
    world.reaches("2026-03-17 09:00")
    assert count_to(world) == 1


def test_a_message_that_breaks_our_own_code_stops_nobody_else(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    world.has(deal("beta", created_at=at("2026-03-02 10:00"), owner="tanaka"))
    world.syncs()
    world.ticks()
    send = world.mail.send

    def broken(message: Message) -> Receipt:
        if "sato" in message.target:
            raise ZeroDivisionError("a fault of the notifier's own")
        return send(message)

    world.mail.send = broken  # type: ignore[method-assign]
    for _ in range(8):
        world.dispatches()
        free(world)
    assert count_to(world, "tanaka") == 1
    assert [row.target for row in rows(world, destinations) if row.parked_at is not None] in (
        [], ["person:sato@acme.example"],
    )  # fmt: skip


def test_two_pieces_of_news_for_the_operator_on_one_day_are_both_told(found: Founder, lawful: list[World]) -> None:
    world = to_tell(found, lawful)
    dispatches(world)
    with world.db.write() as conn:
        for days in (1, 0):
            notice_rows.add(conn, [operator_notice("storm", 30, world.us - days * 86_400_000_000)])
        outbox.call(conn, {"operator": world.us})
    dispatches(world, 3)
    assert [message.target for message in world.mail.messages].count("operator") == 2


FAULTS: tuple[type[Exception], ...] = (
    OutcomeUnknown, SlowDown, TargetGone, BadContent, NotAccepted, WorkspaceDown, ZeroDivisionError,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_each_message_ends_and_each_thing_is_told_once(
    found: Founder, lawful: list[World], seed: int
) -> None:
    """Random faults before and after the other side accepted, while deals settle and time goes on (B12)."""
    dice = Random(seed)  # noqa: S311
    names = [f"d{number}" for number in range(6)]
    world = to_tell(found, lawful, *names)
    send = world.mail.send

    def hazardous(message: Message) -> Receipt:
        if dice.random() < 0.4:
            return send(message)
        fault = dice.choice(FAULTS)
        if fault in (OutcomeUnknown, ZeroDivisionError) and dice.random() < 0.5:
            send(message)
        raise SlowDown("wait", after=timedelta(0)) if fault is SlowDown else fault("so it is")

    world.mail.send = hazardous  # type: ignore[method-assign]
    for turn in range(12):
        if turn % 3 == 2:
            world.changes(names.pop(), outcome=Outcome.WON)
            world.clock.advance(timedelta(minutes=10))
            world.syncs()
            world.ticks()
        dispatches(world)
    world.mail.send = send  # type: ignore[method-assign]
    for days in range(4):
        world.clock.advance(timedelta(days=min(days, 1)))
        world.syncs()
        world.ticks()
        dispatches(world, 4)
    ends = {row.id: DeliveryState(row.state) for row in rows(world, deliveries)}
    assert all(state.is_terminal for state in ends.values()), ends
    arrived = [message.delivery for message in world.mail.messages]
    assert len(arrived) == len(set(arrived)), "looked for, and so never sent twice"
    assert {key for key, state in ends.items() if state is DeliveryState.SENT} == set(arrived)
    fates = {(row.state, ends.get(row.delivery_id)) for row in rows(world, notices)}
    assert fates <= {
        ("told", DeliveryState.SENT), ("dropped", None), ("held", None), ("claimed", DeliveryState.DEAD),
        ("pending", None),
    }, fates  # fmt: skip
