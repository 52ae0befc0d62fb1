"""`stalewatch deals write`: tell the CRM something of a deal; what it would do is only shown, unless --yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any, Final

import click
import msgspec

from stalewatch.cli.actor import actor
from stalewatch.cli.asking import reader_of
from stalewatch.cli.invocation import Invocation, Moment, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import NoSuch, language_of, open_project
from stalewatch.cli.records import record_called
from stalewatch.cli.write_sheet import happened, planned
from stalewatch.domain.instants import to_us
from stalewatch.domain.writebacks import WriteState
from stalewatch.sdk.writing import Fields, Kind, Lost, Meeting, Note, Task, Wish, Writing, kind_of
from stalewatch.services.writing.asking import ask
from stalewatch.services.writing.planning import Ended, Planned, ended, plan, record_row
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.cycles import cycle_of, writer_of

_HOUR: Final = timedelta(hours=1)


class Day(click.ParamType[date]):
    """A date such as 2026-04-15."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; write it like 2026-04-15", param, ctx)


@command("write")
@click.argument("record", metavar="ID")
@click.option("--next-step", metavar="TEXT", help="Set the next step.")
@click.option("--close-date", type=Day(), help="Set the close date.")
@click.option("--hold-until", type=Day(), help="Set until when the deal rests, where that is mapped to a field.")
@click.option("--hold-reason", metavar="TEXT", help="Set why, where that is mapped to a field.")
@click.option("--lost", metavar="REASON", help='Move it to the lost stage; a reason of the CRM\'s own, or "".')
@click.option("--note", metavar="TEXT", help="Add a note.")
@click.option("--task", metavar="TEXT", help="Add a task for the owner; goes with --due.")
@click.option("--due", type=Day(), help="When the task is due.")
@click.option("--meeting", type=Moment(), metavar="START", help="Add a meeting of an hour.")
@click.option("--agenda", metavar="TEXT", help="What it is about.")
@click.option("--dry-run/--yes", default=True, help="Only show what would be written (the default), or write it.")
def write_deal(invocation: Invocation, /, **given: Any) -> int:
    """Tell the CRM something of a deal, where `writeback:` of its connection allows it.

    Without --yes nothing is written. What is written is checked against the deal as it was last read: if somebody
    changed it since, nothing is overwritten. Exits with 1 if anything could not be, or was not, written.

    \b
    Examples:
      stalewatch deals write sf:006A00000123 --next-step "Send the offer"
      stalewatch deals write sf:006A00000123 --next-step "Send the offer" --yes
      stalewatch deals write hs:88123 --lost "Too expensive" --note "Went with a cheaper one" --yes
      stalewatch deals write hs:88123 --meeting 2026-04-15T10:00:00+09:00 --agenda "Contract" --yes
    """
    wishes = _wishes(given)
    with closing(open_project(invocation)) as app:
        row = record_row(app.db, record_called(app, given["record"], language_of(invocation, app.settings)))
        if row.object == "lead":
            raise NoSuch(f"{row.id} is a lead, not a deal")
        if given["dry_run"]:
            return _show(invocation, app, row, wishes)
        return _do(invocation, app, row, wishes)


def _wishes(given: Mapping[str, Any]) -> list[Wish]:
    """What was asked for, in the order in which it is written: what changes the deal comes first."""
    task, due, meeting = given["task"], given["due"], given["meeting"]
    if (task is None) is not (due is None):
        raise click.UsageError("--task and --due go together")
    if given["agenda"] is not None and meeting is None:
        raise click.UsageError("--agenda goes with --meeting")
    fields = Fields(**{name: given[name] for name in ("next_step", "close_date", "hold_until", "hold_reason")})
    wishes: list[Wish] = [fields] if fields.given else []
    if given["lost"] is not None:
        wishes.append(Lost(reason=given["lost"] or None))
    if given["note"] is not None:
        wishes.append(Note(text=given["note"]))
    if task is not None:
        wishes.append(Task(text=task, due=due))
    if meeting is not None:
        wishes.append(_meeting(meeting, given["agenda"] or ""))
    if not wishes:
        raise click.UsageError("say what to write: --next-step, --close-date, --lost, --note, --task or --meeting")
    return wishes


def _meeting(starts: datetime, agenda: str) -> Meeting:
    title = agenda.strip().splitlines()[0] if agenda.strip() else "Meeting"
    return Meeting(title=title, starts_at=starts, ends_at=starts + _HOUR, agenda=agenda)


def _show(invocation: Invocation, app: Stalewatch, row: Any, wishes: Sequence[Wish]) -> int:
    connection = app.connection(row.connection)
    writing: Writing | None = None
    if connection.writeback.value != "none":
        writing = writer_of(app, row.connection)().describe().writing.get(row.object)
    found: list[Planned] = plan(connection.writeback, row, wishes, writing)
    if invocation.json:
        as_json({"record": row.id, "written": False, "writes": [_plain(one) for one in found]})
    else:
        click.echo("\n".join(planned(row, found, reader_of(app, invocation))))
    return 0 if all(one.is_possible for one in found) else 1


def _do(invocation: Invocation, app: Stalewatch, row: Any, wishes: Sequence[Wish]) -> int:
    """Ask for all of it at once, and write it now; what cannot be written now is written by whoever works next."""
    ids = _ask(app, row, wishes)
    cycle = cycle_of(app)
    errors = [line for write in ids for line in cycle.write(write).errors]
    found: list[Ended] = [ended(app.db, write) for write in ids]
    if invocation.json:
        as_json({"record": row.id, "written": True, "writes": [_plain(one) for one in found], "errors": errors})
    else:
        click.echo("\n".join([*happened(row, found, reader_of(app, invocation)), *errors]))
    return 0 if all(one.state == WriteState.DONE for one in found) else 1


def _ask(app: Stalewatch, row: Any, wishes: Sequence[Wish]) -> list[str]:
    allowed, ids, lost = app.connection(row.connection).writeback, list[str](), None
    with app.db.write() as conn:
        for wish in wishes:
            needs = lost if kind_of(wish) is Kind.NOTE else None
            now = to_us(app.clock.now())
            ids.append(ask(conn, allowed, row, wish, actor=actor(), now=now, needs=needs))
            lost = ids[-1] if kind_of(wish) is Kind.LOST else lost
    return ids


def _plain(one: Planned | Ended) -> Any:
    return msgspec.to_builtins(one)
