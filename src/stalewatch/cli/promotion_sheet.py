"""What it means to give rules another mode, as `rules promote` prints it before it asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.cli.grid import Column, grid, terminal_width
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day, duration
from stalewatch.domain.instants import from_day
from stalewatch.domain.policies import Rollout
from stalewatch.services.reporting.shadowing import Shadowed

_WEEKS: Final = 8
"""Weeks that are shown one by one; the nudges of those before are in the sum."""


@dataclass(frozen=True, slots=True)
class PromotionSheet:
    """What rules would have said, and what follows from letting them.

    Attributes:
        rollout: how new rules begin to speak; None: all at once.
    """

    past: Shadowed
    rollout: Rollout | None
    reader: Reader

    def lines(self) -> Iterator[str]:
        """The days of shadow in a sentence and by owner and week, and what comes next."""
        yield from self._past(self.past)
        yield from self._ahead(self.past)

    def _past(self, past: Shadowed) -> Iterator[str]:
        words, reader = self.reader.words, self.reader
        if past.days is None:
            yield words.gettext("It never ran here in shadow, so nobody knows what it would say.")
            return
        days = words.ngettext("In {count} day of shadow", "In {count} days of shadow", past.days)
        problems = words.ngettext("{count} problem", "{count} problems", past.alerts)
        nudges = words.ngettext("{count} nudge", "{count} nudges", past.nudges)
        talked = sum(bool(owner.weeks) for owner in past.owners)
        owners = words.ngettext("{count} owner", "{count} owners", talked)
        acted = words.ngettext(
            "{count} of them ended because somebody acted anyhow",
            "{count} of them ended because somebody acted anyhow", past.acted,
        )  # fmt: skip
        said = words.gettext("{days}: {problems}, {nudges} to {owners}; {acted}.")
        yield said.format(
            days=days.format(count=reader.number(past.days)),
            problems=problems.format(count=reader.number(past.alerts)),
            nudges=nudges.format(count=reader.number(past.nudges)), owners=owners.format(count=reader.number(talked)),
            acted=acted.format(count=reader.number(past.acted)),
        )  # fmt: skip
        if past.owners:
            yield ""
            yield from self._table(past)
            yield ""

    def _table(self, past: Shadowed) -> Sequence[str]:
        words, weeks = self.reader.words, past.weeks[-_WEEKS:]
        titles = [words.gettext("week of {date}").format(date=day(from_day(week), self.reader)) for week in weeks]
        columns = [
            Column(words.pgettext("column", "OWNER"), elastic=True),
            *(Column(title, right=True) for title in titles),
            Column(words.pgettext("column", "LATE NOW"), right=True),
        ]
        rows = [
            [owner.name or words.gettext("no owner"), *(str(owner.weeks.get(week, "")) for week in weeks),
             str(owner.late or "")]
            for owner in past.owners
        ]  # fmt: skip
        return grid(columns, rows, terminal_width())

    def _ahead(self, past: Shadowed) -> Iterator[str]:
        words, rollout = self.reader.words, self.rollout
        if past.late and rollout is not None:
            said = words.ngettext(
                "{count} is late now and becomes backlog: listed, one summary per owner, no reminders.",
                "{count} are late now and become backlog: listed, one summary per owner, no reminders.", past.late,
            )  # fmt: skip
            yield said.format(count=self.reader.number(past.late))
        elif past.late:
            said = words.ngettext(
                "{count} is late now and is told at once: `rollout` is off.",
                "{count} are late now and are told at once: `rollout` is off.", past.late,
            )  # fmt: skip
            yield said.format(count=self.reader.number(past.late))
        if rollout is not None:
            said = words.gettext("For {span} each owner hears of at most {most} new ones per rule and day.")
            yield said.format(span=duration(rollout.grace, self.reader), most=self.reader.number(rollout.most))


def as_data(past: Shadowed) -> dict[str, Any]:
    """The same for programs."""
    return {
        "days": past.days,
        "alerts": past.alerts,
        "nudges": past.nudges,
        "acted": past.acted,
        "late": past.late,
        "owners": [
            {"name": one.name, "weeks": {str(from_day(week)): many for week, many in sorted(one.weeks.items())},
             "late": one.late}
            for one in past.owners
        ],
    }  # fmt: skip
