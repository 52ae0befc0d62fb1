"""A message as a letter: plain text and the same as a page, every header a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from stalewatch.delivery.email.page import LONGEST, page
from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.untrusted import printable, safe_url, shorten
from stalewatch.sdk.notifier import Entry, Message, Style

MARK: Final = "X-Stalewatch-Delivery"
"""The header that carries the delivery's id."""
HANDLE: Final = "message_id"
"""What a receipt says of a letter, so that another one can answer to it."""
_SUBJECT: Final = 200
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")


def letter(message: Message, *, sender: str, recipient: str, now: datetime) -> EmailMessage:
    """The letter of a message. `sender` and `recipient` are plain addresses (`server.is_address`).

    The id of the letter is made of the delivery's: one that is sent again is the same letter, and mail systems that
    know it show it once.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = recipient
    made["Subject"] = shorten(printable(message.title), _SUBJECT) or "stalewatch"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = _named(message.delivery, sender)
    if (parent := _parent(message)) is not None:
        made["In-Reply-To"] = made["References"] = _named(parent, sender)
    made[MARK] = message.delivery
    made["Auto-Submitted"] = "auto-generated"  # so that nobody's absence note is sent to us
    made["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same for Exchange; what bounces still comes back
    made.set_content("\n".join(_lines(message)) + "\n", cte="quoted-printable")
    if not message.plain:
        made.add_alternative(page(message), subtype="html", cte="quoted-printable")
        made.set_boundary(f"=_{message.delivery}")  # quoted-printable writes no "=_"
    made["Content-Language"] = message.language  # after the content: setting that removes what is said of another
    return made


def _named(delivery: str, sender: str) -> str:
    return f"<{delivery}@{sender.rpartition('@')[2]}>"


def _parent(message: Message) -> str | None:
    """The delivery of the letter that this one answers to."""
    found = (message.thread or {}).get(HANDLE)
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _lines(message: Message) -> Iterator[str]:
    yield _plain(message.title)
    section = ""
    for place, entry in enumerate(message.entries, start=1):
        yield ""
        if entry.section != section:
            section = entry.section
            yield from (_plain(section), "")
        numbered = message.style is Style.DIGEST and not entry.resolved
        yield from _entry(entry, f"{place}. " if numbered else "", message)
    url = safe_url(message.url)
    if message.footer or url:
        yield ""
    yield from (_plain(line) for line in message.footer)
    if url:
        yield f"{_plain(message.link)}: {url}" if message.link else url


def _entry(entry: Entry, number: str, message: Message) -> Iterator[str]:
    if entry.headline != message.title:
        yield number + _plain(entry.headline)
    said = (entry.body, " ".join(f"[{chip}]" for chip in entry.chips), entry.note)
    yield from (_plain(text) for text in said if text)
    if (url := safe_url(entry.url)) and entry.url != message.url:
        yield url


def _plain(text: str) -> str:
    """One line without the marks of `*bold*`."""
    whole = shorten(printable(text[: 4 * LONGEST]), LONGEST)
    return "".join(part for part, _ in bold_parts(whole))
