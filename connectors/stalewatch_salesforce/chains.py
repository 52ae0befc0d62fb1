"""Queries whose answers come in pages. A chain ends when the server says so, and can be taken up after any row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from stalewatch.sdk.errors import Refused, TryLater
from stalewatch_salesforce import ids, queries
from stalewatch_salesforce.composite import Answer
from stalewatch_salesforce.rows import Records

PAGE: Final = 2_000
_LOST: Final = "INVALID_QUERY_LOCATOR"


@dataclass(slots=True, kw_only=True, eq=False)
class Chain:
    """One query, read from `after` to `until` in the order of ids.

    Attributes:
        type: what its rows are decoded as.
        after: id of the last row that was read, "" at the beginning.
        until: id of the last row that belongs to it, "" for the end of the table.
        left: rows that are still to come, as far as the server has told.
    """

    object: str
    type: type[Any]
    fields: Sequence[str]
    where: tuple[str, ...] = ()
    after: str = ""
    until: str = ""
    left: int | None = None
    is_done: bool = False
    locator: str | None = None
    first: str = ""
    read: int = 0

    @property
    def path(self) -> str:
        """What to ask next."""
        if self.locator is not None:
            return self.locator
        bounds = [f"Id > {queries.quote(self.after)}"] if self.after else []
        bounds += [f"Id <= {queries.quote(self.until)}"] if self.until else []
        return queries.address(queries.select(self.fields, self.object, (*self.where, *bounds), "ORDER BY Id"))

    def take(self, page: Records[Any]) -> None:
        """Go on behind a page.

        Raises:
            TryLater: the server leads in a circle.
            Refused: it leads to somebody else.
        """
        told = page.nextRecordsUrl
        if page.done:
            self.is_done, self.locator, self.left = True, None, 0
            return
        if told and not told.startswith("/services/data/"):
            raise Refused(f"Salesforce named a page of {self.object} that is not its own; nothing was sent there")
        if not told or told == self.locator or (not page.records and self.locator is not None):
            raise TryLater(f"Salesforce leads in a circle while {self.object} is read")
        fresh = self.locator is None
        self.locator = told
        if page.records:
            self.first = self.first or page.records[0].Id
            self.after = page.records[-1].Id
            self.read += len(page.records)
        before = page.totalSize if fresh else self.left
        self.left = None if before is None else max(0, before - len(page.records))

    def lose(self, answer: Answer) -> None:
        """Take up again after the last row that was read, if the server has forgotten where we were.

        Raises:
            Refused: the query itself was refused.
        """
        fault = answer.fault
        if fault is None:
            return
        if fault.code != _LOST or self.locator is None:
            error = fault.error()
            error.__dict__.update(fault=fault, object=self.object)
            raise error
        self.locator = None

    def split(self) -> Chain | None:
        """Give away the second half of what is left, at a page's end as far as ids tell; None if they do not."""
        if self.is_done or self.left is None or self.left <= PAGE or not self.first < self.after or self.read < 2:
            return None
        kept = PAGE * ceil(self.left / PAGE / 2)
        middle = ids.beyond(self.first, self.after, (self.read - 1 + kept) / (self.read - 1))
        if not self.after < middle or (self.until and not middle < self.until):
            return None
        other = Chain(
            object=self.object, type=self.type, fields=self.fields, where=self.where, after=middle, until=self.until
        )
        self.until, self.locator, self.left = middle, None, kept
        return other

    def bounds(self) -> list[str]:
        """Where it stands, for a cursor."""
        return [self.after, self.until]
