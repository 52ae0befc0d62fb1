"""S16 to S18: no connection into a private network, no token to a stranger, no SOQL out of values."""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from stalewatch.sdk.errors import ConfigurationError, ConnectorError, NeedsReconnect, Refused
from stalewatch.sdk.network import Deadline, GuardedBackend, PrivateAddress
from stalewatch.sdk.testing import connection_settings
from stalewatch_salesforce import connect, queries
from stalewatch_salesforce.chains import Chain, Shape
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_salesforce.hosts import Hosts
from stalewatch_salesforce.queries import name, quote
from stalewatch_salesforce.rows import OnlyId, Records
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.salesforce.desk import Desk, Instant, Snapshot

pytestmark = pytest.mark.security
PRIVATE = (
    "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "0.0.0.0", "100.64.0.1",  # noqa: S104
    "fd00::1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:0:7f00:1", "224.0.0.1", "fe80::1%eth0", "192.168.1.1",
    "0x7f000001", "2130706433", "0",
)  # fmt: skip


def options(**auth: str) -> dict[str, Any]:
    usual = {
        "flow": "client_credentials", "login_url": "https://acme.my.salesforce.com", "client_id": "id",
        "client_secret": "very-secret",
    }  # fmt: skip
    return {"auth": usual | auth}


@pytest.mark.parametrize("address", PRIVATE)
def test_s16_a_name_that_leads_home_is_not_connected_to(address: str) -> None:
    pace = Instant().pace(resolve=lambda *_: [address])
    connector = SalesforceConnector(connection_settings(options()), pace)
    with pytest.raises(NeedsReconnect, match="private network"):
        list(connector.pull(None))


def test_s16_this_machine_is_found_behind_its_name() -> None:
    backend = GuardedBackend(Deadline(monotonic), allow_private=False)
    with pytest.raises(PrivateAddress, match="localhost leads to"):
        backend.connect_tcp("localhost", 9)


def test_s16_a_name_that_changes_its_mind_is_caught_at_the_next_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one that is connected to: the name is asked once a connection, by us."""
    connected, asked, answers = list[str](), list[str](), [["136.147.62.225"], ["127.0.0.1"]]

    def connect(_: object, host: str, *__: object) -> NoReturn:
        connected.append(host)
        raise httpcore.ConnectError("nobody there")

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    connector = SalesforceConnector(connection_settings(options()), Instant().pace(resolve=resolve))
    with pytest.raises(NeedsReconnect, match=r"127\.0\.0\.1, an address of a private network"):
        list(connector.pull(None))
    assert (asked, connected) == (["acme.my.salesforce.com"] * 2, ["136.147.62.225"])


def test_s16_a_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(httpcore.SyncBackend, "connect_tcp")
    pace = Instant().pace(resolve=lambda *_: ["136.147.62.225", "10.0.0.1"])
    with pytest.raises(NeedsReconnect, match=r"10\.0\.0\.1"):
        list(SalesforceConnector(connection_settings(options()), pace).pull(None))


@contextmanager
def stranger(answer: dict[str, Any], status: int = 200, **headers: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers everything the same and remembers the headers it was sent."""
    heard: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append({key.lower(): value for key, value in self.headers.items()})
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps(answer).encode()
            self.send_response(status)
            for key, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815  # http.server looks for this name

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_s17_a_login_that_names_a_foreign_instance_is_refused(desk: Desk) -> None:
    with stranger({}) as (elsewhere, heard):
        desk.sandbox.logins.instance_url = elsewhere
        with pytest.raises(NeedsReconnect, match="not Salesforce's"):
            list(desk.connector().pull(None))
    assert heard == []


def test_s16_a_redirect_is_not_followed(desk: Desk) -> None:
    with stranger({}) as (elsewhere, heard), stranger({}, 302, Location=f"{elsewhere}/x") as (login, _):
        auth = options(login_url=login)["auth"]
        with pytest.raises(NeedsReconnect, match="another address"):
            list(desk.connector(auth=auth).pull(None))
    assert heard == []


@pytest.mark.parametrize("page", ["http://127.0.0.1:9/services/data/v64.0/query/01g-2000", "//evil.example/x"])
def test_s17_a_next_page_elsewhere_is_refused(desk: Desk, page: str) -> None:
    connector = desk.connector()
    with pytest.raises(ConnectorError):
        connector.transport.call("GET", page, lambda reply: reply.status)
    assert desk.sandbox.ledger.where("query") == []


def test_s17_a_next_page_of_a_query_elsewhere_is_refused() -> None:
    chain = Chain(object="Opportunity", shape=lambda: Shape(OnlyId, ("Id",)))
    with pytest.raises(Refused, match="not its own"):
        chain.take(Records(records=[], done=False, nextRecordsUrl="https://evil.example/services/data/v64.0/query/x-1"))


def test_s17_no_token_leaves_when_an_answer_names_a_next_page_elsewhere(desk: Desk) -> None:
    for number in range(3):
        desk.deal(f"Deal {number}")
    desk.sandbox.faults.arm("SF06", sizes=[1])
    with stranger({"records": [], "done": True, "totalSize": 0}) as (elsewhere, heard):

        def lead_away(_: object, response: Response) -> Response:
            moved = response.body.replace(
                b'"nextRecordsUrl":"/services', b'"nextRecordsUrl":"%b/services' % elsewhere.encode()
            )
            return replace(response, body=moved)

        desk.sandbox.faults.arm_fault("lead away", Fault(afterwards=lead_away))
        with pytest.raises(Refused, match="not its own"):
            list(desk.connector().pull(None))
    assert heard == []


