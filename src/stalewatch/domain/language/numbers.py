"""The numbers of a rule file, each where it stands, and the same number moved by one step.

A step is what somebody might type instead. Durations and dates move by one of their unit, a number below 1,000 by
one, a larger one and a fraction by one in its second digit: 3_000_000 to 2_900_000, 0.7 to 0.71.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from stalewatch.domain.language import durations
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence, Span
from stalewatch.domain.language.scalars import resolve

_NO_LIMITS: Final = frozenset(
    {"id", "title", "because", "message", "watch", "owner", "tags", "was", "use", "mutes", "escalate", "rules", "name"}
)
"""Keys whose numbers are part of a text or a name."""
_LARGE: Final = 1000
_AMOUNT = re.compile(r"[0-9]+")
_IN_EXPRESSION = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\W\d]\w*(?:\.\w+)*|(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?)"""
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a file: all of a value, or `text[first:last]` of an expression."""

    scalar: Scalar
    first: int
    last: int

    @property
    def text(self) -> str:
        """As it is written: `14d`, `3_000_000`, `2026-12-31`."""
        return self.scalar.text[self.first : self.last]

    @property
    def span(self) -> Span:
        """Where it stands."""
        whole = self.last - self.first == len(self.scalar.text)
        return self.scalar.span if whole else self.scalar.part(self.first, self.last - self.first)

    def moved(self, steps: int) -> str | None:
        """The number so many steps up or down, in the form it has; None if there is no such number."""
        text = self.text
        if durations.parse(text) is not None:
            return _moved_duration(text, steps)
        value = resolve(text)
        if isinstance(value, datetime):
            return None
        if isinstance(value, date):
            return (value + timedelta(days=steps)).isoformat()
        return _moved_number(text, steps)

    def written(self, new: str) -> Scalar:
        """The value it stands in, with another number in its place."""
        text = self.scalar.text[: self.first] + new + self.scalar.text[self.last :]
        return replace(self.scalar, text=text, value=resolve(text) if self.scalar.plain else text, raw=text)


def numbers(node: Node) -> Iterator[Number]:
    """Every number below a node that could be a limit, in the order of the file."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from numbers(item)
    elif isinstance(node, Mapping):
        for entry in node:
            yield from _of_entry(entry)
    elif _is_number(node):
        yield Number(node, 0, len(node.text))


def _of_entry(entry: Entry) -> Iterator[Number]:
    if entry.name in _NO_LIMITS:
        return
    if entry.name == "expr" and isinstance(entry.value, Scalar):
        for found in _IN_EXPRESSION.finditer(entry.value.text):
            if found["number"]:
                yield Number(entry.value, *found.span())
    else:
        yield from numbers(entry.value)


def _is_number(node: Scalar) -> bool:
    if durations.parse(node.text) is not None:
        return True
    return node.plain and isinstance(node.value, int | float | date) and not isinstance(node.value, bool)


def replaced(node: Node, old: Scalar, new: Scalar) -> Node:
    """The same nodes with one value in the place of another; the node itself if the value is not below it."""
    if node is old:
        return new
    if isinstance(node, Sequence):
        items = tuple(replaced(item, old, new) for item in node.items)
        return node if _same(items, node.items) else replace(node, items=items)
    if isinstance(node, Mapping):
        values = tuple(replaced(entry.value, old, new) for entry in node)
        if _same(values, tuple(entry.value for entry in node)):
            return node
        return replace(node, entries=tuple(Entry(entry.key, value) for entry, value in zip(node, values, strict=True)))
    return node


def _same(new: tuple[Node, ...], old: tuple[Node, ...]) -> bool:
    return all(mine is theirs for mine, theirs in zip(new, old, strict=True))


def _moved_duration(text: str, steps: int) -> str | None:
    found = _AMOUNT.search(text)
    amount = int(found[0]) + steps if found else -1
    if amount < 0:
        return None
    new = _AMOUNT.sub(str(amount), text, count=1)
    return new if durations.parse(new) is not None else None


def _moved_number(text: str, steps: int) -> str | None:
    """Nothing that rules count is below zero, so no number becomes negative."""
    try:
        value = Decimal(text.replace("_", ""))
    except InvalidOperation:
        return None
    fine = value != value.to_integral_value() or abs(value) >= _LARGE
    step = Decimal(1).scaleb(value.adjusted() - 1) if fine else Decimal(1)
    moved = value + steps * step
    if moved < 0:
        return None
    return f"{int(moved):_}" if "_" in text and moved == int(moved) else f"{moved:f}"
