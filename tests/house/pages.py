"""The documentation as the tests read it: pages, their sections, code blocks, and what stands in code between words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tests.house.tree import ROOT

DOCS: Final = ROOT / "docs"
_FENCE: Final = re.compile(r"^```(\S*)[ ]*(.*)$")
_HEADING: Final = re.compile(r"^(#{1,6}) (.+)$")
_SPAN: Final = re.compile(r"`([^`]+)`")
_WORD: Final = re.compile(r"-{0,2}[A-Za-z_*][\w-]*")
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what else its first line says, its text, and where it stands."""

    language: str
    note: str
    text: str
    place: str


@dataclass(frozen=True)
class Section:
    """A heading with everything up to the next heading of its own level or above."""

    title: str
    level: int
    lines: tuple[str, ...]
    page: str
    line: int

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The fenced blocks in it, in their order."""
        return tuple(self._blocks())

    @cached_property
    def prose(self) -> str:
        """Everything outside fenced blocks."""
        kept: list[str] = []
        inside = False
        for line in self.lines:
            if _FENCE.match(line):
                inside = not inside
            elif not inside:
                kept.append(line)
        return "\n".join(kept)

    @cached_property
    def named(self) -> frozenset[str]:
        """Every word that stands in code in its prose, whole (`rules check`) and in pieces (`a.b` is a and b)."""
        spans = _SPAN.findall(self.prose)
        return frozenset(spans) | {word for span in spans for word in _WORD.findall(span)}

    def _blocks(self) -> Iterator[Block]:
        first, note = "", ""
        kept: list[str] | None = None
        for number, line in enumerate(self.lines, self.line):
            fence = _FENCE.match(line)
            if fence is None:
                if kept is not None:
                    kept.append(line)
            elif kept is None:
                first, note, kept = fence[1], fence[2].strip(), []
            else:
                yield Block(first, note, "\n".join(kept) + "\n", f"{self.page}:{number - len(kept) - 1}")
                kept = None


@dataclass(frozen=True)
class Page(Section):
    """A whole file; as a section it is everything."""

    path: Path

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Every heading's section; those of deeper headings lie inside those of higher ones, too."""
        heads = [(at, len(found[1]), found[2]) for at, found in self._headings()]
        cut = []
        for place, (at, level, title) in enumerate(heads):
            end = next((other for other, deep, _ in heads[place + 1 :] if deep <= level), len(self.lines))
            cut.append(Section(title, level, self.lines[at:end], self.page, at + 1))
        return tuple(cut)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What `#...` in a link to this page may be."""
        slugs = (re.sub(r"[^\w\- ]", "", section.title.lower()) for section in self.sections)
        return frozenset(slug.replace(" ", "-") for slug in slugs)

    @property
    def links(self) -> list[str]:
        """Where its links lead, those to other sites left out."""
        return [link for link in _LINK.findall(self.prose) if "://" not in link]

    def section(self, title: str) -> Section:
        """The section with this heading; code marks in headings do not count."""
        for section in self.sections:
            if section.title.replace("`", "") == title:
                return section
        raise AssertionError(f"{self.page} has no heading: {title}")

    def _headings(self) -> Iterator[tuple[int, re.Match[str]]]:
        inside = False
        for at, line in enumerate(self.lines):
            if _FENCE.match(line):
                inside = not inside
            elif not inside and (found := _HEADING.match(line)):
                yield at, found


def page(path: Path) -> Page:
    """Read one page."""
    lines = tuple(path.read_text("utf-8").splitlines())
    return Page("", 0, lines, str(path.relative_to(ROOT)), 1, path)


def doc(name: str) -> Page:
    """A page of docs/."""
    return page(DOCS / name)


def pages() -> list[Page]:
    """Every page that people read first, and all of docs/ with its folders."""
    return [page(path) for path in [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]]
