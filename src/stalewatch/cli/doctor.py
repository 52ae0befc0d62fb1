"""`stalewatch doctor`: one line for each thing this project stands on, and what to do about it."""

from __future__ import annotations

import sys
from typing import Final

import click

from stalewatch import wiring
from stalewatch.cli.grid import padded
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import language_of
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.sdk.connector import Finding, Level

_COLORS: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "red"}
_WIDEST: Final = max(len(level.value) for level in Level)


@command()
def doctor(invocation: Invocation) -> int:
    """Look at configuration, rules, database, connections and notifier, and say what to do.

    Exits with 1 if there is an error; warnings are none. A new SQLite database is made.

    \b
    Examples:
      stalewatch doctor
      stalewatch doctor --lang ja --config /etc/stalewatch/stalewatch.yaml
    """
    clock = wiring.clock_at(invocation.now)
    examined = wiring.examine(invocation.config, clock.now())
    language = language_of(invocation, examined.draft)
    found = list(wiring.doctor(examined, clock, language).look())
    if invocation.json:
        as_json([_data(finding) for finding in found])
    else:
        for finding in found:
            _tell(finding)
        if examined.checked.has_errors:
            click.echo(examined.checked.render(language), nl=False)
    return 1 if any(finding.level is Level.ERROR for finding in found) else 0


def _tell(finding: Finding) -> None:
    level = padded(finding.level.value, _WIDEST)
    if sys.stdout.isatty():
        level = click.style(level, fg=_COLORS[finding.level])
    click.echo(f"{level}  {printable(finding.subject)}: {printable(finding.message)}")
    for line in finding.cure.splitlines() if finding.cure else ():
        click.echo(f"{' ' * _WIDEST}  → {printable(line)}")


def _data(finding: Finding) -> dict[str, str | None]:
    return {
        "subject": finding.subject,
        "level": finding.level.value,
        "message": finding.message,
        "cure": finding.cure,
    }
