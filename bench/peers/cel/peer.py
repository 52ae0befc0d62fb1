"""cel-python: ten compiled expressions, evaluated for every deal, whose values are CEL's own already."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import celpy

from bench.peers.turns import Columns, play, rows

LIMIT = (
    "(stage in ['qualification', 'first_meeting', 'negotiation'] ? 10 : stage in ['discovery', 'proposal'] ? 15 : 20)"
)
RULES = (
    f"stage_bd >= {LIMIT}",
    "silent_d >= 14",
    "seller_touches >= 2 && customer_bd >= 10",
    "close_bd >= 1",
    "!has_next_step && stage_bd >= 2",
    (
        "stage in ['proposal', 'evaluation', 'approval', 'negotiation'] && stage_bd >= 2 &&"
        " !(has_pain && has_impact && has_decision_process && has_decision_date && has_competitors)"
    ),
    "amount >= 3000000 && stakeholders < 2 && stage_bd >= 5",
    "close_date_pushes >= 3 && stage_bd >= 1",
    (
        "stage in ['evaluation', 'approval', 'negotiation'] && stage_bd >= 5"
        " && (!has_metrics || !has_decision_criteria || champions < 1)"
    ),
    "!has_seller_activity && created_bd >= 2",
)


def prepare(columns: Columns, stages: Sequence[str]) -> Callable[[], list[int]]:
    environment = celpy.Environment()
    programs = [(1 << bit, environment.program(environment.compile(rule))) for bit, rule in enumerate(RULES)]
    deals = [{name: celpy.json_to_cel(value) for name, value in row.items()} for row in rows(columns, stages)]
    return lambda: [sum(bit for bit, program in programs if program.evaluate(deal)) for deal in deals]


if __name__ == "__main__":
    play(prepare)
