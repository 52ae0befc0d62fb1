"""The options by which lists are narrowed, and the spans of time that they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.durations import parse

Decorator = Callable[..., Any]
WEEK: Final = Duration(7, Unit.DAY)


class Span(click.ParamType[Duration]):
    """A span of time as rules write it: 7d, 5bd, 24h, 2w."""

    name = "SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        found = value if isinstance(value, Duration) else parse(str(value))
        if found is None:
            self.fail(f"{value!r} is not a span of time; write it like 7d, 5bd, 24h or 2w", param, ctx)
        return found


span = click.option("--within", type=Span(), default=WEEK, show_default="7d", help="How near: 7d, 5bd, 24h, 2w.")
kinds = click.option("--object", "obj", type=click.Choice(["deal", "partner_deal"]), help="Only this kind of deal.")


def filters(function: Decorator) -> Decorator:
    """The options by which every list is narrowed."""
    options = (
        click.option("--owner", metavar="WHO", help="Only of this owner: an e-mail address, a name or an id."),
        click.option("--team", metavar="NAME", help="Only of this team."),
        click.option("--rule", metavar="ID", help="Only where this rule is a reason."),
        click.option("--severity", type=click.Choice(["info", "warning", "critical"]), help="Only of this severity."),
        click.option("--format", "shape", type=click.Choice(["table", "json", "csv"]), help="How to print [table]."),
    )
    for option in reversed(options):
        function = option(function)
    return function
