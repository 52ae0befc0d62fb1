"""What our bot wrote, read back: each message carries its delivery's id in its metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stalewatch.delivery.slack.client import SlackClient
from stalewatch.delivery.slack.errors import ThreadGone
from stalewatch.sdk.errors import NotAccepted
from stalewatch.sdk.notifier import Copy, Receipt

EVENT_TYPE: Final = "stalewatch_delivery"
EARLIER: Final = timedelta(seconds=60)
"""By so much the look begins before the request: Slack's clock and ours need not agree."""
_PAGE: Final = 200
_MOST_PAGES: Final = 20


class TooMuch(Exception):
    """So much was written since that the message may lie deeper than we look."""


def mark(delivery: str) -> dict[str, Any]:
    """The metadata by which a message is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": delivery}}


def written(
    client: SlackClient, channel: str, delivery: str, since: datetime, bot: str, thread: str | None = None
) -> str | None:
    """The `ts` of our message with this delivery's id, written at or after `since`; None if there is none.

    Args:
        bot: the id of our bot; somebody else's copy of the metadata is no proof.
        thread: the `ts` of the message that it answers to, if it does.

    Raises:
        TooMuch: a message may be there that was not looked at.
        NotifierError: Slack could not be asked.
    """
    mine = ours(client, channel, since, bot, thread)
    return next((str(message["ts"]) for message in mine if delivery_of(message) == delivery), None)


def ours(
    client: SlackClient, channel: str, since: datetime, bot: str, thread: str | None = None
) -> Iterator[Mapping[str, Any]]:
    """Every message of our bot that carries a delivery's id and was written at or after `since`.

    Args:
        thread: look among the replies to this `ts`, the message itself included; None: at the top of the conversation.

    Raises:
        TooMuch: there is more than we look at.
        NotifierError: Slack could not be asked.
    """
    method = "conversations.replies" if thread else "conversations.history"
    oldest = f"{(since - EARLIER).timestamp():.6f}"
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        found = client.call(
            method, channel=channel, ts=thread, oldest=oldest, limit=_PAGE, include_all_metadata=True, cursor=cursor
        )
        yield from (one for one in found["messages"] if one.get("bot_id") == bot and delivery_of(one))
        cursor = (found.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
    raise TooMuch


def all_copies(client: SlackClient, channel: str, since: datetime, bot: str, parents: Iterable[str]) -> list[Copy]:
    """What our bot wrote in a conversation and as answers to these messages of it, the oldest first.

    Raises:
        NotAccepted: there is more than we look at.
        NotifierError: Slack could not be asked.
    """
    found: dict[str, Copy] = {}
    try:
        for thread in (None, *sorted(parents)):
            with suppress(ThreadGone):
                found |= {str(one["ts"]): _copy(channel, one) for one in ours(client, channel, since, bot, thread)}
    except TooMuch:
        raise NotAccepted("too much was said since to look for copies", where=f"slack {channel}") from None
    return [found[ts] for ts in sorted(found, key=float)]


def _copy(channel: str, message: Mapping[str, Any]) -> Copy:
    ts = str(message["ts"])
    receipt = Receipt(at=datetime.fromtimestamp(float(ts), UTC), handle={"channel": channel, "ts": ts})
    return Copy(delivery=delivery_of(message) or "", receipt=receipt, is_answered=bool(message.get("reply_count")))


def delivery_of(message: Mapping[str, Any]) -> str | None:
    """The delivery's id that a message carries; None: it is not one of ours."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    return (metadata.get("event_payload") or {}).get("delivery_id")
