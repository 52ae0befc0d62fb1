"""`stalewatch fields`: the field catalogue as a connection fills it."""

from __future__ import annotations

from contextlib import closing

import click

from stalewatch.cli.grid import Column
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import rows_or_json, say
from stalewatch.cli.projects import language_of, open_project
from stalewatch.wiring import Stalewatch

Row = dict[str, object]


@command()
@click.argument("connection", required=False)
def fields(invocation: Invocation, connection: str | None) -> int:
    """List the fields that rules can read: ours, where each comes from, its type, how often filled, an example.

    \b
    Examples:
      stalewatch fields
      stalewatch fields export --json
    """
    with closing(open_project(invocation)) as project:
        language = language_of(invocation, project.settings)
        wanted = [connection] if connection else [one.id for one in project.settings.connections]
        rows = [row for identity in wanted for row in _rows(project, identity)]
    if not wanted and not invocation.json:
        click.echo(say(language, "no_connections"))
    shown = rows if invocation.json else [_readable(row) for row in rows]
    columns = {
        **({"connection": Column(say(language, "connection"))} if len(wanted) > 1 else {}),
        "object": Column(say(language, "object")),
        "ours": Column(say(language, "ours")),
        "theirs": Column(say(language, "theirs"), elastic=True),
        "type": Column(say(language, "type")),
        "fill_rate": Column(say(language, "fill"), right=True),
        "example": Column(say(language, "example"), elastic=True),
    }
    if wanted:
        rows_or_json(columns, shown, json_wanted=invocation.json)
    elif invocation.json:
        rows_or_json({}, [], json_wanted=True)
    return 0


def _rows(project: Stalewatch, connection: str) -> list[Row]:
    described = project.connector(connection).describe()
    return [
        {
            "connection": connection,
            "object": obj,
            "ours": info.ours,
            "theirs": info.theirs,
            "type": info.type,
            "fill_rate": info.fill_rate,
            "example": info.example,
        }
        for obj, infos in described.fields.items()
        for info in sorted(infos, key=lambda info: info.ours)
    ]


def _readable(row: Row) -> Row:
    rate = row["fill_rate"]
    return {**row, "fill_rate": f"{rate:.0%}" if isinstance(rate, float) else None}
