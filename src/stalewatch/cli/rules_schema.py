"""`stalewatch rules schema`: what editors need to complete, explain and check files of ours while they are written."""

from __future__ import annotations

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import language_of, project_here
from stalewatch.cli.schema_files import Kind, as_text, known_of, schema_of, write_schemas


@command("schema")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.RULES.value,
    help="Of which files: rules [default], tests of rules, fields, or project (stalewatch.yaml).",
)
@click.option(
    "--write", is_flag=True, help="Write the schemas of all kinds to where the project's files look for them."
)
def schema(invocation: Invocation, kind: str, write: bool) -> int:
    """Print a JSON Schema (draft-07) for editors, made of the project's own fields, rules and ladders.

    An editor with the YAML language server completes and checks a file whose first line names its schema:
    `# yaml-language-server: $schema=./rules.schema.json`, as the files of `stalewatch init` do. The texts that it shows
    are in the project's language, or in that of --lang. After a change of fields, bands or scores write them anew.

    \b
    Examples:
      stalewatch rules schema --write
      stalewatch rules schema --kind project --lang ja
    """
    settings = wiring.read_settings(invocation.config).draft if write else project_here(invocation)
    language = language_of(invocation, settings)
    if settings is None or not write:
        lists = wiring.known_lists(settings) if settings else {}
        click.echo(as_text(schema_of(Kind(kind), known_of(settings, language, lists), language)), nl=False)
        return 0
    written = write_schemas(settings, language)
    if invocation.json:
        as_json([str(path) for path in written])
    else:
        for path in written:
            click.echo(say(language, "written", name=path))
    return 0
