"""conversations.*: channels, direct messages, and what was said in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stalewatch_sandbox.slack.call import Call
from stalewatch_sandbox.slack.chat import message_body
from stalewatch_sandbox.slack.errors import Json, Refused
from stalewatch_sandbox.slack.paging import paged
from stalewatch_sandbox.slack.workspace import BOT_USER, Channel, Message, moment_of

_READ: Final = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}


def open_(call: Call) -> Json:
    """conversations.open: the direct messages with one person."""
    call.require("im:write", "mpim:write")
    if said := call.arguments.text("channel"):
        return {"ok": True, "channel": {"id": call.channel(said).id}}
    users = call.arguments.required("users", "users_list_not_supplied").split(",")
    if len(users) > 1:
        raise Refused("method_not_supported_for_channel_type")
    user = call.user(users[0])
    if user.is_deleted:
        raise Refused("user_disabled")
    if user.is_bot:
        raise Refused("cannot_dm_bot")
    channel = call.workspace.direct(user.id)
    body = channel_body(channel) if call.arguments.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": body}


def list_(call: Call) -> Json:
    """conversations.list: public channels unless other types are asked for."""
    types = set(call.arguments.text("types", "public_channel").split(","))
    for type_ in types:
        call.require(_READ.get(type_, "channels:read"))
    wanted = [
        channel
        for channel in call.workspace.channels.values()
        if _type(channel) in types
        and not (channel.is_archived and call.arguments.flag("exclude_archived"))
        and (BOT_USER in channel.members or not channel.is_private)
    ]
    page, after = paged(wanted, call.arguments)
    cursor = {"next_cursor": after}
    return {"ok": True, "channels": [channel_body(one) for one in page], "response_metadata": cursor}


def info(call: Call) -> Json:
    """conversations.info."""
    channel = _seen(call)
    call.require(_READ[_type(channel)])
    return {"ok": True, "channel": channel_body(channel)}


def join(call: Call) -> Json:
    """conversations.join: public channels only."""
    call.require("channels:join")
    channel = _seen(call)
    if channel.is_direct or channel.is_private:
        raise Refused("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refused("is_archived")
    was_in = BOT_USER in channel.members
    channel.members.add(BOT_USER)
    more: Json = {"warning": "already_in_channel"} if was_in else {}
    return {"ok": True, "channel": channel_body(channel)} | more


def history(call: Call) -> Json:
    """conversations.history: newest first, without the replies in threads."""
    channel = _readable(call)
    messages = [one for one in _old_enough(call, channel) if not one.thread]
    return _told(call, channel, messages[::-1])


def replies(call: Call) -> Json:
    """conversations.replies: a message and the replies to it, oldest first."""
    channel = _readable(call)
    parent = call.arguments.required("ts", "thread_not_found")
    messages = [one for one in _old_enough(call, channel) if parent in (one.ts, one.thread)]
    if not messages:
        raise Refused("thread_not_found")
    return _told(call, channel, messages)


def channel_body(channel: Channel) -> Json:
    """A channel as the API shows it."""
    if channel.is_direct:
        return {"id": channel.id, "is_im": True, "user": channel.user, "is_open": True, "is_archived": False}
    return {
        "id": channel.id, "name": channel.name, "name_normalized": channel.name, "is_channel": not channel.is_private,
        "is_group": channel.is_private, "is_private": channel.is_private, "is_im": False, "is_mpim": False,
        "is_archived": channel.is_archived, "is_member": BOT_USER in channel.members,
        "num_members": len(channel.members),
    }  # fmt: skip


def _told(call: Call, channel: Channel, messages: Sequence[Message]) -> Json:
    found = [one for one in messages if _is_between(call, one)]
    page, after = paged(found, call.arguments)
    with_metadata = call.arguments.flag("include_all_metadata")
    counts = {one.ts: 0 for one in page}
    for one in channel.messages.values():
        if one.thread in counts and not one.is_deleted:
            counts[one.thread] += 1
    shown = [message_body(one, with_metadata=with_metadata, replies=counts[one.ts]) for one in page]
    more: Json = {"response_metadata": {"next_cursor": after}} if after else {}
    return {"ok": True, "messages": shown, "has_more": bool(after)} | more


def _is_between(call: Call, message: Message) -> bool:
    """Inside of oldest and latest; the ends count if they are asked for."""
    try:
        at = moment_of(message.ts)
        oldest = moment_of(call.arguments.text("oldest", "0"))
        latest = moment_of(call.arguments.text("latest") or "99999999999")
    except ValueError as bad:
        raise Refused("invalid_ts_latest") from bad
    return oldest <= at <= latest if call.arguments.flag("inclusive") else oldest < at < latest


def _old_enough(call: Call, channel: Channel) -> list[Message]:
    seen = call.workspace.now() - call.history_lag
    latest = (int(seen.timestamp()), 999_999)
    return [one for one in call.workspace.messages(channel.id) if moment_of(one.ts) <= latest or not call.history_lag]


def _seen(call: Call) -> Channel:
    channel = call.channel(call.arguments.required("channel", "channel_not_found"))
    if channel.is_private and BOT_USER not in channel.members:
        raise Refused("channel_not_found")
    return channel


def _readable(call: Call) -> Channel:
    channel = _seen(call)
    call.require("im:history" if channel.is_direct else "groups:history" if channel.is_private else "channels:history")
    if BOT_USER not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _type(channel: Channel) -> str:
    if channel.is_direct:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"
