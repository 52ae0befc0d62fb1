"""How a value is written: quotes only where they are needed, durations without spaces and leading zeros."""

from __future__ import annotations

import json
import re
from typing import Final

from stalewatch.domain.language import durations
from stalewatch.domain.language.formatting.comments import is_block
from stalewatch.domain.language.formatting.shapes import Says
from stalewatch.domain.language.nodes import Scalar, lines_of
from stalewatch.domain.language.scalars import resolve

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_YAML_1_1: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})
"""Names that other readers of YAML take for something else; they keep their quotes."""
_TESTS: Final = frozenset({"empty", "set"})
"""Names that mean something else with quotes than without."""
_HEADERS: Final = ("|", "|-", ">", ">-")
_UNSEEN: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
"""Breaks and controls that no editor shows; quotes hold them by their numbers."""
_AMOUNT: Final = re.compile(r"0*(0|[1-9][0-9]*) ?(\D+)", re.ASCII)


def spelled(node: Scalar, says: Says = Says.VALUE) -> str:
    """A value on one line."""
    if says is Says.DURATION and (text := _duration(node.text)):
        return text
    if node.plain:
        return _joined(node)
    if says is not Says.SENTENCE and _needs_no_quotes(node.text):
        return node.text
    return node.raw if node.raw.startswith('"') and len(lines_of(node.raw)) == 1 else _quoted(node)


def lines_spelled(node: Scalar, says: Says, indent: int) -> list[str]:
    """A value in block style, as many lines as the author gave it; all but the first are indented."""
    if is_block(node):
        return _block(node, indent)
    lines = lines_of(node.raw)
    if len(lines) == 1:
        return [spelled(node, says)]
    if _UNSEEN.search(node.raw):
        return [_in_quotes(node.text)]
    return [lines[0], *(f"{' ' * indent}{line.lstrip(' ')}".rstrip(" ") for line in lines[1:])]


def _duration(text: str) -> str:
    """`10bd` for `010 bd`; nothing if it is no duration."""
    found = _AMOUNT.fullmatch(text.strip()) if durations.parse(text) else None
    return f"{found[1]}{found[2]}" if found else ""


def _joined(node: Scalar) -> str:
    """A text without quotes that stands on several lines would lose an empty one among them."""
    return _in_quotes(node.text) if "\n" in node.text or _UNSEEN.search(node.text) else node.text


def _needs_no_quotes(text: str) -> bool:
    if text.lower() in _YAML_1_1 or text in _TESTS:
        return False
    return _NAME.fullmatch(text) is not None and resolve(text) == text


def _quoted(node: Scalar) -> str:
    """In double quotes; a text in single quotes that holds a double quote or a backslash keeps them."""
    lines = lines_of(node.raw)
    if len(lines) == 1 and not is_block(node) and any(sign in node.text for sign in '"\\'):
        return node.raw
    return _in_quotes(node.text)


def _in_quotes(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _block(node: Scalar, indent: int) -> list[str]:
    """A block with its lines indented anew; one whose header says more than its kind becomes a quoted text."""
    header, *body = lines_of(node.raw)
    kind = header.split("#")[0].strip()
    while body and not body[-1].strip(" "):
        body.pop()
    filled = [line for line in body if line.strip(" ")]
    if kind not in _HEADERS or not filled or _UNSEEN.search(node.raw):
        return [_in_quotes(node.text)]
    depth = min(len(line) - len(line.lstrip(" ")) for line in filled)
    return [kind, *(f"{' ' * indent}{line[depth:]}" if line.strip(" ") else "" for line in body)]
