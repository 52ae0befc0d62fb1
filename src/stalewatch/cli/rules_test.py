"""`stalewatch rules test`: timeline and episode tests, what came out otherwise, and rules that nobody tests."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from stalewatch.cli import rules_mutate
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import language_of, project_here, today
from stalewatch.domain.instants import from_us
from stalewatch.services.rules.mutation import mutate
from stalewatch.services.rules.rule_tests import Failure, Outcome, run_tests
from stalewatch.settings import Settings


@command("test")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--mutate", "mutated", is_flag=True, help="Change one number of the rules at a time: who notices?")
@click.option(
    "--min",
    "least",
    metavar="PERCENT",
    type=click.IntRange(0, 100),
    help="With --mutate: exit with 1 if fewer changes are noticed.",
)
def test(invocation: Invocation, files: tuple[Path, ...], mutated: bool, least: int | None) -> int:
    """Run rule tests: FILES or folders, else the *.test.yaml beside the project's rules.

    --mutate moves every number of the tested rules one step down and one step up, and lists the changes that no
    test noticed.

    Exits with 1 if a test fails or a file cannot be read, or if fewer changes are noticed than --min asks for.

    \b
    Examples:
      stalewatch rules test
      stalewatch rules test rules/tests/ghosting.test.yaml
      stalewatch rules test --mutate --min 95
    """
    if least is not None and not mutated:
        raise click.UsageError("--min needs --mutate")
    settings = project_here(invocation)
    language = language_of(invocation, settings)
    places = list(files) or _places(settings)
    outcome = run_tests([place for place in places if place.exists()], settings, today(invocation))
    mutation = None
    if mutated and outcome.is_good:
        with Progress() as bar:
            mutation = mutate(outcome, settings, today(invocation), bar.show)
    if invocation.json:
        as_json(_data(outcome) | ({"mutation": rules_mutate.data(mutation)} if mutation else {}))
    else:
        _tell(outcome, language, places)
        if mutation:
            rules_mutate.tell(mutation, language, least)
        elif mutated:
            click.echo(say(language, "not_mutated"))
    enough = mutation is None or least is None or mutation.percent >= least
    return 0 if outcome.is_good and enough else 1


def _places(settings: Settings | None) -> list[Path]:
    if settings is None:
        return [Path("rules"), Path("tests")]
    return [*settings.rules, settings.base / "tests"]


def _tell(outcome: Outcome, language: str, places: list[Path]) -> None:
    click.echo(outcome.render(language), nl=False)
    for failure in outcome.failures:
        click.echo(_sentence(failure, language))
    if not outcome.files:
        click.echo(say(language, "no_tests", places=", ".join(str(place) for place in places)))
    numbers = {"files": outcome.files, "tests": outcome.tests, "failed": outcome.failed}
    errors = sum(found.is_error for found in outcome.diagnostics)
    click.echo(say(language, "tested_errors" if errors else "tested", **numbers, errors=errors))
    if outcome.untested:
        click.echo(say(language, "untested", rules=", ".join(outcome.untested)))


def _sentence(failure: Failure, language: str) -> str:
    mismatch, zone = failure.mismatch, failure.zone
    one = mismatch.expectation
    subject = f" ({one.subject})" if one.subject else ""
    told = {
        "place": f"{failure.file}:{one.line}",
        "test": mismatch.trial.name,
        "rule": one.rule,
        "subject": subject,
        "what": mismatch.what,
        "at": _shown(one.at, zone, language),
        "expected": _shown(mismatch.expected, zone, language),
        "found": _shown(mismatch.found, zone, language),
    }
    if mismatch.what in ("rule", "event"):
        told["why"] = say(language, "not_judged" if mismatch.what == "rule" else "no_such_event", at=told["at"])
        return say(language, "not_there", **told)
    return say(language, "mismatch", **told)


def _shown(value: str | int | None, zone: str, language: str) -> str:
    """A value, or an instant in the zone of the test's calendar."""
    if isinstance(value, int):
        return f"{from_us(value).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    return value or say(language, "nothing")


def _data(outcome: Outcome) -> dict[str, object]:
    failures = [
        {
            "file": failure.file,
            "line": failure.mismatch.expectation.line,
            "test": failure.mismatch.trial.name,
            "rule": failure.mismatch.expectation.rule,
            "what": failure.mismatch.what,
            "at": _shown(failure.mismatch.expectation.at, failure.zone, "en"),
            "expected": _shown(failure.mismatch.expected, failure.zone, "en"),
            "found": _shown(failure.mismatch.found, failure.zone, "en"),
        }
        for failure in outcome.failures
    ]
    errors = [
        {"file": one.file, "line": one.line, "column": one.column, "code": one.code, "message": one.message["en"]}
        for one in outcome.diagnostics
    ]
    return {
        "files": outcome.files,
        "tests": outcome.tests,
        "failures": failures,
        "errors": errors,
        "untested": list(outcome.untested),
    }
