"""`stalewatch audit ls`: who did what, as the log has it that only grows."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any, Final

import click
import msgspec

from stalewatch.cli.asking import reader_of
from stalewatch.cli.grid import Column
from stalewatch.cli.invocation import Invocation, Moment, command, group
from stalewatch.cli.printing import as_json, rows_or_json
from stalewatch.cli.projects import open_project
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import from_us, to_us
from stalewatch.services.reporting.acts import Act, Asked, acts

_MOST: Final = 200
_LONG: Final = 300


@group("audit")
def audit() -> None:
    """The audit log: what people and stalewatch did, to which record, alert or message.

    \b
    Examples:
      stalewatch audit ls
      stalewatch audit ls --action crm --since 2026-04-01T00:00:00Z
    """


@command("ls", parent=audit)
@click.option("--object", "obj", metavar="ID", help="Only what was done to this record, alert or message.")
@click.option("--actor", metavar="TEXT", help="Only what was done by somebody whose name or address holds this.")
@click.option("--action", metavar="WORD", help="Only this action (crm.write), or all of a kind (crm, work, delivery).")
@click.option("--since", type=Moment(), help="Only from this moment on.")
@click.option("--below", type=click.IntRange(1), metavar="ID", help="Only what is older than the entry with this id.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=_MOST, show_default=True, help="At most so many.")
def list_acts(
    invocation: Invocation, obj: str | None, actor: str | None, action: str | None, since: datetime | None,
    below: int | None, limit: int,
) -> int:  # fmt: skip
    """List what was done, the newest first. What was written into a CRM has the action `crm.write`, once for each.

    `--json` shows the id of each; the last one of a page as `--below` gives the page after it.

    \b
    Examples:
      stalewatch audit ls --object sf:006A00000123
      stalewatch audit ls --action crm.write --actor sato@acme.com --json
    """
    from_ = None if since is None else to_us(since)
    with closing(open_project(invocation)) as app:
        found = acts(app.db, Asked(obj=obj, actor=actor, action=action, since=from_, below=below, limit=limit))
        reader = reader_of(app, invocation)
    if invocation.json:
        as_json([{**msgspec.to_builtins(one), "at": from_us(one.at).isoformat()} for one in found])
        return 0
    if not found:
        click.echo(reader.words.gettext("There is no such entry in the audit log."))
        return 0
    rows_or_json(_columns(reader), [_row(one, reader) for one in found], json_wanted=False)
    return 0


def _columns(reader: Reader) -> dict[str, Column]:
    words = reader.words
    return {
        "at": Column(words.pgettext("column", "AT")),
        "actor": Column(words.pgettext("column", "BY"), elastic=True),
        "action": Column(words.pgettext("column", "ACTION")),
        "object": Column(words.pgettext("column", "ON"), elastic=True),
        "what": Column(words.pgettext("column", "FROM → TO"), elastic=True),
    }


def _row(one: Act, reader: Reader) -> dict[str, object]:
    before, after = _shown(one.before), _shown(one.after)
    what = f"{before} → {after}" if before and after else before or after
    return {
        "at": moment(one.at, reader), "actor": clean(one.actor), "action": one.action,
        "object": clean(one.object), "what": clean(what, _LONG),
    }  # fmt: skip


def _shown(value: Any) -> str:
    """A value of the log in one line: the fields of a write without what surrounds them."""
    if isinstance(value, dict) and isinstance(value.get("fields"), dict):
        value = value["fields"] or value.get("ref", "")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(one)}" for name, one in value.items() if one not in (None, {}, []))
    return "" if value is None else str(value)
