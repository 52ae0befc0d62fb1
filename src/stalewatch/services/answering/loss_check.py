"""A loss check: the customer is asked, by a mail that the rep sends themselves, whether it still matters.

The mail has nothing that tells whether it was opened, and its links lead to a page that stores nothing until somebody
presses a button there: scanners of mail open every link (`loss_answers.py` takes the answer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stalewatch.delivery.wording.loss_check import loss_check_mail
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.instants import from_us
from stalewatch.services.answering.link_tokens import Purpose
from stalewatch.services.answering.outcomes import Letter
from stalewatch.services.answering.public_links import PublicLinks
from stalewatch.store.engine import Connection


@dataclass(frozen=True, slots=True)
class LossChecks:
    """Makes the mails of loss checks."""

    links: PublicLinks

    def letter(self, conn: Connection, record: Any, check: str, language: str, *, actor: str, now: int) -> Letter:
        """The mail of one loss check; the same `check` gives the same link again.

        Args:
            record: the deal's stored row.
            check: the id of the answer that asked for it.
            language: "en" or "ja".
        """
        link, _ = self.links.make(
            conn, Purpose.LOSS_CHECK, record, actor=actor, now=now, identity=check, language=language
        )  # fmt: skip
        mail = loss_check_mail(link, Reader(language, from_us(now)))
        return Letter(link=link, subject=mail.subject, text=mail.text)
