"""Socket Mode, spoken by Slack's own client: what people do comes in envelopes, and connections end in every way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from stalewatch_sandbox.slack.interactions import Interactions
from tests.patience import PATIENCE, soon
from tests.sandbox.slack.workspaces import Stage, actions, asking, button, listening, modal

FIELD = {"type": "plain_text_input"}


@dataclass
class App:
    """An app on a socket: what it heard, and what it answers; None is silence."""

    client: SocketModeClient
    heard: list[SocketModeRequest] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = field(default_factory=dict)

    def hears(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.heard.append(request)
        if self.answer is not None:
            said = SocketModeResponse(envelope_id=request.envelope_id, payload=self.answer or None)
            client.send_socket_mode_response(said)

    def is_greeted(self, times: int = 1) -> bool:
        """Slack said hello so many times."""
        return soon(lambda: sum('"hello"' in one for one in self.messages) >= times)


@contextmanager
def connected(stage: Stage) -> Iterator[App]:
    web = WebClient(base_url=stage.server.api_url)
    client = SocketModeClient(stage.server.app_token, web_client=web, ping_interval=0.2)
    app = App(client)
    client.socket_mode_request_listeners.append(app.hears)
    client.on_message_listeners.append(app.messages.append)
    client.connect()
    assert app.is_greeted()
    yield app
    # `close` alone would wait three seconds for what may still come, and one for its queue.
    client.closed = True
    with client.connect_operation_lock:  # it may be coming back just now
        client.auto_reconnect_enabled = client.default_auto_reconnect_enabled = False
    if client.current_session is not None and (line := client.current_session.sock) is not None:
        with suppress(OSError):  # it has just broken by itself
            line.shutdown(socket.SHUT_RDWR)
    client.message_queue.put(None)
    client.close()
    client.disconnect()  # what one of its threads still opened while it closed


@pytest.fixture
def app(stage: Stage) -> Iterator[App]:
    with connected(stage) as made:
        yield made


def shakes_hands(stage: Stage) -> socket.socket:
    """A bare connection that has asked for a WebSocket."""
    url = httpx.URL(stage.server.api.sockets.invite())
    line = socket.create_connection((url.host, url.port or 80), timeout=PATIENCE)
    line.sendall(
        f"GET {url.raw_path.decode()} HTTP/1.1\r\nHost: {url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3RhbGV3YXRjaCBzYW5kYm94\r\n\r\n".encode()
    )
    return line


def reads(line: socket.socket, wanted: bytes) -> bool:
    """Whether this is among what comes."""
    said = b""
    while wanted not in said and (piece := line.recv(4096)):
        said += piece
    return wanted in said


@pytest.fixture
def people(stage: Stage) -> Interactions:
    return stage.server.interactions


def press(stage: Stage) -> Any:
    """The rep presses a button of a message of ours."""
    ts = stage.post(blocks=[actions(button())])
    message = stage.server.workspace.channels[stage.dm].messages[ts]
    return stage.server.interactions.press(stage.rep, message, button())


def test_a_press_comes_in_an_envelope_and_is_acknowledged(stage: Stage, app: App) -> None:
    assert press(stage).status == 200
    [heard] = app.heard
    assert (heard.type, heard.accepts_response_payload) == ("interactive", False)
    assert heard.payload["actions"][0]["action_id"] == "snooze"
    assert heard.payload["user"]["id"] == stage.rep


def test_a_modal_stays_open_with_the_errors_that_the_acknowledgement_names(
    stage: Stage, app: App, people: Interactions
) -> None:
    views = stage.server.api.views
    view = views.opened(views.trigger(stage.rep), modal(asking("until", FIELD)))
    app.answer = {"response_action": "errors", "errors": {"until": "A date, please."}}
    people.submit(stage.rep, view, {"until": {"value": {"value": "soon"}}})
    assert view.errors == {"until": "A date, please."}
    assert app.heard[-1].accepts_response_payload
    app.answer = {}
    people.submit(stage.rep, view, {"until": {"value": {"value": "2026-04-03"}}})
    assert views.modal_of(stage.rep) is None


def test_a_command_is_answered_at_once_to_its_typist_alone(stage: Stage, app: App, people: Interactions) -> None:
    app.answer = {"text": "Nothing is due."}
    assert people.command(stage.rep, stage.dm, "/stalewatch", "due").status == 200
    assert (app.heard[0].type, app.heard[0].payload["text"]) == ("slash_commands", "due")
    said = stage.server.workspace.ledger[-1]
    assert (said.kind, said.text, said.user) == ("ephemeral", "Nothing is due.", stage.rep)


def test_events_come_on_the_socket_or_signed_at_an_address(stage: Stage, app: App, people: Interactions) -> None:
    event = {"type": "app_home_opened", "user": stage.rep, "tab": "home"}
    assert people.happen(event).status == 200
    assert (app.heard[0].type, app.heard[0].payload["event"]["type"]) == ("events_api", "app_home_opened")
    with listening() as elsewhere:
        people.events_url = elsewhere.url
        assert people.happen(event).status == 200
        [(headers, body)] = elsewhere.heard
        assert headers["X-Slack-Signature"].startswith("v0=")
        assert b'"app_home_opened"' in body
    assert len(app.heard) == 1


def test_an_address_goes_before_the_socket(stage: Stage, app: App, people: Interactions) -> None:
    with listening() as elsewhere:
        people.request_url = elsewhere.url
        assert press(stage).status == 200
        assert len(elsewhere.heard) == 1
    assert app.heard == []


def test_what_is_not_acknowledged_in_time_was_not_heard(stage: Stage, app: App) -> None:
    stage.server.api.sockets.patience, app.answer = 0.2, None
    assert press(stage).status == 0
    assert len(app.heard) == 1
    late = SocketModeResponse(envelope_id=app.heard[0].envelope_id)
    app.client.send_socket_mode_response(late)
    app.answer = {}
    assert press(stage).status == 200


def test_without_a_connection_nobody_hears_anything(stage: Stage) -> None:
    assert not stage.server.interactions.is_heard
    assert press(stage).status == 0


def test_pings_are_answered(app: App) -> None:
    session: Any = app.client.current_session
    assert soon(lambda: session.last_ping_pong_time is not None)


def test_two_connections_hear_turn_by_turn(stage: Stage, app: App) -> None:
    with connected(stage) as other:
        for _ in range(4):
            assert press(stage).status == 200
        assert (len(app.heard), len(other.heard)) == (2, 2)


@pytest.mark.parametrize(
    ("case", "options"),
    [("socket_drop", {}), ("socket_closed", {}), ("socket_warning", {"reason": "refresh_requested"})],
)
def test_the_client_comes_back_after_every_kind_of_end(
    stage: Stage, app: App, case: str, options: dict[str, Any]
) -> None:
    stage.server.board.faults.arm(case, **options)
    assert app.is_greeted(times=2)
    assert soon(lambda: press(stage).status == 200)
    assert app.heard


def test_new_connections_can_be_dropped_too(stage: Stage) -> None:
    armed = stage.server.board.faults.arm("socket_drop", times=2)
    for _ in range(2):
        with closing(shakes_hands(stage)) as line, pytest.raises(ConnectionResetError):
            line.recv(100)
    with closing(shakes_hands(stage)) as line:
        assert reads(line, b'"hello"')
    assert armed.struck == 2


def test_the_eleventh_connection_is_one_too_many(stage: Stage) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            line = stack.enter_context(closing(shakes_hands(stage)))
            assert reads(line, b'"hello"')
        assert reads(stack.enter_context(closing(shakes_hands(stage))), b"too_many_websockets")


def test_a_client_that_breaks_the_protocol_is_hung_up_on(stage: Stage) -> None:
    with closing(shakes_hands(stage)) as line:
        assert reads(line, b'"hello"')
        line.sendall(b"\xff\xff\xff\xff")
        while line.recv(4096):
            pass
    assert soon(lambda: not stage.server.interactions.is_heard)


@pytest.mark.parametrize("ticket", ["", "made-up"])
def test_an_address_is_good_for_one_connection_and_only_if_it_was_given_out(stage: Stage, ticket: str) -> None:
    assert httpx.get(f"{stage.server.url}/link/", params={"ticket": ticket}).status_code == 403
    url = stage.server.api.sockets.invite().replace("ws://", "http://")
    assert httpx.get(url).status_code == 400, "no handshake"
    assert httpx.get(url).status_code == 403, "spent"


def test_sockets_are_opened_with_the_token_of_the_app_and_nothing_else_is(stage: Stage) -> None:
    api, token = stage.server.api_url, stage.server.app_token
    for client in (WebClient(stage.server.token, base_url=api), WebClient("xapp-unknown", base_url=api)):
        with pytest.raises(SlackApiError, match=r"not_allowed_token_type|invalid_auth"):
            client.apps_connections_open(app_token=str(client.token))
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        WebClient(token, base_url=api).chat_postMessage(channel=stage.dm, text="hello")


def test_the_page_presses_through_the_socket(stage: Stage, app: App) -> None:
    stage.post(blocks=[actions(button())])
    page = httpx.get(stage.server.url, params={"channel": stage.dm}).text
    token = page.split('name="token" value="')[1].split('"')[0]
    ts = next(iter(stage.server.workspace.channels[stage.dm].messages))
    form = {"token": token, "as": stage.rep, "channel": stage.dm, "about": ts, "press": "0/0"}
    assert httpx.post(f"{stage.server.url}/press", data=form).status_code == 303
    assert app.heard[0].payload["actions"][0]["action_id"] == "snooze"
