"""The daily message: one entry per deal, worst first, ten at most, the rest counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from stalewatch.delivery.backlog import backlog_footer, backlog_line
from stalewatch.delivery.sentences import body, chip, headline, is_late, name
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.titles import counted, with_total
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import safe_url
from stalewatch.domain.alerts import Kind
from stalewatch.sdk.notifier import Action, Entry, Message, Style

MOST_ENTRIES: Final = 10
MOST_CHIPS: Final = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """One deal or lead with all that is to be said of it, the leading cause first."""

    tellings: tuple[Telling, ...]

    @property
    def lead(self) -> Telling:
        """The cause that speaks; the others are chips beside it."""
        return self.tellings[0]


def compose_digest(
    tellings: Sequence[Telling],
    *,
    delivery: str,
    recipient: Recipient,
    now: datetime,
    still_open: int = 0,
    backlog: Sequence[Telling] = (),
    list_url: str | None = None,
) -> Message | None:
    """One digest; None if there is nothing that needs anybody (only things that settled, or nothing at all).

    Every telling is an entry, a chip on its deal's entry, or counted in the footer's "+N more".

    Args:
        still_open: how many deals were told before and are not settled.
        backlog: what was late when watching began, to be summed up in one line.
        list_url: where the reader's whole list is.
    """
    reader = recipient.reads(now)
    subjects = ranked(tellings)
    open_ones = [subject for subject in subjects if subject.lead.kind is not Kind.RESOLVE]
    if not open_ones and not backlog:
        return None
    return Message(
        delivery=delivery,
        target=recipient.target,
        address=recipient.address,
        style=Style.DIGEST,
        language=recipient.language,
        title=_title(open_ones, backlog, recipient, reader),
        entries=_entries(subjects[:MOST_ENTRIES], recipient, reader),
        footer=[
            *_counts(len(open_ones), len(subjects), still_open, reader),
            *backlog_footer(backlog, reader, in_title=not open_ones),
        ],
        url=list_url,
        link=reader.words.gettext("Open my list") if list_url else "",
    )


def _entries(subjects: Sequence[Subject], recipient: Recipient, reader: Reader) -> list[Entry]:
    """The entries in their sections; the first section needs no heading, the title stands over it."""
    first = _place(subjects[0].lead) if subjects else 0
    entries = []
    for subject in subjects:
        section = "" if _place(subject.lead) == first else _section(subject.lead, reader)
        entries.append(entry(subject, recipient, reader, section=section))
    return entries


def ranked(tellings: Iterable[Telling]) -> list[Subject]:
    """Grouped by record and worst first: late, soon, settled; then by severity, days over and amount."""
    records: dict[str, list[Telling]] = {}
    for telling in tellings:
        records.setdefault(telling.record, []).append(telling)
    subjects = [Subject(tuple(sorted(group, key=badness))) for group in records.values()]
    return sorted(subjects, key=lambda subject: (_place(subject.lead), badness(subject.lead)))


def badness(telling: Telling) -> tuple[bool, bool, int, int, int, int, str, str]:
    """Sorts the worst first. What another rule speaks for never leads; equal ones stand by name."""
    return (
        telling.kind is Kind.RESOLVE,
        telling.muted,
        _place(telling),
        -telling.severity.rank,
        -telling.days_over,
        -(telling.amount or 0),
        telling.name,
        telling.alert,
    )


def _place(telling: Telling) -> int:
    """0 late, 1 soon, 2 settled: the order of the sections."""
    return 2 if telling.kind is Kind.RESOLVE else int(not is_late(telling))


def entry(subject: Subject, recipient: Recipient, reader: Reader, *, section: str = "") -> Entry:
    """One deal: its figures, the leading cause in a sentence, every cause as a chip."""
    lead, several = subject.lead, len(subject.tellings) > 1
    resolved = lead.kind is Kind.RESOLVE
    return Entry(
        record=lead.record,
        headline=f"✅ {name(lead)}" if resolved else headline(lead, recipient, reader),
        body=body(lead, reader),
        chips=_chips(subject, reader) if several or not resolved else (),
        alerts=tuple(telling.alert for telling in subject.tellings),
        url=safe_url(lead.url),
        severity=lead.severity.value,
        resolved=resolved,
        section=section,
        actions=() if resolved else _actions(lead, reader),
    )


def _actions(lead: Telling, reader: Reader) -> tuple[Action, ...]:
    """What the reader can do about the leading cause."""
    words = reader.words
    return (
        Action(kind="snooze", label=words.gettext("Snooze"), alert=lead.alert),
        Action(kind="why", label=words.gettext("Why?"), alert=lead.alert),
    )


def _chips(subject: Subject, reader: Reader) -> tuple[str, ...]:
    shown, more = subject.tellings[:MOST_CHIPS], len(subject.tellings) - MOST_CHIPS
    chips = [chip(telling, reader, titled=len(subject.tellings) > 1) for telling in shown]
    if more > 0:
        chips.append(reader.words.gettext("+{count} more").format(count=reader.number(more)))
    return tuple(chips)


def _section(lead: Telling, reader: Reader) -> str:
    words = reader.words
    return words.gettext("Settled since last time") if lead.kind is Kind.RESOLVE else words.gettext("Soon")


def _title(open_ones: Sequence[Subject], backlog: Sequence[Telling], recipient: Recipient, reader: Reader) -> str:
    leads = [subject.lead for subject in open_ones]
    if not leads:
        return backlog_line(backlog, reader)
    words, what = reader.words, counted(leads, reader)
    mine = all(lead.owner is not None and lead.owner == recipient.key for lead in leads)
    if not any(is_late(lead) for lead in leads):
        said = words.ngettext("{what} is due soon", "{what} are due soon", len(leads))
    elif mine:
        said = words.ngettext("{what} needs a next step from you", "{what} need a next step from you", len(leads))
    else:
        said = words.ngettext("{what} needs a next step", "{what} need a next step", len(leads))
    return with_total(said.format(what=what), leads, reader)


def _counts(open_ones: int, subjects: int, still_open: int, reader: Reader) -> list[str]:
    """What is only counted: deals beyond the tenth, settled ones beyond it, what was told before."""
    words = reader.words
    more = max(0, open_ones - MOST_ENTRIES)
    settled = max(0, subjects - MOST_ENTRIES) - more
    figures = (
        (words.gettext("+{count} more"), more),
        (words.gettext("+{count} more settled"), settled),
        (words.gettext("Still open: {count}"), still_open),
    )
    return [said.format(count=reader.number(count)) for said, count in figures if count]
