"""The daily message: one entry per deal, worst first, ten at most, the rest counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from stalewatch.delivery.backlog import backlog_footer, backlog_line
from stalewatch.delivery.buttons import actions
from stalewatch.delivery.contents import Contents
from stalewatch.delivery.sentences import body, chip, headline, is_late, name
from stalewatch.delivery.subjects import Subject, place
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import safe_url
from stalewatch.domain.alerts import Kind
from stalewatch.sdk.notifier import Entry, Message, Style

MOST_CHIPS: Final = 6


def compose_digest(
    tellings: Sequence[Telling],
    *,
    delivery: str,
    recipient: Recipient,
    now: datetime,
    still_open: int = 0,
    backlog: Sequence[Telling] = (),
    list_url: str | None = None,
    group_by: Sequence[str] = ("owner", "deal"),
    since: date | None = None,
    singles: int | None = None,
) -> Message | None:
    """One digest; None if nothing needs anybody. Every telling is an entry, a chip, or counted in a last line.

    Args:
        still_open: deals that were told before and are not settled. backlog: what was late when watching began.
        list_url: where the reader's whole list is.
        group_by: of `owner`, `deal`, `rule`, `team`, `stage`: the headings under which the deals stand.
        since: the date of the reader's last digest, None if this is the first.
        singles: so many of the deals that were passed on may stand by themselves; None: as many as there is room for.
    """
    reader = recipient.reads(now)
    if not (contents := Contents.of(tellings, recipient, reader, group_by, singles)).is_worth_it and not backlog:
        return None
    return Message(
        delivery=delivery,
        target=recipient.target,
        address=recipient.address,
        style=Style.DIGEST,
        language=recipient.language,
        title=contents.title() or backlog_line(backlog, reader),
        entries=[
            entry(subject, recipient, reader, section=section)
            for section, subjects in contents.sections()
            for subject in subjects
        ],
        footer=[
            *contents.closing(since, still_open),
            *backlog_footer(backlog, reader, in_title=not contents.is_worth_it),
        ],
        url=list_url,
        link=contents.link() if list_url else "",
    )


def entry(subject: Subject, recipient: Recipient, reader: Reader, *, section: str = "", alone: bool = False) -> Entry:
    """One deal: its figures, the leading cause in a sentence, every cause as a chip, and what can be done about it.

    `alone`: it is all that its message is about.
    """
    lead, several = subject.lead, len(subject.tellings) > 1
    resolved = lead.kind is Kind.RESOLVE
    return Entry(
        record=lead.record,
        headline=f"✅ {name(lead)}" if resolved else headline(lead, recipient, reader),
        body=body(lead, reader),
        chips=_chips(subject, reader) if several or is_late(lead) else (),  # how long is left stands in the sentence
        alerts=tuple(telling.alert for telling in subject.tellings),
        url=safe_url(lead.url),
        severity=lead.severity.value,
        resolved=resolved,
        section=section,
        actions=() if resolved else actions(lead.alert, lead.object, reader, alone=alone),
    )


def _chips(subject: Subject, reader: Reader) -> tuple[str, ...]:
    """One chip for each rule, the worst figure of it; a rule that speaks of several meetings says of how many."""
    rules: dict[tuple[str, int], list[Telling]] = {}
    for telling in subject.tellings:
        rules.setdefault((telling.rule, place(telling)), []).append(telling)
    titled, shown = len(rules) > 1, list(rules.values())[:MOST_CHIPS]
    chips = [_times(chip(some[0], reader, titled=titled), len(some), reader) for some in shown]
    if len(rules) > MOST_CHIPS:
        chips.append(reader.words.gettext("+{count} more").format(count=reader.number(len(rules) - MOST_CHIPS)))
    return tuple(chips)


def _times(said: str, count: int, reader: Reader) -> str:
    if count == 1:
        return said
    words = reader.words.pgettext("the same trouble several times", "{chip}, {count} times")
    return words.format(chip=said, count=reader.number(count))
