"""One deadline, taken apart: everything a reader needs to check it with a calendar in hand.

`Explanation` holds facts only; delivery/wording.py says them in the reader's language, the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Words
from stalewatch.sdk.records import MeetingState


class AnchorSource(StrEnum):
    """Where the start of a clock comes from."""

    CRM = "crm"  # a field, or an event, as the CRM shows it
    HISTORY = "history"  # the CRM's own history of its changes
    SEEN = "seen"  # a sync noticed it: "no later than"
    OURS = "ours"  # what we keep ourselves, as a hold
    ESTIMATED = "estimated"  # nothing shows when it began; the record's creation stands in


class StartedBy(StrEnum):
    """What set the start of a clock, and how it is said."""

    FIELD = "field"  # a date or time field: "Last meeting 22 Oct"
    STAGE = "stage"  # entering the present stage: "Stage Proposal since 2 Oct"
    CONDITION = "condition"  # a condition became true: "Next step is empty since 12 Oct"
    FIELDS = "fields"  # a condition too long to repeat: the fields that it asks for
    EVENT = "event"  # one of the events that an `each` rule follows: "Meeting 9 Nov"


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in words, and the (title, value) of each field it asks for; an empty value has no words."""

    said: Words
    values: tuple[tuple[Words, Words], ...] = ()


@dataclass(frozen=True, slots=True)
class CalledOff:
    """A meeting that lies ahead and is none: when it would begin, and what became of it."""

    at: int
    state: MeetingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a clock says what it says. Instants are microseconds since the epoch, None where there is none.

    Attributes:
        state: closed, cannot_judge, not_applicable, excepted, no_clock, satisfied, paused, breached, at_risk, watching.
        start: what set the anchor; `started_by` says it: the field's title, the stage's, the condition, the event.
        limit: the matching row of `within`.
        holidays_skipped: days that would be workdays but for a holiday or closure, between anchor and due.
        paused_dates: whole local dates that a wait took out of the count.
        missing: titles of what `until` still lacks.
        called_off: meetings ahead that do not count, the first one first, where the rule reads the next meeting.
        unreadable: titles of the fields that cannot be told; set in state cannot_judge.
        unmapped: names of those among them that the connection does not feed at all: they can be mapped.
        scopes: what the connection lacks for them, by the CRM's own names.
        needed_by_exception: whether it is an exception that reads them; `excepted_because`, `excepted_until` are its.
        wanted: in state not_applicable the parts of `where` that are false, in state no_clock those of `since`, with
            the values that make them so; empty where no row of `within` is for the record.
        met: in state satisfied the parts of `until` that hold, with the values that make them so.
        connection: id of the connection the record comes from; `crm` is its type ("salesforce").
    """

    rule_id: str
    rule_title: Words
    state: str
    subject: str | None = None
    start: StartedBy = StartedBy.FIELD
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
    called_off: tuple[CalledOff, ...] = ()
    unreadable: tuple[Words, ...] = ()
    unmapped: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    needed_by_exception: bool = False
    wanted: tuple[Clause, ...] = ()
    met: tuple[Clause, ...] = ()
    excepted_because: str = ""
    excepted_until: int | None = None
    connection: str = ""
    crm: str = ""
