"""The text of stalewatch.yaml with the mode of one rule or pack set, and every other character as it was.

`modes:` may be written in lines or in braces, be empty or missing; comments, order and line ends stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Mode
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Source, Span
from stalewatch.domain.language.reading import read

MODES: Final = "modes"
_BEFORE: Final = (
    *("stalewatch", "database", "rules", "catalogue", "web", "secrets", "connections", "notify", "people", "teams"),
    "defaults",
)
"""The keys behind which `modes` is written where it is missing."""
_BOM: Final = "\ufeff"
_BREAK: Final = re.compile("\r\n|[\n\r]")


class ByHandError(ValueError):
    """The text cannot be changed here; `line` (from 1) is where a person has to."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def switched(text: str, name: str, mode: Mode) -> str:
    """The text with `name: mode` under `modes`.

    Args:
        text: of a file that checks clean, its byte order mark included.
        name: id of a rule, or a pack.

    Raises:
        ByHandError: the value stands in a variable, or the file is written in a way that leaves no place for a line.
    """
    bom = _BOM if text.startswith(_BOM) else ""
    plain = text.removeprefix(_BOM)
    source = Source("", plain)
    root = read(source, Findings()).root
    if not isinstance(root, Mapping) or root.flow:
        raise ByHandError(1)
    return bom + _Text(source, root).with_mode(name, mode.value)


@dataclass(frozen=True, slots=True)
class _Text:
    source: Source
    root: Mapping

    def with_mode(self, name: str, mode: str) -> str:
        modes = self.root.get(MODES)
        if modes is None:
            return self._behind(self._previous(), f"{MODES}:{self._break}  {name}: {mode}")
        if isinstance(modes, Mapping) and modes.entries:
            known = modes.get(name)
            return self._added(modes, name, mode) if known is None else self._replaced(known, mode)
        if isinstance(modes, Mapping):  # written as {}
            return self._inserted(self._at(modes.span) + 1, f"{name}: {mode}")
        if isinstance(modes, Scalar) and not modes.text:
            key = next(entry.key for entry in self.root if entry.name == MODES)
            return self._behind(key.span.line, f"  {name}: {mode}")
        return self._replaced(modes, f"{{{name}: {mode}}}")

    @property
    def _break(self) -> str:
        """The line end that this file uses."""
        found = _BREAK.search(self.source.text)
        return found[0] if found else "\n"

    def _replaced(self, node: Node, text: str) -> str:
        if not isinstance(node, Scalar) or "${" in node.text:
            raise ByHandError(node.span.line)
        start = self._at(node.span)
        return self.source.text[:start] + text + self.source.text[start + node.span.length :]

    def _added(self, modes: Mapping, name: str, mode: str) -> str:
        last = modes.entries[-1]
        if not modes.flow:
            return self._behind(last.value.span.line, f"{' ' * (last.key.span.column - 1)}{name}: {mode}")
        if not isinstance(last.value, Scalar):
            raise ByHandError(last.value.span.line)
        return self._inserted(self._at(last.value.span) + last.value.span.length, f", {name}: {mode}")

    def _previous(self) -> int:
        """The line behind which a missing `modes` belongs: the last one of the nearest key that comes before it."""
        before = [place for place, entry in enumerate(self.root.entries) if entry.name in _BEFORE]
        if not before:
            raise ByHandError(1)
        following: tuple[Entry, ...] = self.root.entries[before[-1] + 1 :]
        line = following[0].key.span.line - 1 if following else len(self.source.starts)
        while line > 1 and self._is_between(line):
            line -= 1
        return line

    def _is_between(self, line: int) -> bool:
        """Whether a line belongs to what follows: it is empty, or a comment that begins it."""
        text = self.source.line(line)
        return not text.strip() or text.startswith("#")

    def _behind(self, line: int, text: str) -> str:
        """The text with a further line behind one (from 1)."""
        whole, starts = self.source.text, self.source.starts
        if line < len(starts):
            return self._inserted(starts[line], f"{text}{self._break}")
        return f"{whole}{self._break}{text}{self._break}"

    def _inserted(self, place: int, text: str) -> str:
        return self.source.text[:place] + text + self.source.text[place:]

    def _at(self, span: Span) -> int:
        return self.source.starts[span.line - 1] + span.column - 1
