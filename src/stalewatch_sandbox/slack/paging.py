"""Pages of a list, with cursors as Slack gives them out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from stalewatch_sandbox.slack.arguments import Arguments
from stalewatch_sandbox.slack.errors import Refused

_T = TypeVar("_T")


def paged(things: Sequence[_T], arguments: Arguments, most: int = 1000) -> tuple[Sequence[_T], str]:
    """The page that is asked for, and the cursor of the next one, "" on the last.

    Raises:
        Refused: the cursor or the limit makes no sense.
    """
    limit = arguments.number("limit", 100)
    if not 0 < limit <= most:
        raise Refused("invalid_limit")
    cursor = arguments.text("cursor")
    try:
        start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("after:")) if cursor else 0
    except (ValueError, binascii.Error) as bad:
        raise Refused("invalid_cursor") from bad
    end = start + limit
    after = base64.b64encode(f"after:{end}".encode()).decode() if end < len(things) else ""
    return things[start:end], after
