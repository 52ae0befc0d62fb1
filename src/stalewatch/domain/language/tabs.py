"""Tabs in the indentation of a file: each line is told, and read as if it had been indented by spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from stalewatch.domain.language.composing import MOST_BYTES
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Source, Span, lines_of

_MOST_REPORTED: Final = 20
_INDENTED: Final = re.compile(r"[ ]*\t[ \t]*(?=[^\s#])")
_WIDTHS: Final = (2, 4, 8)


def without_tabs(source: Source, findings: Findings) -> Source:
    """The file with spaces in place of tabs that indent; what stands in blocks of text is left as it is."""
    if "\t" not in source.text or len(source.text) > MOST_BYTES:
        return source
    lines = lines_of(source.text)
    tabbed = {number for number, line in enumerate(lines) if _INDENTED.match(line)} - set(_inside_texts(lines))
    if not tabbed:
        return source
    for number in islice(sorted(tabbed), _MOST_REPORTED):
        place = Span(source.path, number + 1, lines[number].index("\t") + 1)
        findings.report("tab", place, cure("spaces"))
    return replace(source, text="\n".join(_spaced(lines, tabbed)))


def _spaced(lines: list[str], tabbed: set[int]) -> Iterator[str]:
    """A tab is as many spaces as the lines around it are indented by; without a hint of those, two."""
    before = ""
    for number, line in enumerate(lines):
        text = line
        if number in tabbed:
            found = _INDENTED.match(line)
            indentation = found[0] if found else ""
            only_one = number - 1 not in tabbed and indentation.count("\t") == 1
            blank = before if only_one and before else indentation.expandtabs(_WIDTHS[0])
            text = blank + line[len(indentation) :]
        bare = text.lstrip(" -") if text.strip() else ""
        if bare and not bare.startswith("#"):
            before = " " * (len(text) - len(bare))
        yield text


def _inside_texts(lines: list[str]) -> Iterator[int]:
    """The lines of `|` and `>` blocks, in which a tab is a character like any other."""
    depth = -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if depth >= 0 and (not line.strip() or indent > depth):
            yield number
            continue
        depth = indent if re.search(r"[:-]\s+[|>][-+0-9]*\s*(?:#.*)?$", line) else -1
