"""Between the answer to Slack and its effect a process may die: whoever comes next does what is left, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from stalewatch.delivery.slack.interactions import Given, Other, Pressed, Submitted
from stalewatch.domain.instants import MINUTE, SECOND
from stalewatch.engine.jobs import jobs
from stalewatch.sdk.errors import NotifierError, OutcomeUnknown, SlowDown, WorkspaceDown
from stalewatch.services.answering.identity import Identities
from stalewatch.services.answering.inbox import Inbox
from stalewatch.services.answering.outcomes import Office
from stalewatch.services.answering.presses import Answering
from stalewatch.store import alerts, audit, inbox, leases
from stalewatch.store.errors import LeaseLost
from stalewatch.wiring.live import Live
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from tests import databases
from tests.patience import soon
from tests.services.world import World, at, deal
from tests.web.office import project_of
from tests.web.reception import rules


@dataclass
class Phone:
    """A Slack that remembers what it was asked, and fails as it is told."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: list[NotifierError] = field(default_factory=list)

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        self.calls.append((method, arguments))
        if method == "users.info":
            address = f"{arguments['user'].lower()}@acme.example"
            return {"user": {"team_id": "T1", "profile": {"email": address}}}
        if method == "auth.test":
            return {"team_id": "T1"}
        if self.faults:
            raise self.faults.pop(0)
        return {"view": {"id": "V1"}}

    def said(self) -> list[str]:
        return [method for method, _ in self.calls if method not in ("users.info", "auth.test")]


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rules())
    world.has(deal("acme", created_at=at("2026-03-02 10:00")))
    world.reaches("2026-04-01 12:00")
    yield world
    database.dispose()


def opened(world: World, phone: Phone) -> Inbox:
    """The inbox as one process has it."""
    identities = Identities(phone, lambda: world.us)
    answering = Answering(world.db, world.clock, Office(book=world.book), world.speaking, phone, identities)
    return Inbox(world.db, world.clock, answering)


def alert(world: World) -> Any:
    with world.db.read() as conn:
        return alerts.history(conn, "crm:acme")[0]


def pressed(world: World, kind: str = "why", at: str = "1.1", user: str = "Sato") -> Pressed:
    return Pressed(user=user, channel="D1", kind=kind, alert=alert(world).id, at=at, trigger="t")


def sent(world: World, view: str = "V1", day: str = "2026-04-08") -> Submitted:
    given = {"date": Given(date=day), "reason": Given(text="wait")}
    return Submitted(user="Sato", view=view, form="snooze", about=alert(world).id, given=given)


def test_what_was_acknowledged_by_a_process_that_died_is_done_by_the_next(world: World) -> None:
    phone = Phone()
    received = opened(world, phone).receive(pressed(world), "mark")
    assert received.work is not None
    assert phone.said() == []  # killed here: Slack has its answer, the person has none
    assert opened(world, phone).work() == ["explained"]
    assert phone.said() == ["chat.postEphemeral"]
    assert opened(world, phone).work() == []


def test_a_process_that_dies_at_its_work_holds_it_no_longer_than_its_lease(world: World) -> None:
    phone, here = Phone(), opened(world, Phone())
    row = here.receive(pressed(world)).work
    with world.db.write() as conn:
        [claimed] = leases.claim(conn, leases.INBOX, due=world.us, lease_us=1)
    assert claimed.id == row
    claimed_by = world.db.now()
    assert soon(lambda: world.db.now() > claimed_by)  # SQLite's clock counts milliseconds: the lease ends with this one
    assert opened(world, phone).work() == ["explained"]
    with pytest.raises(LeaseLost), world.db.write() as conn:
        leases.finish(conn, leases.INBOX, claimed.id, claimed.fence, due_at=None)


def test_many_workers_answer_once(world: World) -> None:
    phone = Phone()
    here = opened(world, phone)
    for number in range(6):
        world.clock.advance(timedelta(seconds=5))
        here.receive(pressed(world, at=f"1.{number}"))
    with ThreadPoolExecutor(6) as threads:
        ended = [one for some in threads.map(lambda _: opened(world, phone).work(), range(6)) for one in some]
    assert ended == ["explained"] * 6
    assert phone.said() == ["chat.postEphemeral"] * 6


