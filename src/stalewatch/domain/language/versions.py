"""What differs between two versions of a set of rules, word by word, as people compare them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Condition, Mode, Rule, RuleSet

WORDS: Final = (
    *("watch", "where", "start", "until", "pause", "warn", "severity", "mutes", "escalate", "title", "because"),
    "message",
)
"""Words of a rule that are compared as a whole; `within` is compared row by row."""


@dataclass(frozen=True, slots=True)
class Reworded:
    """One word of a rule that says something else; `limit` and `mode` have kinds of their own."""

    word: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class LimitChanged:
    """One row of `within`: its condition (None: all other records), and its limit; None where there is no such row."""

    when: Condition | None
    old: Duration | None
    new: Duration | None


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The mode in force, whoever decides it."""

    old: Mode
    new: Mode


Part = Reworded | LimitChanged | ModeChanged


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule: `old` is None if it was added, `new` if it was removed; `parts` is what changed of one that stayed."""

    old: Rule | None
    new: Rule | None
    parts: tuple[Part, ...] = ()

    @property
    def id(self) -> str:
        """Its id, after a renaming the new one."""
        rule = self.new or self.old
        return rule.id if rule is not None else ""

    @property
    def was(self) -> str | None:
        """Its old id if it was renamed."""
        if self.old is None or self.new is None or self.old.id == self.new.id:
            return None
        return self.old.id


@dataclass(frozen=True, slots=True)
class Version:
    """Rules with what decides beside them.

    Attributes:
        modes: the mode in force per rule.
        beside: anything else that deadlines depend on, by name: calendars, `defaults.warn`.
    """

    rules: RuleSet
    modes: Mapping[str, Mode]
    beside: Mapping[str, Any]


def pairs(old: Collection[Rule], new: Collection[Rule]) -> list[tuple[Rule | None, Rule | None]]:
    """Each rule beside what it was, by id or by `was`: first the new version's, then what it no longer has."""
    before, present = {rule.id: rule for rule in old}, {rule.id for rule in new}
    found: list[tuple[Rule | None, Rule | None]] = []
    for rule in new:
        names = (rule.id, *(name for name in rule.was if name not in present))
        known = next((name for name in names if name in before), None)
        found.append((None if known is None else before.pop(known), rule))
    return [*found, *((rule, None) for rule in before.values())]


def rule_changes(old: Version, new: Version) -> list[RuleChange]:
    """The rules that were added, removed, renamed or changed."""
    found = []
    for before, after in pairs(old.rules.rules, new.rules.rules):
        if before is None or after is None:
            found.append(RuleChange(before, after))
            continue
        parts = tuple(_parts(before, after, old.modes[before.id], new.modes[after.id]))
        if parts or before.id != after.id:
            found.append(RuleChange(before, after, parts))
    return found


def changed_beside(old: Version, new: Version) -> list[str]:
    """What else differs: `band price_band`, `score meddic`, `exceptions`, and the names of `beside`."""
    found = [f"band {name}" for name in _differing(old.rules.bands, new.rules.bands)]
    found += [f"score {name}" for name in _differing(old.rules.scores, new.rules.scores)]
    if _exceptions(old.rules) != _exceptions(new.rules):
        found.append("exceptions")
    if old.rules.catalogue != new.rules.catalogue:
        found.append("fields")
    return found + _differing(old.beside, new.beside)


def _parts(old: Rule, new: Rule, before: Mode, after: Mode) -> Iterator[Part]:
    yield from _limits(old, new)
    for word in WORDS:
        was, now = getattr(old, word), getattr(new, word)
        if was != now:
            yield Reworded(word, was, now)
    if before is not after:
        yield ModeChanged(before, after)


def _limits(old: Rule, new: Rule) -> Iterator[LimitChanged]:
    """Rows by their conditions; rows that only changed their places are compared as one word."""
    before = {limit.when: limit.duration for limit in reversed(old.within)}
    after = {limit.when: limit.duration for limit in reversed(new.within)}
    changed = False
    for when in dict.fromkeys((*(limit.when for limit in new.within), *(limit.when for limit in old.within))):
        if before.get(when) != after.get(when):
            changed = True
            yield LimitChanged(when, before.get(when), after.get(when))
    if not changed and [limit.when for limit in old.within] != [limit.when for limit in new.within]:
        for limit in new.within:
            yield LimitChanged(limit.when, limit.duration, limit.duration)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]


def _exceptions(rules: RuleSet) -> list[tuple[Any, ...]]:
    return [(one.watch, one.where, one.rules, one.until) for one in rules.exceptions]
