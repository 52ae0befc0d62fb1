"""A page of leads that were all read: it begins after the last lead of the page before, so none is shown twice."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from stalewatch.services.measuring.lead_ends import Fate
from stalewatch.store.errors import CursorNotUnderstood


def page(found: Sequence[Fate], limit: int, after: str | None) -> tuple[tuple[Fate, ...], str | None]:
    """At most `limit` of the leads, the last to come in first, and where the next page begins (None: nowhere).

    Raises:
        CursorNotUnderstood: if the cursor was altered.
    """
    rest = list(found) if after is None else _beyond(found, after)
    shown = tuple(rest[:limit])
    if len(rest) <= limit:
        return shown, None
    last = shown[-1]
    return shown, base64.urlsafe_b64encode(msgspec.json.encode((last.entered_at, last.id))).decode().rstrip("=")


def _beyond(found: Sequence[Fate], after: str) -> list[Fate]:
    try:
        text = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        entered, record = msgspec.json.decode(text, type=tuple[int, str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise CursorNotUnderstood("the cursor is none of this list", cure="begin at the first page") from error
    return [one for one in found if (-one.entered_at, one.id) > (-entered, record)]
