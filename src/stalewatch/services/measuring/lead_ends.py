"""What became of a lead: a deal, nothing yet, or an end, and what was noted of why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from stalewatch.domain.instants import DAY
from stalewatch.store import lead_ends
from stalewatch.store.engine import Connection

QUIET_AFTER: Final = 30 * DAY
"""A lead that nobody decided about and of which nothing was heard for so long has ended by itself."""
REASON: Final = "unconverted_reason"
WORDS: Final = "accept_reason"
READ: Final = frozenset({REASON, WORDS})
"""The fields in which somebody may note why; a connection that feeds neither shows no reasons."""
UNTAGGED: Final = "none"
IN_WORDS: Final = "in_words"
UNREADABLE: Final = "unreadable"


class Ending(StrEnum):
    """How a lead ended without becoming a deal."""

    DISQUALIFIED = "disqualified"
    RECYCLED = "recycled"
    QUIET = "quiet"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One lead. Instants are microseconds.

    Attributes:
        is_deal: it became one.
        ending: how it ended without one; None: it has not.
        tag: of an ended one the reason: a value of `unconverted_reason`, "in_words", "none", "unreadable".
        heard_at: the last sign of life that we know of.
    """

    id: str
    name: str
    connection: str
    owner: str | None
    owner_name: str | None
    owner_email: str | None
    team: str | None
    source: str | None
    status: str | None
    url: str | None
    entered_at: int
    heard_at: int
    is_deal: bool
    ending: Ending | None
    tag: str | None

    @property
    def is_unreadable(self) -> bool:
        """It ended, and nobody here can tell whether a reason was noted."""
        return self.tag == UNREADABLE


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges leads at a moment.

    Attributes:
        heard: the last activity of a lead.
        telling: connections that show reasons.
    """

    now: int
    heard: Mapping[str, int]
    telling: Collection[str]

    def fate(self, row: Any) -> Fate:
        """What became of a stored lead (a row of `lead_ends.entered`)."""
        heard = max(_sign(row, self.now), self.heard.get(row.id, row.entered_at))
        ending = self._ending(row, heard)
        return Fate(
            id=row.id, name=row.name or row.id, connection=row.connection, owner=row.owner, owner_name=row.owner_name,
            owner_email=row.owner_email, team=row.team, source=row.source or None, status=row.status, url=row.url,
            entered_at=row.entered_at, heard_at=heard, is_deal=not row.is_open, ending=ending,
            tag=None if ending is None else self._tag(row),
        )  # fmt: skip

    def _ending(self, row: Any, heard: int) -> Ending | None:
        if not row.is_open:
            return None
        if row.status in (Ending.DISQUALIFIED, Ending.RECYCLED):
            return Ending(row.status)
        if row.gone_at is not None:
            return Ending.DELETED
        return Ending.QUIET if self.now - heard >= QUIET_AFTER else None

    def _tag(self, row: Any) -> str:
        fields = msgspec.json.decode(row.fields) if row.fields else {}
        if fields.get(REASON):
            return str(fields[REASON])
        if str(fields.get(WORDS) or "").strip():
            return IN_WORDS
        hidden = msgspec.json.decode(row.unreadable) if row.unreadable else []
        return UNREADABLE if row.connection not in self.telling or READ.intersection(hidden) else UNTAGGED


def last_signs(conn: Connection, rows: Sequence[Any], now: int) -> Mapping[str, int]:
    """The last activity of the leads that might have gone quiet."""
    silent = [row.id for row in rows if row.is_open and row.gone_at is None and now - _sign(row, now) >= QUIET_AFTER]
    return lead_ends.last_heard(conn, silent, now)


def _sign(row: Any, now: int) -> int:
    """When somebody last did something that the lead itself says: it came in, was handed over, was contacted."""
    told: list[int] = [at for at in (row.handed_off_at, row.first_touch_at) if at is not None and at <= now]
    return max([int(row.entered_at), *told])
