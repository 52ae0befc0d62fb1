"""`stalewatch forget`: erase a person from everything that stalewatch keeps."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import click
import msgspec

from stalewatch.cli.actor import actor
from stalewatch.cli.grid import Column
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, rows_or_json, say
from stalewatch.cli.projects import language_of, open_project
from stalewatch.services.keeping.forgetting import Forgetting, Traces


@command("forget")
@click.option("--email", "address", required=True, metavar="ADDRESS", help="Whom to erase.")
@click.option("--also", multiple=True, metavar="TEXT", help="A further name, address or id of theirs; repeatable.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
def forget(invocation: Invocation, address: str, also: tuple[str, ...], yes: bool) -> int:
    """Erase a person: a seller, a customer, anybody whose address is ADDRESS.

    Shows how many rows speak of them, and asks. Their address, names and ids become pseudonyms everywhere, the audit
    log included; what was said to them is emptied; their roles, sessions and tokens end. What a CRM goes on telling of
    them is struck before it is stored. It cannot be undone.

    \b
    Examples:
      stalewatch forget --email ito@example.com
      stalewatch forget --email ito@example.com --also "Ito Hanako" --yes
    """
    if "@" not in address.strip("@ "):
        raise click.BadParameter(f"{address!r} is no e-mail address", param_hint="--email")
    with closing(open_project(invocation)) as project:
        language = language_of(invocation, project.settings)
        forgetting = Forgetting(project.db, project.clock, project.speaking)
        traces = forgetting.look(address, also)
        if not (yes or _confirmed(traces, language)):
            return 1
        done = forgetting.erase(address, actor=actor(), also=also)
    if invocation.json:
        as_json({**msgspec.to_builtins(done), "owned": traces.owned, "configured": traces.is_configured})
        return 0
    click.echo(say(language, "forgotten", rows=sum(done.rows.values()), pseudonym=done.pseudonym))
    for sentence in _left_to_do(traces, language):
        click.echo(sentence)
    return 0


def _confirmed(traces: Traces, language: str) -> bool:
    """Show what there is, on standard error as the question is; whoever cannot be asked has to say --yes."""
    click.echo(say(language, "forget_known", names=", ".join((traces.known.address, *traces.known.names))), err=True)
    _show(traces.rows, language)
    try:
        return click.confirm(say(language, "forget_ask"), err=True)
    except click.Abort:  # nobody is there to answer
        return False


def _show(rows: Mapping[str, int], language: str) -> None:
    if not rows:
        click.echo(say(language, "forget_nothing"), err=True)
        return
    columns = {"table": Column(say(language, "forget_table")), "rows": Column(say(language, "forget_rows"))}
    rows_or_json(columns, [{"table": name, "rows": many} for name, many in rows.items()], json_wanted=False)


def _left_to_do(traces: Traces, language: str) -> list[str]:
    """What is not in our hands."""
    left = ["forget_elsewhere"]
    if traces.is_configured:
        left.append("forget_configured")
    if traces.owned:
        left.append("forget_owned")
    return [say(language, sentence, address=traces.known.address, owned=traces.owned) for sentence in left]
