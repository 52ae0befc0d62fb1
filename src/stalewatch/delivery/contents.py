"""What a digest speaks of, in its order: what is late, what is near, what was passed on, what settled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from stalewatch.delivery import closing
from stalewatch.delivery.gathering import gathered
from stalewatch.delivery.passed_on import MOST_SHOWN, Aggregate, aggregates, by_owner, in_a_sentence
from stalewatch.delivery.sentences import is_late
from stalewatch.delivery.subjects import Subject, ranked
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.titles import counted, with_total
from stalewatch.delivery.wording.reader import Reader

MOST_ENTRIES: Final = 10
MOST_SOON: Final = 3
"""Deals whose limit lies ahead that are shown beside those that are late; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What one digest speaks of, in its parts; each part is worst first.

    Attributes:
        open: deals of those whom the reader looks after; `passed_on`: deals whose owners were told long ago.
        settled: what is over since the last one.
        singles: so many of those that were passed on are shown, the others are only counted.
    """

    recipient: Recipient
    reader: Reader
    group_by: Sequence[str]
    open: Sequence[Subject]
    passed_on: Sequence[Subject]
    settled: Sequence[Subject]
    singles: int = MOST_SHOWN

    @classmethod
    def of(
        cls, tellings: Sequence[Telling], recipient: Recipient, reader: Reader, group_by: Sequence[str],
        singles: int | None = None,
    ) -> Contents:  # fmt: skip
        subjects = ranked(tellings)
        alive = [each for each in subjects if not each.is_settled]
        return cls(
            recipient=recipient, reader=reader, group_by=group_by,
            open=[each for each in alive if not each.is_passed_on],
            passed_on=[each for each in alive if each.is_passed_on],
            settled=[each for each in subjects if each.is_settled],
            singles=MOST_SHOWN if singles is None else min(singles, MOST_SHOWN),
        )  # fmt: skip

    @property
    def is_worth_it(self) -> bool:
        """Whether anything needs anybody."""
        return bool(self.open or self.passed_on)

    def title(self) -> str:
        """How many deals need what, and how much money is in them; "" if nothing is open."""
        if self.open:
            return _title([each.lead for each in self.open], self.reader, mine=self._are_mine(self.open))
        if not self.passed_on:
            return ""
        one = self._teams[0] if len(self._teams) == 1 else Aggregate("", tuple(self.passed_on))
        return in_a_sentence(one, self.recipient, self.reader, with_oldest=True)

    def sections(self) -> Iterator[tuple[str, Sequence[Subject]]]:
        """(heading, subjects) of everything that has an entry; what the title says already needs no heading."""
        shown = [*self._late, *self._soon]
        groups = gathered(shown, self.group_by, self.reader)
        if len(groups) > 1:
            yield from groups
        else:
            late = [each for each in shown if not each.is_soon]
            soon = [each for each in shown if each.is_soon]
            yield "", late
            yield self.reader.words.gettext("Soon") if late else "", soon
        for team in aggregates(self._handed):
            yield "" if self._heads(team) else self._said(team), team.subjects

    def closing(self, since: date | None, still_open: int) -> list[str]:
        """What has no entry, counted; what settled, and what was told before and did not."""
        beyond = [each for each in self.open if not each.is_soon][len(self._late) :]
        near = [each for each in self.open if each.is_soon][len(self._soon) :]
        unseen = {each.team for each in self._teams} - {each.team for each in aggregates(self._handed)}
        lines = [
            closing.more(len(beyond), self.reader),
            closing.soon(near, self.reader),
            *(f"{self._said(each)}." for each in self._teams if each.team in unseen),
            closing.more(len(self.passed_on) - len(self._handed), self.reader),
            *by_owner(self._teams, self.reader),
            closing.settled(self.settled, since, self.reader),
            closing.still_open(still_open, self.reader),
        ]
        return [line for line in lines if line]

    def link(self) -> str:
        """The words on the way to the whole list."""
        words = self.reader.words
        return words.gettext("Open my list") if self._are_mine(self._alive) else words.gettext("Open the list")

    @property
    def _alive(self) -> Sequence[Subject]:
        return [*self.open, *self.passed_on]

    def _are_mine(self, subjects: Sequence[Subject]) -> bool:
        """Whether they are the reader's own."""
        owners = [subject.lead.owner for subject in subjects]
        return all(owner is not None and owner == self.recipient.key for owner in owners)

    @property
    def _teams(self) -> list[Aggregate]:
        return aggregates(self.passed_on)

    def _heads(self, team: Aggregate) -> bool:
        """Whether the title speaks of this team already."""
        return not self.open and len(self._teams) == 1 and self._teams[0].team == team.team

    def _said(self, team: Aggregate) -> str:
        whole = next(each for each in self._teams if each.team == team.team)
        return in_a_sentence(whole, self.recipient, self.reader)

    @property
    def _handed(self) -> Sequence[Subject]:
        return self.passed_on[: self.singles]

    @property
    def _late(self) -> Sequence[Subject]:
        return [each for each in self.open if not each.is_soon][: MOST_ENTRIES - len(self._handed)]

    @property
    def _soon(self) -> Sequence[Subject]:
        """All of them where nothing is late; else a few, for what is late comes first."""
        room = MOST_ENTRIES - len(self._handed) - len(self._late)
        return [each for each in self.open if each.is_soon][: min(room, MOST_SOON) if self._late else room]


def _title(leads: Sequence[Telling], reader: Reader, *, mine: bool) -> str:
    words, what = reader.words, counted(leads, reader)
    if not any(is_late(lead) for lead in leads):
        said = words.ngettext("{what} is due soon", "{what} are due soon", len(leads))
    elif mine:
        said = words.ngettext("{what} needs a next step from you", "{what} need a next step from you", len(leads))
    else:
        said = words.ngettext("{what} needs a next step", "{what} need a next step", len(leads))
    return with_total(said.format(what=what), leads, reader)
