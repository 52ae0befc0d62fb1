"""Rules with one number changed, to see whether a test notices (`stalewatch rules test --mutate`).

Every number is moved once down and once up (numbers.py), the file is read again as far as the number reaches, and
what `rules check` would refuse is no mutant, nor is what no record could show (differences.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Final

from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.differences import Change, change
from stalewatch.domain.language.drafts import Drafts
from stalewatch.domain.language.exceptions import parse_exception
from stalewatch.domain.language.model import Place, Ref, Rule, RuleSet
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Span
from stalewatch.domain.language.numbers import Number, numbers, replaced
from stalewatch.domain.language.rules import parse_rule
from stalewatch.domain.language.scores import parse_band, parse_score
from stalewatch.domain.language.setting import Setting

_FARTHEST: Final = 100
"""Steps after which a score has passed all its values."""
_SCORE: Final = "score."


@dataclass(frozen=True, slots=True)
class Mutant:
    """Rules in which one number is another one.

    Attributes:
        at: where the number stands.
        changed: the rules whose clocks can differ.
    """

    at: Span
    old: str
    new: str
    rules: RuleSet
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule, band, score or exception as nodes, and how the rules look if it is read from others."""

    node: Node
    read: Callable[[Node, RuleSet, Setting], RuleSet | None]
    changed: frozenset[str]


def mutants(drafts: Drafts, rules: RuleSet, files: Collection[str]) -> Iterator[Mutant]:
    """Every changed version of sound rules, by place in the order of the files.

    Args:
        rules: what the drafts say, unchanged.
        files: only numbers that stand in these files; packs that were brought in have tests of their own.
    """
    found: dict[Span, tuple[Number, list[_Part]]] = {}
    for part in _parts(drafts, rules):
        for number in numbers(part.node):
            found.setdefault(number.span, (number, []))[1].append(part)
    for span, (number, holders) in found.items():
        if span.file in files:
            yield from _moved(number, holders, rules, drafts.setting)


def _moved(number: Number, holders: list[_Part], rules: RuleSet, setting: Setting) -> Iterator[Mutant]:
    for direction in (-1, 1):
        for steps in range(1, _FARTHEST + 1):
            new = number.moved(direction * steps)
            mutant = None if new is None else _mutant(number, new, holders, rules, setting)
            if mutant is None:
                break
            what = change(rules, mutant.rules)
            if what is Change.REAL and mutant.changed:
                yield mutant
            if what is not Change.HIDDEN:
                break


def _mutant(number: Number, new: str, holders: list[_Part], rules: RuleSet, setting: Setting) -> Mutant | None:
    """The rules with another number; None if they would be refused."""
    scalar, now, changed = number.written(new), rules, frozenset[str]()
    for part in holders:
        quiet = replace(setting, findings=Findings())
        read = part.read(replaced(part.node, number.scalar, scalar), now, quiet)
        if read is None or quiet.findings.has_errors:
            return None
        now, changed = read, changed | part.changed
    return Mutant(number.span, number.text, new, now, changed)


# ----------------------------------------------------------------------------------------- what holds numbers


def _parts(drafts: Drafts, rules: RuleSet) -> Iterator[_Part]:
    packs = drafts.shelf.loaded
    for pack in packs:
        for entry in pack.bands:
            if entry.name in rules.bands:
                yield _Part(entry.value, _reading_band(entry), _users({entry.name}, rules))
        for entry in pack.scores:
            if entry.name in rules.scores:
                yield _Part(entry.value, _reading_score(entry), _users({_SCORE + entry.name}, rules))
    for draft in drafts.rules:
        if draft.node is not None and draft.id is not None:
            yield _Part(draft.node, _reading_rule(draft.pack), frozenset({draft.id}))
    for pack in packs:
        for node in pack.exceptions:
            yield _Part(node, _reading_exception(drafts), _excepted(node, rules))


def _reading_rule(pack: str) -> Callable[[Node, RuleSet, Setting], RuleSet | None]:
    def read(node: Node, rules: RuleSet, setting: Setting) -> RuleSet | None:
        rule = parse_rule(node, pack, setting) if isinstance(node, Mapping) else None
        if rule is None:
            return None
        return replace(rules, rules=tuple(rule if old.id == rule.id else old for old in rules.rules))

    return read


def _reading_band(entry: Entry) -> Callable[[Node, RuleSet, Setting], RuleSet | None]:
    def read(node: Node, rules: RuleSet, setting: Setting) -> RuleSet | None:
        band = parse_band(Entry(entry.key, node), setting)
        return None if band is None else replace(rules, bands={**rules.bands, band.name: band})

    return read


def _reading_score(entry: Entry) -> Callable[[Node, RuleSet, Setting], RuleSet | None]:
    def read(node: Node, rules: RuleSet, setting: Setting) -> RuleSet | None:
        score = parse_score(Entry(entry.key, node), setting)
        return None if score is None else replace(rules, scores={**rules.scores, score.name: score})

    return read


def _reading_exception(drafts: Drafts) -> Callable[[Node, RuleSet, Setting], RuleSet | None]:
    def read(node: Node, rules: RuleSet, setting: Setting) -> RuleSet | None:
        if not isinstance(node, Mapping):
            return None
        new = parse_exception(node, drafts.watched, drafts.lost, setting)
        if new is None:
            return None
        return replace(rules, exceptions=tuple(new if old.place == new.place else old for old in rules.exceptions))

    return read


def _excepted(node: Mapping, rules: RuleSet) -> frozenset[str]:
    place = Place(node.span.file, node.span.line, node.span.column)
    return frozenset(rule for one in rules.exceptions if one.place == place for rule in one.rules)


def _users(names: set[str], rules: RuleSet) -> frozenset[str]:
    """The rules that read a band or a score, directly or through a score."""
    through = {_SCORE + name for name, score in rules.scores.items() if names.intersection(_names(score))}
    wanted = names | through

    def reads(rule: Rule) -> bool:
        written = (rule, [one.where for one in rules.exceptions if rule.id in one.rules])
        return bool(wanted.intersection(_names(written)))

    return frozenset(rule.id for rule in rules.rules if reads(rule))


def _names(thing: object) -> Iterator[str]:
    """The name of every field, band and score in a part of the model."""
    if isinstance(thing, Ref):
        yield thing.name
    elif isinstance(thing, tuple | list):
        for part in thing:
            yield from _names(part)
    elif is_dataclass(thing):
        for one in fields(thing):
            yield from _names(getattr(thing, one.name))
