"""`stalewatch token ...`: API tokens; a token is shown once, when it is made."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from stalewatch.cli.actor import actor
from stalewatch.cli.grid import Column
from stalewatch.cli.invocation import Invocation, command, group
from stalewatch.cli.printing import as_json, rows_or_json, say
from stalewatch.cli.projects import language_of, open_project
from stalewatch.domain.durations import elapsed
from stalewatch.domain.instants import from_us, to_us
from stalewatch.domain.language.durations import parse
from stalewatch.services.access import tokens


@group("token")
def token() -> None:
    """Make, list and revoke API tokens.

    \b
    Examples:
      stalewatch token create dashboard --scope deals:read --scope reports:read
      stalewatch token list
      stalewatch token revoke 1f0c9a3e
    """


@command("create", parent=token)
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(tokens.SCOPES), help="What it may do; repeatable.")
@click.option("--expires", metavar="DURATION", help="How long it is valid, such as 90d [default: for ever].")
@click.option("--for", "person", metavar="EMAIL", help="Whose it is: it sees what they see, and may do no more.")
@click.option(
    "--deal", "deals", metavar="ID", multiple=True, help="A partner's: only for reports of this deal; repeatable."
)
def create(
    invocation: Invocation, name: str, scopes: tuple[str, ...], expires: str | None, person: str | None,
    deals: tuple[str, ...],
) -> int:  # fmt: skip
    """Make a token for NAME and print it, this once. Without --for and --deal it sees every record.

    \b
    Examples:
      stalewatch token create dashboard                       may read deals
      stalewatch token create tanaka --for tanaka@acme.example --scope deals:read --scope reports:read
      stalewatch token create kitahama --deal sf:0065e00001AbCdE   a partner's, for their report
      stalewatch token create ops --scope admin --expires 90d
    """
    wanted = scopes or ((tokens.PARTNERS,) if deals else ("deals:read",))
    if deals and (person is not None or set(wanted) != {tokens.PARTNERS}):
        raise click.UsageError(f"--deal makes a partner's token: nobody's, with no other scope than {tokens.PARTNERS}")
    with closing(open_project(invocation)) as project:
        now = to_us(project.clock.now())
        if person is not None:
            tokens.require(project.db, project.speaking, person, wanted)
        made = tokens.create(
            project.db, name, wanted, now, _ends(expires, now), person=person, deals=deals or None, actor=actor()
        )
    if invocation.json:
        as_json({"token": made})
    else:
        click.echo(made)
        click.echo(say(language_of(invocation, project.settings), "token_once"), err=True)
    return 0


@command("list", parent=token)
def list_tokens(invocation: Invocation) -> int:
    """List the tokens, without their secrets.

    \b
    Example:
      stalewatch token list --json
    """
    with closing(open_project(invocation)) as project:
        language, now = language_of(invocation, project.settings), to_us(project.clock.now())
        rows = [_row(found, now, language) for found in tokens.listed(project.db)]
    names = ("id", "name", "for", "scopes", "created", "expires", "used", "state")
    if rows or invocation.json:
        columns = {name: Column(say(language, name), elastic=name in ("name", "for", "scopes")) for name in names}
        rows_or_json(columns, rows, json_wanted=invocation.json)
    else:
        click.echo(say(language, "no_tokens"))
    return 0


@command("revoke", parent=token)
@click.argument("identity", metavar="ID")
def revoke(invocation: Invocation, identity: str) -> int:
    """End the life of the token with this ID at once.

    \b
    Example:
      stalewatch token revoke 1f0c9a3e
    """
    with closing(open_project(invocation)) as project:
        tokens.revoke(project.db, identity, to_us(project.clock.now()), actor=actor())
    click.echo(say(language_of(invocation, project.settings), "revoked", id=identity))
    return 0


def _ends(expires: str | None, now: int) -> int | None:
    if expires is None:
        return None
    duration = parse(expires)
    if duration is None:
        raise click.BadParameter(f"{expires!r} is not a duration; write it like 90d", param_hint="--expires")
    return now + elapsed(duration)


def _row(found: Any, now: int, language: str) -> dict[str, object]:
    ended = found.expires_at is not None and found.expires_at <= now
    state = "revoked_state" if found.revoked_at is not None else "expired" if ended else "valid"
    return {
        "id": found.id,
        "name": found.name,
        "for": found.person or " ".join(found.deals or ()) or None,
        "scopes": " ".join(found.scopes),
        "created": _moment(found.created_at),
        "expires": _moment(found.expires_at),
        "used": _moment(found.last_used_at),
        "state": say(language, state),
    }


def _moment(us: int | None) -> str | None:
    return None if us is None else f"{from_us(us):%Y-%m-%d %H:%M}Z"
