"""How Slack fails, and what is true afterwards."""

from __future__ import annotations

from datetime import timedelta
from http.client import HTTPException

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack.workspaces import Stage

WORDS = (
    "token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "access_denied",
    "team_access_not_granted", "org_login_required", "missing_scope", "no_permission", "ekm_access_denied",
    "accesslimited", "channel_not_found", "is_archived", "not_in_channel", "restricted_action",
    "restricted_action_read_only_channel", "user_not_found", "users_not_found", "user_disabled", "cannot_dm_bot",
    "messages_tab_disabled", "msg_too_long", "invalid_blocks", "invalid_blocks_format", "no_text",
    "invalid_metadata_format", "invalid_metadata_schema", "fatal_error", "internal_error", "a_word_of_next_year",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_every_word_can_be_said_and_nothing_is_posted(stage: Stage, word: str) -> None:
    stage.server.board.faults.arm("error", error=word)
    with pytest.raises(SlackApiError) as caught:
        stage.post()
    assert caught.value.response["error"] == word
    assert stage.server.workspace.ledger == []
    stage.post()


@pytest.mark.parametrize("form", ["1", "30", "1.5", "0", "-1", "soon", "Wed, 01 Apr 2026 00:00:30 GMT", "", None])
def test_retry_after_comes_in_every_form(stage: Stage, form: str | None) -> None:
    stage.server.board.faults.arm("ratelimited", retry_after=form)
    with pytest.raises(SlackApiError) as caught:
        stage.post()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers.get("Retry-After") == form


@pytest.mark.parametrize("word", ["ratelimited", "message_limit_exceeded"])
def test_slow_down_can_also_come_with_200(stage: Stage, word: str) -> None:
    stage.server.board.faults.arm("ratelimited_200", error=word)
    with pytest.raises(SlackApiError) as caught:
        stage.post()
    assert (caught.value.response.status_code, caught.value.response["error"]) == (200, word)


@pytest.mark.parametrize(("case", "posted"), [("accept_and_drop", 1), ("cut", 1), ("drop", 0)])
def test_a_lost_answer_says_nothing_about_the_message(stage: Stage, case: str, posted: int) -> None:
    stage.server.board.faults.arm(case)
    with pytest.raises((OSError, HTTPException, SlackApiError)):
        stage.post()
    assert len(stage.server.workspace.told(stage.rep)) == posted
    assert len(stage.server.board.ledger) == 1


def test_an_answer_that_never_comes(stage: Stage) -> None:
    stage.client.timeout = 1
    stage.server.board.faults.arm("accept_and_hold")
    with pytest.raises(TimeoutError):
        stage.post()
    assert len(stage.server.workspace.told(stage.rep)) == 1


def test_a_late_answer_is_an_answer(stage: Stage) -> None:
    stage.server.board.faults.arm("late", seconds=0.2)
    assert stage.post() == stage.server.workspace.ledger[0].ts


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_for_people(stage: Stage, status: int) -> None:
    stage.server.board.faults.arm("html", status=status)
    with pytest.raises(SlackApiError):
        stage.post()


def test_a_revoked_token_is_refused_everywhere_until_it_is_given_back(stage: Stage) -> None:
    stage.server.board.faults.arm("token")
    with pytest.raises(SlackApiError, match="token_revoked"):
        stage.client.auth_test()
    stage.server.board.faults.disarm()
    assert stage.client.auth_test()["ok"]


def test_the_history_can_be_behind(stage: Stage) -> None:
    stage.server.board.faults.arm("history_lag", seconds=10)
    stage.post()
    assert stage.client.conversations_history(channel=stage.dm)["messages"] == []
    stage.server.board.clock.advance(timedelta(seconds=11))
    assert len(stage.client.conversations_history(channel=stage.dm)["messages"]) == 1


def test_somebody_is_deactivated_and_comes_back(stage: Stage) -> None:
    stage.server.board.faults.arm("deactivated", user=stage.rep)
    with pytest.raises(SlackApiError, match="users_not_found"):
        stage.client.users_lookupByEmail(email="sato@example.com")
    stage.server.board.faults.disarm()
    assert stage.client.users_lookupByEmail(email="sato@example.com")["user"]["id"] == stage.rep
