"""`stalewatch rules fmt`: rule files in one form, so that a diff shows what was meant to change and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

import click

from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import language_of, project_here, today
from stalewatch.cli.saving import save
from stalewatch.domain.language.diagnostics import Diagnostic, Findings
from stalewatch.domain.language.formatting.canonical import canonical
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.trials import read_trial_file
from stalewatch.services.rules.reading import TESTS, is_catalogue, read_source, rule_files, shown, trial_files
from stalewatch.services.rules.rulefiles import check_files
from stalewatch.settings import Settings

_USUAL: Final = [Path("rules"), Path("tests")]
"""Where rules lie if there is no stalewatch.yaml to say it."""


@dataclass(frozen=True, slots=True)
class _Formatted:
    """A file that was looked at: its text, and that text in canonical form (None: it has errors and stays)."""

    path: Path
    source: Source
    text: str | None

    @property
    def changes(self) -> bool:
        return self.text is not None and self.text != self.source.text


@command("fmt")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def fmt(invocation: Invocation, files: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Write rule files, tests of rules (*.test.yaml) and catalogues of fields in their canonical form.

    FILES may be folders; without FILES it is everything of the project. Keys come in the order in which a rule is
    read, two spaces a level, one empty line between rules, quotes only where they are needed (sentences keep theirs).
    Comments stay with what they explain, brackets and columns are yours; durations keep your unit: 10bd, 10営業日. A
    file with errors is not touched: they are printed, and the exit status is 1.

    \b
    Examples:
      stalewatch rules fmt
      stalewatch rules fmt rules/ghosting.yaml --diff
      stalewatch rules fmt --check
    """
    settings = project_here(invocation)
    language = language_of(invocation, settings)
    paths = _files(files, settings)
    found = _errors(paths, settings, invocation)
    looked = _looked_at(paths, found)
    changed = [one for one in looked if one.changes]
    if not (check or diff):
        for one in changed:
            save(one.path, one.text or "")
    if invocation.json:
        _as_json(looked, found)
    else:
        click.echo(render(found, [one.source for one in looked], language), nl=False)
        _tell(changed, language, diff=diff, wrote=not (check or diff))
        click.echo(say(language, "formatted_count", changed=len(changed), files=len(looked)))
    return 1 if found or (check and changed) else 0


def _files(files: Sequence[Path], settings: Settings | None) -> list[Path]:
    """The files named and those in the folders named; without any, all of the project."""
    project = [*settings.rules, *settings.catalogue, settings.base / "tests"] if settings else _USUAL
    given = list(files) or project
    folders = [path for path in given if path.is_dir()]
    single = [path for path in given if path.is_file()]
    return rule_files([*single, *rule_files(folders), *trial_files(folders)])


def _looked_at(paths: Sequence[Path], errors: Sequence[Diagnostic]) -> list[_Formatted]:
    """Every file that can be read, in its canonical form."""
    broken, looked = {found.file for found in errors}, list[_Formatted]()
    for path in paths:
        source = read_source(path, Findings())
        if source is not None:
            text = None if source.path in broken else canonical(source, Findings())
            looked.append(_Formatted(path, source, text))
    return looked


def _errors(paths: Sequence[Path], settings: Settings | None, invocation: Invocation) -> list[Diagnostic]:
    """What is wrong with these files; rules are checked as `rules check` does, with the rest of their project."""
    others = [path for path in paths if path.name.endswith(TESTS) or is_catalogue(path)]
    rules = [path for path in paths if path not in others]
    project = rule_files(settings.rules) if settings else []
    inside = {path.resolve() for path in project} & {path.resolve() for path in rules}
    heard = Findings(list(check_files([*rules, *(project if inside else ())], settings, today(invocation)).diagnostics))
    for path in others:
        source = read_source(path, heard)
        if source is not None and path.name.endswith(TESTS):
            read_trial_file(source, heard)
        elif source is not None:
            read(source, heard)
    names = [shown(path) for path in paths]
    return [found for found in heard.sorted(names) if found.is_error and found.file in names]


def _tell(changed: Iterable[_Formatted], language: str, *, diff: bool, wrote: bool) -> None:
    for one in changed:
        if diff:
            before, after = one.source.text.splitlines(keepends=True), (one.text or "").splitlines(keepends=True)
            click.echo("".join(unified_diff(before, after, one.source.path, one.source.path)), nl=False)
        else:
            click.echo(say(language, "formatted" if wrote else "would_format", name=one.source.path))


def _as_json(looked: Iterable[_Formatted], errors: Iterable[Diagnostic]) -> None:
    as_json(
        {
            "files": [{"file": one.source.path, "changes": one.changes} for one in looked],
            "errors": [
                {"file": one.file, "line": one.line, "column": one.column, "code": one.code, "message": one.message}
                for one in errors
            ],
        }
    )
