"""The forecast as it stood at the end of days, in sums: a row for each owner, pipeline, category and quarter."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, counts, instants, key, numbers
from stalewatch.store.tables.metadata import metadata

# "" stands for none, in every column of the key. What is stalled is NULL where nobody watched yet.
forecast_days = sa.Table(
    "forecast_days",
    metadata,
    sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
    *(key(name) for name in ("connection", "object", "owner", "pipeline", "category", "quarter")),
    *codes("team"),
    *counts("deals", "without_amount", "unweighted"),
    *instants("amount", "weighted"),
    *numbers("stalled_deals"),
    *instants("stalled_amount", "stalled_weighted"),
    sqlite_with_rowid=False,
)
