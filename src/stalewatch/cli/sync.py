"""`stalewatch sync`: read connections."""

from __future__ import annotations

from contextlib import closing

import click

from stalewatch.cli.actor import actor
from stalewatch.cli.cycle_report import read, report
from stalewatch.cli.cycles import cycle_of, print_report
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import open_project
from stalewatch.domain.instants import to_us
from stalewatch.services.operating.cycle import failures
from stalewatch.services.syncing.believing import believe


@command()
@click.argument("connections", metavar="[CONNECTION]...", nargs=-1)
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option(
    "--believe-vanished", "believes", is_flag=True,
    help="Records that are missing all at once are really gone: take the next comparison as it is, once.",
)  # fmt: skip
def sync(invocation: Invocation, connections: tuple[str, ...], full: bool, believes: bool) -> int:
    """Read connections, all of them if none is named, and judge what changed. Nobody is told anything.

    Exits with 1 if one of them cannot be read.

    \b
    Examples:
      stalewatch sync
      stalewatch sync hs --full
      stalewatch sync hs --full --believe-vanished
    """
    if believes and len(connections) != 1:
        raise click.UsageError("--believe-vanished is said of one connection, by its name")
    with closing(open_project(invocation)) as app:
        only = [app.connection(one).id for one in connections] or None
        cycle = cycle_of(app, invocation)
        if believes and only:
            cycle.prepare()
            believe(app.db, only[0], actor(), to_us(app.clock.now()))
        with Progress() as bar:
            synced = cycle.sync(force=True, full=full, only=only, progress=bar.show)
        with Progress() as bar:
            judged = cycle.recompute(bar.show)
        failed = failures(synced)
        return print_report(app, invocation, report(app, read=read(app, synced), recomputed=judged, failures=failed))
