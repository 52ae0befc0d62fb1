"""Rules as somebody writes them: mappings, lists, words and values, which become YAML only to be loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Mapped = Mapping[str, Any]
_NAME = re.compile(r"[a-z_][a-z_.]*")


class Word(str):
    """A word without quotes: `set`, `empty`, `10bd`."""

    __slots__ = ()


@dataclass(frozen=True)
class Expr:
    """An expression as a tree: ("or", a, b), ("compare", "<", a, b), ("field", name), ("constant", value) ..."""

    tree: tuple[Any, ...]

    @property
    def text(self) -> str:
        return _said(self.tree)


def _said(tree: tuple[Any, ...]) -> str:  # noqa: PLR0911  # one line per kind
    match tree:
        case ("and" | "or" as word, left, right):
            return f"({_said(left)} {word} {_said(right)})"
        case ("not", part):
            return f"not {_said(part)}"
        case ("compare" | "count", sign, left, right):
            inside = f"{_said(left)} {sign} {_said(right)}"
            return inside if tree[0] == "compare" else f"({inside})"
        case ("in", name, values, negated):
            return f"{name} {'not ' if negated else ''}in [{', '.join(_constant(value) for value in values)}]"
        case ("is", name, word, negated):
            return f"{name} is {'not ' if negated else ''}{word}"
        case ("field", name):
            return str(name)
        case ("constant", value):
            return _constant(value)
    raise ValueError(tree)


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else f"'{_plain(value)}'"


def _plain(value: object) -> str:
    return value.isoformat(" ", "minutes") if isinstance(value, datetime) else str(value)


def yaml(value: object) -> str:
    """The value on one line."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{_key(key)}: {yaml(item)}" for key, item in value.items()) + "}"
        case Expr(text=text):
            return json.dumps(text, ensure_ascii=False)
        case bool():
            return "true" if value else "false"
        case Word() | date() | int() | float():
            return _plain(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Sequence():
            return "[" + ", ".join(yaml(item) for item in value) + "]"
    raise ValueError(value)


def _key(name: object) -> str:
    text = yaml(name)
    return str(name) if isinstance(name, str) and _NAME.fullmatch(name) else text
