"""What was already late when watching began: said once, in one line, without blame and without reminders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from stalewatch.delivery.sentences import name
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.titles import counted
from stalewatch.delivery.wording.reader import Reader
from stalewatch.sdk.notifier import Message, Style

_MOST_NAMES: Final = 3


def compose_backlog_summary(
    backlog: Sequence[Telling],
    *,
    delivery: str,
    recipient: Recipient,
    now: datetime,
    list_url: str | None = None,
) -> Message | None:
    """The summary as a message of its own; None if there is no backlog."""
    if not backlog:
        return None
    reader = recipient.reads(now)
    return Message(
        delivery=delivery,
        target=recipient.target,
        address=recipient.address,
        style=Style.DIGEST,
        language=recipient.language,
        title=backlog_line(backlog, reader),
        footer=(reader.words.gettext("We send no reminders about these; they stay on the list until they move."),),
        url=list_url,
        link=reader.words.gettext("Open my list") if list_url else "",
    )


def backlog_line(backlog: Sequence[Telling], reader: Reader) -> str:
    """ "12 deals were already past their limit when we started watching: A, B, C, and 9 more."

    The oldest are named.
    """
    oldest = sorted(backlog, key=lambda each: (-each.days_over, -(each.amount or 0), each.name))
    records = list({each.record: each for each in reversed(oldest)}.values())[::-1]
    names = [name(each) for each in records[:_MOST_NAMES]]
    words, more = reader.words, len(records) - _MOST_NAMES
    if more > 0:
        names.append(words.gettext("{count} more").format(count=reader.number(more)))
    said = words.ngettext(
        "{what} was already past its limit when we started watching: {names}.",
        "{what} were already past their limit when we started watching: {names}.",
        len(records),
    )
    return said.format(what=counted(records, reader), names=reader.listed(names))


def backlog_footer(backlog: Sequence[Telling], reader: Reader, *, in_title: bool) -> tuple[str, ...]:
    """The closing lines about a backlog: the line itself unless the title says it, and what follows from it."""
    if not backlog:
        return ()
    calm = reader.words.gettext("We send no reminders about these; they stay on the list until they move.")
    return (calm,) if in_title else (backlog_line(backlog, reader), calm)
