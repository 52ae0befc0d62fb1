"""`stalewatch rules explain`: what a rule means, in a sentence and as a formula, and what re-arms it."""

from __future__ import annotations

from pathlib import Path

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import language_of, present, project_here, today
from stalewatch.cli.records import rules_called
from stalewatch.cli.rules_of_record import print_rules_of_record
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_in_words import rule_in_words
from stalewatch.domain.language.model import Rule, RuleSet
from stalewatch.domain.language.reads import rearming_fields
from stalewatch.domain.language.summary import explain_short
from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.rulefiles import Checked
from stalewatch.settings import Settings
from stalewatch.wiring import BrokenProject


@command("explain")
@click.argument("what", nargs=-1, metavar="[RULE | FILES]...")
@click.option("--short", is_flag=True, help="A line per rule: start, limits, what re-arms it.")
@click.option("--deal", metavar="ID", help="Where they stand on this deal or lead, as it is stored, with its numbers.")
def explain(invocation: Invocation, what: tuple[str, ...], short: bool, deal: str | None) -> int:
    """Explain rules by their ids, all rules of some FILES, or all of the project.

    With --deal, where each rule stands on one deal or lead and why, the gravest first; it changes nothing.

    \b
    Examples:
      stalewatch rules explain ghosted
      stalewatch rules explain --short rules/*.yaml
      stalewatch rules explain --deal sf:006A00000123
      stalewatch rules explain ghosted --deal sf:006A00000123
    """
    files = [Path(name) for name in what if Path(name).exists()]
    names = [name for name in what if not Path(name).exists()]
    checked, settings = _checked(invocation, files)
    language = language_of(invocation, settings)
    if checked.ruleset is None:
        raise BrokenProject(checked.render(language))
    if deal is not None:
        print_rules_of_record(invocation, checked.ruleset if files else None, names, deal, short=short)
        return 0
    chosen = rules_called(checked.ruleset, names, language)
    choose = rulefiles.choosing_fields(settings, checked.ruleset)
    if invocation.json:
        as_json([_data(rule, checked.ruleset, choose) for rule in chosen])
    elif short:
        for rule in chosen:
            click.echo(explain_short(rule, checked.ruleset, choose))
    else:
        reader = Reader(language, present(invocation))
        blocks = ["\n".join(rule_in_words(rule, checked.ruleset, reader, choose)) for rule in chosen]
        click.echo("\n\n".join(blocks))
    return 0


def _checked(invocation: Invocation, files: list[Path]) -> tuple[Checked, Settings | None]:
    if files:
        settings = project_here(invocation)
        return rulefiles.check_files(files, settings, today(invocation)), settings
    examined = wiring.examine(invocation.config, present(invocation))
    return examined.checked, examined.draft


def _data(rule: Rule, rules: RuleSet, choose: frozenset[str]) -> dict[str, object]:
    return {
        "id": rule.id,
        "pack": rule.pack,
        "title": dict(rule.title),
        "watch": rule.watch,
        "severity": rule.severity.value,
        "limits": [str(limit.duration) for limit in rule.within],
        "rearmed_by": list(rearming_fields(rule, rules, choose)),
    }
