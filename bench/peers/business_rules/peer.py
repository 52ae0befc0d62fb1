"""business-rules: ten rules of conditions and actions, run on every deal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_NUMERIC
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    string_rule_variable,
)

from bench.peers.turns import Columns, play, rows

NUMBERS = (
    "stage_bd", "silent_d", "customer_bd", "close_bd", "created_bd", "seller_touches", "amount", "stakeholders",
    "close_date_pushes", "champions",
)  # fmt: skip
FLAGS = (
    "has_next_step", "has_pain", "has_impact", "has_decision_process", "has_decision_date", "has_competitors",
    "has_metrics", "has_decision_criteria", "has_seller_activity",
)  # fmt: skip


class Deal(BaseVariables):
    """One deal; a variable per field is added below."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row


def _variable(name: str) -> Callable[[Deal], Any]:
    def read(self: Deal) -> Any:
        return self.row[name]

    read.__name__ = name
    return read


for _kind, _names in (
    (numeric_rule_variable, NUMBERS),
    (boolean_rule_variable, FLAGS),
    (string_rule_variable, ["stage"]),
):
    for _name in _names:
        setattr(Deal, _name, _kind()(_variable(_name)))


class Breaches(BaseActions):
    """Counts what is breached, as bits."""

    bits = 0

    @rule_action(params={"bit": FIELD_NUMERIC})
    def breached(self, bit: int) -> None:
        self.bits += int(bit)


def at_least(name: str, value: float) -> Any:
    return {"name": name, "operator": "greater_than_or_equal_to", "value": value}


def below(name: str, value: float) -> Any:
    return {"name": name, "operator": "less_than", "value": value}


def stage_in(*names: str) -> Any:
    return {"any": [{"name": "stage", "operator": "equal_to", "value": name} for name in names]}


def lacks(*names: str) -> Any:
    return {"any": [{"name": name, "operator": "is_false", "value": True} for name in names]}


RULES = (
    {
        "any": [
            at_least("stage_bd", 20),
            {"all": [stage_in("qualification", "first_meeting", "negotiation"), at_least("stage_bd", 10)]},
            {"all": [stage_in("discovery", "proposal"), at_least("stage_bd", 15)]},
        ]
    },
    {"all": [at_least("silent_d", 14)]},
    {"all": [at_least("seller_touches", 2), at_least("customer_bd", 10)]},
    {"all": [at_least("close_bd", 1)]},
    {"all": [lacks("has_next_step"), at_least("stage_bd", 2)]},
    {
        "all": [
            stage_in("proposal", "evaluation", "approval", "negotiation"),
            at_least("stage_bd", 2),
            lacks("has_pain", "has_impact", "has_decision_process", "has_decision_date", "has_competitors"),
        ]
    },
    {"all": [at_least("amount", 3_000_000), below("stakeholders", 2), at_least("stage_bd", 5)]},
    {"all": [at_least("close_date_pushes", 3), at_least("stage_bd", 1)]},
    {
        "all": [
            stage_in("evaluation", "approval", "negotiation"),
            at_least("stage_bd", 5),
            {"any": [lacks("has_metrics", "has_decision_criteria"), below("champions", 1)]},
        ]
    },
    {"all": [lacks("has_seller_activity"), at_least("created_bd", 2)]},
)


def prepare(columns: Columns, stages: Sequence[str]) -> Callable[[], list[int]]:
    rules = [
        {"conditions": rule, "actions": [{"name": "breached", "params": {"bit": 1 << number}}]}
        for number, rule in enumerate(RULES)
    ]
    deals = rows(columns, stages)

    def bits(deal: dict[str, Any]) -> int:
        breaches = Breaches()
        run_all(rules, Deal(deal), breaches, stop_on_first_trigger=False)
        return breaches.bits

    return lambda: [bits(deal) for deal in deals]


if __name__ == "__main__":
    play(prepare)
