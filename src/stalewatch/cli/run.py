"""`stalewatch run --once`: one whole round."""

from __future__ import annotations

from contextlib import closing

import click

from stalewatch.cli import cycle_report
from stalewatch.cli.cycles import cycle_of, print_report
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import open_project
from stalewatch.wiring.measuring import keeping_of


@command()
@click.option("--once", is_flag=True, help="One round, then end: what a scheduler of your own calls.")
def run(invocation: Invocation, once: bool) -> int:
    """Read every connection, judge, tell people, and keep the KPIs of a day that is over: one whole round.

    Exits with 1 if any part failed; what could be done is done all the same.

    \b
    Examples:
      stalewatch run --once
      stalewatch run --once --now 2026-04-15T09:00:00+09:00 --json
    """
    if not once:
        raise click.UsageError("`run` does one round: write `stalewatch run --once`; `stalewatch serve` keeps going")
    with closing(open_project(invocation)) as app:
        with Progress() as bar:
            done = cycle_of(app, invocation).run(force=True, progress=bar.show)
        keeping_of(app).run()
        return print_report(app, invocation, cycle_report.whole(app, done))
