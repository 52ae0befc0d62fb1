"""What a manager or a deal desk reads of deals whose owners were told and that are still open.

Counts per owner stand by name and teams stand by name: nothing here ranks people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.sentences import name
from stalewatch.delivery.subjects import Subject
from stalewatch.delivery.telling import Recipient
from stalewatch.delivery.titles import counted, money_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.durations import Duration, Unit

MOST_SHOWN: Final = 5
"""Deals that are shown of all that were passed on; the others are counted."""
_MOST_OWNERS: Final = 12


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The deals of one team that were passed on to one reader."""

    team: str
    subjects: tuple[Subject, ...]

    @property
    def waited(self) -> list[int]:
        """For how many business days each has been open since its owner was told, where that is known."""
        return [days for each in self.subjects if (days := waited(each)) is not None]

    @property
    def oldest(self) -> Subject:
        """The one that has waited longest; of equal ones the worst."""
        return max(self.subjects, key=lambda each: waited(each) or 0)


def aggregates(subjects: Iterable[Subject]) -> list[Aggregate]:
    """By team, the teams by name; what has no team stands last."""
    teams: dict[str, list[Subject]] = {}
    for subject in subjects:
        teams.setdefault(clean(subject.lead.team), []).append(subject)
    return [Aggregate(team, tuple(teams[team])) for team in sorted(teams, key=lambda each: (not each, each))]


def waited(subject: Subject) -> int | None:
    """Business days since the owner was told of the longest told of its causes; None if that is not known."""
    return max((each.unanswered for each in subject.tellings if each.unanswered is not None), default=None)


def in_a_sentence(some: Aggregate, recipient: Recipient, reader: Reader, *, with_oldest: bool = False) -> str:
    """ "Kanto 1: 5 deals without an answer from your team for 5 business days or more, ¥31M".

    With `with_oldest` a second sentence names the one that has waited longest, and whose it is.
    """
    words, money = reader.words, money_of([each.lead for each in some.subjects], reader)
    said = _how_long(some, recipient, reader)
    if some.team:
        said = words.gettext("{team}: {sentence}").format(team=some.team, sentence=said)
    if money:
        said = words.gettext("{sentence}, {money}").format(sentence=said, money=money)
    days = waited(some.oldest)
    if not with_oldest or not days or (some.waited == [days] * len(some.subjects) and len(some.subjects) > 1):
        return said
    if len(some.subjects) == 1:
        whose = words.gettext("{name} ({owner})").format(name=name(some.oldest.lead), owner=_owner(some.oldest, reader))
        return words.gettext("{sentence}: {what}").format(sentence=said, what=whose)
    return words.gettext("{sentence}. {oldest}").format(sentence=said, oldest=_oldest(some.oldest, days, reader))


def by_owner(some: Sequence[Aggregate], reader: Reader) -> list[str]:
    """How many there are of each owner, by name: a line per team; none where one owner has all of them."""
    lines = []
    for each in some:
        owners = Counter(_owner(subject, reader) for subject in each.subjects)
        if len(owners) > 1:
            lines.append(_counted(each.team, owners, reader))
    return lines


def _counted(team: str, owners: Counter[str], reader: Reader) -> str:
    words = reader.words
    item = words.pgettext("so many deals of an owner", "{owner} {count}")
    shown = [item.format(owner=owner, count=reader.number(owners[owner])) for owner in sorted(owners)[:_MOST_OWNERS]]
    more = sum(owners.values()) - sum(owners[owner] for owner in sorted(owners)[:_MOST_OWNERS])
    if more:
        shown.append(words.gettext("{count} more").format(count=reader.number(more)))
    said = words.gettext("{team}, by owner: {owners}") if team else words.gettext("By owner: {owners}")
    return said.format(team=team, owners=reader.listed(shown))


def _how_long(some: Aggregate, recipient: Recipient, reader: Reader) -> str:
    words, days, mine = reader.words, some.waited, recipient.key is not None
    what = counted([each.lead for each in some.subjects], reader)
    if not days or not min(days):
        said = words.gettext("{what} without an answer from your team") if mine else words.gettext(
            "{what} without an answer"
        )  # fmt: skip
        return said.format(what=what)
    if len(set(days)) == 1 and len(days) == len(some.subjects):
        said = words.gettext("{what} without an answer from your team for {time}") if mine else words.gettext(
            "{what} without an answer for {time}"
        )  # fmt: skip
    else:
        said = words.gettext("{what} without an answer from your team for {time} or more") if mine else words.gettext(
            "{what} without an answer for {time} or more"
        )  # fmt: skip
    return said.format(what=what, time=_business_days(min(days), reader))


def _oldest(subject: Subject, days: int, reader: Reader) -> str:
    words, time = reader.words, _business_days(days, reader)
    said = words.gettext("Oldest: {name} ({owner}), {time}.")
    return said.format(name=name(subject.lead), owner=_owner(subject, reader), time=time)


def _owner(subject: Subject, reader: Reader) -> str:
    return clean(subject.lead.owner_name) or reader.words.gettext("no owner")


def _business_days(days: int, reader: Reader) -> str:
    return duration(Duration(days, Unit.BUSINESS_DAY), reader)
