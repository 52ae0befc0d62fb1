"""Looking for a message whose answer was lost: by our delivery's id in its metadata, among what our bot wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch.delivery.slack.client import SlackClient

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
    method = "conversations.replies" if thread else "conversations.history"
    oldest = f"{(since - EARLIER).timestamp():.6f}"
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        found = client.call(
            method, channel=channel, ts=thread, oldest=oldest, limit=_PAGE, include_all_metadata=True, cursor=cursor
        )
        for message in found["messages"]:
            if message.get("bot_id") == bot and _carries(message, delivery):
                return str(message["ts"])
        cursor = (found.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    raise TooMuch


def _carries(message: Mapping[str, Any], delivery: str) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return metadata.get("event_type") == EVENT_TYPE and payload.get("delivery_id") == delivery
