"""Rules as lists show them: what each says, since when, and what it did this week."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_in_words import parts_in_words
from stalewatch.domain.instants import shown
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.services.reporting.effect_told import EffectTold, effect_told
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.services.reporting.feedback import Effect, Share
from stalewatch.services.reporting.rule_figures import Counted, RuleFigures, Week
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.written import line_of
from stalewatch.settings import Settings
from stalewatch.store.errors import CursorNotUnderstood

_WORDS: Final = ("where", "start", "within", "until", "pause", "warn")
_GRAVITY: Final = {"critical": 0, "warning": 1, "info": 2}


class Rate(msgspec.Struct, frozen=True):
    """So many of so many; `rate` is null of nothing, and of fewer than 20 nothing can be concluded (`small`)."""

    many: int
    of: int
    rate: float | None
    small: bool


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What came of what the rule said in 90 days, as `rules feedback` counts it.

    Attributes:
        acted_within: business days -> told alerts acted on within them, of those old enough to tell.
        held_out: of the alerts that stayed silent, those acted on all the same. is_noisy: it is often a false alarm.
    """

    told: int
    acted_within: Mapping[str, Rate]
    ignored: Rate
    false_alarms: Rate
    held_out: Rate
    is_noisy: bool


class RuleItem(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. Figures are over the records that the caller may see; times are RFC 3339.

    Attributes:
        file, line: where it is written, from the project's folder; null for one that was not read from a file.
        live_since: null unless it is live. known_since: since when it is computed, whatever its mode.
        words: its `where`, `start`, `within`, `until`, `pause`, `warn`, in words, as far as it has them.
        states: how many of its clocks are in which state now. judged, cannot_judge: clocks of open records to which it
            applies; the fields that are missing stand with the connections.
        tested: a test of the project, or of the pack, expects something of it.
        effect: what being told changes; null unless the rule is live and some of its alerts are held out.
    """

    id: str
    title: str
    because: str | None
    pack: str
    file: str | None
    line: int | None
    watch: str
    severity: str
    mode: str
    live_since: str | None
    known_since: str | None
    words: Mapping[str, str]
    owner: str | None
    tags: tuple[str, ...]
    tested: bool
    states: Mapping[str, int]
    judged: int
    cannot_judge: int
    week: Week
    feedback: Brought | None
    effect: EffectTold | None = None


class RuleListing(msgspec.Struct, frozen=True):
    """A page of the list."""

    items: tuple[RuleItem, ...]
    next: str | None
    total: int
    as_of: str
    data_age_seconds: int | None
    more: bool = False


class RuleSort(StrEnum):
    """The orders of the list; `written` is that of the files."""

    WRITTEN = "written"
    TITLE = "title"
    SEVERITY = "severity"
    MODE = "mode"
    LATE = "late"
    TOLD = "told"
    ACTED = "acted"
    IGNORED = "ignored"
    FALSE_ALARMS = "false_alarms"
    CANNOT_JUDGE = "cannot_judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFilters:
    """Which rules a list shows; None: all. `q` is a piece of the id, the title or the reason, in any case."""

    mode: str | None = None
    pack: str | None = None
    tag: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class RulePage:
    """Which page: how sorted (falling None: each sort's own way), how long, from where."""

    sort: RuleSort = RuleSort.WRITTEN
    falling: bool | None = None
    limit: int = 50
    after: str | None = None


_KEYS: Final[Mapping[RuleSort, tuple[Callable[[RuleItem], Any], bool]]] = {
    RuleSort.WRITTEN: (lambda _: 0, False),
    RuleSort.TITLE: (lambda one: one.title.casefold(), False),
    RuleSort.SEVERITY: (lambda one: _GRAVITY[one.severity], False),
    RuleSort.MODE: (lambda one: [Mode.LIVE, Mode.SHADOW, Mode.OFF].index(Mode(one.mode)), False),
    RuleSort.LATE: (lambda one: one.states.get("breached", 0), True),
    RuleSort.TOLD: (lambda one: one.week.told, True),
    RuleSort.ACTED: (lambda one: one.week.acted, True),
    RuleSort.IGNORED: (lambda one: one.week.ignored, True),
    RuleSort.FALSE_ALARMS: (lambda one: one.week.false_alarms, True),
    RuleSort.CANNOT_JUDGE: (lambda one: one.cannot_judge, True),
}
COLUMNS: Final = (
    *("id", "title", "pack", "file", "line", "watch", "severity", "mode", "live_since", "where", "within", "until"),
    *("owner", "tags", "tested", "late", "at_risk", "judged", "cannot_judge", "opened", "told", "acted", "recovered"),
    *("false_alarms", "ignored", "held_out"),
)
"""Columns of the list as CSV."""


def rule_items(
    book: Rulebook, settings: Settings, counted: Counted, tested: Collection[str], reader: Reader
) -> list[RuleItem]:
    """Every rule in force, in the order of the files.

    Args:
        counted: over what the caller may see. tested: ids of rules that some test names.
    """
    return [
        _item(rule, book, settings, counted.rules.get(rule.id, RuleFigures()), rule.id in tested, reader)
        for rule in book.rules.rules
    ]


def listed(items: Iterable[RuleItem], counted: Counted, filters: RuleFilters, page: RulePage) -> RuleListing:
    """A page of the rules that the filters let through.

    Raises:
        CursorNotUnderstood: `page.after` does not belong to this list.
    """
    key, natural = _KEYS[page.sort]
    falling = natural if page.falling is None else page.falling
    chosen = [one for one in items if _passes(one, filters)]
    ordered = sorted(chosen, key=key, reverse=falling)  # stable: ties stay in the order of the files
    order = f"{page.sort}:{'down' if falling else 'up'}"
    start = 0 if page.after is None else _place(page.after, order, ordered)
    shown_now = ordered[start : start + page.limit]
    following = _cursor(order, shown_now[-1].id) if start + page.limit < len(ordered) else None
    return RuleListing(tuple(shown_now), following, len(ordered), shown(counted.as_of, "UTC"), counted.data_age)


def rules_as_csv(items: Iterable[RuleItem]) -> str:
    """The rules as CSV, a line each."""
    return table_as_csv(COLUMNS, (_row(one) for one in items))


def _item(
    rule: Rule, book: Rulebook, settings: Settings, figures: RuleFigures, tested: bool, reader: Reader
) -> RuleItem:
    place, parts = line_of(rule, settings), parts_in_words(rule, book.rules, reader)
    return RuleItem(
        id=rule.id, title=reader.pick(rule.title) or rule.id, because=reader.pick(rule.because) or None,
        pack=rule.pack, file=None if place is None else place[0], line=None if place is None else place[1],
        watch=rule.watch, severity=rule.severity.value, mode=book.modes[rule.id].value,
        live_since=None if figures.live_since is None else shown(figures.live_since, "UTC"),
        known_since=None if figures.known_since is None else shown(figures.known_since, "UTC"),
        words={name: parts[name] for name in _WORDS if name in parts},
        owner=rule.owner, tags=rule.tags, tested=tested, states=dict(figures.states), judged=figures.judged,
        cannot_judge=figures.unjudged, week=figures.week,
        feedback=None if figures.effect is None else _brought(figures.effect),
        effect=None if figures.measured is None else effect_told(figures.measured),
    )  # fmt: skip


def _brought(effect: Effect) -> Brought:
    return Brought(
        told=effect.told, acted_within={str(days): _rate(share) for days, share in effect.within.items()},
        ignored=_rate(effect.ignored), false_alarms=_rate(effect.false), held_out=_rate(effect.silent),
        is_noisy=effect.is_noisy,
    )  # fmt: skip


def _rate(share: Share) -> Rate:
    return Rate(share.many, share.of, None if share.rate is None else round(share.rate, 4), share.is_small)


def _passes(item: RuleItem, filters: RuleFilters) -> bool:
    equal = filters.mode in (None, item.mode) and filters.pack in (None, item.pack)
    tagged = filters.tag is None or filters.tag in item.tags
    texts = (item.id, item.title, item.because or "")
    return equal and tagged and (not filters.q or any(filters.q.casefold() in text.casefold() for text in texts))


def _row(item: RuleItem) -> Mapping[str, object]:
    plain = {name: getattr(item, name, None) for name in COLUMNS}
    week = {name: getattr(item.week, name) for name in item.week.__struct_fields__}
    states = {"late": item.states.get("breached", 0), "at_risk": item.states.get("at_risk", 0)}
    words = {name: item.words.get(name) for name in ("where", "within", "until")}
    return plain | week | states | words | {"tags": " ".join(item.tags), "tested": "yes" if item.tested else "no"}


def _cursor(order: str, rule: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((order, rule))).decode().rstrip("=")


def _place(cursor: str, order: str, items: list[RuleItem]) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        belongs, rule = msgspec.json.decode(text, type=tuple[str, str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        belongs, rule = "", ""
    places = [number for number, one in enumerate(items) if one.id == rule]
    if belongs != order or not places:
        raise CursorNotUnderstood("the cursor does not belong to this list", cure="start again without it")
    return places[0] + 1
