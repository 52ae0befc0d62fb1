"""Whether a request comes from Slack: HMAC-SHA256 over the body as it was sent, with the time in it (security, S11).

The body must be the bytes from the wire. Once it was parsed and written anew it may differ, and is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from stalewatch.domain.instants import SECOND

AGE: Final = 300
"""Seconds by which a request's time may differ from ours, before or behind."""
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")


def genuine(timestamps: Sequence[str], signatures: Sequence[str], body: bytes, secret: str, now: int) -> str | None:
    """A mark of the request that no other request has, if Slack signed it just now; None if it is to be refused.

    Args:
        timestamps: every `X-Slack-Request-Timestamp` of the request; there must be exactly one.
        signatures: every `X-Slack-Signature`, likewise.
        secret: the app's signing secret; an empty one signs nothing.
        now: microseconds since the epoch.
    """
    if not secret or len(timestamps) != 1 or len(signatures) != 1:
        return None
    [timestamp], [signature] = timestamps, signatures
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return None
    if abs(now - int(timestamp) * SECOND) > AGE * SECOND:
        return None
    if not hmac.compare_digest(signed(secret, timestamp, body).encode(), signature.encode()):
        return None
    return hashlib.sha256(signature.encode()).hexdigest()


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """The signature that Slack gives to a body sent at a time (seconds since the epoch, as text)."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
