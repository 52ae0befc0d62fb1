"""Their words for ours: stages, pipelines, roles, fields. Defaults know a new org; `map` overrides them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from stalewatch.sdk.errors import ConfigurationError
from stalewatch_salesforce.queries import NAME
from stalewatch_salesforce.section import Section

Words = Mapping[str, str]
"""Their word, in its plain form, to ours."""

_STAGES: Final = {
    "qualification": ("Prospecting", "Qualification", "見込み確認"),
    "first_meeting": ("First Meeting", "初回商談"),
    "discovery": ("Discovery", "Needs Analysis", "Value Proposition", "課題ヒアリング"),
    "proposal": ("Proposal", "Proposal/Price Quote", "提案"),
    "evaluation": ("Evaluation", "Id. Decision Makers", "Perception Analysis", "比較検討"),
    "approval": ("Approval", "決裁"),
    "negotiation": ("Negotiation", "Negotiation/Review", "条件交渉"),
}
_PIPELINES: Final = {
    "new_business": ("New Customer", "New Business", "New", "新規"),
    "expansion": (
        "Existing Customer - Upgrade", "Existing Customer - Replacement", "Existing Business", "Expansion", "拡大",
    ),
    "renewal": ("Existing Customer - Downgrade", "Renewal", "更新"),
    "partner": ("Partner", "パートナー"),
}  # fmt: skip
_FORECASTS: Final = {
    "omitted": ("Omitted",), "pipeline": ("Pipeline",), "best_case": ("Best Case", "BestCase"),
    "commit": ("Commit", "Forecast", "Most Likely", "MostLikely"),
}  # fmt: skip
_ROLES: Final = {
    "decision_maker": ("Decision Maker", "Economic Decision Maker", "意思決定者"),
    "economic_buyer": ("Economic Buyer", "Budget Holder", "Economic Decision Maker", "決裁者"),
    "champion": ("Champion", "Evaluator", "Executive Sponsor", "推進者"),
}
_STATUSES: Final = {
    "new": ("Open - Not Contacted", "New"),
    "mql": ("Working - Contacted", "MQL"),
    "sql": ("Closed - Converted", "Qualified", "SQL"),
    "recycled": ("Recycled",),
    "disqualified": ("Closed - Not Converted", "Unqualified", "Disqualified"),
}
_CLOSED_FORECAST: Final = "closed"
_DEAL_FIELDS: Final = {"next_step": "NextStep"}
_LEAD_FIELDS: Final = {"source": "LeadSource"}
WRITTEN: Final = frozenset({"loss_reason"})
"""What an org may have that no rule reads: it is there to be written."""
_OWN: Final = frozenset({"name", "created_at", "owner", "team", "stage", "pipeline", "is_open", "status"})
"""Catalogue fields that are not mapped as fields: they are read from where they always are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealMap:
    """How opportunities are read.

    Attributes:
        fields: our field to theirs, beyond the ones that every org has.
        types: catalogue type of each of our fields.
        values: per field of type choice, their words.
        roles: their role to ours; one role may be two.
    """

    fields: Mapping[str, str]
    types: Mapping[str, str]
    stages: Words
    pipelines: Words
    forecasts: Words
    roles: Mapping[str, frozenset[str]]
    values: Mapping[str, Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMap:
    """How leads are read; `from_teams` are the teams that hand them over."""

    fields: Mapping[str, str]
    types: Mapping[str, str]
    values: Mapping[str, Words]
    from_teams: frozenset[str]


@lru_cache(maxsize=1 << 12)
def plain(word: str) -> str:
    """A word as it is compared: case, spaces and punctuation at its ends do not count."""
    return re.sub(r"[\s_-]+", " ", word.strip()).casefold()


def read_deal_map(section: Section, catalogue: Mapping[str, Mapping[str, str]]) -> DealMap:
    """Read `map.deal`.

    Raises:
        ConfigurationError: naming the key that cannot be used.
    """
    section.only({"fields", "stages", "pipelines", "roles", "values"})
    types = {**catalogue.get("partner_deal", {}), **catalogue.get("deal", {})}
    return DealMap(
        fields=_fields(section.inner("fields"), _DEAL_FIELDS, types),
        types=types,
        stages=_words(section.inner("stages").lists(), _STAGES),
        pipelines=_words(section.inner("pipelines").lists(), _PIPELINES),
        forecasts=_words(section.inner("values").inner("forecast_category").lists(), _FORECASTS),
        roles=_roles(section.inner("roles").lists()),
        values=_values(section.inner("values")),
    )


def read_lead_map(section: Section, catalogue: Mapping[str, Mapping[str, str]]) -> LeadMap:
    """Read `map.lead`; raises like `read_deal_map`."""
    section.only({"fields", "values", "handoff"})
    handoff = section.inner("handoff")
    handoff.only({"from_teams"})
    types = dict(catalogue.get("lead", {}))
    values = _values(section.inner("values"))
    status = _words(section.inner("values").inner("status").lists(), _STATUSES)
    return LeadMap(
        fields=_fields(section.inner("fields"), _LEAD_FIELDS, types),
        types=types,
        values={**values, "status": status},
        from_teams=frozenset(handoff.listed("from_teams")),
    )


def forecast_of(words: Words, name: str | None) -> str | None:
    """Our forecast category; that of a closed deal is none of them."""
    if not name or plain(name) == _CLOSED_FORECAST:
        return None
    return words.get(plain(name), name)


def _fields(section: Section, defaults: Mapping[str, str], types: Mapping[str, str]) -> dict[str, str]:
    chosen = {ours: section.text(ours) for ours in section.values}
    for ours, theirs in chosen.items():
        where = f"{section.where}, {ours}"
        if (ours not in types and ours not in WRITTEN) or ours in _OWN:
            cure = "See `stalewatch fields`; add fields of your own to the catalogue first."
            raise ConfigurationError("is no field that can be mapped", where=where, cure=cure)
        if not NAME.fullmatch(theirs):
            cure = "Use the API name of the field, such as Pain__c."
            raise ConfigurationError(f"{theirs!r} cannot be the name of a Salesforce field", where=where, cure=cure)
    return {**{ours: theirs for ours, theirs in defaults.items() if ours in types}, **chosen}


def _words(chosen: Mapping[str, Iterable[str]], defaults: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Their word to ours; what the configuration says wins over the defaults."""
    ours_first = {plain(ours): ours for ours in defaults}
    usual = {plain(word): ours for ours, words in defaults.items() for word in words}
    return {**ours_first, **usual, **{plain(word): ours for ours, words in chosen.items() for word in words}}


def _roles(chosen: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    named = {plain(word) for words in chosen.values() for word in words}
    found: dict[str, set[str]] = {}
    for ours, words in _ROLES.items():
        for word in words:
            if plain(word) not in named:
                found.setdefault(plain(word), set()).add(ours)
    for ours, chosen_words in chosen.items():
        for word in chosen_words:
            found.setdefault(plain(word), set()).add(ours)
    return {word: frozenset(ours) for word, ours in found.items()}


def _values(section: Section) -> dict[str, dict[str, str]]:
    return {name: _words(section.inner(name).lists(), {}) for name in section.values}
