"""`stalewatch rules check`: every error and warning at once, each with its place and its cure."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import say
from stalewatch.cli.projects import language_of, open_project, present, project_here, today
from stalewatch.cli.schema_files import outdated
from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.coverage import judgeable
from stalewatch.services.rules.rulefiles import Checked

ERRORS: Final = 1
WARNINGS: Final = 3


@command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="Exit with 3 if there are warnings.")
@click.option("--connection", metavar="ID", help="Also say which rules this connection cannot feed.")
def check(invocation: Invocation, files: tuple[Path, ...], strict: bool, connection: str | None) -> int:
    """Check rule files, or without FILES the whole project.

    Exits with 0 if all is well or there are only warnings, 1 for errors, 3 for warnings with --strict.

    \b
    Examples:
      stalewatch rules check
      stalewatch rules check rules/ghosting.yaml --lang ja
      stalewatch rules check --connection sf --strict
    """
    checked, language = _checked(invocation, files)
    click.echo(checked.render(language), nl=False)
    if checked.has_errors:
        return ERRORS
    if not files:
        _tell_of_schemas(invocation, language)
    lacking = bool(connection) and _lacks(invocation, str(connection), language)
    return WARNINGS if strict and (checked.has_warnings or lacking) else 0


def _checked(invocation: Invocation, files: tuple[Path, ...]) -> tuple[Checked, str]:
    if files:
        settings = project_here(invocation)
        lists = wiring.known_lists(settings) if settings else {}
        return rulefiles.check_files(files, settings, today(invocation), lists), language_of(invocation, settings)
    examined = wiring.examine(invocation.config, present(invocation), lists=wiring.known_lists)
    return examined.checked, language_of(invocation, examined.draft)


def _tell_of_schemas(invocation: Invocation, language: str) -> None:
    """Say which of the editors' schemas have fallen behind; it is no fault of a rule, so it goes beside the answer."""
    for path in outdated(wiring.read_settings(invocation.config).draft, language):
        click.echo(say(language, "outdated_schema", name=path), err=True)


def _lacks(invocation: Invocation, connection: str, language: str) -> bool:
    """Tell which rules cannot judge on a connection; True if there are any."""
    with closing(open_project(invocation)) as project:
        told = project.connector(connection).describe()
        found = judgeable(project.rulebook.rules, told, project.clock.now().date())
    for rule, fields in found.missing.items():
        click.echo(say(language, "cannot_judge", rule=rule, connection=connection, fields=", ".join(fields)))
    return bool(found.missing)
