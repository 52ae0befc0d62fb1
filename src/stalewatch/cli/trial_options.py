"""The options that `rules preview` and `rules diff` share, and how both are printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from stalewatch.cli.grid import terminal_width
from stalewatch.cli.invocation import Invocation
from stalewatch.cli.printing import as_json
from stalewatch.cli.sheet import Sheet

FEW: Final = 20
Decorator = Callable[..., Any]


def shown(function: Decorator) -> Decorator:
    """How many cases are listed, and in which form."""
    options = (
        click.option(
            "--limit", type=click.IntRange(min=0), default=FEW, show_default=True, help="List at most so many."
        ),
        click.option("--all", "everything", is_flag=True, help="List all of them."),
        click.option(
            "--format", "shape", type=click.Choice(["table", "json", "markdown"]), help="How to print [table]."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def print_sheet(
    invocation: Invocation, shape: str | None, sheet: Callable[[], Sheet], data: Callable[[], object]
) -> None:
    """Print as it was asked for: a table by default, JSON also by the global `--json`."""
    match shape or ("json" if invocation.json else "table"):
        case "json":
            as_json(data())
        case "markdown":
            click.echo(sheet().as_markdown())
        case _:
            click.echo(sheet().as_text(terminal_width()))
