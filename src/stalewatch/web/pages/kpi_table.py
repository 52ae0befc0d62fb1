"""A table of KPIs by group, in words: each figure with its base, its value four weeks ago and the list behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.wording import kpi_words as say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.language.model import RuleSet
from stalewatch.services.measuring.kpis import Figure, Group, GroupBy, Kpis
from stalewatch.web.pages.addresses import Address

_BEHIND: Final = {"no_next_meeting": "no-next-meeting", "overdue_close_date": "close-date-past", "stalled": None}
"""KPIs behind which a list stands, as far as there is its rule; None: any rule."""
_WITHIN: Final[Mapping[GroupBy, tuple[str, GroupBy]]] = {
    GroupBy.TEAM: ("team", GroupBy.OWNER), GroupBy.OWNER: ("owner", GroupBy.PIPELINE),
    GroupBy.PIPELINE: ("pipeline", GroupBy.TEAM),
}  # fmt: skip
"""The filter that a group is, and how what it is made of is grouped."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one group, in words.

    Attributes:
        was: its value four weeks ago, with an arrow; `tone` is whether the change is good ("fine"), bad ("late") or
            neither (""). few: the base is too small. href: the list behind it.
    """

    figure: str
    base: str = ""
    was: str = ""
    tone: str = ""
    few: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One group; `href` leads to what it is made of."""

    name: str
    href: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One KPI: what it is called, and whether it divides the one before it."""

    title: str
    is_part: bool


@dataclass(frozen=True)
class Table:
    """Says the figures of some KPIs.

    Attributes:
        kpis: those that are shown, in their order.
    """

    found: Kpis
    kpis: Sequence[str]
    rules: RuleSet
    reader: Reader
    address: Address

    def columns(self) -> list[Column]:
        """The head of the table."""
        return [Column(self.title(kpi), is_part(kpi)) for kpi in self.kpis]

    def title(self, kpi: str) -> str:
        """What a KPI is called."""
        objects = self.rules.catalogue.objects
        fields = [objects.get("deal", {}).get("stage"), objects.get("lead", {}).get("unconverted_reason")]
        titles = {value: words for one in fields if one is not None for value, words in one.value_titles.items()}
        return say.title(kpi, self.reader, titles)

    def rows(self) -> list[Row]:
        """The groups of which there is anything to tell."""
        told = (one for one in self.found.groups if any(one.figures[kpi].value is not None for kpi in self.kpis))
        return [self.row(one) for one in told]

    def row(self, group: Group) -> Row:
        """One group, or all of them together."""
        words = self.reader.words
        name = clean(group.name) or words.pgettext("a group of records without one", "none")
        if group is self.found.all:
            name = words.gettext("All together")
        return Row(name, self._inside(group), tuple(self._cell(group, group.figures[kpi]) for kpi in self.kpis))

    def _inside(self, group: Group) -> str:
        """What a group is made of: a team of its people, a person of their pipelines, a pipeline of teams."""
        if group is self.found.all or not group.key or self.found.group not in _WITHIN:
            return ""
        name, following = _WITHIN[self.found.group]
        return self.address.but(**{name: group.key, "group": following.value})

    def _cell(self, group: Group, one: Figure) -> Cell:
        shown = say.figure(one.value, one.unit, self.found.currency, self.reader)
        if one.value is None:
            return Cell(shown)
        base = say.base(one.kpi, one.over, one.of, self.found.currency, self.reader)
        was, tone = self._was(one, shown)
        return Cell(shown, base, was, tone, few=one.small, href=self._behind(group, one))

    def _was(self, one: Figure, shown: str) -> tuple[str, str]:
        """What it was four weeks ago, and whether the change is good."""
        if one.before is None or one.value is None:
            return "", ""
        before = say.figure(one.before, one.unit, self.found.currency, self.reader)
        said = self.reader.words.pgettext("four weeks ago", "was {figure}").format(figure=before)
        if before == shown:
            return f"= {said}", ""
        good = {"lower": one.value < one.before, "higher": one.value > one.before}.get(one.better)
        tone = "" if good is None else "fine" if good else "late"
        return f"{'▲' if one.value > one.before else '▼'} {said}", tone

    def _behind(self, group: Group, one: Figure) -> str:
        """The list of the records that a figure counts, as it stands now; "" where there is none."""
        rule = _BEHIND.get(one.kpi)
        is_told = rule is None or any(rule == known.id for known in self.rules.rules)
        is_one = group is self.found.all or (bool(group.key) and self.found.group in _WITHIN)
        if one.kpi not in _BEHIND or not one.over or not is_told or not is_one:
            return ""
        names = ("owner", "team", "pipeline", "connection")
        asked = {name: self.address.asked[name] for name in names if name in self.address.asked}
        mine = {} if group is self.found.all else {self.found.group.value: group.key}
        return self.address.to("/stalled", **{**asked, **mine}, rule=rule)


def is_part(kpi: str) -> bool:
    """Whether a KPI divides another one by stage, letter, band or tag; a score is whole, its letters are parts."""
    family, *parts = kpi.split(".")
    if family in ("loss_reason", "meddic_gap"):
        return False
    return len(parts) > (1 if family == "qualification" else 0)
