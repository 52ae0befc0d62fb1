"""`stalewatch tick`: let time pass."""

from __future__ import annotations

from contextlib import closing

from stalewatch.cli.cycle_report import noticed, report, states, waiting
from stalewatch.cli.cycles import cycle_of, print_report
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import open_project


@command()
def tick(invocation: Invocation) -> int:
    """Look at every deadline that has come by now, and write down what has to be said. Nothing is read or sent.

    \b
    Examples:
      stalewatch tick
      stalewatch tick --now 2026-04-15T09:00:00+09:00
    """
    with closing(open_project(invocation)) as app:
        cycle = cycle_of(app, invocation)
        cycle.prepare()
        with Progress() as bar:
            judged = cycle.recompute(bar.show)
        done = noticed(cycle.tick())
        told = report(app, recomputed=judged, states=states(app), noticed=done, waiting=waiting(app))
        return print_report(app, invocation, told)
