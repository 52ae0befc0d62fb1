"""`stalewatch rules test`: timeline and episode tests, what came out otherwise, and rules that nobody tests."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import language_of, project_here, today
from stalewatch.domain.instants import from_us
from stalewatch.services.rules.rule_tests import Failure, Outcome, run_tests
from stalewatch.settings import Settings


@command("test")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def test(invocation: Invocation, files: tuple[Path, ...]) -> int:
    """Run rule tests: FILES or folders, else the *.test.yaml beside the project's rules.

    Exits with 1 if a test fails or a file cannot be read.

    \b
    Examples:
      stalewatch rules test
      stalewatch rules test rules/tests/ghosting.test.yaml
    """
    settings = project_here(invocation)
    language = language_of(invocation, settings)
    places = list(files) or _places(settings)
    outcome = run_tests([place for place in places if place.exists()], settings, today(invocation))
    if invocation.json:
        as_json(_data(outcome))
    else:
        _tell(outcome, language, places)
    return 0 if outcome.is_good else 1


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
    click.echo(say(language, "tested", **numbers))
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
