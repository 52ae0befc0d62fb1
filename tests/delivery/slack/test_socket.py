"""The connection of Socket Mode by itself: Slack is not there, and an end before any start.

What comes over it, and how it ends in the middle of work, is told in tests/web/test_slack_socket.py.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import sleep

import pytest
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import ConnectionState

from stalewatch.delivery.slack.heard import Heard
from stalewatch.delivery.slack.socket import Socket, _hang_up
from stalewatch_sandbox.slack.api import APP_TOKEN
from tests.patience import PATIENCE, soon

NOBODY = "http://127.0.0.1:9/api/"


def taken(_heard: Heard) -> None:
    """Everything is taken, and nothing is answered."""


@contextmanager
def listening(base_url: str) -> Iterator[Socket]:
    socket = Socket(APP_TOKEN, base_url, taken)
    socket.start()
    try:
        yield socket
    finally:
        socket.stop()


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "stalewatch.slack")


def test_a_slack_that_is_not_there_is_told_with_the_time_of_the_next_try(caplog: pytest.LogCaptureFixture) -> None:
    with listening(NOBODY) as socket:
        assert soon(lambda: caplog.messages)
        assert not socket.is_connected()
    [said] = caplog.messages
    assert said.startswith("Slack's socket cannot be opened: ")
    assert said.endswith("refused>; tried again in 1 s")


def test_one_that_was_never_started_ends_at_once() -> None:
    socket = Socket(APP_TOKEN, NOBODY, taken)
    socket.stop()
    assert not socket.is_connected()


class Beginning:
    """A session that is listened to only when it has been closed already, as happens between two threads."""

    session_id, sock = "beginning", None

    def __init__(self) -> None:
        self.asked, self.closed = Event(), Event()

    def is_active(self) -> bool:
        self.asked.set()
        return self.closed.wait(PATIENCE)

    def close(self) -> None:
        self.closed.set()

    def run_until_completion(self, state: ConnectionState) -> None:
        while not state.terminated:
            sleep(0.01)


def test_it_ends_also_while_it_begins_to_listen() -> None:
    client = SocketModeClient(APP_TOKEN, auto_reconnect_enabled=False)
    session = Beginning()
    client.current_session = session  # type: ignore[assignment]  # it stands in for a connection
    assert session.asked.wait(PATIENCE)
    ending = Thread(target=_hang_up, args=(client,), daemon=True)
    ending.start()
    ending.join(PATIENCE)
    assert not ending.is_alive()
