"""What App Home and the slash command show: somebody's own list, a team, or help, as parts in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from stalewatch.delivery import glance_words as words_of
from stalewatch.delivery.digest import entry
from stalewatch.delivery.glances import Data, Glance, Resting, Team
from stalewatch.delivery.subjects import Subject, badness
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.wording.reader import Reader
from stalewatch.sdk.notifier import Entry

NAMES_SHOWN: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something under a heading ("" for none): lines, or entries; `more`: how many are not shown."""

    heading: str = ""
    lines: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """All of it. `url` leads to the whole list, with `link` as its words; `*bold*` marks what is bold in lines."""

    language: str
    title: str
    intro: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    footer: tuple[str, ...] = ()
    url: str | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Painter:
    """Makes screens for one reader.

    Attributes:
        owner: the name of the person whose list it is, if it is not the reader's own.
        list_url: of the whole list on the dashboard.
    """

    recipient: Recipient
    reader: Reader
    owner: str = ""
    list_url: str | None = None

    def own(self, glance: Glance, data: Data | None) -> Screen:
        """Somebody's whole list: what is late, what soon will be, what rests."""
        parts = (
            Part(entries=self._entries(glance.late_ones), more=_left(glance.late.records, glance.late_ones)),
            self._soon(glance),
            self._resting(glance),
        )
        return self._screen(
            title=words_of.title(glance.late, glance.currency, self.reader, owner=self.owner, data=data),
            intro=words_of.peace(glance, self.reader, own=not self.owner, data=data), parts=_filled(parts), data=data,
        )  # fmt: skip

    def late(self, glance: Glance, data: Data | None) -> Screen:
        """What is late, and counts of the rest."""
        part = Part(entries=self._entries(glance.late_ones), more=_left(glance.late.records, glance.late_ones))
        shown = self.own(glance, data)
        return replace(shown, parts=_filled((part,)), footer=(*words_of.rest(glance, self.reader), *shown.footer))

    def soon(self, glance: Glance, data: Data | None) -> Screen:
        """What falls due soon."""
        part = replace(self._soon(glance), heading="")
        title = words_of.soon_title(glance, self.reader)
        return self._screen(title=title, parts=_filled((part,)), data=data)

    def team(self, team: Team, data: Data | None, *, everybody: bool) -> Screen:
        """A team by name, and the cases to look at first."""
        lines = words_of.members(team, self.reader)
        parts = (
            Part(lines=tuple(lines[:NAMES_SHOWN]), more=max(0, len(lines) - NAMES_SHOWN)),
            Part(heading=self.reader.words.gettext("Look at these first"), entries=self._entries(team.first_ones)),
        )
        return self._screen(
            title=words_of.team_title(team, self.reader, everybody=everybody, data=data), parts=_filled(parts),
            intro=words_of.team_peace(team, self.reader, data=data), data=data,
        )  # fmt: skip

    def plain(self, title: str, *lines: str) -> Screen:
        """Only words."""
        return Screen(language=self.reader.language, title=title, intro=lines)

    def _screen(self, *, title: str, parts: tuple[Part, ...], data: Data | None, intro: tuple[str, ...] = ()) -> Screen:
        return Screen(
            language=self.reader.language, title=title, intro=intro, parts=parts,
            footer=words_of.made(data, self.reader), url=self.list_url,
            link=self.reader.words.gettext("Open the whole list") if self.list_url else "",
        )  # fmt: skip

    def _soon(self, glance: Glance) -> Part:
        return Part(
            heading=words_of.within(glance.within, self.reader),
            entries=self._entries(glance.soon_ones),
            more=_left(glance.soon.records, glance.soon_ones),
        )

    def _resting(self, glance: Glance) -> Part:
        heading = self.reader.words.gettext("Answered, and not over")
        shown = tuple(self._answered(one) for one in glance.resting_ones)
        return Part(heading=heading, entries=shown, more=max(0, glance.resting.records - len(shown)))

    def _entries(self, tellings: Iterable[Telling]) -> tuple[Entry, ...]:
        """One for each record, in the order in which they come; what has no alert yet has nothing to be pressed."""
        groups: dict[str, list[Telling]] = {}
        for one in tellings:
            groups.setdefault(one.record, []).append(one)
        return tuple(self._entry(sorted(group, key=badness)) for group in groups.values())

    def _entry(self, group: Sequence[Telling]) -> Entry:
        shown = entry(Subject(tuple(group)), self.recipient, self.reader)
        return shown if group[0].alert else replace(shown, actions=())

    def _answered(self, one: Resting) -> Entry:
        """A case that was answered: what it is, what was answered by whom, and when it is asked again."""
        shown = self._entry((one.telling,))
        return replace(shown, body=words_of.answer(one, self.reader), chips=())


def _left(total: int, shown: Iterable[Telling]) -> int:
    return max(0, total - len({one.record for one in shown}))


def _filled(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.lines or part.entries)
