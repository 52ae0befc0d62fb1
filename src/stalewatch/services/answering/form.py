"""What every form of a button has: its words, its fields, the answer that is read from them, and what is said then."""

from __future__ import annotations

import gettext
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from stalewatch.delivery import answering as words
from stalewatch.delivery.slack.fields import View, aside, plainly, said
from stalewatch.delivery.slack.interactions import Given
from stalewatch.delivery.slack.mrkdwn import bold, escaped
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.durations import Duration
from stalewatch.domain.policies import Snoozing
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Kind
from stalewatch.services.answering.acts import Act
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.matter import plain
from stalewatch.services.answering.outcomes import Answer, Office, Refusal
from stalewatch.services.answering.refusals import refusal
from stalewatch.services.writing.asking import Why

Fields = Mapping[str, Given]


class Wrong(NamedTuple):
    """A field that cannot be taken as it is, and why, in the reader's language."""

    field: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One problem before somebody who is to answer it.

    Attributes:
        now: in microseconds.
        before: what was answered before and holds still, in words; "" if nothing does.
    """

    case: Case
    reader: Reader
    office: Office
    now: int
    before: str = ""

    @property
    def words(self) -> gettext.NullTranslations:
        """The catalogue of the reader's language."""
        return self.reader.words

    @property
    def zone(self) -> str:
        """Of the record's calendar, in which its days are counted."""
        return self.case.calendar.spec.zone

    @property
    def snoozing(self) -> Snoozing:
        """What snoozes are allowed."""
        return self.office.book.judging.snoozing

    def after(self, span: Duration) -> int:
        """The end of so long a time from now, by the record's calendar."""
        return int(self.case.calendar.add(np.array([self.now], np.int64), span)[0])

    def meeting(self) -> int | None:
        """When the meeting that is planned, or goes on, is over; None if there is none."""
        ends = getattr(self.case.record, "meeting_ends_at", None)
        return int(ends) if ends is not None and ends > self.now else None

    def may_write(self, kind: Kind) -> bool:
        """Whether the record's CRM may be told."""
        return self._allowed.takes(kind)

    def kept_here(self) -> str:
        """That the CRM is not changed, and why."""
        if self._allowed is Writeback.NOTES:
            said = self.words.gettext("A note is written to {crm}; the deal itself is not changed.")
            return said.format(crm=self.case.crm)
        return words.written(Why.OFF, self.case.crm, self.reader)

    @property
    def _allowed(self) -> Writeback:
        return self.office.allowed.get(self.case.record.connection, Writeback.NONE)


class Form(ABC):
    """One button's form.

    Attributes:
        kind: the button's (delivery/buttons.py).
        places: the fields beside which refusals are said; any other one takes the place of the form.
    """

    kind: ClassVar[str]
    places: ClassVar[Mapping[Refusal, str]] = {}

    @abstractmethod
    def title(self, words: gettext.NullTranslations) -> str:
        """At most 24 characters."""

    @abstractmethod
    def submit(self, words: gettext.NullTranslations) -> str:
        """What is written on the button that sends it, at most 24 characters."""

    @abstractmethod
    def promises(self, asked: Asked) -> Sequence[str]:
        """What will happen, here and in the CRM, a line each."""

    @abstractmethod
    def fields(self, asked: Asked) -> Sequence[View]:
        """What is asked."""

    @abstractmethod
    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        """The answer that the fields hold, or the first field from which none can be read."""

    @abstractmethod
    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        """What is shown once it was taken."""

    def closed(self, asked: Asked) -> str:
        """Why there is nothing to fill in; "" if there is."""
        return ""

    def place(self, why: Refusal, given: Fields) -> str | None:
        """The field beside which a refusal is said; None: it takes the place of the form."""
        return self.places.get(why)

    def refusal(self, answer: Answer, asked: Asked) -> str:
        """Why it was not taken, in words."""
        return refusal(answer, asked.case, asked.reader)

    def blocks(self, asked: Asked) -> list[View]:
        """All of it: what it is about, what is asked, what will happen."""
        happens = self.promises(asked)
        return [
            *about(asked.case, asked.reader),
            *([plainly(asked.before)] if asked.before else []),
            *self.fields(asked),
            *([aside(*happens)] if happens else []),
        ]


def about(case: Case, reader: Reader) -> list[View]:
    """The deal and the rule, which stand above every form."""
    return [said(f"{bold(clean(case.name))}\n{escaped(reader.pick(case.title))}")]


def confirmed(*sentences: str) -> list[View]:
    """What was done, a paragraph each; what says nothing is left out."""
    return [plainly(one) for one in sentences if one]


def in_the_crm(answer: Answer, asked: Asked) -> str:
    """What becomes of it in the CRM; "" if it does not concern the CRM."""
    written = answer.written
    if written is None:
        return ""
    why = None if written.id is not None else written.why or Why.OFF
    return words.written(why, asked.case.crm, asked.reader, noted=written.note is not None)


def at_latest(until: int, asked: Asked) -> str:
    """A date of the record's calendar."""
    return moment(until, asked.reader, asked.zone, timed=False)


def text_of(given: Fields, field: str) -> str:
    """What was typed, on one line."""
    return plain(given.get(field, Given()).text)
