"""A rule in one line: how its clock starts, its limits, what re-arms it (`rules explain --short`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from stalewatch.domain.language.model import Combine, Each, Rule, RuleSet, Since
from stalewatch.domain.language.reads import rearming_fields

_COMBINED: Final = {
    Combine.LATEST: "latest of",
    Combine.EARLIEST: "earliest of",
    Combine.FIRST: "first non-empty of",
}
_ID_WIDTH: Final = 34


def explain_short(rule: Rule, rules: RuleSet, choose: Iterable[str] = ()) -> str:
    """`id  anchor = ...; limit = ...; re-armed by: ...`; `choose` are the fields of `calendars.choose`."""
    limits = "/".join(str(limit.duration) for limit in rule.within)
    fields = ", ".join(rearming_fields(rule, rules, choose))
    return f"{rule.id:<{_ID_WIDTH}} anchor = {_anchor(rule)}; limit = {limits}; re-armed by: {fields}"


def _anchor(rule: Rule) -> str:
    match rule.start:
        case Since():
            return "when the condition became true"
        case Each(event=event):
            return f"each {event}"
        case fields:
            return f"{_COMBINED[fields.combine]} {', '.join(ref.name for ref in fields.fields)}"
