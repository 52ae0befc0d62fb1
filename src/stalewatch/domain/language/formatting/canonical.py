"""A file of rules, tests or fields in its canonical form: the same to every reader, comments and all."""

from __future__ import annotations

from collections import Counter
from typing import Final

from stalewatch.domain.language import durations
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.formatting.comments import comments_of
from stalewatch.domain.language.formatting.pieces import pieces_of
from stalewatch.domain.language.formatting.printing import printed
from stalewatch.domain.language.formatting.shapes import shape_of
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Source
from stalewatch.domain.language.reading import Reading, read

_BOM: Final = "\ufeff"


class UnfaithfulError(Exception):
    """The canonical form would not say the same as the file does; the file is better left alone."""


def canonical(source: Source, findings: Findings) -> str | None:
    """The text in its canonical form, lines ended by LF; a byte order mark at its head stays.

    Returns:
        None if the text is not YAML that we take; why is in `findings`.

    Raises:
        UnfaithfulError: see there.
    """
    before = read(source, findings)
    if findings.has_errors or not before.whole or not isinstance(before.root, Mapping) or not before.root.entries:
        return None
    text = printed(pieces_of(before.root, before.source), shape_of(before.root))
    after = read(Source(source.path, text), heard := Findings())
    if heard.has_errors or not _says_the_same(before, after):
        raise UnfaithfulError(source.path)
    return f"{_BOM}{text}" if source.text.startswith(_BOM) else text


def _says_the_same(before: Reading, after: Reading) -> bool:
    if before.root is None or after.root is None or not _equal(before.root, after.root):
        return False
    return _comments(before, before.root) == _comments(after, after.root)


def _comments(reading: Reading, root: Node) -> Counter[str]:
    return Counter(comment.text for comment in comments_of(root, reading.source))


def _equal(before: Node, after: Node) -> bool:
    """True if both say the same, whatever the order of keys."""
    if isinstance(before, Scalar) or isinstance(after, Scalar):
        return isinstance(before, Scalar) and isinstance(after, Scalar) and _same_value(before, after)
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        return isinstance(before, Mapping) and isinstance(after, Mapping) and _same_entries(before, after)
    pairs = zip(before.items, after.items, strict=False)
    return len(before.items) == len(after.items) and all(_equal(*pair) for pair in pairs)


def _same_entries(before: Mapping, after: Mapping) -> bool:
    theirs = {entry.name: entry.value for entry in after}
    mine = {entry.name: entry.value for entry in before}
    return mine.keys() == theirs.keys() and all(_equal(value, theirs[name]) for name, value in mine.items())


def _same_value(before: Scalar, after: Scalar) -> bool:
    if type(before.value) is type(after.value) and before.value == after.value:
        return True
    length = durations.parse(before.text)
    return length is not None and length == durations.parse(after.text)
