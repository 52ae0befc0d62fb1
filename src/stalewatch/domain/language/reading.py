"""A file read to its end, even where it is not YAML: the broken part is taken out and the rest is read on."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Any

import yaml

from stalewatch.domain.language.composing import SECOND_DOCUMENT, Refused, SyntaxBroken, parse
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nearest import narrow
from stalewatch.domain.language.nodes import Node, Source, Span, lines_of
from stalewatch.domain.language.tabs import without_tabs
from stalewatch.domain.language.terms import SYNTAX

_MOST_REPAIRS = 20
_ITEM = re.compile(r" *- ")
_WIDE_SIGNS = (
    re.compile(r"^[ \t]*(?:- *)?(\u3000)"),
    re.compile(r"^\s*(?:- +)?[\w.+-]+(\uff1a)"),
    re.compile(r"(?:[:,\[{]\s*|^\s*)([\uff3b\uff5b\u201c\u201d\uff02\uff07])"),
    re.compile(r"([\uff3d\uff5d])\s*$"),
)
"""Indentation, a key's colon, an opening sign where a value begins, a closing sign at the end of a line."""
_GLUED = re.compile(r"^\s*(?:- +)?[A-Za-z_][\w+-]*(:)[^\s:/]")
_KEY = re.compile(r"^( *(?:- +)?)[\w.+-]+:")
_NAMED = re.compile(r"\bid:\s*([\w.-]+)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    Attributes:
        root: its nodes; None if nothing could be read.
        whole: False if parts were left out; what they would define is then not missed elsewhere.
        lost: the ids that stand in the parts left out.
    """

    source: Source
    root: Node | None
    whole: bool = True
    lost: frozenset[str] = frozenset()


def read(source: Source, findings: Findings) -> Reading:
    """Read one file; everything wrong with it as YAML goes to `findings`, all of it at once."""
    source = replace(source, text=source.text.removeprefix("\ufeff").encode("utf-8", "replace").decode())
    source = without_tabs(source, findings)
    text, lost = source.text, frozenset[str]()
    for attempt in range(_MOST_REPAIRS):
        heard = Findings()
        try:
            root = parse(Source(source.path, text), heard)
        except Refused:
            findings.absorb(heard)
            return Reading(source, None, whole=False)
        except SyntaxBroken as broken:
            first, last = _report(broken.error, Source(source.path, text), findings)
            part = _part(text, first, last)
            if part is None:
                break
            text, names = _without(text, *part)
            lost |= names
        else:
            findings.absorb(heard)
            return Reading(source, root, whole=attempt == 0, lost=lost)
    return Reading(source, None, whole=False, lost=lost)


def _report(error: yaml.YAMLError, source: Source, findings: Findings) -> tuple[int, int]:
    """Say what broke; returns the first and last line (from 0) that are surely part of it."""
    problem, line, column, first = _located(error, source)
    if "mapping values" in problem and _is_indented(source, line, column):
        problem, column = "too deep", len(source.line(line + 1)) - len(source.line(line + 1).lstrip())
    wide_line, wide = _wide(source, line)
    glued = _GLUED.search(source.line(line))
    if wide:
        char = source.line(wide_line + 1)[wide - 1]
        remedy = cure("write", text=narrow(char))
        findings.report("full_width", Span(source.path, wide_line + 1, wide, 1), remedy, char=char)
    elif glued and _noticed_late(problem):
        first = min(first, line - 1)
        findings.report("glued", Span(source.path, line, glued.start(1) + 1, 1), cure("add_space"))
    else:
        what, advice = next((words, advice) for piece, words, advice in SYNTAX if piece in problem)
        findings.report(
            "not_yaml",
            Span(source.path, line + 1, column + 1, 1),
            cure("said", text=advice) if advice else None,
            what=what,
        )
    last = len(source.starts) if problem == SECOND_DOCUMENT else line
    return min(first, line, wide_line if wide else line), last


def _noticed_late(problem: str) -> bool:
    """True for what the parser only notices one line after its cause."""
    return "mapping values" in problem or "expected ':'" in problem


def _located(error: Any, source: Source) -> tuple[str, int, int, int]:
    """The problem, its line and column, and the line where the broken thing begins, all from 0."""
    if isinstance(error, yaml.reader.ReaderError):
        bad = yaml.reader.Reader.NON_PRINTABLE.search(source.text)  # its own position counts bytes
        at = bad.start() if bad else 0
        line = bisect_right(source.starts, at) - 1
        return "special character", line, at - source.starts[line], line
    mark, context = error.problem_mark, error.context_mark
    problem = error.problem or ""
    unclosed = context is not None and ("unexpected end" in problem or "or ']'" in problem or "or '}'" in problem)
    shown = context if unclosed or mark is None else mark
    start = context.line if unclosed else shown.line
    return problem, shown.line, shown.column, start


def _is_indented(source: Source, line: int, column: int) -> bool:
    """True for a key by itself on a line that is deeper than the key with a value above it."""
    text, above = source.line(line + 1), source.line(line)
    own, higher = _KEY.match(text), _KEY.match(above)
    if own is None or higher is None or own.end() - 1 != column:
        return False
    return bool(above[higher.end() :].strip()) and own.end(1) > higher.end(1)


def _wide(source: Source, line: int) -> tuple[int, int]:
    """Line (from 0) and column (from 1) of a full-width sign that stands for a sign of YAML; column 0: none.

    The parser often stumbles one line later, so the line before is looked at as well.
    """
    for number in (line, line - 1):
        for pattern in _WIDE_SIGNS:
            found = pattern.search(source.line(number + 1))
            if found:
                return number, found.start(1) + 1
    return line, 0


def _part(text: str, first: int, last: int) -> tuple[int, int] | None:
    """Lines [start, end) of the list item of the whole file (a rule), or else the key, that holds the break."""
    lines = lines_of(text)
    if first >= len(lines):
        first = len(lines) - 1
    start = first
    items: list[tuple[int, int]] = []
    while start > 0 and (indent := _indent(lines[start])) != 0:
        if indent is not None and _ITEM.match(lines[start]):
            items.append((indent, -start))
        start -= 1
    depth, negative = min(items, default=(0, -start))
    begin, end = -negative, max(last, -negative) + 1
    while end < len(lines) and ((indent := _indent(lines[end])) is None or indent > depth):
        end += 1
    return (begin, end) if any(line.strip() for line in lines[begin:end]) else None


def _indent(line: str) -> int | None:
    """Spaces before the first sign; None for a line without any."""
    bare = line.lstrip(" ")
    return None if not bare.strip() or bare.startswith("#") else len(line) - len(bare)


def _without(text: str, start: int, end: int) -> tuple[str, frozenset[str]]:
    lines = lines_of(text)
    names = frozenset(_NAMED.findall("\n".join(lines[start:end])))
    kept = [*lines[:start], *("" for _ in lines[start:end]), *lines[end:]]
    return "\n".join(kept) + "\n", names
