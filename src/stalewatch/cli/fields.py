"""`stalewatch fields`: the field catalogue as a connection fills it, what nothing fills, and what to write for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

import click

from stalewatch.cli.grid import Column, grid, terminal_width
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import language_of, open_project
from stalewatch.services.operating.field_list import KEPT, NONE, Listed, listed
from stalewatch.wiring import Stalewatch


@command()
@click.argument("connection", required=False)
def fields(invocation: Invocation, connection: str | None) -> int:
    """List the fields that rules can read: ours, where each comes from, its type, how often filled, an example.

    Then those that nothing feeds, each with the reason and the line to write. Fields of the CRM that look like
    one of them are offered.

    \b
    Examples:
      stalewatch fields
      stalewatch fields export --json
    """
    with closing(open_project(invocation)) as project:
        language = language_of(invocation, project.settings)
        wanted = [connection] if connection else [one.id for one in project.settings.connections]
        rows = [row for identity in wanted for row in _rows(project, identity)]
    if invocation.json:
        as_json([_data(row, language) for row in rows])
    elif not wanted:
        click.echo(say(language, "no_connections"))
    else:
        _tell(rows, language, is_many=len(wanted) > 1)
    return 0


def _rows(project: Stalewatch, connection: str) -> list[Listed]:
    described = project.whole_connector(connection).describe()
    return listed(connection, project.rulebook.rules.catalogue, described)


def _data(row: Listed, language: str) -> dict[str, object]:
    known = asdict(row)
    offers = [{"theirs": one.name, "label": one.label, "type": one.type} for one in row.offers]
    return {**known, "offers": offers, "reason": row.reason(language), "cure": row.cure(language)}


def _tell(rows: Sequence[Listed], language: str, *, is_many: bool) -> None:
    fed = [row for row in rows if row.is_fed and row.state != KEPT]
    unfed = [row for row in rows if not row.is_fed and row.state != NONE]
    absent = dict.fromkeys((row.connection, row.object) for row in rows if row.state == NONE)
    kept = list(dict.fromkeys(row.ours for row in rows if row.state == KEPT))
    first = [say(language, name) for name in (*(["connection"] if is_many else []), "object", "ours")]
    titles = [Column(title) for title in first]
    _table(
        [*titles, Column(say(language, "theirs"), elastic=True), Column(say(language, "type")),
         Column(say(language, "fill"), right=True), Column(say(language, "example"), elastic=True)],
        [[*_name(row, is_many=is_many), row.theirs or "", row.type, _share(row), row.example or ""] for row in fed],
    )  # fmt: skip
    if unfed:
        click.echo(f"\n{say(language, 'nothing_feeds')}")
        why, cure = Column(say(language, "why"), elastic=True), Column(say(language, "write_it"), elastic=True)
        _table(
            [*titles, Column(say(language, "type")), why, cure],
            [cells for row in unfed for cells in _unfed(row, language, is_many=is_many)],
        )
    for connection, name in absent:
        click.echo(f"\n{say(language, 'no_object', connection=connection, object=name)}")
    if kept:
        click.echo(f"\n{say(language, 'kept', fields=', '.join(kept))}")


def _unfed(row: Listed, language: str, *, is_many: bool) -> list[list[str]]:
    """The field with its reason, and one line more for each further field that is offered."""
    first, *more = (row.cure(language) or "").splitlines() or [""]
    empty = [""] * (len(_name(row, is_many=is_many)) + 2)
    return [
        [*_name(row, is_many=is_many), row.type, row.reason(language) or "", first],
        *([*empty, line] for line in more),
    ]


def _name(row: Listed, *, is_many: bool) -> list[str]:
    return [*([row.connection] if is_many else []), row.object, row.ours]


def _share(row: Listed) -> str:
    return "" if row.fill_rate is None else f"{row.fill_rate:.0%}"


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    for line in grid(columns, rows, terminal_width()):
        click.echo(line)
