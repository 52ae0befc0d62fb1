"""`stalewatch dispatch`: say what is to be said."""

from __future__ import annotations

from contextlib import closing

from stalewatch.cli.cycle_report import report, said, waiting
from stalewatch.cli.cycles import cycle_of, print_report
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.projects import open_project


@command()
def dispatch(invocation: Invocation) -> int:
    """Send the messages that may be sent now. Nothing is read or judged.

    Exits with 1 if a message was refused.

    \b
    Examples:
      stalewatch dispatch
    """
    with closing(open_project(invocation)) as app:
        done = cycle_of(app, invocation).dispatch()
        told = report(app, said=said(done), waiting=waiting(app), failures=tuple(done.errors))
        return print_report(app, invocation, told)
