"""What the make-believe company calls things in its org: stages, record types, fields; and how that is mapped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from stalewatch.sdk.records import Outcome, Value
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.schema import Field
from stalewatch_sandbox.salesforce.stock import CONVERTED, STAGES, Stage

STAGE_NAMES: Final[Mapping[str, str]] = {
    "qualification": "Qualification",
    "first_meeting": "First Meeting",
    "discovery": "Needs Analysis",
    "proposal": "Proposal/Price Quote",
    "evaluation": "Evaluation",
    "approval": "Customer Approval",
    "negotiation": "Negotiation/Review",
}
"""Ours to theirs: stock stages where Salesforce has them, three of the company's own."""
OUTCOMES: Final = {Outcome.WON: "Closed Won", Outcome.LOST: "Closed Lost"}
_PROBABILITIES: Final = {"First Meeting": 15, "Evaluation": 60, "Customer Approval": 80}
_PIPELINES: Final[Mapping[str, tuple[str, str]]] = {
    "new_business": ("New Business", "New Customer"),
    "expansion": ("Expansion", "Existing Customer - Upgrade"),
    "renewal": ("Renewal", "Existing Customer - Replacement"),
    "partner": ("Partner", "Partner"),
}
"""Record type and Type of each pipeline."""
STATUSES: Final[Mapping[str, str]] = {
    "new": "Open - Not Contacted",
    "mql": "Working - Contacted",
    "sql": CONVERTED,
    "recycled": "Recycled",
    "disqualified": "Closed - Not Converted",
}
ROLES: Final[Mapping[str, str]] = {
    "champion": "Executive Sponsor", "decision_maker": "Decision Maker", "economic_buyer": "Economic Buyer",
}  # fmt: skip
_FORECASTS: Final[Mapping[Value, str]] = {
    "pipeline": "Pipeline", "best_case": "Best Case", "commit": "Commit", "omitted": "Omitted", "closed": "Closed",
}  # fmt: skip
_STANDARD: Final = {
    "amount": "Amount", "close_date": "CloseDate", "next_step": "NextStep",
    "forecast_category": "ForecastCategoryName", "owner": "OwnerId",
}  # fmt: skip
_OWN: Final[Mapping[str, str]] = {
    "segment": "string", "next_step_due": "date", "meeting_notes": "textarea", "agenda": "string", "need": "string",
    "budget": "string", "timeframe": "string", "pain": "string", "impact": "string", "metrics": "string",
    "decision_process": "string", "decision_date": "date", "decision_criteria": "string", "competitors": "string",
    "customer_agreed_problem": "boolean", "proposal_amount_confirmed": "boolean", "ringi_status": "string",
    "ringi_submitted_at": "datetime", "partner": "string", "last_partner_report_at": "datetime",
    "report_phase": "string", "report_reason_to_propose": "string", "report_champion_activity": "textarea",
    "loss_reason": "string",
}  # fmt: skip
_OWN_OF_LEADS: Final[Mapping[str, str]] = {
    "icp_fit": "string", "mql_at": "datetime", "handed_off_at": "datetime", "unconverted_reason": "string",
    "budget": "string", "need": "string", "timeframe": "string",
}  # fmt: skip


def own_field(name: str) -> str:
    """The API name of a field that the company made: decision_date is Decision_Date__c."""
    return "_".join(part.capitalize() for part in name.split("_")) + "__c"


def furnish(org: Org) -> dict[str, str]:
    """Give an org the company's stages, statuses, record types and fields; returns pipeline to record type id."""
    at = org.clock.now()
    stock = {stage.name: stage for stage in STAGES}
    names = (*STAGE_NAMES.values(), *OUTCOMES.values())
    org.set_stages(tuple(stock.get(name) or Stage(name=name, probability=_PROBABILITIES[name]) for name in names))
    org.set_lead_statuses(tuple(STATUSES.values()))
    org.schema.set_values("Opportunity", "Type", (type_ for _, type_ in _PIPELINES.values()), at)
    for sobject, own in (("Opportunity", _OWN), ("Lead", _OWN_OF_LEADS)):
        for name, type_ in own.items():
            label = name.replace("_", " ").capitalize()
            org.schema.add_field(sobject, Field(name=own_field(name), type=type_, label=label), at)
    return {
        pipeline: org.insert(
            "RecordType",
            {"Name": label, "DeveloperName": label.replace(" ", "_"), "SobjectType": "Opportunity"},
        )
        for pipeline, (label, _) in _PIPELINES.items()
    }


def type_of(pipeline: str) -> str:
    """Opportunity.Type of a pipeline."""
    return _PIPELINES[pipeline][1]


def field_of(name: str, value: Value) -> dict[str, Any]:
    """A catalogue field as the org's own; the owner is somebody else's to translate."""
    if name == "forecast_category":
        return {_STANDARD[name]: _FORECASTS[value]}
    told = value.replace(microsecond=0) if isinstance(value, datetime) else value
    return {_STANDARD.get(name) or own_field(name): told}


def mapping() -> dict[str, Any]:
    """The `map:` of a connection to this org: ours to theirs."""
    return {
        "deal": {
            "fields": {name: own_field(name) for name in _OWN},
            "stages": {ours: [theirs] for ours, theirs in STAGE_NAMES.items()},
            "pipelines": {pipeline: [label] for pipeline, (label, _) in _PIPELINES.items()},
            "roles": {role: [theirs] for role, theirs in ROLES.items()},
        },
        "lead": {
            "fields": {name: own_field(name) for name in _OWN_OF_LEADS},
            "values": {"status": {status: [theirs] for status, theirs in STATUSES.items()}},
        },
    }
