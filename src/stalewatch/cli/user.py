"""`stalewatch user ...`: people and their roles."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from stalewatch.cli.actor import actor
from stalewatch.cli.grid import Column
from stalewatch.cli.invocation import Invocation, command, group
from stalewatch.cli.printing import as_json, rows_or_json, say
from stalewatch.cli.projects import language_of, open_project
from stalewatch.domain.instants import to_us
from stalewatch.services.access import sessions, users
from stalewatch.services.access.principals import Role
from stalewatch.services.access.users import User


@group("user")
def user() -> None:
    """See who is what, and give or take the roles that see every record.

    \b
    Reps and managers need nothing: who owns what, and who reports to whom, is read from the CRM.

    \b
    Examples:
      stalewatch user ls
      stalewatch user grant abe@acme.example revops
      stalewatch user revoke abe@acme.example
    """


@command("ls", parent=user)
def list_users(invocation: Invocation) -> int:
    """List everybody with an address: their role, where it comes from, and whose records they see.

    \b
    Example:
      stalewatch user ls --json
    """
    with closing(open_project(invocation)) as project:
        language = language_of(invocation, project.settings)
        rows = [_row(one, language, plain=invocation.json) for one in users.listed(project.db, project.speaking)]
    if rows or invocation.json:
        names = ("address", "name", "role", "role_from", "sees")
        columns = {name: Column(say(language, name), elastic=name in ("address", "name")) for name in names}
        rows_or_json(columns, rows, json_wanted=invocation.json)
    else:
        click.echo(say(language, "no_users"))
    return 0


@command("grant", parent=user)
@click.argument("email")
@click.argument("role", metavar="ROLE", type=click.Choice(users.GIVEN))
def grant(invocation: Invocation, email: str, role: str) -> int:
    """Let whoever has this EMAIL see every record: as revops, or as admin, who may do everything.

    \b
    Example:
      stalewatch user grant abe@acme.example revops
    """
    with closing(open_project(invocation)) as project:
        now = to_us(project.clock.now())
        users.grant(project.db, project.speaking, email, Role(role), actor=actor(), now=now)
    click.echo(say(language_of(invocation, project.settings), "granted", who=email.strip().lower(), role=role))
    return 0


@command("revoke", parent=user)
@click.argument("email")
def revoke(invocation: Invocation, email: str) -> int:
    """Take the role away that was given to EMAIL; they see at once what the CRM says, and no more.

    \b
    Example:
      stalewatch user revoke abe@acme.example
    """
    with closing(open_project(invocation)) as project:
        users.revoke(project.db, project.speaking, email, actor=actor(), now=to_us(project.clock.now()))
    click.echo(say(language_of(invocation, project.settings), "role_revoked", who=email.strip().lower()))
    return 0


@command("sign-out", parent=user)
@click.argument("email")
def sign_out(invocation: Invocation, email: str) -> int:
    """End every session of whoever has this EMAIL, in every browser: a laptop was lost, an account was misused.

    \b
    Example:
      stalewatch user sign-out abe@acme.example
    """
    with closing(open_project(invocation)) as project:
        ended = sessions.end_all(project.db, email, to_us(project.clock.now()), actor=actor())
    if invocation.json:
        as_json({"ended": ended})
    else:
        click.echo(say(language_of(invocation, project.settings), "sessions_ended", who=email.strip().lower(), n=ended))
    return 0


def _row(one: User, language: str, *, plain: bool) -> dict[str, Any]:
    """In words; for programs as it is."""
    row = {"address": one.address, "name": one.name or None}
    if plain:
        return {**row, "role": one.role and one.role.value, "role_from": one.why, "sees": one.sees}
    sees = say(language, "sees_all") if one.sees is None else say(language, "sees_people", count=one.sees)
    return {
        **row,
        "role": say(language, "left") if one.role is None else one.role.value,
        "role_from": say(language, f"from_{one.why}"),
        "sees": sees,
    }
