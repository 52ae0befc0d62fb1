"""Queries over REST: pages, and the cursors behind `nextRecordsUrl`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.salesforce.ids import long_id
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.soql.projecting import Projection, Record, Rendering
from stalewatch_sandbox.salesforce.soql.running import Answer, run
from stalewatch_sandbox.salesforce.table import Row
from stalewatch_sandbox.serving.exchange import Request, Response

OPEN_CURSORS: Final = 10
"""Cursors of one user; opening another closes the oldest."""
_USUAL, _FEWEST, _MOST = 2_000, 200, 2_000
_BATCH: Final = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class _Cursor:
    """An answer that is fetched in pages. Children lose theirs when the parent goes on."""

    rows: list[Row]
    project: Projection
    children: list[str] = field(default_factory=list)
    parent: str | None = None


class Queries:
    """Answers queries of one org.

    Attributes:
        page_size: given the size that the client wishes and the number of the page, how many rows it gets.
        children_size: rows of a list of children before it is cut.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: dict[str, _Cursor] = {}
        self._numbers = itertools.count(1)
        self.page_size: Callable[[int, int], int] = _as_wished
        self.children_size = _USUAL

    def query(self, request: Request, version: str, *, include_deleted: bool) -> Response:
        """A new query.

        Raises:
            ApiError: in Salesforce's words.
        """
        text = request.parameter("q")
        if text is None:
            raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
        answer = run(self._org, text, include_deleted=include_deleted)
        return self._page(request, version, self._open(answer), 0, answer.total)

    def more(self, request: Request, version: str, locator: str) -> Response:
        """The next page of an open query.

        Raises:
            ApiError: INVALID_QUERY_LOCATOR.
        """
        name, _, offset = locator.partition("-")
        cursor = self._cursors.get(name)
        if cursor is None or not offset.isdigit() or int(offset) > len(cursor.rows):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        for child in cursor.children:
            self._cursors.pop(child, None)
        return self._page(request, version, (name, cursor), int(offset), len(cursor.rows))

    @property
    def open_cursors(self) -> int:
        """How many cursors are open; those of children do not count."""
        return sum(cursor.parent is None for cursor in self._cursors.values())

    def close_all(self) -> None:
        """Every cursor is gone, as after two days."""
        self._cursors.clear()

    def _page(self, request: Request, version: str, opened: tuple[str, _Cursor], offset: int, total: int) -> Response:
        name, cursor = opened
        size = self.page_size(_wished(request), offset)
        rendering = Rendering(version, lambda rows, project: self._children(name, version, rows, project))
        rows = cursor.rows[offset : offset + size]
        records = [cursor.project(row, rendering) for row in rows]
        done = offset + len(rows) >= len(cursor.rows)
        document: dict[str, Any] = {"totalSize": total, "done": done}
        if not done:
            document["nextRecordsUrl"] = _address(version, name, offset + len(rows))
        return Response.json(document | {"records": records}, weight=1, kind="query")

    def _open(self, answer: Answer) -> tuple[str, _Cursor]:
        name, cursor = self._locator(), _Cursor(answer.rows, answer.project)
        self._cursors[name] = cursor
        own = [one for one, known in self._cursors.items() if known.parent is None]
        for oldest in own[: max(0, len(own) - OPEN_CURSORS)]:
            del self._cursors[oldest]
        return name, cursor

    def _children(self, parent: str, version: str, rows: list[Row], project: Projection) -> Record:
        shown, done = rows[: self.children_size], len(rows) <= self.children_size
        rendering = Rendering(version, lambda deeper, inner: self._children(parent, version, deeper, inner))
        document: Record = {"totalSize": len(rows), "done": done}
        if not done:
            name = self._locator()
            self._cursors[name] = _Cursor(rows, project, parent=parent)
            if parent in self._cursors:
                self._cursors[parent].children.append(name)
            document["nextRecordsUrl"] = _address(version, name, len(shown))
        return document | {"records": [project(row, rendering) for row in shown]}

    def _locator(self) -> str:
        return long_id(f"01gSANDBOX{next(self._numbers):05}"[:15])


def _as_wished(wished: int, offset: int) -> int:
    del offset
    return wished


def _wished(request: Request) -> int:
    found = _BATCH.search(request.header("sforce-query-options") or "")
    return min(_MOST, max(_FEWEST, int(found[1]))) if found else _USUAL


def _address(version: str, name: str, offset: int) -> str:
    return f"/services/data/v{version}/query/{name}-{offset}"