def test_a_form_sent_by_many_at_once_has_one_effect(world: World) -> None:
    here = opened(world, Phone())
    with ThreadPoolExecutor(6) as threads:
        answers = [one.answer for one in threads.map(lambda _: here.receive(sent(world)), range(6))]
    assert sorted(str(one["response_action"]) for one in answers if one) == ["clear"] * 5 + ["update"]
    assert alert(world).snoozes == 1
    with world.db.read() as conn:
        assert len([row for row in audit.read(conn, obj=alert(world).id) if row.action == "alert.snooze"]) == 1


def test_slack_being_slow_or_gone_is_waited_for_but_not_for_ever(world: World) -> None:
    wait = SlowDown("slow", after=timedelta(seconds=40))
    phone = Phone(faults=[wait, *(WorkspaceDown("the token was revoked") for _ in range(40))])
    here = opened(world, phone)
    here.receive(pressed(world))
    assert here.work() == ["later"]
    assert here.until_work() == 40 * SECOND
    ended = []
    for _ in range(30):
        world.clock.advance(timedelta(seconds=40))
        ended += here.work()
    assert set(ended[:-1]) == {"later"}
    assert ended[-1] == "failed"
    assert len(ended) < 20
    with world.db.read() as conn:
        assert inbox.counts(conn) == {"failed": 1}
        assert inbox.waiting(conn) == []


def test_a_whisper_of_unknown_fate_becomes_a_form_and_if_that_fails_it_is_tried_again(world: World) -> None:
    phone = Phone(faults=[OutcomeUnknown("reset"), OutcomeUnknown("reset")])
    here = opened(world, phone)
    here.receive(pressed(world))
    assert here.work() == ["later"]
    world.clock.advance(timedelta(seconds=31))
    assert here.work() == ["explained"]
    assert phone.said() == ["chat.postEphemeral", "views.open", "chat.postEphemeral"]


def test_somebody_who_cannot_be_looked_up_keeps_their_form(world: World) -> None:
    answer = opened(world, OutOfOrder()).receive(sent(world)).answer
    assert answer == {
        "response_action": "errors",
        "errors": {"date": "This could not be saved just now. Please try once more."},
    }
    assert alert(world).state == "open"


def test_things_that_ask_nothing_of_us_leave_only_a_count(world: World) -> None:
    here = opened(world, Phone())
    for mark in ("a", "b", "b"):
        assert here.receive(Other(kind="shortcut"), mark) == (None, None)
    assert here.work() == []
    with world.db.read() as conn:
        assert inbox.counts(conn) == {"ignored": 2}


def test_every_engine_does_what_is_left(world: World) -> None:
    """The list of jobs has one for it where Slack is configured, and none where it is not."""
    assert "answers" not in [
        one.name for one in jobs(Live(project_of(world)), language=None, is_stopping=lambda: False)
    ]
    with SlackServer(Clock(world.clock.now()), ticks=lambda: 0.0) as slack:
        slack.workspace.join("Sato", "sato@acme.example", locale="en-US")
        told = {"bot_token": slack.token, "signing_secret": slack.signing_secret, "base_url": slack.api_url}
        project = project_of(world, notify={"slack": {**told, "allow_custom_host": "true"}})
        [job] = [one for one in jobs(Live(project), language=None, is_stopping=lambda: False) if one.name == "answers"]
        assert job.until() > MINUTE
        sato = next(one for one in slack.workspace.users.values() if one.name == "Sato")
        where = slack.workspace.direct(sato.id).id
        opened(world, Phone()).receive(
            Pressed(user=sato.id, channel=where, kind="snooze", alert=alert(world).id, at="1.1", trigger="spent")
        )
        assert job.until() == 0
        assert job.run().said == ("left by another process: 1 too_late",)
        assert [one.text for one in slack.workspace.ledger if one.kind == "ephemeral"] == [
            "The form could not be opened in time. Please press the button once more."
        ]
        assert job.run() == ((), ())


class OutOfOrder(Phone):
    """Nobody answers."""

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        raise OutcomeUnknown("reset")
