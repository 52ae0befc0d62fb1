"""What connectors hand over: frozen records with timezone-aware times.

A connector translates its CRM's words into the field catalogue's names (`stage`, `close_date`, ...).
It reports facts; what they mean (deadlines, alerts) is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

Value = str | bool | int | float | Decimal | date | datetime | None
"""What a catalogue field may hold: text and choices as `str`, money as `Decimal`; None or "" is empty."""

_NOTHING: Mapping[str, Value] = MappingProxyType({})


def _require_aware(owner: object, **moments: datetime | None) -> None:
    """Raise ValueError for a naive datetime: a time without a zone is a bug in the connector."""
    for name, value in moments.items():
        if value is not None and isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError(f"{type(owner).__name__}.{name} has no time zone: {value.isoformat()}")


class Outcome(StrEnum):
    """How an opportunity or lead ended, if it did. `deleted` is no outcome: see `Page.gone`."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Actor(StrEnum):
    """Who an activity shows at work."""

    CUSTOMER = "customer"
    SELLER = "seller"
    NOBODY = "nobody"  # automatic replies, calendar traffic, our own writes


class ActivityKind(StrEnum):
    """What happened. Only meetings have an end and a `MeetingState`."""

    EMAIL = "email"
    CALL = "call"
    MEETING = "meeting"
    TASK = "task"
    NOTE = "note"
    OTHER = "other"


class MeetingState(StrEnum):
    """What the CRM says of a meeting. A planned one whose end has passed is judged by its outcome."""

    PLANNED = "planned"  # not cancelled; past its end it counts as held by both sides (no outcome logging)
    UNLOGGED = "unlogged"  # planned in a CRM that logs outcomes: once past, held but no customer evidence
    HELD = "held"  # held with a customer
    CANCELLED = "cancelled"  # called off, as its own words or its absence tell
    DECLINED = "declined"  # by everybody of the customer's who was invited
    RESCHEDULED = "rescheduled"  # it takes place at another time, as another meeting
    NO_SHOW = "no_show"  # the customer did not come


CALLED_OFF: Final = (
    MeetingState.CANCELLED, MeetingState.DECLINED, MeetingState.RESCHEDULED, MeetingState.NO_SHOW,
)  # fmt: skip
"""States of meetings that count for nothing; a person is told which of them it is."""


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """One opportunity as the CRM shows it now.

    Attributes:
        id: the CRM's own id, without the connection's prefix.
        owner: id of the owning `Person` in the same CRM, None if nobody or a queue owns it.
        amount: in `currency`, as the CRM has it; None if empty.
        amount_in_project_currency: the same at the CRM's own rate; None if the CRM does not convert.
        created_at: None when the CRM does not know it; the record is then kept without a clock.
        fields: every further catalogue field by name; a missing name means "not read here".
        unreadable: catalogue fields that exist but cannot be told for this record (an unmapped stage,
            a missing permission). Rules that need them answer "cannot judge" instead of guessing.
        contacts: the customer's people who hold a role on it, named as in `Activity.people`; None: not read here.
        is_partner_deal: watched by `watch: partner_deal` rules instead of `watch: deal`.
        modified_at: when the CRM last changed it, by the CRM's clock; dates changes that have no history.
    """

    id: str
    name: str
    outcome: Outcome = Outcome.OPEN
    owner: str | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    pipeline: str | None = None
    stage: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    amount_in_project_currency: Decimal | None = None
    close_date: date | None = None
    fields: Mapping[str, Value] = msgspec.field(default_factory=lambda: _NOTHING)
    unreadable: frozenset[str] = frozenset()
    contacts: frozenset[str] | None = None
    is_partner_deal: bool = False
    url: str | None = None
    modified_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_aware(self, created_at=self.created_at, closed_at=self.closed_at, modified_at=self.modified_at)


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """One lead as the CRM shows it now; the attributes mean what they mean on `Deal`.

    `is_open` is False once the lead was converted; disqualified and recycled leads stay open.
    """

    id: str
    name: str
    is_open: bool = True
    owner: str | None = None
    created_at: datetime | None = None
    status: str | None = None
    fields: Mapping[str, Value] = msgspec.field(default_factory=lambda: _NOTHING)
    unreadable: frozenset[str] = frozenset()
    url: str | None = None
    modified_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_aware(self, created_at=self.created_at, modified_at=self.modified_at)


class StageVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A deal entered a stage. A connector that knows the history sends every visit, oldest first.

    Attributes:
        pipeline: that the stage is one of, where the CRM has several: entering the same stage of another one is an
            entry, and no step back. None: as before.
    """

    deal: str
    stage: str
    entered_at: datetime
    pipeline: str | None = None

    def __post_init__(self) -> None:
        if self.entered_at.tzinfo is None:  # asked here: there are many of them
            _require_aware(self, entered_at=self.entered_at)


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A field had `value` from `at` on, as the CRM's own history tells. Late and back-dated ones are ordinary."""

    record: str
    field: str
    at: datetime
    value: Value

    def __post_init__(self) -> None:
        _require_aware(self, at=self.at)


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, or is planned, around one or more records.

    Attributes:
        records: ids of the deals or leads it belongs to.
        at: when it happened; for a meeting its start, for a task its due time.
        ends_at: a meeting's end; None counts as one hour after `at`.
        recorded_at: when it became known (a booking's own time), if the CRM says.
        due: the date by which a task is to be done; None for one that is done or deleted, or has no date, and for
            every other kind. The earliest one of a deal is its `next_step_due` where that is `FieldInfo.folded`.
        meeting: state of a meeting, None for every other kind.
        people: ids or addresses of the customer's people who took part.
        inferred: linked to the record by guess (through an account or contact), not by the CRM itself.
    """

    id: str
    kind: ActivityKind
    actor: Actor
    at: datetime
    records: tuple[str, ...]
    ends_at: datetime | None = None
    recorded_at: datetime | None = None
    meeting: MeetingState | None = None
    people: frozenset[str] = frozenset()
    inferred: bool = False
    due: date | None = None

    def __post_init__(self) -> None:
        _require_aware(self, at=self.at, ends_at=self.ends_at, recorded_at=self.recorded_at)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the CRM: someone who can own records and be told about them.

    Attributes:
        id: the CRM's user id (for files: the name in the owner column).
        email: None when the CRM has none; people without an address are told by name where a notifier can.
        manager: id of their manager in the same CRM.
        zone: IANA name of their time zone.
        language: "en" or "ja" where the CRM says so.
    """

    id: str
    name: str
    email: str | None = None
    active: bool = True
    manager: str | None = None
    team: str | None = None
    zone: str | None = None
    language: str | None = None


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could not be used; it is counted, shown and retried, and never stops its page.

    Attributes:
        ref: what the row calls itself: an id, or `file.csv:17`.
        reason: a short phrase that groups like cases ("no deal_id", "amount is not a number").
        detail: what stood there, shortened.
    """

    ref: str
    reason: str
    detail: str = ""
