"""Events as Slack tells them: App Home opened, a choice made there, a challenge; everything else asks nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stalewatch.delivery.slack.events import Challenge, Chosen, Opened, chosen, of_body, of_payload
from stalewatch.delivery.slack.heard import of_action, of_envelope
from stalewatch.delivery.slack.interactions import Other, Pressed

OPENED: dict[str, Any] = {
    "type": "event_callback", "event_id": "Ev1", "team_id": "T",
    "event": {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "event_ts": "1.2"},
}  # fmt: skip
CHOICE: dict[str, Any] = {
    "type": "block_actions", "user": {"id": "U1"}, "container": {"type": "view", "view_id": "V1"},
    "actions": [{"type": "static_select", "action_id": "stalewatch.home", "action_ts": "3.4",
                 "selected_option": {"text": {"type": "plain_text", "text": "My team"}, "value": "team"}}],
}  # fmt: skip


def test_an_opening_is_named_by_the_event_that_tells_of_it() -> None:
    assert of_payload(OPENED) == of_body(json.dumps(OPENED).encode()) == Opened(user="U1", event="Ev1")
    assert of_envelope("events_api", OPENED) == Opened(user="U1", event="Ev1")


def test_a_choice_is_none_of_the_buttons() -> None:
    assert chosen(CHOICE) == of_envelope("interactive", CHOICE) == Chosen(user="U1", shows="team", at="3.4")
    pressed = {**CHOICE, "actions": [{"action_id": "stalewatch.why", "value": "a1", "action_ts": "1.2"}]}
    assert isinstance(of_envelope("interactive", pressed), Pressed)


def test_a_challenge_is_said_back_only_if_it_looks_like_one() -> None:
    asked = {"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
    assert of_payload(asked) == Challenge(text=asked["challenge"])
    for odd in ("", "<script>alert(1)</script> x", "a\nb", "x" * 600):
        assert isinstance(of_payload({**asked, "challenge": odd}), Other)
    assert isinstance(of_envelope("events_api", asked), Other)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {"type": "event_callback"},
        {**OPENED, "event": {**OPENED["event"], "tab": "messages"}},
        {**OPENED, "event": {"type": "message", "user": "U1"}},
        {**OPENED, "event": {"type": "<!channel> of tomorrow", "user": "U1"}},
        {**OPENED, "event_id": ""},
        {**OPENED, "event": 7},
    ],
)
def test_everything_else_asks_nothing(payload: Any) -> None:
    found = of_payload(payload)
    assert isinstance(found, Other)
    assert found.kind.isidentifier()


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"\xff", b"null", b'{"type": 1}'])
def test_a_broken_body_breaks_nothing(body: bytes) -> None:
    assert isinstance(of_body(body), Other)
    assert isinstance(of_action(body), Other)
