"""What a cycle did, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from stalewatch.cli.cycle_report import Entered, Noticed, Read, Report, Said, Wait
from stalewatch.cli.grid import Column, grid, padded
from stalewatch.delivery.columns import width
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import instant, state
from stalewatch.delivery.wording.silence_words import because
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean, printable

_STATES: Final = ("breached", "at_risk", "watching", "paused", "satisfied", "excepted", "no_clock", "cannot_judge")
"""In the order in which they are shown; closed and not applicable are left out."""
_MOST_REASONS: Final = 5


def lines(report: Report, titles: Mapping[str, str], reader: Reader, room: int | None) -> list[str]:
    """The report for people: a table of what the rules say now, then what was read, noticed and said.

    Args:
        titles: of rules, by id.
        room: columns of the terminal; None cuts nothing.
    """
    table = _table(report.states or {}, titles, reader, room)
    parts = _in_parts(_sections(report, reader))
    return [*table, "", *parts] if table and parts else [*table, *parts]


def _sections(report: Report, reader: Reader) -> Iterator[tuple[str, list[str]]]:
    words = reader.words
    if report.read is not None:
        read = [line for one in report.read for line in _read(one, reader)]
        yield words.pgettext("part of a cycle", "Read"), read or [words.gettext("no connection is configured")]
    if report.noticed is not None:
        yield words.pgettext("part of a cycle", "Noticed"), list(_noticed(report.noticed, reader))
    if report.said is not None:
        yield words.pgettext("part of a cycle", "Said"), list(_said(report.said, reader))
    if report.entered is not None:
        yield words.pgettext("part of a cycle", "Written"), list(_entered(report.entered, reader))
    if report.waiting:
        yield words.pgettext("part of a cycle", "Waiting"), [_waiting(one, reader) for one in report.waiting]


def _in_parts(sections: Iterator[tuple[str, list[str]]]) -> list[str]:
    """Each heading beside its first line, the others below it."""
    told = list(sections)
    column = max((width(heading) for heading, _ in told), default=0)
    return [
        f"{padded(heading if not place else '', column)}  {printable(line)}"
        for heading, some in told
        for place, line in enumerate(some)
    ]


def _table(
    states: Mapping[str, Mapping[str, int]], titles: Mapping[str, str], reader: Reader, room: int | None
) -> list[str]:
    if not states:
        return []
    columns = [Column(reader.words.pgettext("column", "RULE"), elastic=True)]
    columns += [Column(state(one, reader).upper(), right=True) for one in _STATES]
    rows = [
        [titles.get(rule, rule), *(reader.number(counts[one]) if counts.get(one) else "" for one in _STATES)]
        for rule, counts in states.items()
    ]
    return grid(columns, rows, room)


def _read(one: Read, reader: Reader) -> Iterator[str]:
    words, name = reader.words, clean(one.connection)
    figures = {"name": name, "records": reader.number(one.records), "open": reader.number(one.open)}
    if one.error is not None:
        first, *more = one.error.splitlines()
        yield words.gettext("{name} could not be read: {error}").format(name=name, error=first)
        yield from (f"  {line.strip()}" for line in more)
        return
    if one.busy:
        yield words.gettext(
            "{name}: another process is reading it; if that has ended, it is free again in a few minutes"
        ).format(name=name)
        return
    if one.read and one.read == one.records:
        said = words.gettext("{name}: {records} records read, {open} of them open")
    elif one.read:
        said = words.gettext("{name}: {read} records read; {records} are known, {open} of them open")
    else:
        said = words.gettext("{name}: nothing new; {records} records are known, {open} of them open")
    yield said.format(read=reader.number(one.read), **figures)
    yield from (f"  {each}" for each in one.findings or _left_out(one.rejected, reader))
    if one.vanished:
        gone = words.ngettext("{count} record is gone", "{count} records are gone", one.vanished)
        yield "  " + gone.format(count=reader.number(one.vanished))
    if one.doubted:
        said = words.gettext("{count} records are missing all at once; that is not believed, they stay as they are")
        yield "  " + said.format(count=reader.number(one.doubted))
        cure = words.gettext("if they are really gone: {command}")
        yield "  " + cure.format(command=f"stalewatch sync {one.connection} --full --believe-vanished")


def _left_out(rejected: Mapping[str, int], reader: Reader) -> Iterator[str]:
    said = reader.words.gettext("{count} left out: {reason}")
    commonest = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    for reason, count in commonest[:_MOST_REASONS]:
        yield said.format(count=reader.number(count), reason=clean(reason, 200))
    if len(commonest) > _MOST_REASONS:
        rest = sum(count for _, count in commonest[_MOST_REASONS:])
        yield reader.words.gettext("+{count} more").format(count=reader.number(rest))


def _noticed(noticed: Noticed, reader: Reader) -> Iterator[str]:
    words = reader.words
    figures = (
        (words.gettext("{count} new"), noticed.news),
        (words.gettext("{count} late before we began to watch"), noticed.backlog),
        (words.gettext("{count} settled"), noticed.resolved),
    )
    told = [said.format(count=reader.number(count)) for said, count in figures if count]
    yield " · ".join(told) or words.gettext("nothing new")
    if noticed.held:
        held = words.gettext("{count} messages are held back, too many at once: see `stalewatch work ls`")
        yield held.format(count=reader.number(noticed.held))
    for connection in noticed.not_judged:
        yield words.gettext("{name} is not judged: its data is too old, or was never read").format(
            name=clean(connection)
        )


def _said(said: Said, reader: Reader) -> Iterator[str]:
    words, number = reader.words, reader.number
    if said.messages:
        sent = words.ngettext("{count} message sent", "{count} messages sent", said.messages)
        yield sent.format(count=number(said.messages))
    else:
        yield words.gettext("nothing")
    troubles = (
        (words.gettext("{count} without an answer: they may have arrived, and are looked for"), said.unknown),
        (words.gettext("{count} refused, to be tried again"), said.refused),
        (words.gettext("{count} given up: see `stalewatch work ls`"), said.dead),
    )
    yield from (text.format(count=number(count)) for text, count in troubles if count)


def _entered(entered: Entered, reader: Reader) -> Iterator[str]:
    words = reader.words
    figures = (
        (words.gettext("{count} written into the CRM"), entered.written),
        (words.gettext("{count} refused by the CRM: see `stalewatch work ls`"), entered.refused),
        (words.gettext("{count} overtaken by somebody else's change: see `stalewatch work ls`"), entered.conflicts),
        (words.gettext("{count} without an answer: looked for before anything is sent again"), entered.unknown),
        (words.gettext("{count} not written, and given up: see `stalewatch work ls`"), entered.given_up),
    )
    yield from (text.format(count=reader.number(count)) for text, count in figures if count)


def _waiting(one: Wait, reader: Reader) -> str:
    words, count = reader.words, one.messages
    said = {
        "digest": words.ngettext("{count} daily message until {until}", "{count} daily messages until {until}", count),
        "immediate": words.ngettext("{count} message until {until}", "{count} messages until {until}", count),
    }.get(one.style, words.ngettext("{count} message until {until}", "{count} messages until {until}", count))
    told = said.format(count=reader.number(count), until=moment(instant(one.until), reader))
    why = because(one.reason, reader)
    return f"{told}: {why}" if why and one.reason != "digest" else told
