"""rule-engine: ten compiled rules, asked of every deal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import rule_engine

from bench.peers.turns import Columns, play, rows

LIMIT = (
    "(stage in ['qualification', 'first_meeting', 'negotiation'] ? 10 : (stage in ['discovery', 'proposal'] ? 15 : 20))"
)
RULES = (
    f"stage_bd >= {LIMIT}",
    "silent_d >= 14",
    "seller_touches >= 2 and customer_bd >= 10",
    "close_bd >= 1",
    "not has_next_step and stage_bd >= 2",
    (
        "stage in ['proposal', 'evaluation', 'approval', 'negotiation'] and stage_bd >= 2 and not"
        " (has_pain and has_impact and has_decision_process and has_decision_date and has_competitors)"
    ),
    "amount >= 3000000 and stakeholders < 2 and stage_bd >= 5",
    "close_date_pushes >= 3 and stage_bd >= 1",
    (
        "stage in ['evaluation', 'approval', 'negotiation'] and stage_bd >= 5"
        " and (not has_metrics or not has_decision_criteria or champions < 1)"
    ),
    "not has_seller_activity and created_bd >= 2",
)


def prepare(columns: Columns, stages: Sequence[str]) -> Callable[[], list[int]]:
    rules = [(1 << number, rule_engine.Rule(text)) for number, text in enumerate(RULES)]
    deals = rows(columns, stages)
    return lambda: [sum(bit for bit, rule in rules if rule.matches(deal)) for deal in deals]


if __name__ == "__main__":
    play(prepare)
