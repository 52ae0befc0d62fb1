"""Everything that reaches us from Slack, by either door: requests to our address, envelopes on our socket."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec

from stalewatch.delivery.slack import commands, events, interactions
from stalewatch.delivery.slack.commands import Commanded
from stalewatch.delivery.slack.events import Challenge, Chosen, Opened
from stalewatch.delivery.slack.interactions import Interaction, Other

Heard = Interaction | Commanded | Opened | Chosen


def of_action(body: bytes) -> Heard:
    """What the body of a request to `/slack/actions` tells of."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=16)
        return _interaction(msgspec.json.decode(fields.get("payload", [""])[0]))
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return Other(kind="unreadable")


def of_command(body: bytes) -> Heard:
    """What the body of a request to `/slack/commands` tells of."""
    return commands.of_form(body)


def of_event(body: bytes) -> Heard | Challenge:
    """What the body of a request to `/slack/events` tells of."""
    return events.of_body(body)


def of_envelope(kind: str, payload: Any) -> Heard:
    """What an envelope on the socket tells of; `kind` is its type."""
    match kind:
        case "interactive":
            return _interaction(payload)
        case "slash_commands":
            return commands.of_payload(payload)
        case "events_api":
            found = events.of_payload(payload)
            return Other(kind="challenge") if isinstance(found, Challenge) else found
        case _:
            return Other(kind=kind)


def _interaction(payload: Any) -> Heard:
    return events.chosen(payload) or interactions.of_payload(payload)
