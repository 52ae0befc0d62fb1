"""`stalewatch sync`: read connections."""

from __future__ import annotations

from contextlib import closing

import click

from stalewatch.cli.cycle_report import read, report
from stalewatch.cli.cycles import cycle_of, print_report
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import open_project
from stalewatch.services.operating.cycle import failures


@command()
@click.argument("connections", metavar="[CONNECTION]...", nargs=-1)
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
def sync(invocation: Invocation, connections: tuple[str, ...], full: bool) -> int:
    """Read connections, all of them if none is named, and judge what changed. Nobody is told anything.

    Exits with 1 if one of them cannot be read.

    \b
    Examples:
      stalewatch sync
      stalewatch sync hs --full
    """
    with closing(open_project(invocation)) as app:
        only = [app.connection(one).id for one in connections] or None
        cycle = cycle_of(app, invocation)
        with Progress() as bar:
            synced = cycle.sync(force=True, full=full, only=only, progress=bar.show)
        with Progress() as bar:
            judged = cycle.recompute(bar.show)
        failed = failures(synced)
        return print_report(app, invocation, report(app, read=read(app, synced), recomputed=judged, failures=failed))
