"""What comes of an answer: what it did, or why it was not taken; and what answering needs of a project."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from stalewatch.domain.writebacks import Writeback
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.writing.asking import Why
from stalewatch.store.engine import Connection


class Refusal(StrEnum):
    """Why an answer was not taken. What lacks something names the field; `Answer.limit` and `until` say how far."""

    NOT_FOUND = "not_found"  # no such alert, or none that this person may see
    RESOLVED = "resolved"  # this episode is over
    CLOSED = "closed"  # the deal was won or lost meanwhile
    REASON_MISSING = "reason_missing"
    AGENDA_MISSING = "agenda_missing"
    WHO_MISSING = "who_missing"
    EVIDENCE_MISSING = "evidence_missing"
    NOTE_MISSING = "note_missing"
    TOO_LONG = "too_long"  # beyond the last moment that is allowed
    IN_THE_PAST = "in_the_past"
    BACKWARDS = "backwards"  # a meeting that ends before it begins
    TOO_OFTEN = "too_often"  # snoozed as often as is allowed: "on hold until the customer's date" is offered
    NO_MEETING = "no_meeting"  # "until the meeting is over", and none is planned
    NOT_WAITING = "not_waiting"  # nothing is on hold that could go on
    NO_DEAL = "no_deal"  # a lead is not lost, held or asked about by its customer
    NO_LINKS = "no_links"  # nobody could open a link of ours: no public address, or no secret key


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What becomes of an answer in the CRM.

    Attributes:
        id: of the write that was asked for; None: nothing of the kind is written.
        why: then for which reason. It is kept here all the same.
        note: the id of the note that says so beside the deal, if there is one besides.
    """

    id: str | None = None
    why: Why | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The mail that a rep sends to the customer from their own mailbox; `link` is the page that it leads to."""

    link: str
    subject: str
    text: str


class Links(Protocol):
    """Makes what a customer is sent."""

    def letter(self, conn: Connection, record: Any, check: str, language: str, *, actor: str, now: int) -> Letter:
        """The mail of one loss check.

        Args:
            record: the deal's stored row.
            check: the id of the answer that asked for it; the same id gives the same link again.
            language: "en" or "ja".
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What answering needs of a project.

    Attributes:
        allowed: what `writeback` of each connection says; one that is missing may not be written.
        mapped: the fields of deals, by our names, that each connection's `map` names: others have no place there.
        language: in which notes are written into a CRM, "en" or "ja".
        links: makes the customer's mails; None where nobody could open a link of ours.
    """

    book: Rulebook
    allowed: Mapping[str, Writeback] = field(default_factory=dict)
    mapped: Mapping[str, Collection[str]] = field(default_factory=dict)
    language: str = "en"
    links: Links | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it: the alert's row as it is now, or why nothing was done.

    Attributes:
        until: until when nothing more is said; where the refusal is about that, the latest moment that is allowed
            (the record's own calendar and zone).
        limit: how often (`too_often`), or how many days (`too_long` of a hold), are allowed.
        written: what becomes of it in the CRM; None: it does not concern the CRM.
        letter: the customer's mail of a loss check.
        is_repeated: the very same answer was taken a moment ago: this one changed nothing.
    """

    alert: Any = None
    refusal: Refusal | None = None
    until: int | None = None
    limit: int | None = None
    written: Written | None = None
    letter: Letter | None = None
    is_repeated: bool = False
