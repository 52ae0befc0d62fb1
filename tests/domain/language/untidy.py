"""Writes rule files as people do who are in a hurry: any order, any indentation, comments everywhere."""

from __future__ import annotations

import json
from itertools import count
from random import Random

from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence
from stalewatch.domain.language.rules import RULE_KEYS

_FREE = frozenset(
    {*RULE_KEYS, "stalewatch", "pack", "rules", "bands", "scores", "exceptions", "en", "ja", "max", "from"}
)
"""Mappings that consist of these may be written in any order."""


class Hurry:
    """One person in a hurry. `ordered` keeps the keys as they are."""

    def __init__(self, random: Random, *, ordered: bool = False) -> None:
        self._random, self._ordered, self._number = random, ordered, count(1)

    def writes(self, root: Node) -> str:
        return "\n".join([*self._block(root, self._random.choice([0, 0, 2])), *self._remark(0)]) + "\n"

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _comment(self) -> str:
        begun = self._random.choice(["# remark", "#remark", "# 注意:", "# - a:", "# 'quoted", '# "{', "## [ #"])
        return f"{begun} {next(self._number)}"

    def _remark(self, indent: int) -> list[str]:
        lines = [""] * self._random.choice([0, 0, 0, 0, 1, 2])
        while self._chance(0.15):
            lines += [" " * max(0, indent + self._random.choice([0, 0, 0, 2, -2, 1])) + self._comment()]
            lines += [""] * self._random.choice([0, 0, 1])
        return lines

    def _beside(self) -> str:
        return " " * self._random.choice([1, 2, 5]) + self._comment() if self._chance(0.1) else ""

    def _entries(self, node: Mapping) -> list[Entry]:
        entries = list(node)
        if not self._ordered and all(entry.name.rstrip("+-") in _FREE for entry in entries):
            self._random.shuffle(entries)
        return entries

    def _block(self, node: Node, indent: int) -> list[str]:
        pad, lines = " " * indent, list[str]()
        if isinstance(node, Mapping):
            for entry in self._entries(node):
                lines += [*self._remark(indent), *self._under(f"{pad}{entry.key.raw}:", entry.value, indent)]
        elif isinstance(node, Sequence):
            for item in node.items:
                lines += [*self._remark(indent), *self._item(pad, item, indent)]
        return lines

    def _under(self, head: str, value: Node, indent: int) -> list[str]:
        gap = " " * self._random.choice([1, 1, 1, 4])
        if isinstance(value, Scalar):
            return self._scalar(f"{head}{gap}", value, indent)
        if not self._parts(value) or self._chance(0.5):
            return self._brackets(f"{head}{gap}", value, indent)
        deeper = self._random.choice([1, 2, 4]) if isinstance(value, Mapping) else self._random.choice([0, 2, 3])
        return [f"{head}{self._beside()}", *self._block(value, indent + deeper)]

    def _parts(self, node: Node) -> int:
        return len(node.items if isinstance(node, Sequence) else node.entries if isinstance(node, Mapping) else ())

    def _item(self, pad: str, item: Node, indent: int) -> list[str]:
        if isinstance(item, Scalar):
            return self._scalar(f"{pad}- ", item, indent)
        if not self._parts(item) or self._chance(0.3):
            return self._brackets(f"{pad}- ", item, indent)
        if self._chance(0.3):
            return [f"{pad}-{self._beside()}", *self._block(item, indent + self._random.choice([1, 2, 4]))]
        step = self._random.choice([2, 4])
        inside = self._block(item, indent + step)
        first = next(number for number, line in enumerate(inside) if line.strip() and line.lstrip()[0] != "#")
        return [*inside[:first], f"{pad}-{inside[first][len(pad) + 1 :]}", *inside[first + 1 :]]

    def _scalar(self, head: str, value: Scalar, indent: int) -> list[str]:
        deeper = " " * (indent + self._random.choice([1, 2, 5]))
        if value.plain or self._chance(0.4):
            text = value.raw
            if (
                value.plain
                and isinstance(value.value, str)
                and value.text not in ("set", "empty")
                and self._chance(0.2)
            ):
                text = self._quoted(value.text)
            return [f"{head}{text}{self._beside()}"]
        if self._chance(0.5) and " " in value.text and "\n" not in value.text:
            first, _, rest = json.dumps(value.text, ensure_ascii=False).partition(" ")
            return [f"{head}{first}", f"{deeper}{rest}{self._beside()}"]
        if self._chance(0.5) and value.text and not value.text.startswith(" "):
            return [f"{head}>-{self._beside()}", f"{deeper}{value.text}"]
        return [f"{head}{self._quoted(value.text)}{self._beside()}"]

    def _quoted(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'" if self._chance(0.5) else json.dumps(text, ensure_ascii=False)

    def _brackets(self, head: str, value: Node, indent: int) -> list[str]:
        """In brackets, on one line or, with remarks, on several."""
        parts = self._flow(value)
        if self._chance(0.7):
            return [head + " ".join(part for part in parts if part is not None) + self._beside()]
        lines, pad = [head], " " * (indent + 3)
        for part in parts:
            if part is None:
                continue
            if self._chance(0.15) and not lines[-1].endswith(":"):
                lines[-1] += self._beside()
                lines += [*(pad + line.strip() for line in self._remark(0)), pad]
            lines[-1] += f" {part}" if lines[-1].strip() else part
        return lines

    def _flow(self, node: Node) -> list[str | None]:
        if isinstance(node, Scalar):
            return [node.raw or "null"]
        if isinstance(node, Sequence):
            return ["[", *self._listed([self._flow(item) for item in node.items]), "]"]
        pairs = [[f"{entry.key.raw}:", *self._flow(entry.value)] for entry in self._entries(node)]
        return ["{", *self._listed(pairs), "}"]

    def _listed(self, parts: list[list[str | None]]) -> list[str | None]:
        listed = [one for number, part in enumerate(parts) for one in ([","] if number else []) + part]
        return [*listed, "," if parts and self._chance(0.2) else None]
