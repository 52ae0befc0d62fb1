"""What happened to a problem so far, a line each: noticed, told, answered, settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.answering import Settled, how_settled
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import said
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean

_REASON: Final = 300
"""Characters of somebody's own words that are shown again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened to it.

    Attributes:
        what: `noticed`, `told`, `answered` or `settled`.
        kind: of what was told (`warn`, `breach`, …), or of the answer (`snooze`, `hold`, …).
        who: to whom, or by whom.
        until, reason: of an answer, where it has them; `settled`: of an end.
    """

    at: int
    what: str
    kind: str = ""
    who: tuple[str, ...] = ()
    until: int | None = None
    reason: str = ""
    settled: Settled | None = None


def happening(one: Happening, reader: Reader, zone: str) -> str:
    """One line of its history."""
    words, date = reader.words, moment(one.at, reader, zone, timed=False)
    who = reader.listed([clean(name) for name in one.who])
    match one.what:
        case "told":
            line = words.gettext("{date}: {what} (to {who})")
            return line.format(date=date, what=said(one.kind, reader), who=who)
        case "answered":
            return _answered(one, date, who, reader, zone)
        case "settled":
            how = how_settled(one.settled, reader) if one.settled else ""
            return words.gettext("{date}: settled ({how})").format(date=date, how=how)
        case _:
            return words.gettext("{date}: first noticed").format(date=date)


def _answered(one: Happening, date: str, who: str, reader: Reader, zone: str) -> str:
    words, reason = reader.words, clean(one.reason, _REASON)
    until = "" if one.until is None else moment(one.until, reader, zone, timed=False)
    line = {
        "snooze": words.gettext("{date}: snoozed until {until} by {who}"),
        "hold": words.gettext("{date}: put on hold until {until} by {who}"),
        "meet": words.gettext("{date}: next meeting entered by {who}"),
        "lost": words.gettext("{date}: marked as lost by {who}"),
        "loss_check": words.gettext("{date}: loss check made by {who}"),
        "false_alarm": words.gettext("{date}: called a false alarm by {who}"),
        "claim": words.gettext("{date}: taken on by {who}"),
    }.get(one.kind, words.gettext("{date}: seen by {who}"))
    told = line.format(date=date, until=until, who=who)
    return words.gettext("{line} (“{reason}”)").format(line=told, reason=reason) if reason else told
