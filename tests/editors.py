"""What an editor makes of a file and a schema: YAML 1.2 without anything of ours, judged by draft-07."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.nodes import Mapping, Node, Sequence, Source
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.schema.rules import Known

_RULES = Path(__file__).parents[1] / "rules"


def as_an_editor_reads(node: Node) -> Any:
    """YAML 1.2 without anything of ours: dates, and numbers with `_`, are texts."""
    if isinstance(node, Sequence):
        return [as_an_editor_reads(item) for item in node.items]
    if isinstance(node, Mapping):
        return {entry.name: as_an_editor_reads(entry.value) for entry in node}
    is_number = isinstance(node.value, bool | int | float) and "_" not in node.text
    return node.value if is_number or node.value is None else node.text


def data_of(text: str) -> Any:
    root = read(Source("x.yaml", text), Findings()).root
    assert root is not None
    return as_an_editor_reads(root)


@cache
def known(*more: Source) -> Known:
    """What a project with the four packs, and these files, knows."""
    catalogue = load_catalogue([Source("fields.yaml", (_RULES / "fields.yaml").read_text("utf-8"))]).catalogue
    assert catalogue is not None
    shipped = [
        Source(path.name, path.read_text("utf-8")) for path in sorted(_RULES.glob("*.yaml")) if path.stem != "fields"
    ]
    rules = load_rules([*shipped, *more], catalogue).draft
    ids = {name: [rule.id for rule in rules.rules if rule.pack == name] for name in rules.packs}
    return Known(rules, ids, ("standard", "fast"))


def faults(validator: Draft7Validator, found: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(found)]
