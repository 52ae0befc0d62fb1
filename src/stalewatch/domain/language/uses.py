"""`use: pack/rule` with changed keys: a copy of a rule, made of nodes, so that every part knows its own file."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from typing import Final

from stalewatch.domain.language.composing import MOST_LEVELS
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence
from stalewatch.domain.language.packs import Shelf
from stalewatch.domain.language.shapes import wrong

_OWN: Final = frozenset({"id", "was", "use"})
"""What a copy never takes over: they say who the other rule is."""


@dataclass(frozen=True, slots=True)
class Uses:
    """Resolves `use` among the packs of a check."""

    shelf: Shelf
    findings: Findings
    _index: dict[str, Dict[str, Mapping]] = field(default_factory=dict)

    def expanded(self, rule: Mapping, trail: frozenset[str] = frozenset()) -> Mapping | None:
        """The rule with what it uses filled in; None, and a finding, if that is not there."""
        reference = rule.get("use")
        if reference is None:
            return rule
        if not isinstance(reference, Scalar) or reference.value is None:
            wrong("use", reference, "name", self.findings)
            return None
        if reference.text in trail or len(trail) >= MOST_LEVELS:
            self.findings.report("circular", reference, cure("remove_key", key="use"), name=reference.text)
            return None
        found = self._find(reference)
        base = self.expanded(found, trail | {reference.text}) if found else None
        if base is None:
            return None
        kept = Mapping(base.span, tuple(entry for entry in base if entry.name not in _OWN))
        own = Mapping(rule.span, tuple(entry for entry in rule if entry.name != "use"))
        return self._merged(kept, own)

    def _find(self, reference: Scalar) -> Mapping | None:
        pack, _, wanted = reference.text.partition("/")
        by_id = self._rules_of(pack)
        if wanted in by_id:
            return by_id[wanted]
        known = [f"{pack}/{name}" for name in by_id] or [f"{name}/{wanted}" for name in self.shelf.names()]
        self.findings.unknown("not_found", reference, reference.text, known, cure("include_it"))
        return None

    def _rules_of(self, pack: str) -> Dict[str, Mapping]:
        if pack not in self._index:
            rules = [rule for found in self.shelf.find(pack) for rule in found.rules]
            self._index[pack] = {node.text: rule for rule in rules if isinstance(node := rule.get("id"), Scalar)}
        return self._index[pack]

    def _merged(self, base: Mapping, changes: Mapping) -> Mapping:
        """The base with keys replaced, `key+:` added to lists and `key-:` taken from them."""
        entries = {entry.name: entry for entry in base}
        for change in changes:
            key, edit = change.name[:-1], change.name[-1:]
            if edit in ("+", "-"):
                old = entries.get(key)
                entries[key] = Entry(replace(change.key, text=key), self._edited(key, edit, old, change.value))
                continue
            entries[change.name] = self._replaced(entries.get(change.name), change)
        return Mapping(changes.span, tuple(entries.values()), changes.flow)

    def _replaced(self, old: Entry | None, change: Entry) -> Entry:
        """A mapping that edits lists (`where: {stage+: [x]}`) changes the old one; anything else replaces it."""
        edits = isinstance(change.value, Mapping) and any(entry.name[-1:] in ("+", "-") for entry in change.value)
        if edits and isinstance(change.value, Mapping) and old and isinstance(old.value, Mapping):
            return Entry(change.key, self._merged(old.value, change.value))
        return change

    def _edited(self, key: str, edit: str, old: Entry | None, change: Node) -> Node:
        if old is not None and isinstance(old.value, Mapping):
            wrong(key, change, "list", self.findings)
            return change
        before = _items(old.value) if old else ()
        if edit == "+":
            return Sequence(change.span, (*before, *_items(change)), flow=True)
        gone = [item for item in _items(change) if isinstance(item, Scalar)]
        present = {item.text for item in before if isinstance(item, Scalar)}
        for item in gone:
            if item.text not in present:
                names = ", ".join(sorted(present))
                remedy = cure("list_has", names=names) if present else cure("list_empty")
                self.findings.unknown("not_in_list", item, item.text, present, remedy, key=key)
        removed = {item.text for item in gone}
        kept = tuple(item for item in before if not (isinstance(item, Scalar) and item.text in removed))
        return Sequence(change.span, kept, flow=True)


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else (node,)
