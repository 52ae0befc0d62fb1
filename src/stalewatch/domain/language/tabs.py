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
_WIDTH: Final = 2


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
    """Tabs stand for the indentation of the line above; a deeper line of the same run is deeper than that."""
    above, meant = "", dict[str, str]()
    for number, line in enumerate(lines):
        text = line
        if number in tabbed:
            indentation = line[: len(line) - len(line.lstrip(" \t"))]
            text = _meant(indentation, above, meant) + line[len(indentation) :]
        elif line.strip():
            meant.clear()
        bare = text.lstrip(" -")
        if bare and not bare.startswith("#"):
            above = " " * (len(text) - len(bare))
        yield text


def _meant(indentation: str, above: str, meant: dict[str, str]) -> str:
    """The spaces for an indentation with tabs; `meant` remembers those of this run of lines."""
    known = max((one for one in meant if indentation.startswith(one)), key=len, default=None)
    if known is not None:
        spaces = meant[known] + indentation[len(known) :].expandtabs(_WIDTH)
    else:
        spaces = above if above and indentation.count("\t") == 1 else indentation.expandtabs(_WIDTH)
    meant[indentation] = spaces
    return spaces


def _inside_texts(lines: list[str]) -> Iterator[int]:
    """The lines of `|` and `>` blocks, in which a tab is a character like any other."""
    depth = -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if depth >= 0 and (not line.strip() or indent > depth):
            yield number
            continue
        depth = indent if re.search(r"[:-]\s+[|>][-+0-9]*\s*(?:#.*)?$", line) else -1
