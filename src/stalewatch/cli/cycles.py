"""The cycle of a project, as `run`, `sync`, `tick` and `dispatch` start it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
import msgspec

from stalewatch import plugins
from stalewatch.cli import cycle_words
from stalewatch.cli.asking import reader_of
from stalewatch.cli.cycle_report import Report
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.invocation import Invocation
from stalewatch.sdk.notifier import Notifier, NotifierSettings
from stalewatch.services.operating.cycle import Cycle
from stalewatch.wiring import CONSOLE, Stalewatch, cycles


def cycle_of(app: Stalewatch, invocation: Invocation) -> Cycle:
    """The cycle of a project, in the language that was asked for."""
    return cycles.cycle_of(app, language=invocation.lang, notifier=_notifier(app, invocation))


def print_report(app: Stalewatch, invocation: Invocation, report: Report) -> int:
    """Print what was done; the exit status is 1 if any part of it failed."""
    if invocation.json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        reader = reader_of(app, invocation)
        titles = {rule.id: reader.pick(rule.title) for rule in app.rulebook.rules.rules}
        click.echo("\n".join(cycle_words.lines(report, titles, reader, terminal_width())))
    unread = {one.error for one in report.read or ()}
    for failure in report.failures:
        if not any(error and error in failure for error in unread):  # those stand with their connection already
            click.echo(failure, err=True)
    return 1 if report.failures else 0


def _notifier(app: Stalewatch, invocation: Invocation) -> Callable[[], Notifier] | None:
    """Where the answer is JSON, the console's messages do not stand in its way."""
    if app.notifier_name != CONSOLE or not invocation.json:
        return None
    options = {**app.settings.notify.get(CONSOLE, {}), "stream": sys.stderr}
    told = NotifierSettings(options=options, base=app.settings.base, now=app.clock.now)
    return lambda: app.with_mail(plugins.notifier(CONSOLE)(told))
