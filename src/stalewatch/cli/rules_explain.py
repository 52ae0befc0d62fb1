"""`stalewatch rules explain`: what a rule means, in a sentence and as a formula, and what re-arms it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import language_of, present, project_here, today
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_in_words import rule_in_words
from stalewatch.domain.language.model import Rule, RuleSet
from stalewatch.domain.language.nearest import nearest
from stalewatch.domain.language.reads import rearming_fields
from stalewatch.domain.language.summary import explain_short
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.rulefiles import Checked
from stalewatch.settings import Settings
from stalewatch.wiring import BrokenProject


@command("explain")
@click.argument("what", nargs=-1, metavar="[RULE | FILES]...")
@click.option("--short", is_flag=True, help="A line per rule: start, limits, what re-arms it.")
def explain(invocation: Invocation, what: tuple[str, ...], short: bool) -> int:
    """Explain rules by their ids, all rules of some FILES, or all of the project.

    \b
    Examples:
      stalewatch rules explain ghosted
      stalewatch rules explain --short rules/*.yaml
    """
    files = [Path(name) for name in what if Path(name).exists()]
    names = [name for name in what if not Path(name).exists()]
    checked, settings = _checked(invocation, files)
    language = language_of(invocation, settings)
    if checked.ruleset is None:
        raise BrokenProject(checked.render(language))
    chosen = _chosen(checked.ruleset, names, language)
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


def _chosen(rules: RuleSet, names: Sequence[str], language: str) -> Sequence[Rule]:
    if not names:
        return rules.rules
    return [_named(rules, name, language) for name in names]


def _named(rules: RuleSet, name: str, language: str) -> Rule:
    rule = rules.rule(name)
    if rule is not None:
        return rule
    near = nearest(name, [one.id for one in rules.rules])
    cure = say(language, "did_you_mean", name=near.name) if near else say(language, "no_rule_cure")
    raise ConfigurationError(say(language, "no_rule", name=name), cure=cure)


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
