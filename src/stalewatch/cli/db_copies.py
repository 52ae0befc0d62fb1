"""`stalewatch db backup|restore|copy`: the database as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from stalewatch.cli.actor import actor
from stalewatch.cli.copy_words import WORDS
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import settings_alone
from stalewatch.domain.instants import from_us
from stalewatch.services.keeping import quieting
from stalewatch.wiring import copies

_WAIT = click.option(
    "--wait", type=click.FloatRange(0, 3600), default=quieting.WAIT, show_default=True, metavar="SECONDS",
    help="How long workers may take to let go.",
)  # fmt: skip


@command("backup")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def backup(invocation: Invocation, path: Path) -> int:
    """Keep the whole database in the new file PATH, while everything works on.

    What was committed before this began is in it. Secrets are in it as they are stored: sealed, without their key.

    \b
    Examples:
      stalewatch db backup /backups/stalewatch-2026-04-15.backup
    """
    settings, language = settings_alone(invocation)
    with Progress() as bar:
        made = copies.backup(settings, path, bar.show)
    figures = {"rows": made.manifest.rows, "bytes": made.size, "schema": made.manifest.schema}
    if invocation.json:
        as_json({"path": path, **figures, "taken_at": from_us(made.manifest.taken_at).isoformat()})
    else:
        click.echo(_say(language, "kept", path=path, size=_size(made.size), rows=f"{made.manifest.rows:,}"))
    return 0


@command("restore")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away what is in the database.")
@_WAIT
def restore(invocation: Invocation, path: Path, replace: bool, wait: float) -> int:
    """Make the database what the backup PATH says that it was. Stop every process that works on it first.

    Either kind of database takes backups of both. What was told after the backup was made is looked for before it is
    said again, as docs/operating.md says under "Recover".

    \b
    Examples:
      stalewatch db restore /backups/stalewatch-2026-04-15.backup
      stalewatch db restore /backups/stalewatch-2026-04-15.backup --replace
    """
    settings, language = settings_alone(invocation)
    with Progress() as bar:
        done = copies.restore(
            settings, path, replace=replace, actor=actor(), told=bar.show, waits=_waiting(bar, language), wait=wait
        )
    as_of = from_us(done.taken_at).isoformat(sep=" ", timespec="seconds")
    if invocation.json:
        as_json({"rows": done.rows, "schema": done.schema, "as_of": as_of})
    else:
        click.echo(_say(language, "restored", rows=f"{done.rows:,}", as_of=as_of))
        click.echo(_say(language, "restored_next"))
    return 0


@command("copy")
@click.argument("url")
@_WAIT
@click.option("--undo", is_flag=True, help="Let this database be worked on again; the other one has to be empty.")
def copy(invocation: Invocation, url: str, wait: float, undo: bool) -> int:
    """Move everything to the empty database at URL, and close this one for good.

    Processes may run meanwhile: they stop claiming work, finish what they hold, and say from then on where the data
    went. No message is sent by both. A password may also come from PGPASSWORD or ~/.pgpass.

    \b
    Examples:
      stalewatch db copy postgresql+psycopg://stalewatch@db.example.com/stalewatch
      stalewatch db copy postgresql+psycopg://stalewatch@db.example.com/stalewatch --undo
    """
    settings, language = settings_alone(invocation)
    if undo:
        was_closed = copies.undo_copy(settings, url, actor=actor())
        as_json({"reopened": was_closed}) if invocation.json else click.echo(
            _say(language, "reopened" if was_closed else "was_open")
        )
        return 0
    with Progress() as bar:
        done = copies.copy(settings, url, actor=actor(), told=bar.show, waits=_waiting(bar, language), wait=wait)
    if invocation.json:
        as_json({"rows": done.rows, "tables": done.tables, "database": done.where})
    else:
        click.echo(_say(language, "copied", rows=f"{done.rows:,}", tables=done.tables, where=done.where))
        click.echo(_say(language, "copied_next", where=done.where))
    return 0


def _waiting(bar: Progress, language: str) -> Callable[[Sequence[object]], None]:
    return lambda held: bar.show(_say(language, "waiting", many=len(held)), 0)


def _size(many: int) -> str:
    return f"{many / 1_000_000:,.1f} MB"


def _say(language: str, sentence: str, **fillers: object) -> str:
    return WORDS[sentence][language].format(**fillers)
