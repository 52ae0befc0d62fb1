"""The field catalogue: what rules may read. A company adds fields and replaces the values of a few."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence as Files
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeVar

from stalewatch.domain.language.conditions import CONDITION_WORDS
from stalewatch.domain.language.diagnostics import Counts, Diagnostic, Findings, cure
from stalewatch.domain.language.model import Catalogue, Field, FieldType, Origin, Words
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Source
from stalewatch.domain.language.packs import check_version
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.scope import CLOCK_WORDS
from stalewatch.domain.language.shapes import check_keys, mapping_of, scalars_of, text_of, words_of
from stalewatch.domain.language.terms import THINGS

REPLACEABLE: Final = ("stage", "pipeline", "segment")
"""Choice fields whose values are each company's own."""
_FILE_KEYS: Final = ("stalewatch", "fields", "events")
_FIELD_KEYS: Final = ("type", "from", "values", "title", "value_titles")
_RESERVED: Final = frozenset({*CONDITION_WORDS, *CLOCK_WORDS, "extends", "is", "by", "else"})
_Word = TypeVar("_Word", FieldType, Origin)


@dataclass(frozen=True, slots=True)
class LoadedCatalogue:
    """The catalogue that the files say together; None if there is an error in them."""

    catalogue: Catalogue | None
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]

    def render(self, language: str) -> str:
        """The findings as people read them."""
        errors = sum(found.is_error for found in self.diagnostics)
        counts = Counts(len(self.sources), 0, errors, len(self.diagnostics) - errors)
        return render(self.diagnostics, self.sources, language, counts)


def load_catalogue(files: Files[Source]) -> LoadedCatalogue:
    """Read the built-in catalogue, which comes first, and what companies add to it.

    The same texts are read once: nobody changes what came of them.
    """
    return _read_once(tuple(files))


@lru_cache(maxsize=8)
def _read_once(files: tuple[Source, ...]) -> LoadedCatalogue:
    findings, drafts = Findings(), _Drafts({}, {}, [])
    for source in files:
        _read_file(source, drafts, findings)
    diagnostics = findings.sorted(source.path for source in files)
    catalogue = None if findings.has_errors else drafts.finished()
    return LoadedCatalogue(catalogue, diagnostics, files)


@dataclass(slots=True)
class _Drafts:
    """Own fields per object, before an object takes over those that it extends."""

    objects: dict[str, dict[str, Field]]
    extends: dict[str, str]
    events: list[str]

    def field(self, watch: str, name: str) -> Field | None:
        """The field of an object, its own or taken over."""
        while True:
            if name in self.objects.get(watch, {}):
                return self.objects[watch][name]
            if watch not in self.extends:
                return None
            watch = self.extends[watch]

    def finished(self) -> Catalogue:
        catalogue = Catalogue(self.objects, tuple(self.events), self.extends)
        whole: dict[str, Dict[str, Field]] = {}
        for watch in self.objects:
            fields: dict[str, Field] = {}
            for ancestor in reversed(catalogue.ancestry(watch)):
                fields |= self.objects.get(ancestor, {})
            whole[watch] = fields
        return replace(catalogue, objects=whole)


def _read_file(source: Source, drafts: _Drafts, findings: Findings) -> None:
    reading = read(source, findings)
    root = reading.root
    if not isinstance(root, Mapping):
        if reading.whole:
            findings.report("missing_word", source.whole, thing=THINGS["catalogue"], key="fields")
        return
    check_keys(root, _FILE_KEYS, "catalogue", findings)
    if "stalewatch" in root:
        check_version(reading, "stalewatch", findings)
    for entry in mapping_of("fields", root.get("fields"), findings) or ():
        _read_object(entry, drafts, findings)
    for event in scalars_of("events", root.get("events"), findings):
        if event.text not in drafts.events:
            drafts.events.append(event.text)


def _read_object(entry: Entry, drafts: _Drafts, findings: Findings) -> None:
    watch, own = entry.name, mapping_of(entry.name, entry.value, findings)
    drafts.objects.setdefault(watch, {})
    for of_field in own or ():
        if of_field.name == "extends":
            _read_parent(watch, of_field.value, drafts, findings)
        else:
            field = _read_field(of_field, drafts.field(watch, of_field.name), findings)
            if field is not None:
                drafts.objects[watch][field.name] = field


def _read_parent(watch: str, node: Node, drafts: _Drafts, findings: Findings) -> None:
    parent = text_of("extends", node, findings)
    if parent is None or not isinstance(node, Scalar):
        return
    if parent in drafts.objects and parent != watch:
        drafts.extends[watch] = parent
    else:
        findings.unknown("cannot_watch", node, parent, drafts.objects)


def _read_field(entry: Entry, known: Field | None, findings: Findings) -> Field | None:
    node = mapping_of(entry.name, entry.value, findings)
    if node is None:
        return None
    if entry.name in _RESERVED:
        findings.report("not_an_id", entry.key, text=entry.name)
    check_keys(node, _FIELD_KEYS, "field", findings)
    title = words_of("title", node.get("title"), findings)
    values = tuple(dict.fromkeys(value.text for value in scalars_of("values", node.get("values"), findings)))
    titles = _value_titles(node.get("value_titles"), findings)
    if known is None:
        return _new_field(entry, node, values, title, titles, findings)
    return _changed_field(known, entry, node, values, title, titles, findings)


def _new_field(
    entry: Entry, node: Mapping, values: tuple[str, ...], title: Words, titles: Dict[str, Words], findings: Findings
) -> Field | None:
    kind = _word("type", node, FieldType, findings)
    origin = _word("from", node, Origin, findings)
    if "type" not in node:
        findings.report("missing_word", entry.key, cure("add_word", key="type"), thing=THINGS["field"], key="type")
    return Field(entry.name, kind, origin or Origin.CRM, values, title, titles) if kind else None


def _changed_field(
    known: Field,
    entry: Entry,
    node: Mapping,
    values: tuple[str, ...],
    title: Words,
    titles: Dict[str, Words],
    findings: Findings,
) -> Field:
    """A field that is there already may get titles, and if it is the company's to name, other values."""
    kind = _word("type", node, FieldType, findings)
    if (kind and kind is not known.type) or (values and values != known.values and known.name not in REPLACEABLE):
        findings.report("taken_name", entry.key, cure("another_name"), name=known.name)
    return replace(
        known,
        values=values or known.values,
        title={**known.title, **title},
        value_titles={**known.value_titles, **titles},
    )


def _value_titles(node: Node | None, findings: Findings) -> Dict[str, Words]:
    mapping = mapping_of("value_titles", node, findings)
    return {entry.name: words_of(entry.name, entry.value, findings) for entry in mapping or ()}


def _word(key: str, node: Mapping, words: type[_Word], findings: Findings) -> _Word | None:
    at = node.get(key)
    text = text_of(key, at, findings)
    names = tuple(word.value for word in words if word is not Origin.RULES)
    if text is None or not isinstance(at, Scalar):
        return None
    if text in names:
        return words(text)
    remedy = cure("one_of", names=", ".join(names))
    findings.unknown("unknown_value", at, text, names, remedy, field=key)
    return None
