"""The words of a loss check: the mail that a rep sends from their own mailbox, and what customers answer."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.customer_answers import CustomerAnswer, Word


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be sent by a person: plain text, nothing that is loaded when it is opened."""

    subject: str
    text: str


def loss_check_mail(link: str, reader: Reader) -> Mail:
    """Three sentences, no pressure, three links to one page; each has its answer chosen there already.

    Args:
        link: the customer's page.
    """
    words = reader.words
    sentences = (
        words.gettext(
            "We have not spoken for a while, and I would rather ask than guess how things stand on your side."
        ),
        words.gettext("One click on the line that fits is enough, and each of the three is a good answer."),
        words.gettext("If another time suits you better, choose when, and I will come back to you then."),
    )
    lines = [f"{short(word, reader)}\n{link}?a={word.value}" for word in Word]
    gap = "" if reader.language == "ja" else " "
    parts = (words.gettext("Hello,"), gap.join(sentences), "\n\n".join(lines), words.gettext("Kind regards,"))
    return Mail(words.gettext("May I ask how things stand?"), "\n\n".join(parts) + "\n")


def short(word: Word, reader: Reader) -> str:
    """One of the three answers, as it stands in the mail and on the page."""
    words = reader.words
    return {
        Word.PRIORITY: words.gettext("The priority changed"),
        Word.ANOTHER_WAY: words.gettext("We chose another way"),
        Word.LATER: words.gettext("Later – ask us in …"),
    }[word]


def answered(answer: CustomerAnswer, reader: Reader) -> str:
    """An answer as a whole: "Later – ask us in 3 months"."""
    if answer.months is None:
        return short(answer.word, reader)
    said = reader.words.ngettext("Later – ask us in {count} month", "Later – ask us in {count} months", answer.months)
    return said.format(count=reader.number(answer.months))


def note_of(answer: CustomerAnswer, reader: Reader, *, is_change: bool = False) -> str:
    """What is written beside the deal in its CRM."""
    if is_change:
        said = reader.words.gettext("The customer changed their answer to the loss check: {answer}")
    else:
        said = reader.words.gettext("The customer answered the loss check: {answer}")
    return said.format(answer=answered(answer, reader))
