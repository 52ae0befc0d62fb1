"""One deadline, taken apart: everything a reader needs to check it with a calendar in hand.

`Explanation` holds facts only; delivery/wording.py says them in the reader's language, the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Words


class AnchorSource(StrEnum):
    """Where the start of a clock comes from."""

    CRM = "crm"  # a field, or the CRM's own history
    SEEN = "seen"  # the first sync that showed it: "no later than"
    ESTIMATED = "estimated"  # nothing shows when it began; the record's creation stands in


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a clock says what it says. Instants are microseconds since the epoch, None where there is none.

    Attributes:
        state: closed, cannot_judge, not_applicable, excepted, no_clock, satisfied, paused, breached, at_risk, watching.
        started_by: titles of the field(s), condition or event that set the anchor.
        limit: the matching row of `within`.
        holidays_skipped: days that would be workdays but for a holiday or closure, between anchor and due.
        paused_dates: whole local dates that a wait took out of the count.
        missing: titles of what `until` still lacks.
        unreadable: titles of the fields that cannot be told; set in state cannot_judge.
        connection: id of the connection the record comes from.
    """

    rule_id: str
    rule_title: Words
    state: str
    subject: str | None = None
    started_by: tuple[Words, ...] = ()
    anchor: int | None = None
    source: AnchorSource = AnchorSource.CRM
    limit: Duration | None = None
    calendar: str = ""
    zone: str = "UTC"
    holidays_skipped: int = 0
    paused_dates: int = 0
    pause_reason: str = ""
    paused_until: int | None = None
    due: int | None = None
    warn: int | None = None
    missing: tuple[Words, ...] = ()
    unreadable: tuple[Words, ...] = ()
    excepted_because: str = ""
    excepted_until: int | None = None
    connection: str = ""
