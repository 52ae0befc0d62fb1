"""Polars: the ten rules written by hand as expressions over columns, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Any

import polars as pl
from polars import col

from bench.peers.turns import Columns, play


def prepare(columns: Columns, stages: Sequence[str]) -> Callable[[], Any]:
    codes = {name: code for code, name in enumerate(stages)}

    def stage_in(*names: str) -> pl.Expr:
        return reduce(lambda one, other: one | other, [col("stage") == codes[name] for name in names])

    limit = (
        pl.when(stage_in("qualification", "first_meeting", "negotiation"))
        .then(10)
        .when(stage_in("discovery", "proposal"))
        .then(15)
        .otherwise(20)
    )
    proven = ("has_pain", "has_impact", "has_decision_process", "has_decision_date", "has_competitors")
    unqualified = ~col("has_metrics") | ~col("has_decision_criteria") | (col("champions") < 1)
    rules = (
        col("stage_bd") >= limit,
        col("silent_d") >= 14,
        (col("seller_touches") >= 2) & (col("customer_bd") >= 10),
        col("close_bd") >= 1,
        ~col("has_next_step") & (col("stage_bd") >= 2),
        stage_in("proposal", "evaluation", "approval", "negotiation")
        & (col("stage_bd") >= 2)
        & ~pl.all_horizontal(*proven),
        (col("amount") >= 3_000_000) & (col("stakeholders") < 2) & (col("stage_bd") >= 5),
        (col("close_date_pushes") >= 3) & (col("stage_bd") >= 1),
        stage_in("evaluation", "approval", "negotiation") & (col("stage_bd") >= 5) & unqualified,
        ~col("has_seller_activity") & (col("created_bd") >= 2),
    )
    bits = reduce(add, [rule.cast(pl.UInt16) * (1 << number) for number, rule in enumerate(rules)])
    deals = pl.DataFrame(columns)

    def judge() -> Any:
        return deals.select(bits=bits)["bits"].to_numpy()

    return judge


if __name__ == "__main__":
    play(prepare)
