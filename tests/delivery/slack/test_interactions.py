"""What Slack says of a button, a menu or a form: whose it is, and what is none of ours."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.delivery.slack.interactions import Other, Pressed, Submitted, of_payload

AT = "1763600000.000100"
BUTTON = {"action_id": "stalewatch.why", "value": "a1", "action_ts": AT}
MENU = {"action_id": "stalewatch.more", "selected_option": {"value": "snooze:a1"}, "action_ts": AT}
VIEW = {"id": "V1", "callback_id": "stalewatch.snooze", "private_metadata": "a1"}


def used(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "D1"}, "actions": list(actions), **more}


def test_a_button_and_a_menu_say_the_same() -> None:
    pressed = Pressed(user="U1", channel="D1", kind="why", alert="a1", at=AT, trigger="", thread="")
    assert of_payload(used(BUTTON)) == pressed
    assert of_payload(used(MENU)) == Pressed(**{**_said(pressed), "kind": "snooze"})


def _said(pressed: Pressed) -> dict[str, Any]:
    return {name: getattr(pressed, name) for name in ("user", "channel", "kind", "alert", "at", "trigger", "thread")}


def test_the_conversation_is_that_of_the_message_before_that_of_the_click() -> None:
    place = {"channel_id": "C9", "thread_ts": "1.2"}
    found = of_payload(used(BUTTON, container=place))
    assert isinstance(found, Pressed)
    assert (found.channel, found.thread) == ("C9", "1.2")
    nowhere = of_payload(used(BUTTON, channel=None))
    assert isinstance(nowhere, Pressed)
    assert nowhere.channel == ""


def test_the_first_button_of_ours_counts_among_links_and_others() -> None:
    others: list[dict[str, Any]] = [
        {"action_id": "open_link", "value": "a9", "action_ts": AT},
        {"action_id": "stalewatch.why", "action_ts": AT},
        {"action_id": "stalewatch.why", "value": "a9"},
        {"action_id": "stalewatch.more", "action_ts": AT},
        {"action_id": "stalewatch.more", "selected_option": {"value": "snooze"}, "action_ts": AT},
        {"action_id": "stalewatch.more", "selected_option": {"value": ":a9"}, "action_ts": AT},
    ]
    found = of_payload(used(*others, BUTTON))
    assert isinstance(found, Pressed)
    assert found.alert == "a1"
    assert of_payload(used(*others)) == Other(kind="block_actions")


def test_a_form_of_ours_tells_what_its_fields_hold() -> None:
    fields = {"date": {"x": {"selected_date": "2026-04-02"}}, "why": {"y": {"value": "budget"}}}
    found = of_payload({"type": "view_submission", "user": {"id": "U1"}, "view": {**VIEW, "state": {"values": fields}}})
    assert isinstance(found, Submitted)
    assert (found.user, found.view, found.form, found.about) == ("U1", "V1", "snooze", "a1")
    assert (found.given["date"].date, found.given["why"].text) == ("2026-04-02", "budget")
    empty = of_payload({"type": "view_submission", "view": VIEW})
    assert isinstance(empty, Submitted)
    assert empty.given == {}


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (None, "unreadable"),
        ({"type": 7}, "unreadable"),
        ({"type": "block_actions", "user": {"id": "U1\x00"}}, "unreadable"),
        ({"type": "block_actions", "actions": [{"action_ts": "1" * 256}]}, "unreadable"),
        ({"type": "block_actions", "actions": [{"value": "a1\ud800"}]}, "unreadable"),
        ({"type": "view_submission", "view": {**VIEW, "private_metadata": "a1\n"}}, "unreadable"),
        ({"type": "block_actions", "actions": "all"}, "unreadable"),
        ({"type": "view_submission"}, "view_submission"),
        ({"type": "view_submission", "view": {**VIEW, "callback_id": "of_another_app"}}, "view_submission"),
        ({"type": "shortcut"}, "shortcut"),
        ({"type": "<!channel> look"}, "unknown"),
        ({"type": "x" * 40}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_everything_else_asks_nothing_and_is_named_by_a_plain_word(payload: Any, kind: str) -> None:
    assert of_payload(payload) == Other(kind=kind)
