"""What is noted beside a deal in the CRM when somebody answered a nudge, in the project's language."""

from __future__ import annotations

from datetime import date

from stalewatch.delivery.answering import loss_tag
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day


def hold_note(until: date, reason: str, who: str, evidence: str, reader: Reader) -> str:
    """That a deal waits for its customer: until when, for what, who said so, and where that stands."""
    words = reader.words
    first = words.gettext("On hold until {date}: {reason}").format(date=day(until, reader), reason=reason)
    second = words.gettext("Said by {who} ({evidence})").format(who=who, evidence=evidence)
    return f"{first}\n{second}"


def loss_note(tag: str, note: str, reader: Reader) -> str:
    """Why a deal was lost, in one word of ours and in those of the person who said so."""
    first = reader.words.gettext("Lost: {reason}").format(reason=loss_tag(tag, reader))
    return f"{first}\n{note}" if note else first
