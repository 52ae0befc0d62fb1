"""datalogic-py (JSONLogic): ten compiled rules, parsed deals, one call of its batch per rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from datalogic_py import DataHandle, Engine

from bench.peers.turns import Columns, play, rows


def at_least(field: str, number: object) -> Any:
    return {">=": [{"var": field}, number]}


def stage_in(*names: str) -> Any:
    return {"in": [{"var": "stage"}, list(names)]}


def lacks(*fields: str) -> Any:
    return {"or": [{"!": {"var": field}} for field in fields]}


LIMIT = {
    "if": [
        stage_in("qualification", "first_meeting", "negotiation"), 10,
        stage_in("discovery", "proposal"), 15,
        20,
    ]
}  # fmt: skip
RULES = (
    at_least("stage_bd", LIMIT),
    at_least("silent_d", 14),
    {"and": [at_least("seller_touches", 2), at_least("customer_bd", 10)]},
    at_least("close_bd", 1),
    {"and": [lacks("has_next_step"), at_least("stage_bd", 2)]},
    {
        "and": [
            stage_in("proposal", "evaluation", "approval", "negotiation"),
            at_least("stage_bd", 2),
            lacks("has_pain", "has_impact", "has_decision_process", "has_decision_date", "has_competitors"),
        ]
    },
    {"and": [at_least("amount", 3_000_000), {"<": [{"var": "stakeholders"}, 2]}, at_least("stage_bd", 5)]},
    {"and": [at_least("close_date_pushes", 3), at_least("stage_bd", 1)]},
    {
        "and": [
            stage_in("evaluation", "approval", "negotiation"),
            at_least("stage_bd", 5),
            {"or": [lacks("has_metrics", "has_decision_criteria"), {"<": [{"var": "champions"}, 1]}]},
        ]
    },
    {"and": [lacks("has_seller_activity"), at_least("created_bd", 2)]},
)


def prepare(columns: Columns, stages: Sequence[str]) -> Callable[[], list[int]]:
    engine = Engine()
    rules = [(1 << bit, engine.compile(rule)) for bit, rule in enumerate(RULES)]
    session = engine.session()
    deals = [DataHandle(row) for row in rows(columns, stages)]

    def judge() -> list[int]:
        said = [
            [bit if answer == "true" else 0 for answer in session.evaluate_batch(rule, deals)] for bit, rule in rules
        ]
        return [sum(bits) for bits in zip(*said, strict=True)]

    return judge


if __name__ == "__main__":
    play(prepare)
