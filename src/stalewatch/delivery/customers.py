"""What customers answered, in the digest of whoever owns the deal: the answer, and the one thing to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stalewatch.delivery.telling import Recipient
from stalewatch.delivery.wording.loss_check import answered
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean, safe_url
from stalewatch.domain.customer_answers import CustomerAnswer, Word
from stalewatch.sdk.notifier import Entry, Message, Style


@dataclass(frozen=True, slots=True)
class Heard:
    """What one customer answered.

    Attributes:
        record: id of the deal; `name` is the CRM's.
        at: when, in microseconds.
    """

    record: str
    name: str
    answer: CustomerAnswer
    at: int
    url: str | None = None


def with_answers(
    message: Message | None, heard: Sequence[Heard], *, delivery: str, recipient: Recipient, now: datetime,
    list_url: str | None = None,
) -> Message | None:  # fmt: skip
    """The digest with what customers answered at its end; without anything else a digest of that alone."""
    if not heard:
        return message
    reader = recipient.reads(now)
    entries = [_entry(one, reader, headed=message is not None) for one in heard]
    if message is not None:
        return replace(message, entries=[*message.entries, *entries])
    words = reader.words
    title = words.ngettext("{count} customer answered", "{count} customers answered", len(heard))
    return Message(
        delivery=delivery, target=recipient.target, address=recipient.address, style=Style.DIGEST,
        language=recipient.language, title=title.format(count=reader.number(len(heard))), entries=entries,
        url=list_url, link=words.gettext("Open my list") if list_url else "",
    )  # fmt: skip


def _entry(one: Heard, reader: Reader, *, headed: bool) -> Entry:
    words = reader.words
    said = words.gettext("Their answer of {date} to the loss check: “{answer}”.").format(
        date=moment(one.at, reader, timed=False), answer=answered(one.answer, reader)
    )
    gap = "" if reader.language == "ja" else " "
    return Entry(
        record=one.record,
        headline=clean(one.name),
        body=f"{said}{gap}{_next(one.answer.word, reader)}",
        url=safe_url(one.url),
        severity="info",
        section=words.gettext("Customers answered") if headed else "",
    )


def _next(word: Word, reader: Reader) -> str:
    """The one thing to do: nothing was closed, and nothing put off, by the answer itself."""
    words = reader.words
    if word is Word.LATER:
        return words.gettext("Put the deal on hold until a date, or close it and note when to ask again.")
    return words.gettext("If you agree, mark it as lost: the reason is known now.")
