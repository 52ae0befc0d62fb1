"""Diagnostics as people read them: place, sentence, the line, a caret under the place, the cure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from stalewatch.domain.language.diagnostics import Counts, Diagnostic
from stalewatch.domain.language.nodes import Source, Span

_LONGEST = 180
_MARGIN = 60


def render(
    diagnostics: Iterable[Diagnostic], sources: Iterable[Source], language: str, counts: Counts | None = None
) -> str:
    """All diagnostics in the given order, one block each, then the closing line if there are counts."""
    texts = {source.path: source for source in sources}
    lines = [line for found in diagnostics for line in _block(found, texts.get(found.file), language)]
    if counts is not None:
        lines.append(str(counts))
    return "".join(f"{line}\n" for line in lines)


def _block(found: Diagnostic, source: Source | None, language: str) -> list[str]:
    head = f"{found.file}:{found.line}:{found.column}: {found.severity} {found.code}: {found.message[language]}"
    cure = found.cure.get(language, "")
    if source is None:
        return [_safe(head), *([f"  {_safe(cure)}"] if cure else [])]
    return [_safe(head), *pointed(source, Span(found.file, found.line, found.column, found.width), cure)]


def pointed(source: Source, at: Span, remark: str) -> list[str]:
    """The line of a place, and below it carets as wide as the place is shown, with a remark behind them."""
    line, column = _excerpt(source, at.line, at.column - 1)
    padding = " " * width(line[:column])
    carets = "^" * max(1, width(line[column : column + at.length]))
    return [f"{at.line:6} | {line}", f"       | {padding}{carets} {_safe(remark)}".rstrip()]


def _excerpt(source: Source, number: int, column: int) -> tuple[str, int]:
    """The line and the column (from 0) of the place in it; a very long line is shown around the place only."""
    whole = source.line(number, 0, _LONGEST + 1)
    if len(whole) <= _LONGEST:
        return _safe(whole), column
    first = max(0, column - _MARGIN)
    shown = source.line(number, first, _LONGEST + 1)
    lead, tail = ("… " if first else ""), (" …" if len(shown) > _LONGEST else "")
    return f"{lead}{_safe(shown[:_LONGEST])}{tail}", column - first + len(lead)


def width(text: str) -> int:
    """Columns that a text takes on a terminal: East Asian wide characters take two, marks that combine none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _safe(text: str) -> str:
    """Control and direction characters made harmless, so that a file cannot paint on the reader's terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else _shown(character)
        for character in text
    )


def _shown(character: str) -> str:
    return " " if character == "\t" else "\N{REPLACEMENT CHARACTER}"
