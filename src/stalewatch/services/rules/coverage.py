"""Which rules a connection lets us judge, and what to map for the rest (rules.md, "cannot_judge")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from stalewatch.domain.language.model import Origin, Rule, RuleSet
from stalewatch.domain.language.reads import excepting_fields, fields_read
from stalewatch.domain.needs import ALWAYS
from stalewatch.sdk.connector import Description

_FED_AS: Final = {"partner_deal": "deal"}
"""Objects whose records a connector describes under another name."""


@dataclass(frozen=True, slots=True)
class Judgeable:
    """The rules on the objects that a connection feeds.

    Attributes:
        missing: per rule that cannot judge there, the fields that nothing feeds. If only an exception reads them, it
            cannot judge the records for which the exception might hold.
    """

    rules: int
    missing: Mapping[str, tuple[str, ...]]

    @property
    def judging(self) -> int:
        return self.rules - len(self.missing)

    def advice(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Fields to map together and the rules that this enables; the least work for the most rules first."""
        waiting: dict[tuple[str, ...], list[str]] = {}
        for rule, names in self.missing.items():
            waiting.setdefault(names, []).append(rule)
        return [
            (names, tuple(rules))
            for names, rules in sorted(waiting.items(), key=lambda item: (len(item[0]), -len(item[1]), item[0]))
        ]


def judgeable(rules: RuleSet, description: Description, on: date) -> Judgeable:
    """What of the rules can judge by the fields that a connection describes, on a day: exceptions end."""
    watching = [rule for rule in rules.rules if described(rule.watch) in description.fields]
    missing = {rule.id: names for rule in watching if (names := unfed(rule, rules, description, on))}
    return Judgeable(len(watching), missing)


def unfed(rule: Rule, rules: RuleSet, description: Description, on: date) -> tuple[str, ...]:
    """The fields that decide this rule, or on which one of its exceptions depends, and that nothing feeds; what
    stalewatch keeps itself is always there."""
    fed = {info.ours for info in description.fields.get(described(rule.watch), ())} | ALWAYS
    fields = rules.catalogue.objects[rule.watch]
    needed = fields_read(rule, rules).judged | excepting_fields(rule, rules, on)
    return tuple(
        sorted(name for name in needed - fed if name in fields and fields[name].origin in (Origin.CRM, Origin.DERIVED))
    )


def described(watch: str) -> str:
    """The object under which a connector describes what rules watch."""
    return _FED_AS.get(watch, watch)
