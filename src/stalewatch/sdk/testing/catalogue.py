"""The core field catalogue by name and type, and settings that stand on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from stalewatch.sdk.connector import ConnectionSettings

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""The moment at which the settings made here stand still."""

_DEAL_FIELDS: Final = {
    "text": "name team next_step meeting_notes hold_reason pain impact decision_process competitors agenda budget "
    "timeframe need metrics decision_criteria",
    "person": "owner",
    "choice": "pipeline stage segment forecast_category ringi_status",
    "int": "close_date_pushes seller_touches_since_customer wait_count stakeholders roles.decision_maker "
    "roles.economic_buyer roles.champion",
    "money": "amount previous_amount",
    "bool": "is_open on_hold customer_agreed_problem proposal_amount_confirmed",
    "date": "close_date next_step_due hold_until decision_date",
    "datetime": "created_at stage_entered_at last_meeting_at next_meeting_at last_customer_activity_at "
    "last_seller_activity_at hold_set_at ringi_submitted_at loss_check_sent_at",
}
_PARTNER_FIELDS: Final = {
    "text": "partner report_reason_to_propose report_champion_activity",
    "choice": "report_phase",
    "datetime": "last_partner_report_at",
}
_LEAD_FIELDS: Final = {
    "text": "name source accept_reason budget authority need timeframe",
    "person": "owner",
    "choice": "status unconverted_reason icp_fit",
    "bool": "accepted is_open",
    "datetime": "created_at mql_at handed_off_at first_touch_at",
}


def _typed(*groups: Mapping[str, str]) -> dict[str, str]:
    return {name: type_ for group in groups for type_, names in group.items() for name in names.split()}


CATALOGUE: Final[Mapping[str, Mapping[str, str]]] = {
    "deal": _typed(_DEAL_FIELDS),
    "partner_deal": _typed(_DEAL_FIELDS, _PARTNER_FIELDS),
    "lead": _typed(_LEAD_FIELDS),
}
"""The core field catalogue: object -> field -> type name, as `ConnectionSettings.catalogue` gives it."""


def connection_settings(options: Mapping[str, Any], base: Path = Path(), **more: Any) -> ConnectionSettings:
    """Settings of a connection named `c`, in JPY, on the core catalogue, at `NOON`; `more` replaces any of it."""
    usual: dict[str, Any] = {"id": "c", "currency": "JPY", "now": lambda: NOON, "catalogue": CATALOGUE}
    return ConnectionSettings(options=options, base=base, **(usual | more))
