"""`digest.group_by`: the deals of a digest under headings, by owner, team, rule or stage.

Owners and teams stand by name, never by how much is late with them; rules and stages stand worst first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from stalewatch.delivery.subjects import Subject
from stalewatch.delivery.titles import counted, money_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean

_PEOPLE: Final = ("owner", "team")


def gathered(
    subjects: Sequence[Subject], group_by: Sequence[str], reader: Reader
) -> list[tuple[str, tuple[Subject, ...]]]:
    """(heading, subjects) in their order; a single group has no heading, for there is nothing to tell apart.

    Args:
        subjects: worst first; each belongs where its leading cause does.
        group_by: of `owner`, `team`, `rule`, `stage`; `deal` is what every entry is and makes no heading.
    """
    names = [name for name in group_by if name in _TITLES and _differ(subjects, name, reader)]
    groups: dict[tuple[str, ...], list[Subject]] = {}
    for subject in subjects:
        groups.setdefault(tuple(_TITLES[name](subject, reader) for name in names), []).append(subject)
    if len(groups) < 2:
        return [("", tuple(subjects))]
    first = {(place, title): number for number, titles in reversed(list(enumerate(groups)))
             for place, title in enumerate(titles)}  # fmt: skip
    ordered = sorted(groups, key=lambda titles: [
        _by_name(title, reader) if names[place] in _PEOPLE else (first[place, title], "")
        for place, title in enumerate(titles)
    ])  # fmt: skip
    return [(_heading(titles, groups[titles], reader), tuple(groups[titles])) for titles in ordered]


def _differ(subjects: Sequence[Subject], name: str, reader: Reader) -> bool:
    return len({_TITLES[name](subject, reader) for subject in subjects}) > 1


def _by_name(title: str, reader: Reader) -> tuple[int, str]:
    """Nobody's and no team's stand last."""
    return int(title in (reader.words.gettext("no owner"), reader.words.gettext("no team"))), title


def _heading(titles: Sequence[str], subjects: Sequence[Subject], reader: Reader) -> str:
    """ "Sato: 3 deals · ¥31M"."""
    leads = [subject.lead for subject in subjects]
    said = reader.words.pgettext("a group of deals", "{group}: {what}")
    figures = said.format(group=" · ".join(titles), what=counted(leads, reader))
    money = money_of(leads, reader)
    return f"{figures} · {money}" if money else figures


def _owner(subject: Subject, reader: Reader) -> str:
    return clean(subject.lead.owner_name) or reader.words.gettext("no owner")


def _team(subject: Subject, reader: Reader) -> str:
    return clean(subject.lead.team) or reader.words.gettext("no team")


def _rule(subject: Subject, reader: Reader) -> str:
    return reader.pick(subject.lead.title)


def _stage(subject: Subject, reader: Reader) -> str:
    return reader.pick(subject.lead.stage) or reader.words.gettext("no stage")


_TITLES: Final[Mapping[str, Callable[[Subject, Reader], str]]] = {
    "owner": _owner, "team": _team, "rule": _rule, "stage": _stage,
}  # fmt: skip
