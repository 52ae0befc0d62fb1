"""chat.*: what the app says, changes and takes back."""

from __future__ import annotations

import json
from typing import Any, Final

from stalewatch_sandbox.slack.blocks import ALL_TEXT, IN_MESSAGE, block_findings, length_of
from stalewatch_sandbox.slack.call import Call
from stalewatch_sandbox.slack.errors import Json, Refused, explained
from stalewatch_sandbox.slack.workspace import APP, BOT, BOT_USER, TEAM, Blocks, Channel, Message

_LONGEST: Final = 40_000
_METADATA: Final = 16_000


def post_message(call: Call) -> Json:
    """chat.postMessage: into a channel, or to a person by their id."""
    call.require("chat:write")
    channel = _destination(call, call.arguments.required("channel", "channel_not_found"))
    text, blocks = _content(call)
    thread = call.arguments.text("thread_ts")
    if thread and thread not in channel.messages:
        raise Refused("thread_not_found")
    metadata = _metadata(call)
    call.limits.post(channel.id)
    workspace = call.workspace
    message = Message(
        ts=workspace.stamp(), channel=channel.id, text=text, blocks=blocks or [], thread=thread, metadata=metadata
    )
    workspace.post(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message_body(message, with_metadata=True)}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral: seen by one person, and by nobody's history."""
    call.require("chat:write")
    channel = _destination(call, call.arguments.required("channel", "channel_not_found"))
    user = call.user(call.arguments.required("user", "user_not_in_channel"), "user_not_in_channel")
    if user.id not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = _content(call)
    message = Message(ts=call.workspace.stamp(), channel=channel.id, text=text, blocks=blocks or [], only_for=user.id)
    call.workspace.post(message)
    return {"ok": True, "message_ts": message.ts}


def update(call: Call) -> Json:
    """chat.update: blocks and metadata stay unless others are given; an empty list takes blocks away."""
    call.require("chat:write")
    message = _own(call, "cant_update_message")
    text, blocks = _content(call, may_be_empty=True)
    metadata = _metadata(call)
    changed = call.workspace.edit(
        message,
        text=text or message.text,
        blocks=message.blocks if blocks is None else blocks,
        metadata=message.metadata if metadata is None else metadata or None,
    )
    return {
        "ok": True, "channel": changed.channel, "ts": changed.ts, "text": changed.text,
        "message": message_body(changed, with_metadata=True),
    }  # fmt: skip


def delete(call: Call) -> Json:
    """chat.delete: only what the app said itself."""
    call.require("chat:write")
    message = _own(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel, ts = call.channel(call.arguments.text("channel")), call.arguments.text("message_ts")
    if ts not in channel.messages:
        raise Refused("message_not_found")
    link = f"https://sandbox.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def message_body(message: Message, *, with_metadata: bool, replies: int = 0) -> Json:
    """A message as the API shows it."""
    body: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": TEAM}
    if message.is_ours:
        profile = {"id": BOT, "app_id": APP, "name": "stalewatch", "deleted": False, "team_id": TEAM}
        body |= {"bot_id": BOT, "app_id": APP, "bot_profile": profile}
    if message.blocks:
        body["blocks"] = message.blocks
    if message.thread:
        body["thread_ts"] = message.thread
    elif replies:
        body |= {"thread_ts": message.ts, "reply_count": replies}
    if message.edited:
        body["edited"] = {"user": BOT, "ts": message.edited}
    if with_metadata and message.metadata:
        body["metadata"] = message.metadata
    return body


def _destination(call: Call, said: str) -> Channel:
    """Where a message goes: a channel's id or name, or a person's id, and whether the app may write there."""
    workspace = call.workspace
    if said.startswith(("U", "W")):
        user = call.user(said, "channel_not_found")
        if user.is_bot:
            raise Refused("cannot_dm_bot")
        return workspace.direct(user.id)
    by_name = (one for one in workspace.channels.values() if one.name and one.name == said.lstrip("#"))
    channel = workspace.channels.get(said) or next(by_name, None)
    if channel is None or (channel.is_private and BOT_USER not in channel.members):
        raise Refused("channel_not_found")
    if channel.is_direct and workspace.users[channel.user].is_deleted:
        raise Refused("channel_not_found")
    if channel.is_archived:
        raise Refused("is_archived")
    if BOT_USER not in channel.members and "chat:write.public" not in call.scopes:
        raise Refused("not_in_channel")
    return channel


def _content(call: Call, *, may_be_empty: bool = False) -> tuple[str, Blocks | None]:
    text, blocks = call.arguments.text("text"), call.arguments.structure("blocks")
    if blocks:
        found = list(block_findings(blocks, IN_MESSAGE))
        if found:
            raise explained("invalid_blocks", found)
        if length_of(blocks) > ALL_TEXT:
            raise Refused("msg_blocks_too_long")
    if len(text) > _LONGEST:
        raise Refused("msg_too_long")
    if not text and not blocks and not (may_be_empty and blocks is not None):
        raise Refused("no_text")
    return text, blocks


def _metadata(call: Call) -> dict[str, Any] | None:
    said = call.arguments.structure("metadata")
    if said is None:
        return None
    if not isinstance(said, dict):
        raise Refused("invalid_metadata_format")
    is_whole = isinstance(said.get("event_type"), str) and isinstance(said.get("event_payload"), dict)
    if said and not (is_whole and said["event_type"]):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(said)) > _METADATA:
        raise Refused("metadata_too_large")
    return said


def _own(call: Call, word: str) -> Message:
    channel = call.channel(call.arguments.required("channel", "channel_not_found"))
    message = channel.messages.get(call.arguments.required("ts", "message_not_found"))
    if message is None or message.is_deleted or message.only_for:
        raise Refused("message_not_found")
    if not message.is_ours:
        raise Refused(word)
    return message
