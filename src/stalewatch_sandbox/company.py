"""A made-up company behind three ports: its deals in Salesforce and HubSpot, its people in Slack, one time for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch_sandbox.hubspot import feed as hubspot_feed
from stalewatch_sandbox.hubspot import naming as hubspot_naming
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.salesforce import feed as salesforce_feed
from stalewatch_sandbox.salesforce import naming as salesforce_naming
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from stalewatch_sandbox.slack.workspace import Workspace
from stalewatch_sandbox.staff import Language, Staff

OPERATORS: Final = "#revops"
"""The channel of whoever looks after stalewatch."""
_LOCALES: Final = {"en": "en-US", "ja": "ja-JP"}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers listen on 127.0.0.1; 0 is any free port."""

    salesforce: int = 0
    hubspot: int = 0
    slack: int = 0


@dataclass(frozen=True)
class Simulated:
    """The three servers at work.

    Attributes:
        world: everything that was, is and will be true of the company, whichever CRM it is in.
        clock: the time of all three; `clock.run()` lets it go on by itself, and the company's life with it.
        deals: "sf" and "hs" to: id of a deal in the world, to its id in that CRM. It grows as deals are made.
    """

    world: World
    clock: Clock
    salesforce: SalesforceSandbox
    hubspot: HubSpotServer
    slack: SlackServer
    deals: dict[str, dict[str, str]]

    def advance(self, to: timedelta | datetime) -> datetime:
        """Let a span pass, or all time up to a moment; returns the new present, in UTC.

        What people do in that time is in both CRMs when somebody asks next.

        Raises:
            ValueError: if the moment has no time zone.
        """
        if isinstance(to, timedelta):
            return self.clock.advance(to)
        self.clock.set(to)
        return self.clock.now()

    def connections(self) -> list[dict[str, Any]]:
        """The `connections:` of a stalewatch.yaml; their secrets are variables, whose values `environment` gives."""
        app = self.salesforce.app
        login = {
            "flow": "client_credentials", "login_url": self.salesforce.url, "client_id": app.client_id,
            "client_secret": "${SANDBOX_SALESFORCE_SECRET}",
        }  # fmt: skip
        salesforce = {"id": "sf", "type": "salesforce", "auth": login, "map": salesforce_naming.mapping()}
        hubspot = {
            "id": "hs", "type": "hubspot", "auth": {"flow": "token", "token": "${SANDBOX_HUBSPOT_TOKEN}"},
            "base_url": self.hubspot.url, "map": hubspot_naming.mapping(),
        }  # fmt: skip
        usual = {"allow_custom_host": True, "partner_deals": {"pipeline": ["partner"]}}
        return [salesforce | usual, hubspot | usual]

    def notify(self) -> dict[str, Any]:
        """The `notify:` of a stalewatch.yaml; its secrets are variables, whose values `environment` gives."""
        slack = {
            "bot_token": "${SANDBOX_SLACK_TOKEN}", "signing_secret": "${SANDBOX_SLACK_SIGNING_SECRET}",
            "base_url": self.slack.api_url, "allow_custom_host": True,
        }  # fmt: skip
        return {"slack": slack, "operator": {"channel": OPERATORS}}

    def environment(self) -> dict[str, str]:
        """The variables that `connections` and `notify` name."""
        return {
            "SANDBOX_SALESFORCE_SECRET": self.salesforce.app.client_secret,
            "SANDBOX_HUBSPOT_TOKEN": self.hubspot.token,
            "SANDBOX_SLACK_TOKEN": self.slack.token,
            "SANDBOX_SLACK_SIGNING_SECRET": self.slack.signing_secret,
        }


@contextmanager
def simulated(
    moment: datetime,
    *,
    seed: int = 1,
    size: Size,
    about: datetime | None = None,
    home: Language = "en",
    is_shared: bool = False,
    ports: Ports = Ports(),
    ticks: Callable[[], float] = time.monotonic,
) -> Iterator[Simulated]:
    """Serve a company as of a moment, at which the clock stands until it is moved or told to run.

    Everybody who sells is in the Slack workspace under the e-mail address that the CRMs know, every team has its
    channel there, and `OPERATORS` is there. In the end the servers are stopped, and no port or thread is left.

    Args:
        about: the moment at which the company's troubles show; `moment` itself unless told otherwise.
        home: what most of the people speak.
        is_shared: all deals are in both CRMs. Otherwise each is in one of them, turn by turn, as after a merger.
        ticks: the seconds in which rate limits of HubSpot and Slack count.

    Raises:
        OSError: a port is taken.
        ValueError: if a moment has no time zone.
    """
    world, clock = generate(seed, size, about or moment, home), Clock(moment)
    with ExitStack() as stack:
        salesforce = SalesforceSandbox(clock, port=ports.salesforce)
        stack.callback(salesforce.stop)
        hubspot = HubSpotServer(clock, port=ports.hubspot, ticks=ticks)
        stack.callback(hubspot.stop)
        slack = SlackServer(clock, port=ports.slack, ticks=ticks)
        stack.callback(slack.stop)
        first, second = (world, world) if is_shared else (_every_other(world, 0), _every_other(world, 1))
        orders = salesforce_feed.load_world(salesforce, first, moment)
        deals = hubspot_feed.load_world(hubspot, second, moment)
        hubspot.portal.before_reading.append(deals.advance)
        _furnish(slack.workspace, world.staff)
        ids = {"sf": orders.scribe.deals, "hs": deals.scribe.deals}
        for server in (salesforce, hubspot, slack):
            server.start()
        yield Simulated(world, clock, salesforce, hubspot, slack, ids)


def _every_other(world: World, first: int) -> World:
    return replace(world, deals=world.deals[first::2], leads=world.leads[first::2])


def _furnish(workspace: Workspace, staff: Staff) -> None:
    """Everybody joins, then the channels are opened, so that everybody is in them."""
    for one in (*staff.managers, *staff.reps):
        workspace.join(one.name, one.email, zone=one.team.zone, locale=_LOCALES[one.team.language])
    for team in staff.teams:
        workspace.add_channel(team.channel)
    workspace.add_channel(OPERATORS)
