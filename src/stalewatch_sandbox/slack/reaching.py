"""How Slack reaches the app over HTTP: signed, and with little patience; and what the app says to that."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PATIENCE: Final = 3.0
"""Seconds in which an app has to answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app said to an interaction; status 0: nothing, in time."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one if there is none."""
        try:
            said = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


SILENCE: Final = Answer(0, b"")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature of a request: v0 HMAC-SHA256 over version, timestamp and body."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def post(
    url: str, body: bytes, content_type: str, secret: str, timestamp: str, more: Mapping[str, str] | None = None
) -> Answer:
    """Post to the app, with `more` headers; an address that is none is one at which nobody answers."""
    if not url.startswith(("http://", "https://")):
        return SILENCE
    request = urllib.request.Request(url, body, {  # noqa: S310  # http and https only
        "Content-Type": content_type, "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body), "User-Agent": "Slackbot 1.0",
        **(more or {}),
    })  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return Answer(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
    except OSError:
        return SILENCE
