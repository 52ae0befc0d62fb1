"""Whom Slack knows, who has left it, and who is not to be disturbed: told by stories over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.delivery.slack import connect
from stalewatch.domain.hours import Quiet
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import NotifierSettings, Style
from stalewatch.store.tables import deliveries, destinations, notices
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from stalewatch_sandbox.slack.workspace import User
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, delivery_states, rows
from tests.services.test_stories_dispatch import free
from tests.services.world import World, at, deal

pytestmark = SQLITE_DAILY
RESTFUL = Speaking(
    routes=(Route(name="all", to=("owner",), style=Style.IMMEDIATE),),
    quiet=Quiet(9 * 60, 18 * 60 + 30, respects_dnd=True),
)


class Office:
    """A world whose messages go to a simulated Slack that lives by the world's own clock."""

    def __init__(self, world: World, server: SlackServer, present: Clock) -> None:
        self.world, self.server, self.present = world, server, present
        self.sato = server.workspace.join("Sato", "sato@acme.example")
        self.tanaka = server.workspace.join("Tanaka", "tanaka@acme.example")
        self.restarts()

    def restarts(self) -> None:
        """Another process goes on: it has only the database."""
        options = {"bot_token": self.server.token, "base_url": self.server.api_url, "allow_custom_host": True}
        settings = NotifierSettings(options=options, base=Path(), now=self.world.clock.now)
        self.world.mail = connect(settings)  # type: ignore[assignment]  # in this story the mailbox is Slack

    def late(self, name: str) -> None:
        self.world.has(deal(name, created_at=at("2026-03-02 10:00"), next_step="x"))

    def goes_on(self, moment: str) -> None:
        self.world.clock.move_to(at(moment))
        self.present.set(self.world.clock.now())
        self.world.syncs()
        self.world.ticks()
        for _ in range(4):
            free(self.world)
            self.world.dispatches()

    def heard(self, user: User) -> list[str]:
        zone = at("2026-03-01 00:00").tzinfo
        return [f"{entry.at.astimezone(zone):%d %H:%M}" for entry in self.server.workspace.told(user.id)]

    def calls(self, method: str) -> int:
        return sum(call.path == f"/api/{method}" for call in self.server.board.ledger)


@contextmanager
def office(found: Founder, speaking: Speaking = RESTFUL) -> Iterator[Office]:
    present = Clock(at("2026-03-02 12:00"))
    with SlackServer(present) as server:
        server.api.limits.is_strict = False
        office = Office(found(QUIET.replace("    warn: 4d\n", ""), speaking=speaking), server, present)
        office.late("acme")
        office.goes_on("2026-03-02 13:00")
        yield office


def test_where_somebody_is_found_is_asked_once_a_day_by_all_processes_together(found: Founder) -> None:
    with office(found) as slack:
        slack.goes_on("2026-03-17 13:00")
        assert slack.heard(slack.sato) == ["17 13:00"]
        slack.restarts()
        slack.late("beta")
        slack.goes_on("2026-03-17 14:00")
        assert slack.heard(slack.sato) == ["17 13:00", "17 14:00"]
        assert (slack.calls("users.lookupByEmail"), slack.calls("conversations.open")) == (1, 1)
        slack.restarts()
        slack.late("gamma")
        slack.goes_on("2026-03-18 13:01")
        assert len(slack.heard(slack.sato)) == 3
        assert (slack.calls("users.lookupByEmail"), slack.calls("conversations.open")) == (2, 1)


def test_somebody_slack_does_not_know_is_asked_for_once_an_hour(found: Founder) -> None:
    with office(found) as slack:
        slack.sato.email = "s.sato@acme.example"
        slack.goes_on("2026-03-17 13:00")
        assert slack.heard(slack.tanaka) == ["17 13:00"], "the next rung"
        for moment, name in (("13:30", "beta"), ("13:45", "gamma")):
            slack.restarts()
            slack.late(name)
            slack.goes_on(f"2026-03-17 {moment}")
        asked = [call for call in slack.server.board.ledger if b"sato" in call.body or "sato" in str(call.query)]
        assert slack.calls("users.lookupByEmail") - len({"tanaka"}) == len(asked) == 1
        slack.sato.email = "sato@acme.example"
        slack.late("delta")
        slack.goes_on("2026-03-17 14:01")
        assert slack.heard(slack.sato) == ["17 14:01"]


