"""`stalewatch init`: a project to start from, which works as it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from stalewatch import shipped, wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import say
from stalewatch.cli.projects import present
from stalewatch.cli.schema_files import write_schemas
from stalewatch.sdk.errors import ConfigurationError

_PRIVATE: Final = 0o600
_RULES: Final = ("default.yaml", "tests/default.test.yaml")
_SCHEMAS: Final = (
    *("project.schema.json", "fields.schema.json"),
    *("rules/rules.schema.json", "rules/tests.schema.json"),
)
_DAY: Final = re.compile(r"\{([+-]?[0-9]+)d\}")
"""A date in the example files, in days from today."""


@command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
def init(invocation: Invocation, directory: Path) -> int:
    """Write a project into DIR [default: this folder]: stalewatch.yaml, rules with their tests, fields, example deals.

    With them come JSON Schemas, by which editors complete and check these files. Exits with 1, and writes nothing, if
    a file is there already.

    \b
    Examples:
      stalewatch init
      stalewatch init acme --lang ja && cd acme && stalewatch doctor
    """
    language = invocation.lang or "en"
    texts = _texts(language, present(invocation)) | starter_pack()
    for name in (*texts, *_SCHEMAS):
        if (directory / name).exists():
            taken = say(language, "would_overwrite", name=directory / name)
            raise ConfigurationError(taken, cure=say(language, "would_overwrite_cure"))
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
        click.echo(say(language, "written", name=path))
    (directory / "stalewatch.yaml").chmod(_PRIVATE)
    for path in write_schemas(wiring.read_settings(directory / "stalewatch.yaml").draft, language):
        click.echo(say(language, "written", name=path))
    click.echo(say(language, "next_steps"))
    return 0


def _texts(language: str, now: datetime) -> dict[str, str]:
    template = files("stalewatch.cli") / "template"
    ending = "" if language == "en" else f".{language}"
    exports = {
        f"exports/{name}": _dated((template / name).read_text("utf-8"), now)
        for name in ("deals.csv", "stages.csv", "events.csv")
    }
    return {
        "stalewatch.yaml": (template / f"stalewatch{ending}.yaml").read_text("utf-8"),
        "fields.yaml": (template / f"fields{ending}.yaml").read_text("utf-8"),
        **exports,
    }


def starter_pack() -> dict[str, str]:
    """The rules that RevOps start from, and their tests: what stands in which file of a project."""
    return {f"rules/{name}": (shipped.rules() / name).read_text("utf-8") for name in _RULES}


def _dated(text: str, now: datetime) -> str:
    """The example with its dates: `{-60d}` is 60 days before today."""
    return _DAY.sub(lambda found: (now + timedelta(days=int(found[1]))).date().isoformat(), text)
