"""Every way in which a call can fail has its name, and nothing is ever sent twice by itself."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from stalewatch.delivery.slack.client import SlackClient
from stalewatch.delivery.slack.errors import (
    PREFIXES,
    TABLE,
    FormClosed,
    MessageGone,
    NotInChannel,
    ScopeMissing,
    ThreadGone,
    Unseen,
    meaning,
)
from stalewatch.sdk.errors import (
    BadContent,
    NotAccepted,
    NotifierError,
    NotUnderstood,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)
from tests.delivery.slack.workspace import Stage, opened

WORKSPACE_DOWN = (
    "token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "access_denied",
    "team_access_not_granted", "org_login_required", "two_factor_setup_required", "enterprise_is_restricted",
    "team_added_to_org", "team_not_found", "not_allowed_token_type", "method_deprecated", "deprecated_endpoint",
    "unknown_method",
)  # fmt: skip
SCOPE = ("missing_scope", "no_permission", "ekm_access_denied", "accesslimited", "is_bot")
GONE = (
    "channel_not_found", "is_archived", "not_in_channel", "restricted_action", "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel", "user_not_found", "users_not_found", "user_disabled", "cannot_dm_bot",
    "messages_tab_disabled", "thread_not_found", "message_not_found", "cant_update_message", "edit_window_closed",
    "is_inactive", "user_not_visible", "user_is_restricted", "user_not_in_channel", "invalid_user_combination",
    "users_list_not_supplied", "not_enough_users", "too_many_users", "too_many_members", "channel_type_not_supported",
    "method_not_supported_for_channel_type", "cant_delete_message", "compliance_exports_prevent_deletion",
    "not_enabled",
)  # fmt: skip
THREAD = (
    "thread_not_found", "cannot_reply_to_message", "thread_locked", "restricted_action_non_threadable_channel",
)  # fmt: skip
SLOW = ("ratelimited", "rate_limited", "message_limit_exceeded", "external_channel_migrating")
CONTENT = (
    "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "no_text", "invalid_arguments",
    "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app",
    "too_many_attachments", "too_many_contact_cards", "invalid_attachments", "block_mismatch", "markdown_text_conflict",
    "as_user_not_supported", "cant_broadcast_message", "no_dual_broadcast_content_update",
    "slack_connect_file_link_sharing_blocked", "slack_connect_blocked_file_type",
    "invalid_arg_name", "invalid_array_arg", "invalid_charset", "invalid_form_data", "invalid_post_type",
    "missing_post_type", "invalid_json", "json_not_object", "invalid_cursor", "invalid_limit", "invalid_types",
    "invalid_ts_latest", "invalid_ts_oldest", "view_too_large",
)  # fmt: skip
UNKNOWN = (
    "fatal_error", "internal_error", "service_unavailable", "request_timeout", "update_failed",
    "streaming_state_conflict",
)  # fmt: skip
NEW = ("a_word_of_tomorrow", "unknown_error")
EXPECTED: dict[str, type[NotifierError]] = {
    **dict.fromkeys(WORKSPACE_DOWN, WorkspaceDown),
    **dict.fromkeys(SCOPE, ScopeMissing),
    **dict.fromkeys(GONE, TargetGone),
    **dict.fromkeys(SLOW, SlowDown),
    **dict.fromkeys(CONTENT, BadContent),
    **dict.fromkeys(UNKNOWN, OutcomeUnknown),
    **dict.fromkeys(NEW, NotUnderstood),
    **dict.fromkeys(THREAD, ThreadGone),
    "not_in_channel": NotInChannel,
    "message_not_found": MessageGone,
    "not_found": FormClosed,
    "user_not_found": Unseen,
    "users_not_found": Unseen,
}


@pytest.fixture(scope="module")
def workspace() -> Iterator[Stage]:
    with opened() as stage:
        yield stage


@pytest.fixture
def stage(workspace: Stage) -> Stage:
    """One workspace for all of these tests: they change nothing in it but its faults."""
    workspace.server.board.faults.disarm()
    workspace.server.board.ledger.reset()
    return workspace


def failure(client: SlackClient, method: str = "chat.postMessage") -> NotifierError:
    with pytest.raises(NotifierError) as caught:
        client.call(method, channel="C1", text="hello")
    return caught.value


@pytest.mark.parametrize("word", EXPECTED)
def test_each_word_becomes_its_error(stage: Stage, word: str) -> None:
    stage.arm("error", error=word)
    error = failure(stage.client())
    assert type(error) is EXPECTED[word]
    assert stage.requests("chat.postMessage") == 1
    assert stage.server.token not in f"{error} {error.cure} {error!r}"


def test_the_table_has_no_row_without_a_test() -> None:
    tested = set(EXPECTED)
    assert set(TABLE) <= tested
    assert all(any(word.startswith(prefix) for word in tested) for prefix in PREFIXES)


@pytest.mark.parametrize("word", [*WORKSPACE_DOWN, *SCOPE])
def test_what_an_operator_must_do_is_said(word: str) -> None:
    assert meaning(word).cure


def test_a_missing_scope_is_named() -> None:
    with opened() as stage:
        stage.server.api.tokens[stage.server.token] = frozenset({"users:read"})
        assert "chat:write" in failure(stage.client()).what


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7), ("1.5", 1.5), ("0", 1), ("-3", 1), (" 12 ", 12), ("Wed, 01 Apr 2026 00:00:45 GMT", 45),
        ("Wed, 01 Apr 2026 00:00:45 -0000", 45), ("Tue, 31 Mar 2026 00:00:00 GMT", 1), ("soon", 30), ("", 30),
        ("nan", 30), ("inf", 30), ("Wed, 99 Foo", 30), (None, 30), ("999999999999999999", 3600), ("9" * 400, 30),
    ],
)  # fmt: skip
def test_retry_after_in_every_form(stage: Stage, header: str | None, seconds: float) -> None:
    stage.arm("ratelimited", retry_after=header)
    error = failure(stage.client())
    assert isinstance(error, SlowDown)
    assert error.after == timedelta(seconds=seconds)


@pytest.mark.parametrize("case", ["accept_and_drop", "accept_and_hold", "drop", "cut"])
@pytest.mark.bar
def test_b10_a_lost_answer_is_an_unknown_outcome_and_one_request(stage: Stage, case: str) -> None:
    stage.arm(case)
    assert type(failure(stage.client(timeout=0.3))) is OutcomeUnknown
    assert stage.requests("chat.postMessage") == 1


@pytest.mark.parametrize("status", [200, 302, 403, 500, 502, 503])
def test_a_page_in_place_of_an_answer_is_an_unknown_outcome(stage: Stage, status: int) -> None:
    stage.arm("html", status=status)
    error = failure(stage.client())
    assert type(error) is OutcomeUnknown
    assert "Server Error" not in str(error)


def test_a_server_error_is_unknown_whatever_its_body_says(stage: Stage) -> None:
    stage.arm("error", error="invalid_blocks", status=500)
    assert type(failure(stage.client())) is OutcomeUnknown


@contextmanager
def answering(raw: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads a request, says these bytes and resets the connection; with what it has heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0" if not raw else bytes(8)
                    )
                    connection.sendall(raw)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def answered(body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x16\x03garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\n", answered(b""), answered(b"[]"), answered(b"[1]"),
        answered(b"5"), answered(b"null"), answered(b'"ok"'), answered(b"{}"), answered(b'{"ok": false}'),
        answered(b'{"ok": false, "error": 7}'), answered(b'{"ok": false, "error": "<b>xoxb-1</b>"}'),
        answered(b"\xff\xfe{"), answered(b"{}", "application/json; charset=klingon"), answered(b"[" * 50_000),
    ],
)  # fmt: skip
def test_an_answer_that_nobody_can_read_is_an_unknown_outcome(raw: bytes) -> None:
    with answering(raw) as (host, heard):
        error = failure(SlackClient("xoxb-1", base_url=f"http://{host}/api/", timeout=2.0))
    assert type(error) is OutcomeUnknown
    assert len(heard) == 1
    assert "xoxb-1" not in str(error)


@pytest.mark.security
def test_no_redirect_takes_the_token_elsewhere() -> None:
    """S16: a redirect is an answer, not an order."""
    with answering(answered(b'{"ok": true}')) as (other, heard):
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://{other}/api/\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(moved) as (host, _):
            assert type(failure(SlackClient("xoxb-1", base_url=f"http://{host}/api/"))) is OutcomeUnknown
    assert heard == []


def test_a_closed_port_is_certainly_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = failure(SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{port}/api/"))
    assert type(error) is NotAccepted
    assert "refused" in error.what


def test_a_name_that_nobody_knows_is_certainly_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert type(failure(SlackClient("xoxb-1", base_url="http://slack.invalid/api/"))) is NotAccepted


def test_a_failed_tls_handshake_is_certainly_nothing() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (host, heard):
        error = failure(SlackClient("xoxb-1", base_url=f"https://{host}/api/", timeout=2.0))
    assert type(error) is NotAccepted
    assert b"xoxb-1" not in heard[0]


def test_a_connection_that_is_never_taken_is_certainly_nothing() -> None:
    with socket.socket() as full:  # its queue takes one, and nobody calls accept
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            error = failure(SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=0.3))
    assert type(error) is NotAccepted


def test_a_connection_that_is_taken_and_never_read_is_an_unknown_outcome() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client = SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/", timeout=0.3)
        with pytest.raises(OutcomeUnknown):
            client.call("chat.postMessage", text="x" * 20_000_000)


@pytest.mark.security
def test_s28_neither_token_nor_text_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """S28: with every logger at its loudest nothing of a call is written down."""
    caplog.set_level(logging.DEBUG)
    client = stage.client()
    client.call("chat.postMessage", channel=stage.dm, text="a canary")
    stage.arm("html")
    failure(client)
    stage.arm("drop")
    error = failure(client)
    assert stage.server.token not in f"{client!r} {error!r} {error.__cause__!r}"
    assert caplog.text == ""


def test_scopes_that_slack_does_not_name_are_not_guessed() -> None:
    with answering(answered(b'{"ok": true, "team": "Acme", "bot_id": "B1", "user_id": "U1"}')) as (host, _):
        identity = SlackClient("xoxb-1", base_url=f"http://{host}/api/").identity()
    assert (identity.team, identity.bot, identity.user, identity.scopes) == ("Acme", "B1", "U1", None)


def test_threads_may_share_a_client(stage: Stage) -> None:
    client = stage.client()
    found: list[str] = []

    def ask() -> None:
        found.extend(client.call("auth.test")["team"] for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Sandbox"] * 20


def test_a_method_that_asked_for_rest_is_left_alone_until_it_is_over(stage: Stage) -> None:
    client = stage.client()
    stage.arm("ratelimited", retry_after="1", method="users.info")
    for _ in range(3):
        with pytest.raises(SlowDown) as told:
            client.call("users.info", user=stage.sato)
        assert told.value.after <= timedelta(seconds=1)
    assert stage.requests("users.info") == 1, "the other two were not sent"
    assert client.call("auth.test")["ok"], "other methods were not meant"
    time.sleep(told.value.after.total_seconds() + 0.01)
    assert client.call("users.info", user=stage.sato)["ok"]


def test_a_channel_that_asked_for_rest_keeps_no_other_channel_waiting(stage: Stage) -> None:
    client, other = stage.client(), stage.server.workspace.add_channel("#others").id
    stage.arm("ratelimited", retry_after="30")
    for _ in range(2):
        with pytest.raises(SlowDown):
            client.call("chat.postMessage", channel=stage.dm, text="One")
    assert client.call("chat.postMessage", channel=other, text="Two")["ok"]
    assert stage.requests("chat.postMessage") == 2
