"""The stalled list, in two steps: which records stand on a page, and what is said of each of them, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.services.reporting.listing import Item, Shelf
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import stalled
from stalewatch.store.engine import Connection
from stalewatch.store.paging import Rows
from stalewatch.store.reports import Filters, Sort
from stalewatch.store.visibility import Visible


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of which list: how sorted (None: the list's own way), how long, from where."""

    sort: Sort | None = None
    falling: bool | None = None
    limit: int = 50
    after: str | None = None


FIRST: Final = Page()


@dataclass(frozen=True, slots=True)
class Lasting:
    """What is said of a record.

    Attributes:
        head: its row of `heads`.
        until: the first moment at which time alone may make it something else.
    """

    head: Any
    item: Item
    until: int


def heads(conn: Connection, filters: Filters, visible: Visible | None, page: Page) -> Rows:
    """Which records a page has, each with the `stamp` that becomes another one when what is said of it may change."""
    return stalled.stalled(
        conn, filters, visible=visible, sort=page.sort or Sort.WORST, falling=page.falling, limit=page.limit,
        after=page.after,
    )  # fmt: skip


def items(
    conn: Connection, book: Rulebook, language: str, filters: Filters, rows: Sequence[Any], now: int, *, explains: bool
) -> list[Item]:  # fmt: skip
    """What is said of these heads, in their order; of those that are gone meanwhile nothing is."""
    return [item for *_, item in _told(conn, book, language, filters, rows, now, explains=explains)]


def lasting(
    conn: Connection, book: Rulebook, language: str, filters: Filters, rows: Sequence[Any], now: int
) -> list[Lasting]:  # fmt: skip
    """The same, explained, with the time for which it holds."""
    told = _told(conn, book, language, filters, rows, now, explains=True)
    return [Lasting(head, item, shelf.holds_until(row)) for head, row, shelf, item in told]


def _told(
    conn: Connection, book: Rulebook, language: str, filters: Filters, rows: Sequence[Any], now: int, *, explains: bool
) -> Iterator[tuple[Any, Any, Shelf, Item]]:  # fmt: skip
    there = {row.id: row for row in stalled.shown(conn, filters, [head.id for head in rows])}
    late: dict[str, list[Any]] = {}
    for alert in stalled.stalled_alerts(conn, there):
        late.setdefault(alert.record_id, []).append(alert)
    shelf = Shelf.of(conn, book, language, now, there.values(), explains=explains)
    for head in rows:
        row = there.get(head.id)
        if row is not None:
            yield head, row, shelf, shelf.stalled(row, head.breach_at, late.get(row.id, []))
