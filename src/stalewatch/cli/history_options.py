"""The options that say which history is looked at, and how: shared by `rules suggest` and `rules backtest`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation
from stalewatch.cli.list_options import Span
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import project_here
from stalewatch.domain.durations import Duration, Unit
from stalewatch.services.learning.lessons import Asked
from stalewatch.wiring.histories import Histories, from_files, from_project

Decorator = Callable[..., Any]
_DAYS: Final = {Unit.DAY: 1, Unit.WEEK: 7}


class Day(click.ParamType[date]):
    """A day, or a moment with its zone."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            found = value if isinstance(value, date) else _read(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write it like 2026-03-31", param, ctx)
        if isinstance(found, datetime) and found.tzinfo is None:
            self.fail(f"{value!r} has no zone; write 2026-03-31T09:00:00+09:00, or the day alone", param, ctx)
        return found


def _read(text: str) -> date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


class Days(click.ParamType[int]):
    """A whole number of days, written like 60d or 8w."""

    name = "DAYS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        span: Duration = Span().convert(value, param, ctx)
        if span.unit not in _DAYS:
            self.fail(f"{value!r}: a history is counted in calendar days; write it like 60d or 8w", param, ctx)
        return span.amount * _DAYS[span.unit]


class Zone(click.ParamType[str]):
    """The name of a time zone."""

    name = "ZONE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return ZoneInfo(str(value)).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"no time zone is called {value!r}; write it like Asia/Tokyo", param, ctx)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the options said, as they were given."""

    history: Path | None
    as_of: date | None
    observed_from: date | None
    learn_until: date | None
    horizon: int
    zone: str | None

    def asked(self, found: Histories, about: str) -> Asked:
        """The same for one history, in its own instants."""
        return Asked(
            as_of=found.as_of if self.as_of is None else found.instant(self.as_of, about),
            observed_from=found.instant(self.observed_from, about), horizon=float(self.horizon),
            learn_until=found.instant(self.learn_until, about),
        )  # fmt: skip


def looked(function: Decorator) -> Decorator:
    """Which history, and how it is looked at."""
    options = (
        click.option(
            "--history", type=click.Path(path_type=Path), metavar="DIR",
            help="Learn from the files in this folder, or from this file of deals, in place of what stalewatch keeps.",
        ),
        click.option("--as-of", type=Day(), help="The day on which the history ends [the last one it names]."),
        click.option("--observed-from", type=Day(), help="The day from which it was kept [the first closing]."),
        click.option("--learn-until", type=Day(), help="Learn from what was known on this day, and try it after it."),
        click.option("--horizon", type=Days(), default="60d", show_default=True,
                     help="How long after a breach a win says that the message was wrong."),
        click.option("--tz", "zone", type=Zone(), help="Zone of times that name none [the calendar's, else UTC]."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@contextmanager
def opened(invocation: Invocation, said: Looked, *, staged: bool = True) -> Iterator[Histories]:
    """The histories that were asked for."""
    with Progress() as bar:
        if said.history is not None:
            clock = wiring.clock_at(invocation.now)
            name = said.history.name
            settings = project_here(invocation)
            show = partial(bar.show, name)
            yield from_files(said.history, settings, said.zone, clock, show, staged=staged)
            return
        with closing(wiring.open_project(
            invocation.config, now=invocation.now, language=invocation.lang, looking=True
        )) as app:  # fmt: skip
            yield from_project(app, said.zone)
