"""What a person may ask a CRM to be told, in our words, and what came of it.

    Change(id="8f3a…", record="006…", wish=Lost(reason="Price"), seen_version=...)

A `Change` is one request to the CRM, never two: whoever asks for a field and a note asks for two changes. What a
change creates carries `marker(change.id)` in a text of its own, so that it can be found again when an answer was lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from stalewatch.sdk.records import Value

_MARKER: Final = re.compile(r"\[stalewatch:([0-9a-z]+)\]")


class Kind(StrEnum):
    """The kinds of changes."""

    FIELDS = "fields"
    LOST = "lost"
    MEETING = "meeting"
    TASK = "task"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Set these fields of a deal; None leaves a field alone. There are no others: nothing else is ever overwritten."""

    next_step: str | None = None
    close_date: date | None = None
    hold_until: date | None = None
    hold_reason: str | None = None

    @property
    def given(self) -> dict[str, Value]:
        """The fields to set, by our names."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The deal is lost: it goes to the lost stage. `reason` is a value of the CRM's own, where it has such a field."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting with the customer was agreed; both times are aware."""

    title: str
    starts_at: datetime
    ends_at: datetime
    agenda: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that the owner is to do."""

    text: str
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text that is kept with the record."""

    text: str


Wish = Fields | Lost | Meeting | Task | Note
KINDS: Final[Mapping[Kind, type[Wish]]] = {
    Kind.FIELDS: Fields, Kind.LOST: Lost, Kind.MEETING: Meeting, Kind.TASK: Task, Kind.NOTE: Note,
}  # fmt: skip


def kind_of(wish: Wish) -> Kind:
    """Of which kind a wish is."""
    return next(kind for kind, type_ in KINDS.items() if isinstance(wish, type_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write that a person asked for.

    Attributes:
        id: of this change alone, in small letters and digits; it makes the marker.
        record: the CRM's own id. object: "deal", "partner_deal" or "lead".
        seen_version: when the record had last changed as the person saw it, by the CRM's clock, our own later writes
            counted; if somebody changed it since, nothing is overwritten. None: nobody knows, nothing is compared.
        owner: of the record, by the CRM's own id; tasks and meetings become theirs.
    """

    id: str
    record: str
    wish: Wish
    object: str = "deal"
    seen_version: datetime | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The CRM has it.

    Attributes:
        version: when the record was last changed by now, by the CRM's clock; None where a write leaves it as it was.
        ref: the CRM's id of what was written: the record, or what was created beside it.
        before, after: what was overwritten, by the CRM's own names.
        answer: what it answered, in a few words, for the audit log.
        request: the CRM's own id of the request, where it tells one.
    """

    version: datetime | None
    ref: str
    before: Mapping[str, Value] = field(default_factory=dict)
    after: Mapping[str, Value] = field(default_factory=dict)
    answer: str = ""
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that a field may have: as the CRM stores it, and as people read it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """A field that may be written: its name here and there, and its values if only some are allowed.

    `stage` and `loss_reason` are what a `Lost` writes; the values of `stage` are the lost stages.
    """

    ours: str
    theirs: str
    choices: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a connection may write of one object.

    Attributes:
        kinds: the kinds of changes that would be taken.
        fields: those that may be written.
        missing: kind, or field of ours, that is not taken, to the permission, scope or mapping that it lacks, by the
            CRM's own name.
    """

    kinds: frozenset[Kind] = frozenset()
    fields: Sequence[Writable] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    def field(self, ours: str) -> Writable | None:
        """A field by our name; None if it is not written."""
        return next((one for one in self.fields if one.ours == ours), None)


def marker(change: str) -> str:
    """What stands in a text of everything that this change creates."""
    return f"[stalewatch:{change}]"


def marked(text: str | None) -> str | None:
    """The id of the change that created what this text belongs to; None if no change of ours did.

    The last marker counts: it is added behind what somebody typed, whatever stands in that.
    """
    found: list[str] = _MARKER.findall(text or "")
    return found[-1] if found else None
