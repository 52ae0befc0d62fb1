"""`/rules`: what each rule did this week, over what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from fastapi import Query, Request, Response
from markupsafe import Markup, escape

from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import MARKS
from stalewatch.delivery.wording.rule_figure_words import blind, mode, week
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import to_us
from stalewatch.services.reporting.rule_figures import Counted
from stalewatch.services.reporting.rule_list import RuleItem, RuleListing, RuleSort, listed, rules_as_csv
from stalewatch.web.asking import LARGEST_PAGE
from stalewatch.web.desk import At, Desk
from stalewatch.web.figures import FILES, PATIENCE
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.files import table_file
from stalewatch.web.pages.paper import page
from stalewatch.web.rules import Rules, counted_for, items_of

MODES: Final = {"live": ("fine", "●"), "shadow": ("hold", "◌"), "off": ("quiet", "–")}
"""Colour and mark of each mode."""
_KEPT: Final = ("lang", "mode", "sort", "order")
_FALLING: Final = frozenset({"late", "told", "acted", "ignored", "false_alarms", "cannot_judge"})


class Chip(NamedTuple):
    """A word with a colour and a mark."""

    state: str
    mark: str
    title: str


class Heading(NamedTuple):
    """The head of a column: where a click leads, and how it is sorted now."""

    href: str
    sorted: str


class Choice(NamedTuple):
    """A mode to narrow the list to: its word, how many rules are in it, where it leads, whether it is chosen."""

    title: str
    many: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One rule in words; a figure is "" where there is none."""

    href: str
    title: str
    place: str
    chips: tuple[Chip, ...]
    late: str
    soon: str
    running: str
    figures: tuple[str, ...]


class RulesPage(Rules):
    """`GET /rules`"""

    sort: RuleSort = RuleSort.TOLD


def rules_page(request: Request, desk: At, asked: Annotated[RulesPage, Query()]) -> Response:
    """What each rule did this week: whom it told, what they did, what was a false alarm."""
    reader, address = desk.reader(request), Address.of(request)
    counted, is_counted = figures(request, desk)
    items = items_of(request, desk, counted)
    found = listed(items, counted, asked.filters, asked.page)
    words = _Words(reader, address, any(one.week.held_out for one in items))
    return page(
        request, "rules.html", here="rules", is_counting=not is_counted,
        sentence=words.headline(found) if is_counted else words.counting(),
        scope=(words.scope(), words.made(found)),
        modes=words.modes(items, asked.mode), packs=sorted({one.pack for one in items}), pack=asked.pack or "",
        q=asked.q or "", kept={name: value for name, value in address.asked.items() if name in _KEPT},
        heads={sort.value: words.heading(asked, sort) for sort in RuleSort},
        rows=[words.row(one, is_counted=is_counted) for one in found.items], total=found.total,
        held_out=words.held_out, following=None if found.next is None else address.but(next=found.next),
        first=address.but() if asked.next else None, csv=address.but("/rules.csv"),
    )  # fmt: skip


def rules_csv(request: Request, desk: At, asked: Annotated[RulesPage, Query()]) -> Response:
    """Every rule as CSV, sorted as the page shows them."""
    counted, _ = figures(request, desk, FILES)
    whole = asked.model_copy(update={"limit": LARGEST_PAGE, "next": None})
    items = items_of(request, desk, counted)
    found = listed(items, counted, whole.filters, whole.page).items
    return table_file(rules_as_csv(found), "rules")


def mode_chip(item: RuleItem, reader: Reader) -> Chip:
    """The mode of a rule."""
    state, mark = MODES[item.mode]
    return Chip(state, mark, mode(item.mode, reader))


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of the page; `held_out`: some rule has alerts that stay silent, so there is a column of them."""

    reader: Reader
    address: Address
    held_out: bool = False

    def headline(self, found: RuleListing) -> Markup:
        told, acted = (sum(getattr(one.week, name) for one in found.items) for name in ("told", "acted"))
        return escape(week(told, acted, self.reader))

    def counting(self) -> Markup:
        return escape(self.reader.words.gettext("What the rules did is being counted."))

    def scope(self) -> str:
        return self.reader.words.gettext("the last seven days")

    def made(self, found: RuleListing) -> str:
        return "" if found.data_age_seconds is None else as_of(found.as_of, found.data_age_seconds, self.reader)

    def modes(self, items: list[RuleItem], chosen: str | None) -> list[Choice]:
        everything = self.reader.words.pgettext("filter", "all")
        some = [Choice(everything, self.reader.number(len(items)), self.address.but(mode=None), chosen is None)]
        for name in MODES:
            many = sum(one.mode == name for one in items)
            if many or chosen == name:
                said, count = mode(name, self.reader), self.reader.number(many)
                some.append(Choice(said, count, self.address.but(mode=name), chosen == name))
        return some

    def heading(self, asked: RulesPage, sort: RuleSort) -> Heading:
        falls = sort.value in _FALLING
        if asked.sort is not sort:
            return Heading(self.address.but(sort=sort.value, order=None), "")
        now_falls = falls if asked.order is None else asked.order == "desc"
        href = self.address.but(sort=sort.value, order="asc" if now_falls else "desc")
        return Heading(href, "descending" if now_falls else "ascending")

    def row(self, item: RuleItem, *, is_counted: bool) -> Row:
        place = f"{item.file}:{item.line}" if item.file is not None else ""
        did = item.week
        say = self._many if is_counted else lambda _: "…"
        silent = (did.held_out,) if self.held_out else ()
        figures = (did.told, did.acted, did.recovered, did.ignored, did.false_alarms, *silent)
        return Row(
            href=self.address.to(f"/rules/{item.id}"), title=item.title,
            place=" · ".join(part for part in (item.id, clean(place)) if part),
            chips=(mode_chip(item, self.reader), *self._marks(item)),
            late=say(item.states.get("breached", 0)), soon=say(item.states.get("at_risk", 0)),
            running=say(item.states.get("watching", 0)), figures=tuple(say(one) for one in figures),
        )  # fmt: skip

    def _marks(self, item: RuleItem) -> list[Chip]:
        """What somebody should look at."""
        words, found = self.reader.words, []
        if item.feedback is not None and item.feedback.is_noisy:
            found.append(Chip("late", "!", words.gettext("often a false alarm")))
        if item.cannot_judge:
            found.append(Chip("soon", MARKS["cannot_judge"], blind(item.cannot_judge, self.reader)))
        if not item.tested:
            found.append(Chip("quiet", "·", words.gettext("no test")))
        return found

    def _many(self, count: int) -> str:
        return self.reader.number(count) if count else "–"


def since(item: RuleItem, reader: Reader) -> str:
    """ "since 2 Mar" of a rule that is live, or how long it is computed."""
    words = reader.words
    if item.live_since is not None:
        return words.gettext("live since {day}").format(day=moment(_us(item.live_since), reader, timed=False))
    if item.known_since is not None:
        return words.gettext("computed since {day}").format(day=moment(_us(item.known_since), reader, timed=False))
    return ""


def figures(request: Request, desk: Desk, patience: float | None = None) -> tuple[Counted, bool]:
    """What the rules did, and whether that is known: it is empty while it is counted for the first time.

    Args:
        patience: seconds; None: as long as a page waits.
    """
    counted = counted_for(request, desk, PATIENCE if patience is None else patience)
    return counted or Counted(rules={}, as_of=desk.now, data_age=None), counted is not None


def _us(moment_of: str) -> int:
    return to_us(datetime.fromisoformat(moment_of))