def test_s17_a_login_elsewhere_needs_the_operators_word() -> None:
    answer = {"access_token": "x", "instance_url": "https://acme.my.salesforce.com"}
    with stranger(answer) as (elsewhere, heard), pytest.raises(NeedsReconnect, match="allow_custom_host"):
        list(SalesforceConnector(connection_settings(options(login_url=elsewhere))).pull(None))
    assert heard == []


def test_s17_no_proxy_of_the_environment_sees_a_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deal()
    with stranger({}) as (proxy, heard):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("ALL_PROXY", proxy)
        assert Snapshot().take(desk.connector().pull(None)).deals
    assert heard == []


@pytest.mark.parametrize(
    "url",
    [
        "https://my.salesforce.com.evil.example", "https://evilmy.salesforce.com", "http://acme.my.salesforce.com",
        "https://acme.my.salesforce.com:8443", "https://acme.my.salesforce.com@evil.example", "https://evil.example",
        "https://user@acme.my.salesforce.com", "",
    ],
)  # fmt: skip
def test_s17_only_salesforces_own_hosts_see_a_token(url: str) -> None:
    with pytest.raises(NeedsReconnect):
        Hosts("https://acme.my.salesforce.com", allow_custom=False).check(url, "it")


@pytest.mark.parametrize(
    "url",
    ["https://acme.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com/"],
)
def test_s17_salesforces_own_hosts_do(url: str) -> None:
    assert Hosts("https://acme.my.salesforce.com", allow_custom=False).check(url, "it") == url.rstrip("/")


@pytest.mark.fuzz
@given(some.text(max_size=60))
@settings(max_examples=2_000, deadline=None)
def test_s18_any_text_is_exactly_one_literal(text: str) -> None:
    soql = f"SELECT Id FROM Opportunity WHERE Name = {quote(text)}"  # noqa: S608  # this is what is tested
    assert literal(soql[len("SELECT Id FROM Opportunity WHERE Name = ") :]) == text


@pytest.mark.fuzz
@given(some.text(alphabet="'\\\"\n\rnOR1= ", max_size=30))
@settings(max_examples=2_000, deadline=None)
def test_s18_any_malice_is_exactly_one_literal(text: str) -> None:
    assert literal(quote(text)) == text


@pytest.mark.slow
@given(some.text(max_size=60))
@settings(max_examples=100_000, deadline=None)
def test_s18_a_hundred_thousand_texts_are_each_one_literal(text: str) -> None:
    assert literal(quote(text)) == text


def literal(written: str) -> str:
    """What a SOQL literal means; fails unless it ends exactly where the text ends."""
    plain = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
    assert written[0] == "'"
    told, at = "", 1
    while written[at] != "'":
        if written[at] == "\\":
            at += 1
            told += plain[written[at]]
        else:
            assert written[at] not in "\n\r"
            told += written[at]
        at += 1
    assert at == len(written) - 1
    return told


@pytest.mark.parametrize(
    "field", ["Name FROM User", "Pain__c, (SELECT Id FROM Tasks)", "a.b", "", "1a", "x'--", "Ｎame"]
)
def test_s18_a_mapped_name_that_is_no_name_is_refused(field: str) -> None:
    with pytest.raises(ConfigurationError, match="name of a Salesforce field"):
        connect(connection_settings(options() | {"map": {"deal": {"fields": {"pain": field}}}}))
    with pytest.raises(ConfigurationError):
        name(field)


def test_s18_a_mapped_name_that_no_describe_lists_is_never_asked(desk: Desk) -> None:
    desk.deal()
    Snapshot().take(desk.connector(map={"deal": {"fields": {"pain": "Pain__c"}}}).pull(None))
    reads = [call for call in desk.sandbox.ledger.where("composite") if b"describe" not in call.body]
    assert reads
    assert not any(b"Pain__c" in call.body for call in reads)


def test_s18_a_value_of_the_configuration_is_one_value_to_the_server(desk: Desk) -> None:
    team = "O'Brien's \\ \"team\""
    role = desk.org.insert("UserRole", {"Name": team})
    desk.org.update(desk.seller, {"UserRoleId": role})
    for teams, wanted in (([team], {desk.seller}), (["x') OR (Name LIKE '%"], set())):
        connector = desk.connector(map={"lead": {"handoff": {"from_teams": teams}}})
        assert connector._known().givers == wanted


def test_s18_values_get_into_a_query_through_quote_alone() -> None:
    """Nowhere else does a text that is put together have something between single quotes of its own."""
    spliced = []
    for path in sorted(Path(queries.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                said = [one.value if isinstance(one, ast.Constant) else "\0" for one in node.values]
                spliced += [path.name] if "'\0'" in "".join(map(str, said)) else []
    assert spliced == ["queries.py"]


def test_options_name_the_key_that_is_wrong() -> None:
    for wrong, words in (
        ({"auth": {"flow": "password", "login_url": "https://login.salesforce.com"}}, "no such flow"),
        (options(client_secret=""), "client_secret is missing"),
        (options() | {"colour": "blue"}, "unknown key colour"),
        (options() | {"map": {"deal": {"fields": {"nothing": "X__c"}}}}, "no field that can be mapped"),
        (options() | {"quota_ceiling": 2}, "between 0 and 1"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            connect(connection_settings(wrong))
