"""The table of a delivery's states, row by row; each test is named after what happens to it.

On SQLite alone: that PostgreSQL keeps the same states is shown by the stories.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.deliveries import TRANSITIONS, DeliveryState, Event
from stalewatch.domain.hours import Quiet
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import OnUnknown, Route
from stalewatch.sdk.errors import BadContent, NotAccepted, OutcomeUnknown, SlowDown, TargetGone
from stalewatch.sdk.notifier import Message, Receipt, Style
from stalewatch.sdk.records import Outcome
from stalewatch.services.operating.work import Work
from stalewatch.services.telling import preparing
from stalewatch.store.tables import audit, deliveries, destinations, notices
from tests.services.board import Board, board, board_and_letters
from tests.services.conftest import Founder
from tests.services.heard import QUIET, fate, rows, titles
from tests.services.test_stories_dispatch import free
from tests.services.world import IMMEDIATE, World, at, deal

LATE = QUIET.replace("    warn: 4d\n", "")
HOUR = timedelta(hours=1)


@pytest.fixture
def migrated_database_url(sqlite_url: str, sqlite_template: str) -> str:
    shutil.copyfile(sqlite_template, str(sa.make_url(sqlite_url).database))
    return sqlite_url


def late(found: Founder, *names: str, speaking: Speaking = IMMEDIATE, **policy: Any) -> tuple[World, Board]:
    """Deals that became late this moment; what is to be said of them is written, and nothing is sent."""
    world = found(LATE, speaking=speaking, **policy)
    shown = board(world)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in names or ("acme",)))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    return world, shown


def goes_on(world: World, times: int = 1) -> None:
    for _ in range(times):
        world.dispatches()
        free(world)


def time_passes(world: World, span: timedelta) -> None:
    world.clock.advance(span)
    world.syncs()
    world.ticks()


def one(world: World, target: str = "person:sato@acme.example") -> Any:
    """The only delivery to somebody."""
    [row] = [row for row in rows(world, deliveries) if row.target == target]
    return row


def steps(world: World, row: Any) -> list[str]:
    """What happened to a delivery, by its audit rows."""
    return [each.action.removeprefix("delivery.") for each in rows(world, audit) if each.object == row.id]


def test_rule_fires_held_or_ready_in_the_transaction_of_its_alert(found: Founder) -> None:
    world, shown = late(found, speaking=replace(IMMEDIATE, quiet=Quiet(opens=9 * 60, closes=17 * 60)))
    [notice] = rows(world, notices)
    assert (notice.state, notice.reason) == ("pending", "quiet_hours")
    goes_on(world)
    assert shown.messages == []


def test_held_time_passes_ready(found: Founder) -> None:
    world, shown = late(found, speaking=replace(IMMEDIATE, quiet=Quiet(opens=9 * 60, closes=17 * 60)))
    world.reaches("2026-03-17 09:00")
    assert (len(shown.messages), one(world).state) == (1, "sent")


@pytest.mark.parametrize("is_made", [False, True], ids=["held", "ready"])
def test_held_or_ready_alert_resolved_first_cancelled(found: Founder, is_made: bool) -> None:
    world, shown = late(found)
    if is_made:
        shown.faults = [NotAccepted("no")]
        goes_on(world)
    world.changes("acme", outcome=Outcome.WON)
    time_passes(world, timedelta(minutes=5))
    goes_on(world, 2)
    assert (shown.messages, set(fate(world))) == ([], {"dropped: resolved"})
    assert [row.state for row in rows(world, deliveries)] == (["cancelled"] if is_made else [])


def test_ready_a_newer_message_for_the_same_group_superseded_by_its_successor(found: Founder) -> None:
    world, shown = late(found, "acme", "beta", speaking=Speaking())
    world.reaches("2026-03-16 19:00")
    shown.faults = [SlowDown("wait", after=HOUR)]
    world.reaches("2026-03-17 09:00")
    assert one(world).state == "ready"
    world.has(deal("kumo", created_at=at("2026-03-03 17:00"), next_step="x"))
    time_passes(world, 10 * HOUR)
    time_passes(world, 14 * HOUR)
    free(world)
    goes_on(world, 2)
    first, second = rows(world, deliveries)
    assert (first.state, first.successor, second.state) == ("superseded", second.id, "sent")
    [message] = shown.messages
    assert {entry.record for entry in message.entries} == {"crm:acme", "crm:beta", "crm:kumo"}


def test_ready_claimed_sending_with_its_intent_committed_and_more_lease_than_timeout(found: Founder) -> None:
    world, shown = late(found)
    seen: list[tuple[Any, Any]] = []
    send = shown.send

    def looking(message: Message) -> Receipt:
        seen.append((one(world), next(iter(rows(world, destinations)))))
        return send(message)

    shown.send = looking  # type: ignore[method-assign]
    now = world.db.now()
    goes_on(world)
    [(delivery, place)] = seen
    assert (delivery.state, delivery.attempts, delivery.address) == ("sending", 1, "sato@acme.example")
    assert (delivery.text_hash is not None, delivery.sending_at >= now) == (True, True)
    assert place.lease_until - world.db.now() > 0
    assert place.lease_until - delivery.sending_at >= shown.timeout_seconds * 1_000_000


def test_sending_accepted_sent_with_what_an_edit_needs(found: Founder) -> None:
    world, _ = late(found)
    goes_on(world)
    assert (one(world).state, one(world).receipt) == ("sent", {"n": 1})
    assert steps(world, one(world)) == ["claimed", "accepted"]


def test_sending_refused_before_acceptance_ready_and_dead_in_the_end(found: Founder) -> None:
    world, shown = late(found)
    shown.faults = [NotAccepted("no route") for _ in range(5)]
    goes_on(world)
    assert (one(world).state, one(world).attempts, one(world).error) == ("ready", 1, "no route")
    goes_on(world, 5)
    assert one(world).state == "dead"


def test_sending_content_refused_once_more_as_plain_text_then_dead_with_an_alarm(found: Founder) -> None:
    world, shown = late(found)
    shown.faults = [BadContent("invalid_blocks")]
    goes_on(world, 2)
    assert [message.plain for message in shown.messages] == [True]
    other, shown = late(found, "beta")
    shown.faults = [BadContent("invalid_blocks"), BadContent("no_text")]
    goes_on(other, 3)
    assert [row.error for row in rows(other, deliveries) if row.state == "dead"] == ["no_text"]
    assert titles(other, "operator") == ["1 message could not be sent"]


def test_sending_told_to_wait_ready_and_no_attempt(found: Founder) -> None:
    world, shown = late(found)
    shown.faults = [SlowDown("ratelimited", after=timedelta(seconds=30))]
    began = world.db.now()
    world.dispatches()
    assert (one(world).state, one(world).attempts) == ("ready", 0)
    [place] = rows(world, destinations)
    assert place.lease_until >= began + 30_000_000


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("dies", [False, True], ids=["the reply was lost", "its process died"])
def test_sending_outcome_lost_unknown_until_it_can_be_looked_for(found: Founder, dies: bool) -> None:
    world, shown = late(found)
    shown.settle_after_seconds = 15.0  # type: ignore[misc]
    fault: BaseException = Killed() if dies else OutcomeUnknown("read timeout")
    shown.faults = [fault]  # type: ignore[list-item]
    if dies:
        with pytest.raises(Killed):
            world.dispatches()
        assert one(world).state == "sending"
        with world.db.write() as conn:
            conn.execute(sa.update(destinations).values(lease_until=0))
    world.dispatches()
    row = one(world)
    assert (row.state, shown.messages) == ("unknown", [])
    assert row.look_at - row.sending_at >= (shown.timeout_seconds + 15) * 1_000_000


def test_unknown_history_shows_it_sent(found: Founder) -> None:
    world, shown = late(found)
    shown.faults, shown.swallow = [OutcomeUnknown("reset")], True
    goes_on(world, 2)
    assert (one(world).state, len(shown.messages), steps(world, one(world))[-1]) == ("sent", 1, "found")
    assert one(world).receipt == {"found": one(world).id}


def test_unknown_absent_in_two_looks_ready_and_one_attempt_more(found: Founder) -> None:
    world, shown = late(found)
    shown.settle_after_seconds = 15.0  # type: ignore[misc]
    shown.faults = [OutcomeUnknown("reset")]
    goes_on(world)
    world.dispatches()
    assert (one(world).state, one(world).looks) == ("unknown", 1)
    assert one(world).look_at - world.db.now() > 14_000_000
    free(world)
    goes_on(world)
    assert (one(world).state, one(world).attempts) == ("sent", 2)


@pytest.mark.parametrize("word", OnUnknown)
def test_unknown_cannot_look_resent_or_parked_as_its_route_says(found: Founder, word: OnUnknown) -> None:
    route = Route(name="all", to=("owner",), style=Style.IMMEDIATE, on_unknown=word)
    world, shown = late(found, speaking=replace(IMMEDIATE, routes=(route,)))
    shown.faults, shown.can_look = [OutcomeUnknown("reset")], False
    goes_on(world, 3)
    if word is OnUnknown.RESEND:
        assert (one(world).state, titles(world, "operator")) == ("sent", [])
    else:
        assert one(world).state == "parked"
        assert titles(world, "operator") == ["Nobody knows whether 1 message arrived"]


def test_unknown_cannot_look_in_a_channel_parked_whatever_its_route_says(found: Founder) -> None:
    route = Route(name="all", to=("#sales",), style=Style.IMMEDIATE, on_unknown=OnUnknown.RESEND)
    world, shown = late(found, speaking=replace(IMMEDIATE, routes=(route,)))
    shown.faults, shown.can_look = [OutcomeUnknown("reset")], False
    goes_on(world, 3)
    assert one(world, "channel:#sales").state == "parked"


def test_unknown_for_more_than_a_day_parked_and_never_sent_again(found: Founder) -> None:
    world, shown = late(found)
    shown.faults = [OutcomeUnknown("reset")]
    goes_on(world)
    with world.db.write() as conn:
        conn.execute(sa.update(deliveries).values(sending_at=world.db.now() - 25 * 3_600_000_000))
    goes_on(world, 3)
    assert (one(world).state, [message.target for message in shown.messages]) == ("parked", ["operator"])


def test_ready_destination_permanently_bad_rerouted_to_a_row_that_it_names(found: Founder) -> None:
    world, shown = late(found)
    shown.faults = [TargetGone("user_not_found")]
    goes_on(world, 3)
    assert (one(world).state, one(world).successor) == ("rerouted", "person:tanaka@acme.example")
    assert one(world, "person:tanaka@acme.example").state == "sent"


def test_the_last_way_is_e_mail(found: Founder) -> None:
    world, _ = late(found)
    shown, letters = board_and_letters(world)
    shown.faults = [TargetGone("gone") for _ in range(9)]
    goes_on(world, 6)
    assert [message.address for message in letters.messages] == ["mailto:sato@acme.example"]
    assert one(world, "mail:sato@acme.example").state == "sent"


@pytest.mark.parametrize("why", ["attempts", "age"])
def test_ready_attempts_or_age_exhausted_dead_counted_and_told_to_the_operator(found: Founder, why: str) -> None:
    world, shown = late(found)
    if why == "attempts":
        shown.faults = [OutcomeUnknown("some_new_error") for _ in range(5)]
        goes_on(world, 12)
    else:
        shown.faults = [SlowDown("wait", after=HOUR)]
        goes_on(world)
        time_passes(world, timedelta(microseconds=preparing.AGE + 1))
        goes_on(world, 2)
    assert one(world).state == "dead"
    assert titles(world, "operator") == ["1 message could not be sent"]


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_sending_or_unknown_token_dead_ready_and_the_workspace_paused(found: Founder, state: str) -> None:
    world, _ = late(found)
    shown, letters = board_and_letters(world)
    if state == "unknown":
        shown.faults = [OutcomeUnknown("reset")]
        goes_on(world)
        shown.settle = lambda *_: shown.check()  # type: ignore[method-assign,assignment]
    shown.revoked = True
    goes_on(world, 2)
    assert (one(world).state, steps(world, one(world))[-1]) == ("ready", "paused")
    [place] = [row for row in rows(world, destinations) if row.target.startswith("person:")]
    assert place.paused_reason == "workspace:board"
    assert [message.address for message in letters.messages] == ["mailto:ops@acme.example"]


@pytest.mark.parametrize("fault", [NotAccepted("no"), OutcomeUnknown("reset")], ids=["dead", "parked"])
def test_parked_or_dead_operator_says_retry_ready_and_audited(found: Founder, fault: Exception) -> None:
    world, shown = late(found)
    shown.faults, shown.can_look = [fault for _ in range(5)], False
    goes_on(world, 6 if isinstance(fault, NotAccepted) else 2)
    ended = one(world).state
    shown.faults = []
    work = Work(world.db, world.clock, world.book, world.speaking, "tests", because="it works again")
    [piece] = [piece for piece in work.pieces() if piece.state in ("dead", "parked")]
    assert work.retry([piece]).done == (piece,)
    assert (one(world).state, one(world).attempts) == ("ready", 0)
    said = next(row for row in rows(world, audit) if row.action == "work.retry")
    assert (said.actor, said.before["state"], said.after) == ("tests", ended, {"because": "it works again"})
    goes_on(world, 2)
    assert one(world).state == "sent"


def test_every_transition_that_there_is_leads_on_and_every_end_is_an_end() -> None:
    for state in DeliveryState:
        leads_on = {event for before, event in TRANSITIONS if before is state}
        by_hand = {Event.RETRIED} if state in (DeliveryState.DEAD, DeliveryState.PARKED) else set()
        assert (leads_on == by_hand) == state.is_terminal, state
    assert {event for _, event in TRANSITIONS} == set(Event)
