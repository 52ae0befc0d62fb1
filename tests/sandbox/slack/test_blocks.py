"""Block Kit's limits, on both sides of each."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from stalewatch_sandbox.slack.blocks import block_findings, view_findings
from tests.sandbox.slack.workspaces import Stage, actions, asking, button, modal, section


def _option(value: str = "v", text: str = "t") -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _fields(count: int, size: int) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * size}] * count}


def _context(count: int) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * count}


def _select(count: int) -> dict[str, Any]:
    return actions({"type": "static_select", "action_id": "a", "options": [_option(str(n)) for n in range(count)]})


def _menu(count: int) -> dict[str, Any]:
    return actions({"type": "overflow", "action_id": "a", "options": [_option(str(n)) for n in range(count)]})


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ([section("x" * 3000)], [section("x" * 3001)]),
        ([_header("x" * 150)], [_header("x" * 151)]),
        ([_fields(10, 2000)], [_fields(11, 10)]),
        ([_fields(1, 2000)], [_fields(1, 2001)]),
        ([_context(10)], [_context(11)]),
        ([actions(*[button(str(n)) for n in range(25)])], [actions(*[button(str(n)) for n in range(26)])]),
        ([actions(button(text="x" * 75))], [actions(button(text="x" * 76))]),
        ([actions(button(value="x" * 2000))], [actions(button(value="x" * 2001))]),
        ([actions(button("x" * 255))], [actions(button("x" * 256))]),
        ([actions(button(style="danger"))], [actions(button(style="loud"))]),
        ([_select(100)], [_select(101)]),
        ([section("a", block_id="1"), section("b", block_id="2")], [section("a", block_id="1")] * 2),
        ([actions(button("a"), button("b"))], [actions(button("a"), button("a"))]),
        ([{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
        ([_menu(5)], [_menu(6)]),
        ([_menu(1)], [actions({"type": "overflow", "options": [_option(text="x" * 76)]})]),
        (
            [actions({"type": "timepicker", "initial_time": "09:30"})],
            [actions({"type": "timepicker", "initial_time": "9:30"})],
        ),
        (
            [actions({"type": "datepicker", "initial_date": "2026-02-28"})],
            [actions({"type": "datepicker", "initial_date": "28.2.2026"})],
        ),
        (
            [actions({"type": "radio_buttons", "options": [_option()], "initial_option": _option()})],
            [actions({"type": "radio_buttons", "options": [_option()], "initial_option": _option("w")})],
        ),
        (
            [asking("a", {"type": "plain_text_input", "max_length": 3000})],
            [asking("a", {"type": "plain_text_input", "max_length": 3001})],
        ),
        ([asking("a", {"type": "timepicker"})], [asking("a", {"type": "overflow", "options": [_option()]})]),
        ([actions(button())], [actions({"type": "plain_text_input"})]),
        ([section("x")], [section("")]),
        ([section("x")], [{"type": "section"}]),
        ([section("x")], [{"type": "carousel"}]),
        ([section("x")], ["text"]),
    ],
)
def test_a_limit_is_where_slack_has_it(right: list[Any], wrong: list[Any]) -> None:
    assert list(block_findings(right, 50)) == []
    assert list(block_findings(wrong, 50))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (modal(title="x" * 24), modal(title="x" * 25)),
        (modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001)),
        (modal(*[{"type": "divider"}] * 100), modal(*[{"type": "divider"}] * 101)),
        (modal(asking("a", {"type": "datepicker"})), modal(asking("a", {"type": "datepicker"}), submit=None)),
        (modal(asking("a", {"type": "plain_text_input"})), modal(asking("a", {"type": "telepathy"}))),
        ({"type": "home", "blocks": []}, {"type": "page", "blocks": []}),
    ],
)
def test_a_view_has_limits_too(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert list(view_findings(right)) == []
    assert list(view_findings(wrong))


def test_a_refusal_says_where_it_hurts(stage: Stage) -> None:
    with pytest.raises(SlackApiError) as caught:
        stage.post(blocks=[section("fine"), section("x" * 3001)])
    assert caught.value.response["error"] == "invalid_blocks"
    assert "/blocks/1/text/text" in caught.value.response["errors"][0]


def test_all_blocks_together_have_a_limit(stage: Stage) -> None:
    stage.post(blocks=[section("x" * 3000)] * 4)
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        stage.post(blocks=[section("x" * 3000)] * 5)
