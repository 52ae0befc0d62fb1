"""What OpenAPI says of rules: what is sent to be checked and tried, and what is answered, by example."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stalewatch.services.reporting.effect_told import EffectTold
from stalewatch.services.reporting.rule_figures import Week
from stalewatch.services.reporting.rule_list import Brought, Rate, RuleItem, RuleListing

_TEXT: Final = """stalewatch: 1
pack: acme
rules:
  - id: no-next-meeting
    title: {en: No next meeting, ja: 次回商談なし}
    watch: deal
    where: {stage: proposal}
    start: last_meeting_at
    within: 9d
"""
_DIAGNOSTIC: Final = {
    "code": "SW104", "severity": "error", "file": "rules/acme.yaml", "line": 12, "column": 12, "width": 6,
    "message": "deal has no field `stagee`", "cure": "did you mean `stage`?",
}  # fmt: skip
_SCHEMA: Final = {
    "type": "object",
    "required": ["files"],
    "additionalProperties": False,
    "properties": {
        "files": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 100,
            "additionalProperties": {"type": "string"},
            "description": "Text by file name; 256 KB together. A name is only a name: no disk is looked at.",
        }
    },
}
_COUNTS: Final = {
    "added": 3, "removed": 0, "newly_told": 3, "newly_silent": 0, "newly_late": 2, "newly_at_risk": 1,
    "no_longer_late": 0, "no_longer_at_risk": 0, "earlier": 14, "later": 0,
}  # fmt: skip
_TRIED: Final = {
    "as_of": "2026-04-15T00:00:00+00:00", "data_age_seconds": {"sf": 240}, "judged": 388, "different": True,
    "total": _COUNTS, "owners": [{"owner": "sf:0055e000003XyZ", "owner_name": "Sato", **_COUNTS}],
    "rules": [{"rule": "no-next-meeting", **_COUNTS}],
    "changes": [{"rule": "no-next-meeting", "what": "changed", "was": None, "said": ["no-next-meeting: 14 d → 9 d"]}],
    "also_changed": [],
    "records": [
        {
            "id": "sf:0065e00001AbCdE", "object": "deal", "name": "Acme renewal", "owner": "sf:0055e000003XyZ",
            "owner_name": "Sato", "amount": 1_200_000.0, "rule": "no-next-meeting", "subject": None,
            "what": "newly_late", "was_due": "2026-04-16T18:00:00+09:00", "due": "2026-04-11T18:00:00+09:00",
        }
    ],
    "farthest": {"earlier": None, "later": None}, "warnings": [],
}  # fmt: skip

_RATE: Final = Rate(31, 42, 0.7381, small=False)
_RULE: Final = RuleItem(
    id="no-next-meeting", title="No next meeting", because="A deal without a date drifts.", pack="acme",
    file="rules/acme.yaml", line=4, watch="deal", severity="warning", mode="live",
    live_since="2026-03-02T00:00:00+00:00", known_since="2026-02-16T00:00:00+00:00",
    words={"where": "stage is proposal", "start": "last meeting", "within": "14 days", "warn": "2 days before"},
    owner="revops@acme.example", tags=("hygiene",), tested=True, states={"breached": 17, "at_risk": 6, "watching": 301},
    judged=324, cannot_judge=9,
    week=Week(opened=12, told=9, acted=7, recovered=5, false_alarms=1, ignored=2, held_out=0),
    feedback=Brought(
        told=61, acted_within={"1": _RATE, "3": _RATE, "5": _RATE}, ignored=_RATE, false_alarms=_RATE,
        held_out=Rate(0, 0, None, small=True), is_noisy=False,
    ),
    effect=EffectTold(enough=False, told=131, held_out=12, needed=200, acted=None, recovered=None),
)  # fmt: skip

RULES: Final[dict[str, Any]] = {
    "description": "A page of the list; as CSV for `Accept: text/csv`.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/RuleListing"},
            "example": msgspec.to_builtins(RuleListing((_RULE,), None, 1, "2026-04-15T00:00:00+00:00", 240)),
        },
        "text/csv": {"schema": {"type": "string"}},
    },
}
SENT: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/yaml": {"schema": {"type": "string"}, "example": _TEXT},
        "application/json": {"schema": _SCHEMA, "example": {"files": {"rules/acme.yaml": _TEXT}}},
    },
}
CHECKED: Final[dict[str, Any]] = {
    "description": "What was found; also where there are errors, for the check itself went well.",
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "example": {
                "files": 1, "rules": 1, "errors": 1, "warnings": 0, "diagnostics": [_DIAGNOSTIC],
                "text": "rules/acme.yaml:12:12: error SW104: deal has no field `stagee`\n…",
            },
        }
    },
}  # fmt: skip
TRIED: Final[dict[str, Any]] = {
    "description": "What the rules change, or, against `nothing`, who is late by them.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": _TRIED}},
}

_SHARE: Final = {"over": 61, "of": 88, "rate": 0.6932, "interval": [0.5906, 0.7799]}
BACKTESTED: Final[dict[str, Any]] = {
    "description": "What the rule would have said over the past that is kept.",
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "example": {
                "rule": "no-next-meeting", "as_of": "2026-04-15T00:00:00+00:00", "records": 412,
                "cannot_be_tried": None, "left_out": {},
                "backtest": {
                    "flagged": {"all": 104, "won": 31, "lost": 48, "open": 25}, "late_entries": 3,
                    "mature": {"all": 88, "won": 27, "lost": 40, "open": 21}, "precision": _SHARE,
                    "naive_precision": _SHARE, "base_rate": _SHARE, "lift": 1.12, "recall": _SHARE, "zombies": _SHARE,
                    "lead_days": {"p25": 9.0, "p50": 21.0, "p75": 38.0}, "caught_early": _SHARE, "amount": 1_200_000.0,
                    "horizon_days": 60.0, "won_told_of": _SHARE,
                    "load": [{"owner": "sato@acme.example", "alerts": 31, "median_a_week": 0.0, "most_a_week": 4}],
                    "quarters": [{"quarter": "2026-Q1", "alerts": 52, "precision": _SHARE, "recall": _SHARE}],
                },
            },
        }
    },
}  # fmt: skip
