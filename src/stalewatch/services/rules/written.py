"""Where a rule stands in its file, and its text as it was written; another text can be put in its place."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.domain.language.model import Rule
from stalewatch.domain.language.nodes import Source, lines_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.rulefiles import BUILT_IN_MARK
from stalewatch.services.rules.sent import named
from stalewatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Written:
    """A rule in its file.

    Attributes:
        file: as the project's folder has it; save_as: the name under which a changed text would count, which is
            another one for a pack that comes with stalewatch.
        first, last: its lines (from 1), with the remarks inside it and without those behind it. Of a rule that shares
            its lines with others they are the whole file.
        lines: of the whole file.
    """

    file: str
    save_as: str
    is_built_in: bool
    first: int
    last: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The rule's own lines."""
        return "\n".join(self.lines[self.first - 1 : self.last])

    def put_in(self, text: str) -> str:
        """The whole file with another text in the place of the rule's lines."""
        fresh = text.replace("\r\n", "\n").rstrip("\n").split("\n")
        return "\n".join([*self.lines[: self.first - 1], *fresh, *self.lines[self.last :]])


def written(rule: Rule, book: Rulebook, settings: Settings) -> Written | None:
    """Where a rule of a rulebook was written; None if nobody knows its text."""
    place = rule.place
    source = next((one for one in book.written if place is not None and one.path == place.file), None)
    if source is None or place is None:
        return None
    lines = tuple(lines_of(source.text))
    first, last = _lines(lines, place.line)
    file = named(source, settings)
    save_as = file.removesuffix(BUILT_IN_MARK)
    return Written(file, save_as, save_as != file, first, last, lines)


def line_of(rule: Rule, settings: Settings) -> tuple[str, int] | None:
    """File and line of a rule, as people would look for it."""
    place = rule.place
    if place is None:
        return None
    return named(Source(place.file, ""), settings), place.line


def _lines(lines: tuple[str, ...], at: int) -> tuple[int, int]:
    """First and last line of the list's item that begins at a line."""
    head = lines[at - 1]
    indent = len(head) - len(head.lstrip(" "))
    if not head[indent:].startswith("-"):
        return 1, len(lines)
    last = at
    for number in range(at + 1, len(lines) + 1):
        line = lines[number - 1]
        if _is_silent(line):
            continue
        if len(line) - len(line.lstrip(" ")) <= indent:
            break
        last = number
    return at, last


def _is_silent(line: str) -> bool:
    """Empty, or nothing but a remark: it belongs to what follows it, unless that is deeper."""
    bare = line.strip()
    return not bare or bare.startswith("#")
