"""`${NAME}` and `${NAME:-default}` in the values of a file. What comes from the environment is text."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence

_VARIABLE: Final = re.compile(r"\$(?P<escaped>\$)?\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}")


def environment() -> Dict[str, str]:
    """The environment of this process: the only place that reads it."""
    return os.environ


@dataclass(frozen=True, slots=True)
class Variables:
    """Fills variables in. `$${NAME}` stands for the text `${NAME}` itself."""

    values: Dict[str, str]
    findings: Findings

    def fill(self, node: Node) -> Node:
        """The node with every variable replaced; a variable that is not set and has no default is SW201."""
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, Sequence):
            return Sequence(node.span, tuple(self.fill(item) for item in node.items), node.flow)
        entries = tuple(Entry(entry.key, self.fill(entry.value)) for entry in node)
        return Mapping(node.span, entries, node.flow)

    def _scalar(self, node: Scalar) -> Scalar:
        if "${" not in node.text:
            return node
        text = _VARIABLE.sub(lambda found: self._value(node, found), node.text)
        # A variable set to nothing is as good as a key without a value.
        return Scalar(node.span, text, text or None, False, node.raw)

    def _value(self, node: Scalar, found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        if found["escaped"]:
            return found[0][1:]
        value = self.values.get(name)
        if value or (value is not None and default is None):
            return value
        if default is not None:
            return default
        place = node.part(found.start(), len(found[0]))
        self.findings.report("unset_variable", place, cure("set_variable", name=name), name=name)
        return ""
