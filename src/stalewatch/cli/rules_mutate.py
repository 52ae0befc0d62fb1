"""What `stalewatch rules test --mutate` says: the numbers that no test holds on to."""

from __future__ import annotations

import click

from stalewatch.cli.printing import say
from stalewatch.domain.language.rendering import pointed
from stalewatch.services.rules.mutation import Missed, Mutation


def tell(mutation: Mutation, language: str, least: int | None) -> None:
    """Print every number of which a change went by unnoticed, then how many changes were noticed."""
    for missed in mutation.missed:
        _tell_one(missed, mutation, language)
    if mutation.missed:
        click.echo(say(language, "pin_it"))
    numbers = {"noticed": mutation.noticed, "tried": mutation.tried, "percent": mutation.percent}
    click.echo(say(language, "mutated", **numbers))
    if least is not None and mutation.percent < least:
        click.echo(say(language, "too_few_noticed", least=least))


def data(mutation: Mutation) -> dict[str, object]:
    """The same for programs."""
    missed = [
        {
            "file": one.at.file,
            "line": one.at.line,
            "column": one.at.column,
            "old": one.old,
            "new": list(one.values),
            "rules": list(one.rules),
        }
        for one in mutation.missed
    ]
    return {"tried": mutation.tried, "noticed": mutation.noticed, "percent": mutation.percent, "missed": missed}


def _tell_one(missed: Missed, mutation: Mutation, language: str) -> None:
    at = missed.at
    values = say(language, "or").join(f"`{value}`" for value in missed.values)
    told = {"place": f"{at.file}:{at.line}:{at.column}", "values": values, "old": missed.old}
    click.echo(say(language, "unnoticed", rules=", ".join(missed.rules), **told))
    source = mutation.sources.get(at.file)
    if source is not None:
        for line in pointed(source, at, ""):
            click.echo(line)
