"""Rows of the store made into columns: all that the starter pack reads of a deal, empties and all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from bench.calendar import TOKYO
from bench.judge import rules_of
from bench.measuring import say, spent
from stalewatch import shipped
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.language.model import Field
from stalewatch.domain.needs import needs
from stalewatch.domain.values import Stored
from stalewatch.services.judging import frames
from stalewatch.store import migrate, records
from stalewatch.store.engine import Database

ROWS: Final = 20_000


def main() -> None:
    """Per deal, from lists as the store gives them; without the statement that reads them."""
    rules = rules_of((shipped.rules() / "default.yaml").read_text())
    needed = needs(rules, Calendars.single(Calendar(TOKYO)))["deal"]
    table = _table(rules.catalogue.objects["deal"], sorted(needed.fields))
    fed = {"crm": {"deal": sorted(needed.fields)}}
    with _empty() as db, db.read() as conn:
        took = spent(lambda: frames.build(conn, rules.catalogue, needed, "deal", table, fed), 15)
    say(f"           {len(needed.fields)} fields of a deal: {took.median / ROWS * 1e6:.2f} µs a deal")


@contextmanager
def _empty() -> Iterator[Database]:
    """A database with the schema: no deal's past is in it."""
    with TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate.upgrade(db, shipped.migrations())
        yield db
        db.dispose()


def _table(kinds: Mapping[str, Field], names: Sequence[str]) -> dict[str, Sequence[Any]]:
    dice = np.random.default_rng(1)
    columns = {name: _values(kinds[name], dice) for name in names}
    own = records.column_names("deal")
    more = {name: values for name, values in columns.items() if name not in own}
    return {
        "id": [f"crm:{number}" for number in range(ROWS)],
        "connection": ["crm"] * ROWS,
        "unreadable": [None] * ROWS,
        "fields": [dict(zip(more, row, strict=True)) for row in zip(*more.values(), strict=True)],
        **{name: values for name, values in columns.items() if name in own},
    }


def _values(kind: Field, dice: np.random.Generator) -> list[Stored]:
    numbers = dice.integers(0, 1_000_000, ROWS).tolist()
    present = (dice.random(ROWS) < 0.8).tolist()
    if kind.values:
        given: list[Stored] = [kind.values[number % len(kind.values)] for number in numbers]
    elif kind.type.is_text:
        given = ["send the offer"] * ROWS
    else:
        given = list(numbers)
    return [value if is_set else None for value, is_set in zip(given, present, strict=True)]
