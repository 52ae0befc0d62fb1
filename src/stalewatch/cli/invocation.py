"""The options that every command takes, before or after its name, and the decorators that give them to it.

@command()
@click.argument("connection", required=False)
def sync(invocation: Invocation, connection: str | None) -> int:
    ...                                     # the exit status; None is 0

rules = group("rules")(lambda: None)        # `stalewatch rules ...`
@rules.command("check") ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What the user said about the whole call.

    Attributes:
        config: the configuration file; relative paths in it start at its folder.
        lang: "en" or "ja"; None leaves it to the configuration.
        json: print JSON where a table would be printed.
        now: judge at this moment instead of the present; aware.
        debug: show tracebacks.
    """

    config: Path = Path("stalewatch.yaml")
    lang: str | None = None
    json: bool = False
    now: datetime | None = None
    debug: bool = False


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time with its zone, such as 2026-04-15T09:00:00+09:00."""

    name = "ISO8601"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time; write it like 2026-04-15T09:00:00+09:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write {value}Z or {value}+09:00", param, ctx)
        return moment


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep what was said here; what was said before the command is inherited through the context."""
    said = ctx.obj or Invocation()
    ctx.obj = said if value is None else replace(said, **{str(param.name): value})


def _global_options() -> list[click.Option]:
    def option(*names: str, **attributes: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=_remember, default=None, **attributes)

    return [
        option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="Configuration file [default: ./stalewatch.yaml].",
        ),
        option("--lang", type=click.Choice(["en", "ja"]), help="Language of what is printed."),
        option("--json", is_flag=True, help="Print JSON where a table would be printed."),
        option("--now", type=Moment(), help="Judge at this moment instead of the present."),
        option("--debug", is_flag=True, help="Show tracebacks."),
    ]


class Command(click.Command):
    """A command that takes the global options after its name as well."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.params.extend(_global_options())


class Group(click.Group):
    """A command that only holds others, as `stalewatch rules` does."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.params.extend(_global_options())


def command(
    name: str | None = None, *, parent: click.Group | None = None, **attributes: Any
) -> Callable[[Callable[Concatenate[Invocation, P], int | None]], click.Command]:
    """Make a command of a function that takes the `Invocation` first and returns the exit status, if not 0.

    The docstring is its help: one line that says what it does, then examples. `parent` is the group it joins.
    """

    def decorate(function: Callable[Concatenate[Invocation, P], int | None]) -> click.Command:
        made = click.command(name, cls=Command, **attributes)(click.pass_obj(function))
        if parent is not None:
            parent.add_command(made)
        return made

    return decorate


def group(name: str, **attributes: Any) -> Callable[[Callable[[], None]], Group]:
    """Make a group of commands of a function whose docstring is its help."""
    return click.group(name, cls=Group, **attributes)
