"""What the make-believe company calls things in its portal: pipelines, stages, properties; and how that is mapped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.sdk.records import Outcome, Value
from stalewatch_sandbox.hubspot.company import Pipeline, Stage
from stalewatch_sandbox.hubspot.kinds import DEALS, LEADS
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.hubspot.schema import Type
from stalewatch_sandbox.staff import Language

_STAGES: Final[Mapping[str, tuple[str, str, float]]] = {
    "qualification": ("Qualification", "見込み確認", 0.1),
    "first_meeting": ("First meeting", "初回商談", 0.2),
    "discovery": ("Discovery", "課題整理", 0.3),
    "proposal": ("Proposal", "提案", 0.5),
    "evaluation": ("Evaluation", "評価・検討", 0.6),
    "approval": ("Approval", "社内稟議", 0.7),
    "negotiation": ("Negotiation", "条件交渉", 0.9),
    "won": ("Won", "受注", 1),
    "lost": ("Lost", "失注", 0),
}
"""Labels in English and Japanese, and the probability; every pipeline has them all, each with ids of its own."""
_PIPELINES: Final[Mapping[str, tuple[str, str, int]]] = {
    "new_business": ("New business", "新規", 1),
    "expansion": ("Expansion", "拡大", 2),
    "renewal": ("Renewal", "更新", 3),
    "partner": ("Partner", "パートナー", 4),
}
_LEAD_STAGES: Final[Mapping[str, tuple[str, str, str]]] = {
    "new": ("New", "新規", "NEW"),
    "mql": ("Qualified by marketing", "MQL", "IN_PROGRESS"),
    "sql": ("Qualified", "SQL", "QUALIFIED"),
    "recycled": ("Recycled", "再育成", "UNQUALIFIED"),
    "disqualified": ("Disqualified", "対象外", "UNQUALIFIED"),
}
LEAD_PIPELINE: Final = "lead-pipeline-id"
_STANDARD: Final[Mapping[str, str]] = {
    "amount": "amount",
    "close_date": "closedate",
    "next_step": "hs_next_step",
    "forecast_category": "hs_manual_forecast_category",
    "owner": "hubspot_owner_id",
}
_FORECASTS: Final[Mapping[Value, str]] = {
    "pipeline": "PIPELINE", "best_case": "BEST_CASE", "commit": "COMMIT", "omitted": "OMIT", "closed": "CLOSED",
}  # fmt: skip
ROLES: Final[Mapping[str, str]] = {
    "champion": "CHAMPION", "decision_maker": "DECISION_MAKER", "economic_buyer": "BUDGET_HOLDER",
}  # fmt: skip
_OWN: Final[Mapping[str, Type]] = {
    "segment": Type.STRING, "next_step_due": Type.DATE, "meeting_notes": Type.STRING, "agenda": Type.STRING,
    "need": Type.STRING, "budget": Type.STRING, "timeframe": Type.STRING, "pain": Type.STRING, "impact": Type.STRING,
    "metrics": Type.STRING, "decision_process": Type.STRING, "decision_date": Type.DATE,
    "decision_criteria": Type.STRING, "competitors": Type.STRING, "customer_agreed_problem": Type.BOOL,
    "proposal_amount_confirmed": Type.BOOL, "ringi_status": Type.STRING, "ringi_submitted_at": Type.DATETIME,
    "partner": Type.STRING, "last_partner_report_at": Type.DATETIME, "report_phase": Type.STRING,
    "report_reason_to_propose": Type.STRING, "report_champion_activity": Type.STRING,
}  # fmt: skip
_OWN_OF_LEADS: Final[Mapping[str, Type]] = {
    "company_name": Type.STRING, "icp_fit": Type.STRING, "mql_at": Type.DATETIME, "handed_off_at": Type.DATETIME,
    "unconverted_reason": Type.STRING, "budget": Type.STRING, "need": Type.STRING, "timeframe": Type.STRING,
}  # fmt: skip


def furnish(portal: Portal, language: Language) -> None:
    """Give a portal the company's pipelines and properties, with labels in a language."""
    pipelines = [
        Pipeline(id=pipeline_id(name), label=_said(labels, language), stages=_deal_stages(name, language))
        for name, labels in _PIPELINES.items()
    ]
    portal.set_pipelines("deals", pipelines)
    portal.set_pipelines("leads", [Pipeline(id=LEAD_PIPELINE, label="Leads", stages=_lead_stages(language))])
    for kind, own in ((DEALS, _OWN), (LEADS, _OWN_OF_LEADS)):
        for name, type_ in own.items():
            portal.schema.add_own(kind, name, type_)


def pipeline_id(name: str) -> str:
    """The first one is called "default", as in every portal; later ones have numbers."""
    number = _PIPELINES[name][2]
    return "default" if number == 1 else str(77_000_000 + number)


def stage_id(pipeline: str, stage: str) -> str:
    """The id of a stage, or of "won" and "lost"; the same stage has another id in each pipeline."""
    return str(1_000_000_000 + 100 * _PIPELINES[pipeline][2] + list(_STAGES).index(stage))


def lead_stage_id(status: str) -> str:
    """The id of a lead's status."""
    return f"{status}-stage-id"


def property_of(field: str, value: Value, zone: str) -> dict[str, object]:
    """A catalogue field as the portal's property. A date without time is noon in the portal's zone."""
    if field == "forecast_category":
        return {_STANDARD[field]: _FORECASTS.get(value, "")}
    if field == "close_date" and isinstance(value, date) and not isinstance(value, datetime):
        return {"closedate": datetime.combine(value, time(12), ZoneInfo(zone))}
    return {_STANDARD.get(field, field): value}


def outcome_stage(pipeline: str, outcome: Outcome) -> str:
    """The id of the stage in which a deal ends."""
    return stage_id(pipeline, str(outcome))


def mapping() -> dict[str, dict[str, dict[str, object]]]:
    """The `map:` of a connection to this portal: what is not HubSpot's own, ours to theirs."""
    open_stages = [stage for stage in _STAGES if stage not in ("won", "lost")]
    stages: dict[str, object] = {stage: [stage_id(name, stage) for name in _PIPELINES] for stage in open_stages}
    return {
        "deal": {
            "fields": {name: name for name in _OWN},
            "stages": stages,
            "pipelines": {name: [pipeline_id(name)] for name in _PIPELINES},
        },
        "lead": {
            "fields": {name: name for name in _OWN_OF_LEADS if name != "company_name"},
            "stages": {status: [lead_stage_id(status)] for status in _LEAD_STAGES},
        },
    }


def _deal_stages(pipeline: str, language: Language) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            id=stage_id(pipeline, name), label=_said(said, language), probability=said[2], is_closed=said[2] in (0, 1)
        )
        for name, said in _STAGES.items()
    )


def _lead_stages(language: Language) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            id=lead_stage_id(name),
            label=_said(said, language),
            lead_state=said[2],
            is_closed=said[2] in ("QUALIFIED", "UNQUALIFIED"),
        )
        for name, said in _LEAD_STAGES.items()
    )


def _said(labels: tuple[str, str, object], language: Language) -> str:
    return labels[1] if language == "ja" else labels[0]
