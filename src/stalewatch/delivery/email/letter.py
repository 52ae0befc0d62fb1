"""A message as a letter: plain text, one part, every header a line of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.untrusted import printable, shorten
from stalewatch.sdk.notifier import Entry, Message, Style

MARK: Final = "X-Stalewatch-Delivery"
"""The header that carries the delivery's id."""
_SUBJECT: Final = 200


def letter(message: Message, *, sender: str, recipient: str, now: datetime) -> EmailMessage:
    """The letter of a message. `sender` and `recipient` are plain addresses (`server.is_address`)."""
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = recipient
    made["Subject"] = shorten(printable(message.title), _SUBJECT) or "stalewatch"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message.delivery}@{sender.rpartition('@')[2]}>"
    made[MARK] = message.delivery
    made["Auto-Submitted"] = "auto-generated"  # so that nobody's absence note is sent to us
    made.set_content("\n".join(_lines(message)) + "\n", cte="quoted-printable")
    made["Content-Language"] = message.language  # after the content: setting that removes what is said of another
    return made


def _lines(message: Message) -> Iterator[str]:
    yield printable(message.title)
    section = ""
    for place, entry in enumerate(message.entries, start=1):
        yield ""
        if entry.section != section:
            section = entry.section
            yield from (printable(section), "")
        numbered = message.style is Style.DIGEST and not entry.resolved
        yield from _entry(entry, f"{place}. " if numbered else "", message)
    if message.footer or message.url:
        yield ""
    yield from (_plain(line) for line in message.footer)
    if message.url:
        yield printable(f"{message.link}: {message.url}" if message.link else message.url)


def _entry(entry: Entry, number: str, message: Message) -> Iterator[str]:
    if entry.headline != message.title:
        yield number + printable(entry.headline)
    said = (entry.body, " ".join(f"[{chip}]" for chip in entry.chips), entry.note)
    yield from (_plain(text) for text in said if text)
    if entry.url and entry.url != message.url:
        yield printable(entry.url)


def _plain(text: str) -> str:
    """One line without the marks of `*bold*`."""
    return "".join(part for part, _ in bold_parts(printable(text)))
