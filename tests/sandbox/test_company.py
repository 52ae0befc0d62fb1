"""One company behind three ports: its life goes on in both CRMs as the one clock moves, and nothing is left of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from slack_sdk import WebClient

from stalewatch_sandbox.company import OPERATORS, Ports, Simulated, simulated
from stalewatch_sandbox.pipeline import Size
from tests.patience import soon

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
MONTH = timedelta(days=30)
SMALL = Size(open=20, closed=4, later=20, leads=4)


@pytest.fixture
def acme() -> Iterator[Simulated]:
    with simulated(NOW, seed=5, size=SMALL, about=NOW + MONTH) as made:
        yield made


def in_salesforce(acme: Simulated) -> set[str]:
    """The names of the opportunities, asked for over HTTP as a client would."""
    auth = acme.connections()[0]["auth"]
    login = {"grant_type": "client_credentials", "client_id": auth["client_id"],
             "client_secret": acme.environment()["SANDBOX_SALESFORCE_SECRET"]}  # fmt: skip
    token = httpx.post(f"{acme.salesforce.url}/services/oauth2/token", data=login).json()["access_token"]
    rows = httpx.get(
        f"{acme.salesforce.url}/services/data/v62.0/query",
        params={"q": "SELECT Name FROM Opportunity"},
        headers={"Authorization": f"Bearer {token}"},
    )
    return {row["Name"] for row in rows.json()["records"]}


def in_hubspot(acme: Simulated) -> set[str]:
    """The names of the deals, asked for over HTTP as a client would."""
    rows = httpx.get(
        f"{acme.hubspot.url}/crm/v3/objects/deals",
        params={"limit": "100", "properties": "dealname"},
        headers={"Authorization": f"Bearer {acme.environment()['SANDBOX_HUBSPOT_TOKEN']}"},
    )
    return {row["properties"]["dealname"] for row in rows.json()["results"]}


def known(acme: Simulated, moment: datetime) -> set[str]:
    return {deal.name for deal in acme.world.known_at(moment)}


def test_each_deal_is_in_one_crm_and_the_clock_moves_both(acme: Simulated) -> None:
    for moment in (NOW, NOW + MONTH):
        assert acme.advance(moment) == moment
        assert in_salesforce(acme) | in_hubspot(acme) == known(acme, moment)
        mine, theirs = set(acme.deals["sf"]), set(acme.deals["hs"])
        assert mine
        assert theirs
        assert not mine & theirs
    assert known(acme, NOW) < known(acme, NOW + MONTH), "new deals came in"


def test_a_shared_company_is_whole_in_both_crms() -> None:
    with simulated(NOW, seed=5, size=SMALL, is_shared=True) as acme:
        assert in_salesforce(acme) == in_hubspot(acme) == known(acme, NOW)
        assert acme.deals["sf"].keys() == acme.deals["hs"].keys()


def test_a_clock_that_another_client_turns_is_the_clock_of_all_three(acme: Simulated) -> None:
    turned = httpx.post(f"{acme.slack.url}/__sandbox__/clock", json={"advance": MONTH.total_seconds()})
    assert turned.is_success
    assert in_salesforce(acme) | in_hubspot(acme) == known(acme, NOW + MONTH)
    assert acme.advance(timedelta(hours=1)) == NOW + MONTH + timedelta(hours=1)


def test_everybody_who_sells_is_in_slack_and_every_team_has_its_channel(acme: Simulated) -> None:
    client = WebClient(acme.environment()["SANDBOX_SLACK_TOKEN"], base_url=acme.notify()["slack"]["base_url"])
    for one in acme.world.people.values():
        found = client.users_lookupByEmail(email=one.email)["user"]
        assert (found["real_name"], found["tz"]) == (one.name, one.team.zone)
    channels = {channel.name for channel in acme.slack.workspace.channels.values()}
    assert channels == {team.channel.lstrip("#") for team in acme.world.staff.teams} | {OPERATORS.lstrip("#")}


def test_nothing_is_left_of_it_and_a_port_can_be_chosen_again() -> None:
    before = threading.active_count()
    with simulated(NOW, size=SMALL) as acme:
        ports = Ports(acme.salesforce.server.port, httpx.URL(acme.hubspot.url).port or 0)
        assert in_salesforce(acme)
    assert soon(lambda: threading.active_count() <= before), "a thread is left"
    with simulated(NOW, size=SMALL, ports=ports) as again:
        assert again.salesforce.url == acme.salesforce.url
        assert again.hubspot.url == acme.hubspot.url


def test_a_port_that_is_taken_leaves_none_of_the_others_open() -> None:
    with closing(socket.socket()) as free, closing(socket.create_server(("127.0.0.1", 0))) as taken:
        free.bind(("127.0.0.1", 0))
        ports = Ports(salesforce=free.getsockname()[1], hubspot=taken.getsockname()[1])
        free.close()
        with pytest.raises(OSError, match="in use"), simulated(NOW, size=SMALL, ports=ports):
            pass
        socket.create_server(("127.0.0.1", ports.salesforce)).close()


def test_what_it_writes_into_a_configuration_holds_no_secret(acme: Simulated) -> None:
    told = repr((acme.connections(), acme.notify()))
    for name, value in acme.environment().items():
        assert value not in told
        assert f"${{{name}}}" in told
