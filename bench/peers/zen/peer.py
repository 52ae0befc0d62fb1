"""zen-engine: ten expressions in one decision graph, all deals in one call of its batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import zen

from bench.peers.turns import Columns, play, rows

LIMIT = (
    "(stage in ['qualification', 'first_meeting', 'negotiation'] ? 10 : stage in ['discovery', 'proposal'] ? 15 : 20)"
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
    expressions = [{"id": f"r{bit}", "key": f"r{bit}", "value": rule} for bit, rule in enumerate(RULES)]
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {
                "id": "ten",
                "type": "expressionNode",
                "name": "ten",
                "position": {"x": 0, "y": 0},
                "content": {"expressions": expressions},
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 0, "y": 0}},
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "ten", "type": "edge"},
            {"id": "b", "sourceId": "ten", "targetId": "out", "type": "edge"},
        ],
    }
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"ten": graph}}})
    requests = [{"key": "ten", "context": row} for row in rows(columns, stages)]
    bits = [(f"r{bit}", 1 << bit) for bit in range(len(RULES))]

    def judge() -> list[int]:
        results = [one["data"]["result"] for one in engine.evaluate_batch(requests)]
        return [sum(bit for key, bit in bits if result[key]) for result in results]

    return judge


if __name__ == "__main__":
    play(prepare)
