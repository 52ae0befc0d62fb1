"""Watches SQLite's writers: whoever writes what the stalled list tells says so first (`store/touched.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy import event

from stalewatch.store import touched

_WRITES: Final = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)\"?(.*)", re.DOTALL)
_SET: Final = re.compile(r"(?:SET|,) \"?(\w+)\"?\s*=")
_SAYING: Final = ("adding", "writing", "taking", "there")


@contextmanager
def watching() -> Iterator[set[str]]:
    """Each statement that changes what the list tells is said beforehand, or it fails; gives the tables that were
    written so."""
    announced: dict[int, str] = {}
    seen: set[str] = set()

    def saying(name: str) -> Any:
        said = getattr(touched, name)

        def noted(conn: sa.Connection, table: sa.Table, *given: Any) -> None:
            said(conn, table, *given)
            announced[id(conn)] = table.name

        return noted

    def look(conn: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        found = _WRITES.match(statement)
        if found is None or conn.dialect.name != "sqlite" or "touched" not in conn.info:
            return
        verb, table, rest = found.groups()
        names = _SET.findall(rest.partition(" WHERE ")[0]) if verb == "UPDATE" else None
        if touched.concerns(table, names):
            assert announced.pop(id(conn), None) == table, f"{statement[:200]} is written past store/bulk.py"
            seen.add(table)

    event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        with patch.multiple(touched, **{name: saying(name) for name in _SAYING}):
            yield seen
    finally:
        event.remove(sa.Engine, "before_cursor_execute", look)
