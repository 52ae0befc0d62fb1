"""Properties that HubSpot fills in by itself when others are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from stalewatch_sandbox.hubspot.company import Stage
from stalewatch_sandbox.hubspot.kinds import Kind
from stalewatch_sandbox.hubspot.schema import Property, Type
from stalewatch_sandbox.hubspot.values import stamp

STAGE_OF: Final[Mapping[str, str]] = {"deals": "dealstage", "leads": "hs_pipeline_stage"}
"""The property that names the stage, for the kinds that have one."""
PIPELINE_OF: Final[Mapping[str, str]] = {"deals": "pipeline", "leads": "hs_pipeline"}


def dated(stage: Stage) -> tuple[Property, Property]:
    """The properties that say when a record came into a stage and left it."""
    return (
        Property(f"hs_v2_date_entered_{stage.id}", Type.DATETIME, f"Date entered {stage.label}", is_calculated=True),
        Property(f"hs_v2_date_exited_{stage.id}", Type.DATETIME, f"Date exited {stage.label}", is_calculated=True),
    )


def calculated(
    kind: Kind, before: Mapping[str, str], written: Mapping[str, str], at: int, known: Mapping[str, Stage],
    rates: Mapping[str, float],
) -> dict[str, str]:  # fmt: skip
    """What follows from writing these values at a moment.

    Args:
        known: the stages of the kind by id. rates: of currencies; "" is the account's own.
    """
    follows: dict[str, str] = {}
    name = STAGE_OF.get(kind.name)
    if name and written.get(name, before.get(name, "")) != before.get(name, ""):
        follows |= _moved(kind, before.get(name, ""), written[name], at, known)
    if kind.name == "deals" and "amount" in written:
        follows["amount_in_home_currency"] = _at_home(written["amount"], {**before, **written}, rates)
    if kind.name == "tasks" and "hs_task_status" in written:
        is_done = written["hs_task_status"] == "COMPLETED"
        follows["hs_task_completion_date"] = stamp(at) if is_done else ""
    if kind.name == "emails" and "hs_email_headers" in written:
        follows |= _addresses(written["hs_email_headers"])
    return follows


def _at_home(amount: str, values: Mapping[str, str], rates: Mapping[str, float]) -> str:
    """An amount in the account's currency; empty where its own has no rate. What is no number stays what it is."""
    rate = rates.get(values.get("deal_currency_code", ""))
    if rate == 1.0 or not amount:
        return amount
    try:
        return "" if rate is None else str(float(amount) * rate)
    except ValueError:
        return amount


def _moved(kind: Kind, left: str, entered: str, at: int, known: Mapping[str, Stage]) -> dict[str, str]:
    moment = stamp(at)
    follows = {"hs_v2_date_entered_current_stage": moment, f"hs_v2_date_entered_{entered}": moment}
    if left:
        follows[f"hs_v2_date_exited_{left}"] = moment
    stage = known.get(entered)
    is_closed = stage is not None and stage.is_closed
    if kind.name == "leads":
        return follows | {"hs_lead_is_open": str(not is_closed).lower()}
    is_won = stage is not None and stage.is_won
    return follows | {
        "hs_is_closed": str(is_closed).lower(),
        "hs_is_closed_won": str(is_won).lower(),
        "hs_is_closed_lost": str(is_closed and not is_won).lower(),
        "hs_deal_stage_probability": str(stage.probability if stage else ""),
    }


def _addresses(headers: str) -> dict[str, str]:
    """Who wrote to whom; headers that are no JSON say nothing."""
    try:
        said = json.loads(headers)
        return {
            "hs_email_from_email": str(said["from"]["email"]),
            "hs_email_to_email": ";".join(str(to["email"]) for to in said.get("to", ())),
        }
    except (ValueError, KeyError, TypeError):
        return {}