@pytest.mark.parametrize("met_before", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_who_was_deactivated_in_the_middle_of_a_digest_is_told_through_their_manager(
    found: Founder, met_before: bool
) -> None:
    with office(found) as slack:
        if met_before:
            slack.goes_on("2026-03-17 13:00")
        slack.server.workspace.add_user(replace(slack.sato, is_deleted=True))
        slack.late("beta")
        slack.goes_on("2026-03-17 14:00")
        assert len(slack.heard(slack.sato)) == met_before
        assert slack.heard(slack.tanaka) == ["17 14:00"] * (2 - met_before), "each deal once"
        assert set(delivery_states(slack.world)) == {"sent", "rerouted"}


# --------------------------------------------------------------------------------------------- do not disturb


def rests(slack: Office, since: str, until: str) -> None:
    slack.sato.dnd = at(since), at(until)


def test_who_is_not_to_be_disturbed_is_told_when_that_ends(found: Founder) -> None:
    with office(found) as slack:
        rests(slack, "2026-03-17 12:00", "2026-03-17 15:30")
        slack.goes_on("2026-03-17 13:00")
        assert slack.heard(slack.sato) == []
        [waiting] = [(row.state, row.reason, row.not_before) for row in rows(slack.world, notices)]
        assert waiting == ("pending", "do_not_disturb", us("2026-03-17 15:30"))
        for moment in ("13:30", "14:30", "15:29"):
            slack.goes_on(f"2026-03-17 {moment}")
        assert slack.calls("dnd.info") == 1, "its end is known"
        slack.goes_on("2026-03-17 15:30")
        assert slack.heard(slack.sato) == ["17 15:30"]
        assert rows(slack.world, deliveries)[0].attempts == 1


@pytest.mark.slow
def test_rest_that_reaches_into_the_night_is_followed_by_quiet_hours(found: Founder) -> None:
    with office(found) as slack:
        rests(slack, "2026-03-17 12:00", "2026-03-17 20:00")
        for moment in ("17 13:00", "17 20:00", "18 08:59", "18 09:00"):
            slack.goes_on(f"2026-03-{moment}")
        assert slack.heard(slack.sato) == ["18 09:00"]


@pytest.mark.slow
def test_nobody_is_asked_about_outside_the_hours_or_without_news(found: Founder) -> None:
    with office(found) as slack:
        slack.goes_on("2026-03-16 13:00")
        slack.goes_on("2026-03-17 20:00")
        assert slack.calls("dnd.info") == 0
        slack.goes_on("2026-03-18 09:00")
        assert slack.calls("dnd.info") == 1
        assert slack.heard(slack.sato) == ["18 09:00"]


@pytest.mark.parametrize(
    "fault",
    [
        {"case": "error", "error": "missing_scope", "times": None},
        pytest.param({"case": "ratelimited", "times": None}, marks=pytest.mark.slow),
        pytest.param({"case": "html", "status": 503, "times": None}, marks=pytest.mark.slow),
        pytest.param({"case": "drop", "times": None}, marks=pytest.mark.slow),
        pytest.param({"case": "error", "error": "user_not_found", "times": None}, marks=pytest.mark.slow),
    ],
    ids=lambda fault: str(fault.get("error", fault["case"])),
)
def test_who_cannot_be_asked_about_may_be_disturbed(found: Founder, fault: dict[str, Any]) -> None:
    with office(found) as slack:
        rests(slack, "2026-03-17 12:00", "2026-03-17 15:30")
        slack.server.board.faults.arm(**fault, method="dnd.info")
        slack.goes_on("2026-03-17 13:00")
        slack.late("beta")
        slack.goes_on("2026-03-17 13:02")
        assert len(slack.heard(slack.sato)) == 2
        with slack.world.db.read() as conn:
            assert conn.scalars(sa.select(destinations.c.paused_reason).distinct()).all() == [None]
        if fault.get("error") == "missing_scope":
            assert slack.calls("dnd.info") == 1, "the answer holds for an hour"


@pytest.mark.slow
def test_without_the_setting_nobody_is_asked(found: Founder) -> None:
    with office(found, replace(RESTFUL, quiet=Quiet(9 * 60, 18 * 60 + 30))) as slack:
        rests(slack, "2026-03-17 12:00", "2026-03-17 15:30")
        slack.goes_on("2026-03-17 13:00")
        assert (slack.heard(slack.sato), slack.calls("dnd.info")) == (["17 13:00"], 0)


def test_a_message_that_was_refused_before_waits_as_well(found: Founder) -> None:
    with office(found) as slack:
        slack.server.board.faults.arm("ratelimited", retry_after="1")
        slack.goes_on("2026-03-17 13:00")
        slack.world.mail.client._closed.clear()  # type: ignore[attr-defined]  # the second has passed
        rests(slack, "2026-03-17 13:05", "2026-03-17 14:00")
        slack.goes_on("2026-03-17 13:10")
        assert slack.heard(slack.sato) == []
        slack.goes_on("2026-03-17 14:00")
        assert slack.heard(slack.sato) == ["17 14:00"]


def us(moment: str) -> int:
    return int(at(moment).timestamp()) * 1_000_000
