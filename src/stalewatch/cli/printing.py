"""Tables or JSON, and the few sentences of the command line, in English and Japanese."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from stalewatch.cli.grid import Column, grid, terminal_width
from stalewatch.cli.words import WORDS


def say(language: str, sentence: str, /, **fillers: object) -> str:
    """A sentence of `words.WORDS` in a language."""
    return WORDS[sentence][language].format(**fillers)


def as_json(data: Any) -> None:
    """Print data as JSON."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def rows_or_json(columns: Mapping[str, Column], rows: Sequence[Mapping[str, object]], *, json_wanted: bool) -> None:
    """Print rows as a table, `columns` from key to column, or all that is in them as JSON."""
    if json_wanted:
        as_json([dict(row) for row in rows])
        return
    cells = [["" if row.get(key) is None else str(row[key]) for key in columns] for row in rows]
    for line in grid(list(columns.values()), cells, terminal_width()):
        click.echo(line)
