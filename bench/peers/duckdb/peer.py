"""DuckDB: the ten rules written by hand as one query over a table in memory, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from bench.peers.turns import Columns, play


def prepare(columns: Columns, stages: Sequence[str]) -> Callable[[], Any]:
    codes = {name: code for code, name in enumerate(stages)}

    def stage_in(*names: str) -> str:
        return f"stage IN ({', '.join(str(codes[name]) for name in names)})"

    limit = (
        f"CASE WHEN {stage_in('qualification', 'first_meeting', 'negotiation')} THEN 10"
        f" WHEN {stage_in('discovery', 'proposal')} THEN 15 ELSE 20 END"
    )
    rules = (
        f"stage_bd >= {limit}",
        "silent_d >= 14",
        "seller_touches >= 2 AND customer_bd >= 10",
        "close_bd >= 1",
        "NOT has_next_step AND stage_bd >= 2",
        (
            f"{stage_in('proposal', 'evaluation', 'approval', 'negotiation')} AND stage_bd >= 2 AND NOT"
            " (has_pain AND has_impact AND has_decision_process AND has_decision_date AND has_competitors)"
        ),
        "amount >= 3000000 AND stakeholders < 2 AND stage_bd >= 5",
        "close_date_pushes >= 3 AND stage_bd >= 1",
        (
            f"{stage_in('evaluation', 'approval', 'negotiation')} AND stage_bd >= 5"
            " AND (NOT has_metrics OR NOT has_decision_criteria OR champions < 1)"
        ),
        "NOT has_seller_activity AND created_bd >= 2",
    )
    bits = " + ".join(f"({rule})::USMALLINT * {1 << number}::USMALLINT" for number, rule in enumerate(rules))
    database = duckdb.connect(config={"threads": 1})
    database.register("given", columns)
    database.execute("CREATE TABLE deals AS SELECT * FROM given")
    return lambda: database.execute(f"SELECT {bits} AS bits FROM deals").fetchnumpy()["bits"]  # noqa: S608


if __name__ == "__main__":
    play(prepare)
