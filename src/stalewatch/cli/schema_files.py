"""The editors' schemas of a project: what they know, where they lie, and whether they have fallen behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from stalewatch import wiring
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.language.nodes import Scalar, Source
from stalewatch.domain.language.packs import read_pack
from stalewatch.domain.language.schema.fields import fields_schema
from stalewatch.domain.language.schema.parts import Schema, demanded
from stalewatch.domain.language.schema.rules import Known, rules_schema
from stalewatch.domain.language.schema.trials import trials_schema
from stalewatch.services.rules.choices import NO_LISTS, Lists, with_lists
from stalewatch.services.rules.reading import is_catalogue, read_source, rule_files, shown
from stalewatch.services.rules.rulefiles import catalogue_sources, packs
from stalewatch.settings import Settings
from stalewatch.settings.schema import project_schema

_COMMENT: Final = "Written by `stalewatch rules schema --write`, which brings it up to date."


class Kind(StrEnum):
    """Kinds of files that have a schema."""

    RULES = "rules"
    TESTS = "tests"
    FIELDS = "fields"
    PROJECT = "project"

    @property
    def file(self) -> str:
        return f"{self.value}.schema.json"


def known_of(settings: Settings | None, language: str, lists: Lists = NO_LISTS) -> Known:
    """What a project knows of itself, as far as its rules can be understood; without one, what comes with the program.

    Args:
        lists: what the CRM's own lists of values have; editors offer it.

    Raises:
        BrokenProject: its catalogue cannot be read.
    """
    unheard = Findings()
    catalogue = load_catalogue(catalogue_sources(settings, unheard))
    if catalogue.catalogue is None:
        raise wiring.BrokenProject(catalogue.render(language))
    files = [path for path in rule_files(settings.rules if settings else ()) if not is_catalogue(path)]
    sources = [source for path in files if (source := read_source(path, unheard))]
    shipped = packs()
    own = load_rules(sources, with_lists(catalogue.catalogue, lists), available=shipped).draft
    offered = {name: _ids(source) for name, source in shipped.items() if name not in own.packs}
    offered |= {pack: [rule.id for rule in own.rules if rule.pack == pack] for pack in own.packs}
    return Known(own, offered, (settings.escalations if settings else None) or ())


def _built_in() -> Catalogue:
    """The fields that a company may change; all others are its own, and have to be whole."""
    catalogue = load_catalogue(catalogue_sources(None, Findings())).catalogue
    if catalogue is None:
        raise AssertionError("the catalogue that comes with the program is sound")
    return catalogue


def _ids(source: Source) -> list[str]:
    """The ids of a pack's rules, without reading what the rules say."""
    rules = read_pack(source, Findings()).rules
    return [node.text for rule in rules if isinstance(node := rule.get("id"), Scalar)]


def schema_of(kind: Kind, known: Known, language: str) -> Schema:
    """The schema of one kind of file."""
    match kind:
        case Kind.RULES:
            made = rules_schema(known, language)
        case Kind.TESTS:
            made = trials_schema(known, language)
        case Kind.FIELDS:
            made = fields_schema(_built_in(), language)
        case Kind.PROJECT:
            made = project_schema(known, wiring.installed(), language)
    return {**made, "$comment": _COMMENT}


def as_text(schema: Schema) -> str:
    """A schema as its file holds it: a line for each definition, so that a diff shows which changed."""
    definitions = [f"  {_compact(name)}: {_compact(part)}" for name, part in schema["definitions"].items()]
    lines = [f" {_compact(key)}: {_compact(part)}" for key, part in schema.items() if key != "definitions"]
    inside = ",\n".join(definitions)
    return ",\n".join(["{\n" + lines[0], *lines[1:], f' "definitions": {{\n{inside}\n }}\n}}\n'])


def _compact(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False)


def places(settings: Settings) -> Mapping[Path, Kind]:
    """Where a project's schemas lie: beside stalewatch.yaml, and in every folder of rules."""
    folders = [path if path.is_dir() else path.parent for path in settings.rules]
    beside = {settings.base / kind.file: kind for kind in (Kind.PROJECT, Kind.FIELDS)}
    return beside | {folder / kind.file: kind for folder in folders for kind in (Kind.RULES, Kind.TESTS)}


def write_schemas(settings: Settings, language: str) -> list[Path]:
    """Write every schema of a project anew; returns their files, as people would type them.

    Raises:
        BrokenProject: its catalogue cannot be read.
        OSError: a file cannot be written.
    """
    known = known_of(settings, language, wiring.known_lists(settings))
    for path, kind in places(settings).items():
        path.write_text(as_text(schema_of(kind, known, language)), "utf-8")
    return [Path(shown(path)) for path in places(settings)]


def outdated(settings: Settings, language: str) -> list[Path]:
    """Schemas of a project that would refuse, or take, something else if they were written anew."""
    there = {path: kind for path, kind in places(settings).items() if path.exists()}
    if not there:
        return []
    known = known_of(settings, language)
    wanted = {kind: demanded(schema_of(kind, known, language)) for kind in set(there.values())}
    return [Path(shown(path)) for path, kind in there.items() if demanded(_read(path)) != wanted[kind]]


def _read(path: Path) -> Any:
    """What a schema's file says; nothing if it is no JSON."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None
