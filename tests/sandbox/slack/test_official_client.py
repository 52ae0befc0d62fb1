"""slack_sdk, as published, takes the sandbox for Slack."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.http_retry.handler import RetryHandler

from stalewatch_sandbox.slack.api import SCOPES
from tests.sandbox.slack.workspaces import DELIVERY, Stage, asking, modal, section


def _refused(call: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(*args, **named)
    return str(caught.value.response["error"])


def test_the_app_knows_itself(stage: Stage) -> None:
    assert stage.client.auth_test()["bot_id"] == "B0STALEWATCH"


def test_a_person_is_found_written_to_and_read_back_with_metadata(stage: Stage) -> None:
    user = stage.client.users_lookupByEmail(email="Sato@Example.com")["user"]
    assert stage.client.users_info(user=user["id"], include_locale=True)["user"]["locale"] == "ja-JP"
    dm = stage.client.conversations_open(users=user["id"])["channel"]["id"]
    sent = stage.client.chat_postMessage(
        channel=dm, text="今日のフォロー", blocks=[section("*青葉工業*")], metadata=DELIVERY, unfurl_links=False
    )
    read = stage.client.conversations_history(channel=dm, include_all_metadata=True, oldest=sent["ts"], inclusive=True)
    assert [(one["metadata"], one["bot_id"], one["ts"]) for one in read["messages"]] == [
        (DELIVERY, "B0STALEWATCH", sent["ts"])
    ]
    plain = stage.client.conversations_history(channel=dm)["messages"][0]
    assert "metadata" not in plain


def test_an_edit_keeps_blocks_and_metadata_unless_told_otherwise(stage: Stage) -> None:
    ts = stage.post(blocks=[section("before")], metadata=DELIVERY)
    kept = stage.client.chat_update(channel=stage.dm, ts=ts, text="after")["message"]
    assert (kept["text"], kept["blocks"][0]["text"]["text"], kept["metadata"]) == ("after", "before", DELIVERY)
    bare = stage.client.chat_update(channel=stage.dm, ts=ts, text="bare", blocks=[])["message"]
    assert "blocks" not in bare
    stage.client.chat_delete(channel=stage.dm, ts=ts)
    assert [entry.kind for entry in stage.server.workspace.ledger] == ["post", "edit", "edit", "delete"]
    assert stage.client.conversations_history(channel=stage.dm)["messages"] == []


def test_replies_stand_in_the_thread_and_not_in_the_channel(stage: Stage) -> None:
    parent = stage.post("parent")
    reply = stage.post("reply", thread_ts=parent)
    history = stage.client.conversations_history(channel=stage.dm)["messages"]
    assert [(one["ts"], one["reply_count"]) for one in history] == [(parent, 1)]
    thread = stage.client.conversations_replies(channel=stage.dm, ts=parent)["messages"]
    assert [one["ts"] for one in thread] == [parent, reply]


def test_history_comes_newest_first_in_pages_and_within_times(stage: Stage) -> None:
    sent = []
    for number in range(5):
        stage.server.board.clock.advance(timedelta(minutes=1))
        sent.append(stage.post(str(number)))
    first = stage.client.conversations_history(channel=stage.dm, limit=3)
    rest = stage.client.conversations_history(
        channel=stage.dm, limit=3, cursor=first["response_metadata"]["next_cursor"]
    )
    assert [one["ts"] for one in first["messages"] + rest["messages"]] == sent[::-1]
    since = stage.client.conversations_history(channel=stage.dm, oldest=sent[3])["messages"]
    assert [one["ts"] for one in since] == sent[4:]


def test_an_ephemeral_message_is_in_the_ledger_and_in_no_history(stage: Stage) -> None:
    stage.client.chat_postEphemeral(channel=stage.dm, user=stage.rep, text="Why: rule next-meeting")
    assert [(one.kind, one.user) for one in stage.server.workspace.ledger] == [("ephemeral", stage.rep)]
    assert stage.client.conversations_history(channel=stage.dm)["messages"] == []


def test_a_modal_opens_once_in_three_seconds(stage: Stage) -> None:
    views = stage.server.api.views
    trigger = views.trigger(stage.rep)
    until = asking("until", {"type": "datepicker"})
    opened = stage.client.views_open(trigger_id=trigger, view=modal(until))["view"]
    assert _refused(stage.client.views_open, trigger_id=trigger, view=modal(until)) == "invalid_trigger_id"
    changed = stage.client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(until, title="Later"))
    assert changed["view"]["title"]["text"] == "Later"
    stale = _refused(stage.client.views_update, view_id=opened["id"], hash=opened["hash"], view=modal(until))
    assert stale == "hash_conflict"
    late = views.trigger(stage.rep)
    stage.server.board.clock.advance(timedelta(seconds=4))
    assert _refused(stage.client.views_open, trigger_id=late, view=modal(until)) == "expired_trigger_id"


def test_a_home_tab_is_published(stage: Stage) -> None:
    stage.client.views_publish(user_id=stage.rep, view={"type": "home", "blocks": [section("*Mine*")]})
    home = stage.server.api.views.home_of(stage.rep)
    assert home is not None
    assert stage.server.workspace.ledger[-1].kind == "home"


def test_people_and_channels_are_refused_by_name(stage: Stage) -> None:
    workspace, client = stage.server.workspace, stage.client
    gone = workspace.join("Gone", "gone@example.com")
    gone.is_deleted = True
    secret = workspace.add_channel("board", is_private=True, with_app=False)
    closed = workspace.add_channel("old")
    closed.is_archived = True
    ours = stage.post()
    theirs = workspace.say(stage.rep, stage.dm, "hi").ts
    assert _refused(client.users_lookupByEmail, email=gone.email) == "users_not_found"
    assert _refused(client.users_info, user="U404") == "user_not_found"
    assert _refused(client.conversations_open, users=gone.id) == "user_disabled"
    assert _refused(client.conversations_open, users="U0STALEBOT") == "cannot_dm_bot"
    assert _refused(client.chat_postMessage, channel="C404", text="x") == "channel_not_found"
    assert _refused(client.chat_postMessage, channel=secret.id, text="x") == "channel_not_found"
    assert _refused(client.chat_postMessage, channel=closed.id, text="x") == "is_archived"
    assert _refused(client.api_call, "chat.postMessage", json={"channel": stage.dm}) == "no_text"
    assert _refused(client.chat_postMessage, channel=stage.dm, text="x" * 40_001) == "msg_too_long"
    assert _refused(client.chat_update, channel=stage.dm, ts=theirs, text="x") == "cant_update_message"
    assert _refused(client.chat_update, channel=stage.dm, ts="1.1", text="x") == "message_not_found"
    assert _refused(client.chat_delete, channel=stage.dm, ts=theirs) == "cant_delete_message"
    assert _refused(client.chat_postMessage, channel=stage.dm, text="x", metadata={"event_type": 1}) == (
        "invalid_metadata_schema"
    )
    assert _refused(client.conversations_replies, channel=stage.dm, ts="1.1") == "thread_not_found"
    assert _refused(client.api_call, "chat.scheduleMessage") == "unknown_method"
    assert [entry.ts for entry in workspace.ledger] == [ours]


def test_a_public_channel_is_joined_before_one_writes_or_reads(stage: Stage) -> None:
    api = stage.server.api
    channel = stage.server.workspace.add_channel("sales", with_app=False)
    api.tokens[stage.server.token] = SCOPES - {"chat:write.public"}
    assert _refused(stage.client.chat_postMessage, channel="#sales", text="x") == "not_in_channel"
    assert _refused(stage.client.conversations_join, channel=channel.id) == "missing_scope"
    api.tokens[stage.server.token] = SCOPES | {"channels:join"}
    stage.client.conversations_join(channel=channel.id)
    assert stage.client.chat_postMessage(channel="#sales", text="x")["channel"] == channel.id


def test_a_missing_scope_is_named(stage: Stage) -> None:
    stage.server.api.tokens[stage.server.token] = SCOPES - {"im:history"}
    with pytest.raises(SlackApiError) as caught:
        stage.client.conversations_history(channel=stage.dm)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "im:history"


@pytest.mark.parametrize(("token", "word"), [("", "not_authed"), ("xoxb-other", "invalid_auth")])
def test_who_has_no_token_is_not_let_in(stage: Stage, token: str, word: str) -> None:
    client = WebClient(token, base_url=stage.server.api_url, retry_handlers=[])
    assert _refused(client.auth_test) == word


def test_one_message_a_second_and_channel(stage: Stage) -> None:
    stage.post()
    with pytest.raises(SlackApiError) as caught:
        stage.client.chat_postMessage(channel=stage.dm, text="too fast")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    other = stage.server.workspace.direct(stage.server.workspace.join("Kim", "kim@example.com").id)
    stage.client.chat_postMessage(channel=other.id, text="another channel")
    assert stage.server.api.limits.violations == {stage.dm: 1}
    assert len(stage.server.workspace.ledger) == 2


def test_a_client_that_waits_as_told_gets_through(stage: Stage) -> None:
    handlers: list[RetryHandler] = [RateLimitErrorRetryHandler(max_retry_count=1)]
    waiting = WebClient(stage.server.token, base_url=stage.server.api_url, retry_handlers=handlers)
    stage.server.board.faults.arm("ratelimited", retry_after="0")
    assert waiting.chat_postMessage(channel=stage.dm, text="second try")["ok"]


@pytest.mark.parametrize("shape", ["json", "form", "multipart", "address"])
def test_arguments_come_in_every_shape(stage: Stage, shape: str) -> None:
    url, said = f"{stage.server.api_url}chat.postMessage", {"channel": stage.dm, "text": "はい & <いいえ>"}
    headers = {"Authorization": f"Bearer {stage.server.token}"}
    match shape:
        case "json":
            answer = httpx.post(url, json=said, headers=headers)
        case "form":
            answer = httpx.post(url, data=said | {"blocks": '[{"type": "divider"}]'}, headers=headers)
        case "multipart":
            answer = httpx.post(url, files={name: (None, value) for name, value in said.items()}, headers=headers)
        case _:
            answer = httpx.get(url, params=said | {"token": stage.server.token})
    assert answer.json()["message"]["text"] == said["text"]
