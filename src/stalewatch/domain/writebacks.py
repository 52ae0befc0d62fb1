"""What may be written into a CRM, and the life of one such write."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from stalewatch.sdk.writing import Kind


class Writeback(StrEnum):
    """What `writeback:` of a connection allows."""

    NONE = "none"
    NOTES = "notes"  # notes, tasks and meetings beside a record; the record stays as it is
    FIELDS = "fields"  # the record's own fields as well

    def takes(self, kind: Kind) -> bool:
        """Whether a change of this kind may be written."""
        return self is Writeback.FIELDS or (self is Writeback.NOTES and kind not in (Kind.FIELDS, Kind.LOST))


class WriteState(StrEnum):
    """Where a write stands. Everything after `unknown` is terminal but for an operator's retry."""

    ASKED = "asked"
    WRITING = "writing"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    CONFLICT = "conflict"
    GIVEN_UP = "given_up"

    @property
    def is_terminal(self) -> bool:
        return self not in (WriteState.ASKED, WriteState.WRITING, WriteState.UNKNOWN)


class WriteEvent(StrEnum):
    """What can happen to a write."""

    CLAIMED = "claimed"  # intent committed, the request follows
    WRITTEN = "written"  # the CRM has it
    DECLINED = "declined"  # the CRM said no; repeating it will not help
    OVERTAKEN = "overtaken"  # the record was changed since it was seen
    POSTPONED = "postponed"  # certainly not written; again later
    LOST = "lost"  # the outcome is not known
    FOUND = "found"  # a look shows that it arrived
    ABSENT = "absent"  # looks show that it did not arrive
    ABANDONED = "abandoned"  # too old, not allowed any more, or what it needed was not written
    RETRIED = "retried"  # an operator said so


_S, _E = WriteState, WriteEvent
TRANSITIONS: Final = MappingProxyType(
    {
        (_S.ASKED, _E.CLAIMED): _S.WRITING,
        (_S.ASKED, _E.ABANDONED): _S.GIVEN_UP,
        (_S.WRITING, _E.WRITTEN): _S.DONE,
        (_S.WRITING, _E.DECLINED): _S.REFUSED,
        (_S.WRITING, _E.OVERTAKEN): _S.CONFLICT,
        (_S.WRITING, _E.POSTPONED): _S.ASKED,
        (_S.WRITING, _E.LOST): _S.UNKNOWN,
        (_S.WRITING, _E.ABANDONED): _S.GIVEN_UP,
        (_S.UNKNOWN, _E.FOUND): _S.DONE,
        (_S.UNKNOWN, _E.ABSENT): _S.ASKED,
        (_S.UNKNOWN, _E.OVERTAKEN): _S.CONFLICT,
        (_S.UNKNOWN, _E.ABANDONED): _S.GIVEN_UP,
        (_S.REFUSED, _E.RETRIED): _S.ASKED,
        (_S.GIVEN_UP, _E.RETRIED): _S.ASKED,
    }
)
"""Every transition there is. After a conflict a person is asked again, and what they then want is another write."""


def after(state: WriteState, event: WriteEvent) -> WriteState:
    """The state that follows.

    Raises:
        ValueError: if this cannot happen in this state.
    """
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise ValueError(f"a write that is {state} cannot be {event}")
    return following
