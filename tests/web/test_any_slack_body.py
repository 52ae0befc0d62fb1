"""Whatever Slack signs, true or bent, is acknowledged or refused, and whatever it asks for ends (B27)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.delivery import buttons
from tests.patience import soon
from tests.services.world import World
from tests.web.reception import Counter, opened

FORMS: Final = (
    buttons.MEET, buttons.HOLD, buttons.SNOOZE, buttons.LOST, buttons.LOSS_CHECK, buttons.FALSE_ALARM
)  # fmt: skip
ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1e308, 10**30, "", " ", "\x00", "\u202e<!channel>", "x" * 9_000, "あ" * 3_000, "a\nb\r\n", {},
    [], [[]], [None], {"": ""}, {"value": 1}, [{"value": "\x00"}], "9999-12-31", "0000-00-00", "2026-02-30", "25:61",
    "9" * 400, "stalewatch.", "stalewatch.more", "snooze:", ":", "\ud7ff\uffff",
)  # fmt: skip
ANYTHING: Final = st.sampled_from(ODD) | st.text(max_size=8) | st.integers() | st.floats(allow_nan=False)


@pytest.fixture
def both(world: World) -> Iterator[Counter]:
    with opened(world) as desk:
        yield desk


@pytest.fixture
def genuine(both: Counter) -> list[tuple[str, dict[str, Any]]]:
    return sent_by(both)


def sent_by(desk: Counter) -> list[tuple[str, dict[str, Any]]]:
    """What Slack really sends: path, and what the body tells."""
    told: list[tuple[str, dict[str, Any]]] = []
    alert = desk.alert("acme").id
    for kind in (*FORMS, buttons.WHY):
        told.append(("/slack/actions", _clicked(desk, f"stalewatch.{kind}", {"value": alert})))
        more = {"selected_option": {"value": f"{kind}:{alert}"}}
        told.append(("/slack/actions", _clicked(desk, "stalewatch.more", more)))
    told.append(("/slack/actions", _clicked(desk, "stalewatch.home", {"selected_option": {"value": "all"}})))
    for kind in FORMS:
        desk.press("Sato", kind, alert)
        form = desk.form("Sato")
        assert form is not None
        values = {block["block_id"]: _filled(block) for block in form.said["blocks"] if block["type"] == "input"}
        sent = {"type": "view_submission", "user": {"id": desk.id("Sato")}, "view": form.body(values)}
        told.append(("/slack/actions", sent))
    used = {"user_id": desk.id("Sato"), "channel_id": "D1", "command": "/stalewatch", "trigger_id": "1.0.x",
            "response_url": f"{desk.slack.api_url}response/x"}  # fmt: skip
    told += [("/slack/commands", {**used, "text": text}) for text in ("", "due soon 14d", "team", "?")]
    home = {"type": "app_home_opened", "user": desk.id("Sato"), "tab": "home"}
    told.append(("/slack/events", {"type": "event_callback", "event_id": "Ev1", "event": home}))
    told.append(("/slack/events", {"type": "url_verification", "challenge": "abc"}))
    return told


def _clicked(desk: Counter, action: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "block_actions", "user": {"id": desk.id("Sato")}, "trigger_id": "1.0.x", "channel": {"id": "D1"},
        "container": {"type": "message", "channel_id": "D1", "thread_ts": "1.0"},
        "actions": [{"action_id": action, "block_id": "b", "action_ts": "1.0", **more}],
    }  # fmt: skip


def _filled(block: dict[str, Any]) -> dict[str, Any]:
    """A field as it is sent when somebody chose the first thing there is."""
    element = block["element"]
    state = {"type": element["type"], "value": "They decide in May.", "selected_date": "2026-04-09",
             "selected_time": "10:00"}  # fmt: skip
    if options := element.get("options"):
        state |= {"selected_option": options[0], "selected_options": options[:2]}
    return {element["action_id"]: state}


def bend(told: Any, draw: Any) -> None:
    """Make one thing in it something else, or leave it out; what is needed to be told apart stays, mostly."""
    while isinstance(told, dict | list) and told:
        keys = sorted(told) if isinstance(told, dict) else range(len(told))
        key = draw(st.sampled_from(list(keys)))
        inner = told[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 5)):
            told = inner
            continue
        if draw(st.integers(0, 4)):
            told[key] = deepcopy(draw(ANYTHING))
        else:
            del told[key]
        return


def body_of(path: str, told: Any) -> bytes:
    if path == "/slack/events":
        return json.dumps(told).encode()
    if path == "/slack/commands" and isinstance(told, dict):
        return urlencode({name: str(value) for name, value in told.items()}).encode()
    return urlencode({"payload": json.dumps(told)}).encode()


@pytest.mark.fuzz
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_b27_whatever_slack_signs_is_taken_and_ends(
    genuine: list[tuple[str, dict[str, Any]]], both: Counter, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    path, true = data.draw(st.sampled_from(genuine))
    told = deepcopy(true)
    for _ in range(data.draw(st.integers(0, 4))):
        bend(told, data.draw)
    body = data.draw(st.just(body_of(path, told)) | st.binary(max_size=40)) if told else b""
    answer = both.post(body, path)
    assert answer.status_code in (200, 401), (answer.status_code, answer.text)
    assert soon(lambda: all(row.fence for row in both.waiting()))
    both.world.clock.advance(timedelta(seconds=3))  # after this a second press of the same button is another one
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
