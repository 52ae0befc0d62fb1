"""What a customer answers: looking records nothing, the first answer spends the link, and for a day it may be changed.

An answer closes nothing by itself. It is kept, noted beside the deal where that is allowed, and its owner is told with
their next digest; what follows from it is theirs to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stalewatch.delivery.wording.loss_check import note_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.customer_answers import CHANGEABLE, CustomerAnswer, Word, tag_of
from stalewatch.domain.instants import from_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Note
from stalewatch.services.alerting import heard
from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.services.answering.public_links import Trouble, opened
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.writing.asking import NotAllowed, ask
from stalewatch.store import answers, audit, links
from stalewatch.store.engine import Connection

ACTOR: Final = "customer"
"""Whom the audit log names: somebody who had the link, and of whom we know no more."""
REPORTED_BY_CUSTOMER: Final = "reported_by_customer"
"""The source of a loss that the customer explained themselves."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a link shows.

    Attributes:
        trouble: it leads nowhere, and everything else is empty.
        language: in which the mail was written.
        given: the answer that is kept.
        may_change: another one would still be taken.
        refused: one was sent that could not be taken any more.
    """

    trouble: Trouble | None = None
    language: str = "en"
    given: CustomerAnswer | None = None
    may_change: bool = True
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who takes customers' answers.

    Attributes:
        signer: knows the links that are ours; None: none can be.
        allowed: what may be written into the CRM of a connection.
    """

    book: Rulebook
    speaking: Speaking
    signer: Signer | None = field(repr=False)
    allowed: Callable[[str], Writeback]

    def look(self, conn: Connection, token: str, now: int) -> Page:
        """The page of a link, as it stands. Nothing is stored."""
        found = opened(conn, self.signer, Purpose.LOSS_CHECK, token, now)
        if found.trouble is not None or found.record.outcome == "won":  # whoever bought is not asked why they did not
            return Page(found.trouble or Trouble.ENDED)
        row = links.answer(conn, found.link.id)
        if row is None:
            return Page(language=found.link.language)
        return Page(
            language=found.link.language,
            given=CustomerAnswer(Word(row.answer), row.months),
            may_change=now < row.answered_at + CHANGEABLE,
        )

    def answer(self, conn: Connection, token: str, said: CustomerAnswer, now: int) -> Page:
        """Take an answer; the same one twice is one, and one that comes too late changes nothing."""
        page = self.look(conn, token, now)
        if page.trouble is not None:
            return page
        found = opened(conn, self.signer, Purpose.LOSS_CHECK, token, now)
        row = {
            "link_id": found.link.id, "record_id": found.record.id, "answer": said.word.value, "months": said.months,
            "answered_at": now, "changed_at": now,
        }  # fmt: skip
        before = None if links.spend(conn, row) else links.answer(conn, found.link.id, held=True)
        if before is None:
            self._follow(conn, found, said, None, now)
        elif links.change(conn, found.link.id, said.word.value, said.months, now, now - CHANGEABLE):
            self._follow(conn, found, said, before, now)
        after = self.look(conn, token, now)
        return replace(after, refused=after.given != said)

    def _follow(self, conn: Connection, found: Any, said: CustomerAnswer, before: Any, now: int) -> None:
        """Everything that goes with an answer, in its transaction."""
        record, link = found.record, found.link
        was = None if before is None else {"answer": before.answer, "months": before.months}
        audit.add(
            conn, at=now, actor=ACTOR, action="loss_check.answer", obj=record.id, request=link.id,
            before=was, after={"answer": said.word.value, "months": said.months},
        )  # fmt: skip
        if record.outcome == "lost" or answers.losses_of(conn, [record.id]):
            answers.add_loss(conn, {
                "id": f"{link.id}:{now}", "record_id": record.id, "at": now, "tag": tag_of(said), "note": None,
                "by": ACTOR, "source": REPORTED_BY_CUSTOMER,
            })  # fmt: skip
        if before is not None:
            heard.forget(conn, heard.CUSTOMER, link.id, before.changed_at)
        heard.tell(conn, self.book, self.speaking, record, heard.CUSTOMER, link.id, now)
        self._note(conn, record, said, is_change=before is not None, now=now)

    def _note(self, conn: Connection, record: Any, said: CustomerAnswer, *, is_change: bool, now: int) -> None:
        text = note_of(said, Reader(self.speaking.language, from_us(now)), is_change=is_change)
        try:
            ask(conn, self.allowed(record.connection), record, Note(text=text), actor=ACTOR, now=now)
        except NotAllowed:
            return  # it is kept here all the same; that nothing is written is what the project decided
