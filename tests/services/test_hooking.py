"""Webhooks: what happens to alerts is told once, in order, signed; nobody else feels it when the other side fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.delivery.by_address import ByAddress
from stalewatch.delivery.webhook import Webhook
from stalewatch.domain.hooks import EventType, Hook
from stalewatch.domain.instants import DAY
from stalewatch.domain.retention import Retention
from stalewatch.sdk.records import Outcome
from stalewatch.services.keeping.retaining import Retaining
from stalewatch.services.telling.hooking import Hooking
from stalewatch.services.telling.moving import Dispatched
from stalewatch.store.tables import destinations, hook_events, hook_marks, notices
from tests.databases import SQLITE_DAILY
from tests.patience import soon
from tests.services.heard import QUIET, rows
from tests.services.receiver import Receiver, receiving, verified
from tests.services.world import World, at, deal

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Hooked:
    """A world whose alerts somebody follows."""

    world: World
    receiver: Receiver
    hook: Hook
    mailboxes: Any = field(init=False)

    def __post_init__(self) -> None:
        self.mailboxes = self.world.mail
        self.connects(self.hook)

    def connects(self, *some: Hook) -> None:
        """As after a restart with these webhooks."""
        self.some = some
        hooks = {one.target: Webhook(one, self.world.clock) for one in some}
        self.world.mail = ByAddress(self.mailboxes, None, hooks)  # type: ignore[assignment]
        Hooking(self.world.db, self.world.clock, some).run()

    def tells(self) -> Dispatched:
        """A round, after what rests has rested: leases are measured by the database's own clock."""
        with self.world.db.write() as conn:
            conn.execute(sa.update(destinations).values(lease_until=0))
        Hooking(self.world.db, self.world.clock, self.some).run()
        return self.world.dispatches()

    def reaches(self, text: str) -> Dispatched:
        self.world.clock.move_to(at(text))
        self.world.syncs()
        self.world.ticks()
        return self.tells()

    def later(self, **span: float) -> Dispatched:
        self.world.clock.advance(timedelta(**span))
        return self.tells()


@pytest.fixture
def hooked(found: Callable[..., World]) -> Iterator[Hooked]:
    with receiving() as receiver:
        world = found(QUIET)
        hook = Hook(url=receiver.url, secrets=(SECRET,), allow_custom_host=True)
        world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="ask Mrs Ito"))
        yield Hooked(world, receiver, hook)


def test_the_life_of_an_alert_is_told_in_its_order_and_once(hooked: Hooked) -> None:
    hooked.reaches("2026-03-13 10:00")
    hooked.reaches("2026-03-17 10:00")
    hooked.later(minutes=1)
    hooked.world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-03-18 10:00"))
    hooked.reaches("2026-03-18 11:00")
    hooked.reaches("2026-03-18 15:00")
    assert hooked.receiver.types == ["alert.opened", "alert.warned", "alert.breached", "alert.resolved"]
    assert len(hooked.receiver.requests) == 4
    opened, *_, resolved = hooked.receiver.events
    assert opened["data"] | {"alert": "", "state": ""} == {
        "alert": "", "record": "crm:acme", "object": "deal", "connection": "crm", "rule": "quiet",
        "severity": "critical", "state": "", "episode": 1, "subject": None, "acted_as": None, "cause": None,
        "opened_at": opened["timestamp"], "due": "2026-03-16T09:00:00+00:00", "breached_at": None, "resolved_at": None,
    }  # fmt: skip
    assert (resolved["data"]["cause"], resolved["data"]["state"]) == ("closed", "resolved")
    assert "Ito" not in str(hooked.receiver.requests)
    assert "Acme" not in str(hooked.receiver.requests)
    assert rows(hooked.world, hook_marks) == []


def test_every_request_is_signed_by_both_secrets_while_one_replaces_the_other(hooked: Hooked) -> None:
    other = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    hooked.connects(replace(hooked.hook, secrets=(other, SECRET)))
    hooked.reaches("2026-03-17 10:00")
    for headers, body in hooked.receiver.requests:
        now = hooked.world.clock.now().timestamp()
        assert verified(SECRET, headers, body, now)
        assert verified(other, headers, body, now)
        assert not verified(SECRET, headers, body + b" ", now)
        assert not verified(SECRET, headers, body, now + 301)
        assert headers["content-type"] == "application/json"
    assert hooked.receiver.requests


def test_who_wants_some_events_gets_those(hooked: Hooked) -> None:
    hooked.connects(replace(hooked.hook, events=frozenset({EventType.RESOLVED})))
    hooked.reaches("2026-03-17 10:00")
    assert hooked.receiver.types == []
    hooked.world.changes("acme", outcome=Outcome.LOST, closed_at=at("2026-03-18 10:00"))
    hooked.reaches("2026-03-18 15:00")
    assert hooked.receiver.types == ["alert.resolved"]


