"""`stalewatch doctor`: one line for each thing this project stands on, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import click

from stalewatch import wiring
from stalewatch.cli.grid import padded
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import language_of
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.sdk.connector import Finding, Level
from stalewatch.services.operating.connection_state import ConnectionState

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
    looking = wiring.doctor(examined, clock, language)
    found = list(looking.look())
    if invocation.json:
        as_json(_rows(found, looking.states))
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


def _rows(found: Sequence[Finding], states: Mapping[str, ConnectionState]) -> list[dict[str, object]]:
    """The findings; the first one of each connection also says how it stands."""
    left = dict(states)
    return [
        {**_data(one), **({"connection": asdict(left.pop(one.subject))} if one.subject in left else {})}
        for one in found
    ]


def _data(finding: Finding) -> dict[str, object]:
    return {
        "subject": finding.subject,
        "level": finding.level.value,
        "message": finding.message,
        "cure": finding.cure,
    }
