"""Queries whose answers come in pages. A chain ends when the server says so, and can be taken up after any row.

It goes in the order of ids. A query that takes the server too long goes in strides instead, and in no order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Any, Final

from stalewatch.sdk.errors import Refused, TryLater
from stalewatch_salesforce import ids, queries
from stalewatch_salesforce.rows import Records
from stalewatch_salesforce.strides import Ids, Line, Range, Strides, Times, Window

PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What is selected, and what a row of it is decoded as."""

    type: type[Any]
    fields: Sequence[str]


class Trail:
    """The addresses that a server has led to: to go round in a circle would never end."""

    def __init__(self) -> None:
        self._been: set[str] = set()

    def follow(self, told: str | None, what: str) -> str:
        """The next address.

        Raises:
            TryLater: there is none, though there should be, or it was there before.
            Refused: it leads to somebody else.
        """
        if told and not told.startswith("/services/data/"):
            raise Refused(f"Salesforce named a page of {what} that is not its own; nothing was sent there")
        if not told or told in self._been:
            raise TryLater(f"Salesforce leads in a circle while {what} is read")
        self._been.add(told)
        return told


@dataclass(slots=True, kw_only=True, eq=False)
class Chain:
    """One query.

    Attributes:
        shape: asked before each query, for the org may change meanwhile.
        range: what is left of it, by ids; window: in which the stamps of its rows lie.
        left: rows that are still to come, as far as the server has told.
        troubles: faults since the last answer.
        is_optional: it is left out if the org refuses it.
    """

    object: str
    shape: Callable[[], Shape]
    where: tuple[str, ...] = ()
    range: Range = field(default_factory=Range)
    window: Window = field(default_factory=Window)
    left: int | None = None
    is_done: bool = False
    locator: str | None = None
    first: str = ""
    read: int = 0
    troubles: int = 0
    is_optional: bool = False
    strides: Strides | None = None
    trail: Trail = field(default_factory=Trail)

    @property
    def path(self) -> str:
        """What to ask next."""
        if self.locator is not None:
            return self.locator
        self.trail = Trail()
        where = (*self.where, *self.window.conditions(), *self.range.conditions())
        tail = "ORDER BY Id" if self.strides is None else ""
        return queries.address(queries.select(self.shape().fields, self.object, where, tail))

    def take(self, page: Records[Any]) -> None:
        """Go on behind a page.

        Raises:
            TryLater: the server leads in a circle.
            Refused: it leads to somebody else.
        """
        self.troubles = 0
        if page.done:
            self.locator, self.left = None, 0
            self.is_done = self.strides is None or not self.strides.step()
            return
        fresh = self.locator is None
        if not page.records and not fresh:
            raise TryLater(f"Salesforce leads in a circle while {self.object} is read")
        self.locator = self.trail.follow(page.nextRecordsUrl, self.object)
        if page.records and self.strides is None:
            self.first = self.first or page.records[0].Id
            self.range.after = page.records[-1].Id
            self.read += len(page.records)
        before = page.totalSize if fresh else self.left
        self.left = None if before is None else max(0, before - len(page.records))

    def forget_locator(self) -> None:
        """The server has forgotten where we were: ask anew, behind what is read for good."""
        self.locator = None

    def shorten(self, now: datetime, ends: tuple[str, str]) -> bool:
        """Look half as far from now on, and in no order; False if that cannot be.

        Args:
            now: the server's time, where a window without an end ends.
            ends: the first and the last id that there is, for chains without a window.
        """
        self.locator = None
        if self.strides is None:
            first, last = self.range.after or ends[0], self.range.until or ends[1]
            line: Line = Ids(self.range, first, last) if self.window.since is None else Times(self.window, now)
            self.strides = Strides(line)
        return self.strides.shorten()

    def split(self) -> Chain | None:
        """Give away the second half of what is left, at a page's end as far as ids tell; None if they do not."""
        after, until = self.range.after, self.range.until
        if self.is_done or self.strides is not None or self.left is None or self.left <= PAGE:
            return None
        if not self.first < after or self.read < 2:
            return None
        kept = PAGE * ceil(self.left / PAGE / 2)
        middle = ids.beyond(self.first, after, (self.read - 1 + kept) / (self.read - 1))
        if not after < middle or (until and not middle < until):
            return None
        rest = Range(after=middle, until=until)
        other = Chain(object=self.object, shape=self.shape, where=self.where, range=rest, window=replace(self.window))
        self.range.until, self.locator, self.left = middle, None, kept
        return other

    def bounds(self) -> list[str]:
        """Where it stands, for a cursor: ids, then the window if it has one."""
        since, before = self.window.since, self.window.before
        times = [] if since is None else [since.isoformat(), before.isoformat() if before else ""]
        return [self.range.after, self.range.until, *times]