def test_a_receiver_that_is_down_gets_all_of_it_later_and_people_are_told_meanwhile(hooked: Hooked) -> None:
    hooked.receiver.answers = [503, 503, 429]
    hooked.reaches("2026-03-17 10:00")
    assert hooked.mailboxes.messages, "nobody waits for somebody's server"
    assert len(hooked.receiver.requests) == 1
    for _ in range(12):
        hooked.later(minutes=5)
    assert hooked.receiver.types == ["alert.opened", "alert.breached"]
    ids = [headers["webhook-id"] for headers, _ in hooked.receiver.requests]
    assert ids[:4] == [ids[0]] * 4, "the same event is the same id, however often it is tried"


@SQLITE_DAILY
def test_an_event_whose_answer_was_lost_is_told_again_with_its_id(hooked: Hooked, monkeypatch: Any) -> None:
    monkeypatch.setattr("stalewatch.delivery.webhook.SECONDS", 0.3)
    monkeypatch.setattr(Webhook, "timeout_seconds", 0.3)
    hooked.connects(hooked.hook)
    hooked.receiver.hangs = Event()
    done = hooked.reaches("2026-03-17 10:00")
    assert done.unknown == 1
    hooked.receiver.hangs.set()

    def told_again() -> bool:
        hooked.later(seconds=30)
        return len(hooked.receiver.events) == 2

    assert soon(told_again)
    assert hooked.receiver.types == ["alert.opened", "alert.breached"]
    ids = [headers["webhook-id"] for headers, _ in hooked.receiver.requests]
    assert ids.count(ids[0]) == 2


def test_one_that_is_gone_is_paused_alone_until_it_is_started_again(hooked: Hooked) -> None:
    hooked.receiver.answers = [410]
    done = hooked.reaches("2026-03-17 10:00")
    assert any("410" in line for line in done.errors)
    hooked.later(minutes=10)
    hooked.later(hours=2)
    assert len(hooked.receiver.requests) == 1
    assert hooked.mailboxes.messages
    (place,) = [row for row in rows(hooked.world, destinations) if row.target == hooked.hook.target]
    assert place.paused_reason is not None
    hooked.connects(hooked.hook)
    hooked.later(minutes=2)
    hooked.later(minutes=2)
    assert hooked.receiver.types == ["alert.opened", "alert.breached"]


@pytest.mark.parametrize(("status", "headers"), [(400, {}), (302, {"Location": "http://127.0.0.1:1/elsewhere"})])
@SQLITE_DAILY
def test_what_is_refused_is_given_up_and_the_next_is_told(hooked: Hooked, status: int, headers: dict[str, str]) -> None:
    hooked.receiver.answers, hooked.receiver.headers = [status] * 5, headers
    hooked.reaches("2026-03-17 10:00")
    for _ in range(8):
        hooked.later(minutes=20)
    assert [headers["webhook-id"] for headers, _ in hooked.receiver.requests].count(
        hooked.receiver.requests[0][0]["webhook-id"]
    ) == 5
    assert hooked.receiver.types[-1] == "alert.breached"


@pytest.mark.security
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]", "2130706433", "0"])
@SQLITE_DAILY
def test_s16_a_webhook_leads_into_no_private_network(hooked: Hooked, host: str) -> None:
    port = hooked.receiver.url.rpartition(":")[2]
    hooked.connects(Hook(url=f"http://{host}:{port}", secrets=(SECRET,)))
    done = hooked.reaches("2026-03-17 10:00")
    assert hooked.receiver.requests == []
    assert any("private network" in line for line in done.errors)


def test_what_waits_for_a_webhook_that_is_gone_from_the_file_is_told_to_nobody(hooked: Hooked) -> None:
    hooked.receiver.answers = [503]
    hooked.reaches("2026-03-17 10:00")
    hooked.connects()
    hooked.later(hours=1)
    assert len(hooked.receiver.requests) == 1
    states = {row.state for row in rows(hooked.world, notices) if row.target == hooked.hook.target}
    assert "pending" not in states
    hooked.world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-03-18 10:00"))
    hooked.reaches("2026-03-18 15:00")
    assert rows(hooked.world, hook_marks) == []


@SQLITE_DAILY
def test_what_was_told_is_forgotten_with_the_outbox_and_never_told_twice(hooked: Hooked) -> None:
    hooked.reaches("2026-03-17 10:00")
    hooked.world.clock.advance(timedelta(days=100))
    assert Retaining(hooked.world.db, hooked.world.clock, Retention(outbox=90 * DAY)).run().messages
    assert {row.data for row in rows(hooked.world, hook_events)} == {None}
    sent = len(hooked.receiver.requests)
    hooked.world.syncs()
    hooked.world.ticks()
    hooked.tells()
    assert hooked.receiver.types.count("alert.breached") == 1
    assert len(hooked.receiver.requests) >= sent
