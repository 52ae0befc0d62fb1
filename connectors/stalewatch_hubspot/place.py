"""Where a pull stands, as it is stored with each page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from stalewatch.sdk.connector import Cursor
from stalewatch.sdk.errors import BadCursor
from stalewatch_hubspot.facts import Facts

_FORMAT: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


class Load(msgspec.Struct, frozen=True):
    """A load that is under way.

    Attributes:
        began: the server's time when it began; the first window starts there.
        kind, last: up to which id of which kind everything is stored.
    """

    began: int
    kind: str = "deals"
    last: str = "0"


class Arrival(msgspec.Struct, frozen=True):
    """What can be read again and was not for a while: the records that were read without it are read anew.

    Attributes:
        names: of what came back. kind, last: up to which id of which kind everything is stored.
    """

    names: list[str]
    kind: str
    last: str = "0"


class Place(msgspec.Struct, frozen=True):
    """A cursor, read. Times are the server's, in milliseconds since 1970.

    Attributes:
        setup: of the options; another one means that everything is read again.
        kinds: that were loaded; one that can be read since then means the same.
        hi: the end of the last window.
        hourly, nightly: when the long window and the comparison of ids were last done.
        people_at: when the owners were last told.
        busy: kinds of which so much changed in the last window that to read it thrice would cost further pages.
        seen: what was read in the last two hours. bonds: what open deals were associated with.
        planned: meetings that are ahead.
        missing: what rows were read without: kinds that could not be read and properties that were not shown
            ("emails", "deals.amount"), and since when; 0: it never was there. Once they can be, what they belong to is
            read anew.
        arriving: where that stands.
    """

    setup: str
    facts: Facts
    kinds: list[str]
    load: Load | None = None
    hi: int = 0
    hourly: int = 0
    nightly: int = 0
    people_at: int = 0
    busy: list[str] = []
    seen: str = ""
    bonds: str = ""
    planned: str = ""
    missing: dict[str, int] = {}
    arriving: Arrival | None = None
    format: int = _FORMAT

    def cursor(self) -> Cursor:
        """As JSON."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told


def parse(cursor: Cursor | None) -> Place | None:
    """The place of a cursor; None if there is none.

    Raises:
        BadCursor: it is somebody else's.
    """
    if cursor is None:
        return None
    try:
        place = msgspec.convert(dict(cursor), Place)
    except (msgspec.ValidationError, TypeError) as error:
        raise BadCursor("the stored position of this connection cannot be read") from error
    if place.format != _FORMAT:
        raise BadCursor("the stored position of this connection is of another version")
    return place
