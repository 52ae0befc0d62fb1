"""What a command is about: a record by the id that lists show or by the CRM's own, rules by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from stalewatch.cli.printing import say
from stalewatch.cli.projects import NoSuch
from stalewatch.domain.language.model import Rule, RuleSet
from stalewatch.domain.language.nearest import nearest
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.reporting.finding import found
from stalewatch.wiring import Stalewatch


def record_called(app: Stalewatch, text: str, language: str) -> str:
    """The id of the record that a text means.

    Raises:
        NoSuch: there is none, or the CRM's id is that of records on several connections.
    """
    ids = found(app.db, text)
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise NoSuch(say(language, "several_records", name=text), cure=", ".join(ids))
    raise NoSuch(say(language, "no_record", name=text), cure=say(language, "no_record_cure"))


def rules_called(rules: RuleSet, names: Sequence[str], language: str) -> Sequence[Rule]:
    """The rules of these ids; without any, all.

    Raises:
        ConfigurationError: there is no such rule; it names the nearest one.
    """
    return [rule_called(rules, name, language) for name in names] if names else rules.rules


def rule_called(rules: RuleSet, name: str, language: str) -> Rule:
    """The rule of this id; raises like `rules_called`."""
    rule = rules.rule(name)
    if rule is not None:
        return rule
    near = nearest(name, [one.id for one in rules.rules])
    cure = say(language, "did_you_mean", name=near.name) if near else say(language, "no_rule_cure")
    raise ConfigurationError(say(language, "no_rule", name=name), cure=cure)
