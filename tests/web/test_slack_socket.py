"""The same over Socket Mode, for a stalewatch that Slack cannot reach: the connection is ours, and comes back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch.delivery.slack import socket
from stalewatch_sandbox.slack.api import APP_TOKEN
from tests.patience import Stopwatch, soon
from tests.services.world import World
from tests.web.reception import Counter, late_company, late_world, opened


@pytest.fixture
def late(sqlite_template: Path, tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "company"
    folder.mkdir()
    yield from late_world(late_company(sqlite_template, folder), tmp_path)


@pytest.fixture
def desk(late: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    monkeypatch.setattr(socket, "PING_SECONDS", 0.2)
    monkeypatch.setattr(socket, "FIRST_WAIT", 0.1)
    with opened(late, signing_secret="", app_token=APP_TOKEN) as desk:
        yield desk


def connected(desk: Counter) -> bool:
    line = desk.reception.socket
    return line is not None and line.is_connected() and desk.slack.api.sockets.is_connected


def test_buttons_and_forms_work_and_the_socket_comes_back_when_it_breaks(desk: Counter) -> None:
    assert soon(lambda: connected(desk))
    alert = desk.alert("acme").id
    desk.press("Sato", "snooze", alert)
    assert desk.submit("Sato", date="2026-04-08")["errors"] == {
        "reason": "Please say in a few words what you wait for."
    }
    assert desk.submit("Sato", date="2026-04-08", reason="They decide on Tuesday.")["response_action"] == "update"
    assert "Snoozed until 8 Apr." in desk.reads_in_form("Sato")
    assert desk.alert("acme").snoozed_by == "sato@acme.example"

    desk.slack.api.sockets.drop()
    assert soon(lambda: not desk.slack.api.sockets.is_connected)
    assert soon(lambda: connected(desk))
    desk.press("Kim", "why", alert)
    assert desk.whispers("Kim")[0].startswith("Only Sato")


def test_a_socket_that_cannot_be_opened_is_told_once_a_try_and_opened_when_it_can(
    late: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket, "FIRST_WAIT", 0.1)
    caplog.set_level(logging.INFO, "stalewatch.slack")
    with opened(late, signing_secret="", app_token=f"{APP_TOKEN}-revoked") as desk:
        assert soon(lambda: caplog.records)
        assert caplog.records[0].getMessage() == "Slack's socket cannot be opened: invalid_auth; tried again in 0 s"
        desk.slack.api.app_tokens.add(f"{APP_TOKEN}-revoked")
        assert soon(lambda: connected(desk))
        assert APP_TOKEN not in caplog.text


def test_it_ends_at_once_and_leaves_no_thread(desk: Counter) -> None:
    assert soon(lambda: connected(desk))
    watch = Stopwatch()
    desk.reception.stop()
    assert watch.seconds < 2
    names = [one.name for one in threading.enumerate() if "slack-" in one.name and one.is_alive()]
    assert names == []
