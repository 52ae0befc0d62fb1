"""S16, S17 and S19 of docs/security.md for the hubspot connector."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import cycle
from threading import Thread
from time import monotonic
from typing import NoReturn

import httpcore
import pytest

from stalewatch.sdk.errors import ConfigurationError, ConnectorError, NeedsReconnect
from stalewatch.sdk.network import Deadline, GuardedBackend, PrivateAddress
from stalewatch.sdk.testing import connection_settings
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_hubspot.hosts import read_host
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.hubspot.portals import NOON, Patience, Story

pytestmark = pytest.mark.security


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str]]]:
    """A server of somebody else, and the credentials that it was sent."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is http.server's
            heard.append(self.headers.get("Authorization", ""))
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "100.64.0.1", "fd00::1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "::ffff:0:7f00:1", "0x7f000001", "2130706433", "0", "10.1.2.3", "fe80::1%eth0"],
)  # fmt: skip
def test_s16_hubspots_own_name_is_not_followed_inside(address: str) -> None:
    connector = _official(Patience(), [[address]])
    with pytest.raises(NeedsReconnect, match="private network"):
        list(connector.pull(None))


def test_s16_this_machine_is_found_behind_its_name() -> None:
    backend = GuardedBackend(Deadline(monotonic), allow_private=False)
    with pytest.raises(PrivateAddress, match="localhost leads to"):
        backend.connect_tcp("localhost", 9)


def test_s16_a_name_that_changes_its_mind_is_caught_at_the_next_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one that is connected to: the name is asked once a connection, by us."""
    connected: list[str] = []

    def connect(_: object, host: str, *__: object) -> NoReturn:
        connected.append(host)
        raise httpcore.ConnectError("nobody there")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    connector = _official(Patience(), [["104.18.244.108"], ["127.0.0.1"]])
    with pytest.raises(NeedsReconnect, match=r"127\.0\.0\.1, an address of a private network"):
        list(connector.pull(None))
    assert connected == ["104.18.244.108"]


def test_s16_a_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(httpcore.SyncBackend, "connect_tcp")
    connector = _official(Patience(), [["104.18.244.108", "10.0.0.1"]])
    with pytest.raises(NeedsReconnect, match=r"10\.0\.0\.1"):
        list(connector.pull(None))


@pytest.mark.parametrize("name", ["0x7f000001", "2130706433", "0", "localhost"])
def test_s16_home_is_no_base_url_in_any_spelling(name: str) -> None:
    with pytest.raises(ConfigurationError):
        _connector(Patience(), base_url=f"https://{name}")


def test_s16_redirects_are_not_followed(story: Story, stranger: tuple[str, list[str]]) -> None:
    url, heard = stranger
    away = Fault(instead=lambda _: Response(302, b"", {"Location": f"{url}/crm"}))
    story.board.faults.arm_fault("redirect", away)
    with pytest.raises(ConnectorError):
        list(story.connector().pull(None))
    assert heard == []


def test_s16_proxies_of_the_environment_are_not_used(
    story: Story, stranger: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, heard = stranger
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, url)
    deal = story.deal()
    reader = story.reader()
    reader.pull()
    assert deal in reader.deals
    assert heard == []


@pytest.mark.parametrize(
    "address",
    ["https://api.hubapi.com.evil.example", "http://api.hubapi.com", "https://evil.example", "https://user@evil.example",
     "https://api.hubapi.com@evil.example", "https://api.hubapi.com:8443", "nonsense"],
)  # fmt: skip
def test_s17_a_host_that_nobody_allowed_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(NeedsReconnect):
        read_host(address, allow_custom=False)
    with pytest.raises(ConfigurationError, match="nothing was sent there"):
        _connector(Patience(), base_url=address)


def test_s17_a_next_page_elsewhere_is_not_fetched(story: Story, stranger: tuple[str, list[str]]) -> None:
    url, heard = stranger
    story.deal()

    def lead_away(_: object, response: Response) -> Response:
        body = response.value() | {"paging": {"next": {"after": "999", "link": f"{url}/next"}}}
        return Response.json(body, response.status)

    owners = Fault(on=lambda request: "owners" in request.path and "after" not in request.query, afterwards=lead_away)
    story.board.faults.arm_fault("paging", owners)
    reader = story.reader()
    reader.pull()
    assert heard == []


def test_s17_a_link_to_another_host_is_refused_by_the_transport(story: Story, stranger: tuple[str, list[str]]) -> None:
    url, heard = stranger
    transport = story.connector().transport
    for link in (f"{url}/crm", "//evil.example/crm", "https://api.hubapi.com.evil.example/"):
        with pytest.raises(NeedsReconnect, match="not its own"):
            transport.call("GET", link, dict)
    assert heard == []


def test_s19_a_property_that_the_portal_does_not_have_is_an_error_and_is_not_asked_for(story: Story) -> None:
    story.deal()
    connector = story.connector(map={"deal": {"fields": {"pain": "no_such_thing"}}})
    list(connector.pull(None))
    [found] = [one for one in connector.check() if one.subject == "map.deal.fields.pain"]
    assert (found.level, "no_such_thing" in found.message) == ("error", True)
    assert not [call for call in story.board.ledger if b"no_such_thing" in call.body]
    assert "pain" not in {info.ours for info in connector.describe().fields["deal"]}


@pytest.mark.parametrize("name", ["a b", "x;drop", 'p"', "Pain__c'", "", "hs_x OR 1"])
def test_s19_a_name_that_cannot_be_a_property_is_refused_at_once(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name of a property"):
        _connector(Patience(), map={"deal": {"fields": {"pain": name}}})


def _connector(patience: Patience, **options: object) -> HubSpotConnector:
    auth = {"auth": {"flow": "token", "token": "pat-na1-secret"}}
    return HubSpotConnector(connection_settings(auth | options, now=lambda: NOON), patience.pace())


def _official(patience: Patience, answers: list[list[str]]) -> HubSpotConnector:
    """A connector to HubSpot's own host, whose name resolves to these addresses in turn."""
    turns = cycle(answers)
    settings = connection_settings({"auth": {"flow": "token", "token": "pat-na1-secret"}}, now=lambda: NOON)
    return HubSpotConnector(settings, patience.pace(resolve=lambda _host, _port: next(turns)))
