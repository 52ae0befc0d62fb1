"""`stalewatch db ...`: the schema of the database."""

from __future__ import annotations

import click

from stalewatch.cli.db_copies import backup, copy, restore
from stalewatch.cli.invocation import Invocation, command, group
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import settings_alone
from stalewatch.engine.queue import shipped_schema
from stalewatch.services.syncing.resealing import drop_shut
from stalewatch.services.syncing.resealing import reseal as seal_anew
from stalewatch.wiring.databases import Schema, open_database, schema


@group("db")
def db() -> None:
    """Look after the database.

    \b
    Examples:
      stalewatch db current
      stalewatch db upgrade
      stalewatch db reseal
      stalewatch db backup /backups/stalewatch-2026-04-15.backup
    """


for copying in (backup, restore, copy):
    db.add_command(copying)


@command("upgrade", parent=db)
def upgrade(invocation: Invocation) -> int:
    """Bring the schema up to date; nothing happens if it is.

    \b
    Example:
      stalewatch db upgrade --config /etc/stalewatch/stalewatch.yaml
    """
    settings, language = settings_alone(invocation)
    found = schema(settings, upgrade=True, queue=shipped_schema())
    if invocation.json:
        _print(found)
    elif found.before == found.after:
        click.echo(say(language, "up_to_date", where=found.where, schema=found.after))
    else:
        before = found.before or say(language, "nothing")
        click.echo(say(language, "upgraded", where=found.where, before=before, after=found.after))
    if found.queue and not invocation.json:
        click.echo(say(language, "queue_upgraded", step=found.queue[-1].partition("_")[0]))
    return 0


@command("current", parent=db)
def current(invocation: Invocation) -> int:
    """Say which schema the database has.

    \b
    Example:
      stalewatch db current --json
    """
    settings, language = settings_alone(invocation)
    found = schema(settings)
    if invocation.json:
        _print(found)
        return 0
    if found.after is None:
        click.echo(say(language, "schema_none", where=found.where))
    else:
        sentence = "up_to_date" if found.after == found.newest else "schema_now"
        click.echo(say(language, sentence, where=found.where, schema=found.after))
    return 0


@command("reseal", parent=db)
@click.option("--drop", is_flag=True, help="Drop what no key opens: the apps have to be authorized again.")
def reseal(invocation: Invocation, drop: bool) -> int:
    """Seal every stored secret with the present secrets.key, so that secrets.previous can go. Workers may run.

    \b
    Examples:
      stalewatch db reseal
      stalewatch db reseal --drop            when a key is lost for good
    """
    settings, language = settings_alone(invocation)
    opened = open_database(settings)
    try:
        dropped = drop_shut(opened, settings.secrets) if drop else []
        done = seal_anew(opened, settings.secrets)
    finally:
        opened.dispose()
    if invocation.json:
        as_json({"sealed": done.anew, "kept": done.kept, "shut": done.shut, "dropped": dropped})
    else:
        click.echo(say(language, "resealed", anew=done.anew, kept=done.kept))
        for connection, name in dropped:
            click.echo(say(language, "secret_dropped", connection=connection, name=name.partition(" ")[0]))
        for connection, name in done.shut:
            click.echo(say(language, "secret_shut", connection=connection, name=name.partition(" ")[0]), err=True)
    return 1 if done.shut else 0


def _print(found: Schema) -> None:
    as_json({"database": found.where, "before": found.before, "schema": found.after, "newest": found.newest})
