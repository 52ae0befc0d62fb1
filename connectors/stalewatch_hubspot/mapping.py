"""Their words for ours: properties, stages, pipelines, roles. Defaults know a new portal; `map` overrides them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from stalewatch_hubspot.section import Section

Words = Mapping[str, str]
"""Their word, as `plain` has it, to ours."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the configuration says, and what is usual; the first wins, however the word is written."""

    chosen: Words
    usual: Words

    def find(self, *forms: str) -> str | None:
        """Our word for something that has these names, the surest first."""
        names = [plain(form) for form in forms if form]
        found = (words[name] for words in (self.chosen, self.usual) for name in names if name in words)
        return next(found, None)


NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_STAGES: Final = {
    "qualification": ("appointmentscheduled", "Appointment Scheduled", "見込み確認"),
    "first_meeting": ("First meeting", "初回商談"),
    "discovery": ("qualifiedtobuy", "Qualified To Buy", "課題ヒアリング", "課題整理"),
    "proposal": ("presentationscheduled", "Presentation Scheduled", "Proposal", "提案"),
    "evaluation": ("decisionmakerboughtin", "Decision Maker Bought-In", "比較検討", "評価・検討"),
    "approval": ("決裁", "社内稟議"),
    "negotiation": ("contractsent", "Contract Sent", "条件交渉"),
}
_PIPELINES: Final = {
    "new_business": ("default", "Sales Pipeline", "New business", "新規"),
    "expansion": ("Expansion", "Upsell", "拡大"),
    "renewal": ("Renewals", "更新"),
    "partner": ("Partners", "パートナー"),
}
_FORECASTS: Final = {
    "omitted": ("OMIT",), "pipeline": ("PIPELINE",), "best_case": ("BEST_CASE",), "commit": ("COMMIT",),
}  # fmt: skip
_ROLES: Final = {
    "decision_maker": ("DECISION_MAKER",), "economic_buyer": ("BUDGET_HOLDER",),
    "champion": ("CHAMPION", "EXECUTIVE_SPONSOR"),
}  # fmt: skip
_STATUSES: Final = {
    "new": ("NEW", "new-stage-id"),
    "mql": ("IN_PROGRESS", "attempting-stage-id", "connected-stage-id"),
    "sql": ("QUALIFIED", "qualified-stage-id"),
    "recycled": ("再育成",),
    "disqualified": ("UNQUALIFIED", "unqualified-stage-id"),
}
WRITTEN: Final = {"loss_reason": "closed_lost_reason"}
"""What no rule reads, for it is there to be written, and the property that it usually is."""
_DEAL_FIELDS: Final = {"next_step": "hs_next_step", "forecast_category": "hs_manual_forecast_category"}
_LEAD_FIELDS: Final = {"source": "hs_lead_source"}
_FIXED: Final = frozenset({
    "name", "created_at", "owner", "team", "stage", "pipeline", "is_open", "status", "stage_entered_at",
    "close_date_pushes", "previous_amount", "last_meeting_at", "next_meeting_at", "last_customer_activity_at",
    "last_seller_activity_at", "seller_touches_since_customer", "accepted",
})  # fmt: skip
"""Catalogue fields that are always read from the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealMap:
    """How deals are read.

    Attributes:
        fields: our field to the property that holds it.
        types: catalogue type of each of our fields.
        stages, pipelines: ids, labels, or `pipeline/label`, to ours.
        roles: a buying role to ours; one may be two.
        values: per field of type choice, their words.
        written: our name of what is only written to the property that holds it.
    """

    fields: Mapping[str, str]
    written: Mapping[str, str]
    types: Mapping[str, str]
    stages: Vocabulary
    pipelines: Vocabulary
    roles: Mapping[str, frozenset[str]]
    values: Mapping[str, Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMap:
    """How leads are read: as deals, with a status in place of a stage; `from_teams` hand them over."""

    fields: Mapping[str, str]
    types: Mapping[str, str]
    statuses: Vocabulary
    values: Mapping[str, Words]
    from_teams: frozenset[str]


def plain(word: str) -> str:
    """A word as it is compared: case, and the kind of space between its parts, do not count."""
    return re.sub(r"[\s_-]+", " ", word.strip()).casefold()


def read_deal_map(section: Section, catalogue: Mapping[str, Mapping[str, str]]) -> DealMap:
    """Read `map.deal`.

    Raises:
        ConfigurationError: naming the key that cannot be used.
    """
    section.only("fields", "stages", "pipelines", "roles", "values")
    types = {**catalogue.get("partner_deal", {}), **catalogue.get("deal", {})}
    values = _values(section.inner("values"))
    fields = _fields(section.inner("fields"), _DEAL_FIELDS | {"amount": "amount", "close_date": "closedate"}, types)
    return DealMap(
        written={ours: fields.pop(ours, usual) for ours, usual in WRITTEN.items()},
        fields=fields,
        types=types,
        stages=_words(section.inner("stages").lists(), _STAGES),
        pipelines=_words(section.inner("pipelines").lists(), _PIPELINES),
        roles=_roles(section.inner("roles").lists()),
        values={"forecast_category": _choices(_FORECASTS), **values},
    )


def read_lead_map(section: Section, catalogue: Mapping[str, Mapping[str, str]]) -> LeadMap:
    """Read `map.lead`; raises like `read_deal_map`."""
    section.only("fields", "stages", "values", "handoff")
    handoff = section.inner("handoff")
    handoff.only("from_teams")
    types = dict(catalogue.get("lead", {}))
    statuses = {**section.inner("stages").lists(), **section.inner("values").inner("status").lists()}
    return LeadMap(
        fields=_fields(section.inner("fields"), _LEAD_FIELDS, types),
        types=types,
        statuses=_words(statuses, _STATUSES),
        values=_values(section.inner("values")),
        from_teams=frozenset(plain(team) for team in handoff.words("from_teams")),
    )


def _fields(section: Section, defaults: Mapping[str, str], types: Mapping[str, str]) -> dict[str, str]:
    chosen = {ours: section.text(ours) for ours in section.values}
    for ours, theirs in chosen.items():
        if (ours not in types and ours not in WRITTEN) or ours in _FIXED:
            cure = "See `stalewatch fields`; add fields of your own to the catalogue first."
            section.refuse(ours, "is no field that can be mapped", cure)
        if not NAME.fullmatch(theirs):
            section.refuse(ours, f"{theirs!r} cannot be the name of a property", "Use its internal name.")
    return {**{ours: theirs for ours, theirs in defaults.items() if ours in types}, **chosen}


def _words(chosen: Mapping[str, Iterable[str]], defaults: Mapping[str, Iterable[str]]) -> Vocabulary:
    own = {plain(ours): ours for ours in defaults}
    usual = {plain(word): ours for ours, words in defaults.items() for word in words}
    return Vocabulary({plain(word): ours for ours, words in chosen.items() for word in words}, {**own, **usual})


def _roles(chosen: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    named = {plain(word) for words in chosen.values() for word in words}
    usual = {ours: [word for word in words if plain(word) not in named] for ours, words in _ROLES.items()}
    found: dict[str, set[str]] = {}
    for source in (usual, chosen):
        for ours, words in source.items():
            for word in words:
                found.setdefault(plain(word), set()).add(ours)
    return {word: frozenset(ours) for word, ours in found.items()}


def _choices(words: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {word.casefold(): ours for ours, some in words.items() for word in some}


def _values(section: Section) -> dict[str, dict[str, str]]:
    return {name: _choices(section.inner(name).lists()) for name in section.values if name != "status"}
