"""On SQLite a deal that only changes its amount costs one write to `open_records`, not two: such are most changes.

Its row there is the same before and after. PostgreSQL's triggers look at a statement as a whole (0023) and stay.
"""

# ruff: noqa: S608  # every name that is put into a statement stands below

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KEY = ("shelf", "object", "connection", "owner", "team", "pipeline", "stage")
PLACE = ("is_open", "gone_at", *KEY[1:])
"""What says in which row of `open_records` a deal stands, if in any."""


def upgrade() -> None:
    same = " AND ".join(f"OLD.{name} IS NEW.{name}" for name in PLACE)
    here = " AND ".join(f"{name} = {value}" for name, value in zip(KEY, _values("NEW"), strict=True))
    worth = "coalesce(NEW.amount, 0) - coalesce(OLD.amount, 0)"
    amount = (
        f"CREATE TRIGGER open_deals_amount AFTER UPDATE OF amount ON deals WHEN OLD.amount IS NOT NEW.amount "
        f"AND NEW.is_open AND NEW.gone_at IS NULL AND {same} "
        f"BEGIN UPDATE open_records SET amount = amount + {worth} WHERE {here}; END"
    )
    _run(["DROP TRIGGER open_deals_update", _moved(PLACE), amount])


def downgrade() -> None:
    _run(["DROP TRIGGER open_deals_amount", "DROP TRIGGER open_deals_update", _moved((*PLACE, "amount"))])


def _run(statements: Sequence[str]) -> None:
    if op.get_context().dialect.name == "sqlite":
        for statement in statements:
            op.get_bind().exec_driver_sql(statement)


def _moved(watched: Sequence[str]) -> str:
    """Taken from the row in which it stood and added to the one in which it stands, whichever of these differs."""
    differ = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in watched)
    return (
        f"CREATE TRIGGER open_deals_update AFTER UPDATE OF {', '.join(watched)} ON deals WHEN {differ} "
        f"BEGIN {_added('OLD', -1)}; {_added('NEW', 1)}; END"
    )


def _added(row: str, sign: int) -> str:
    return (
        f"INSERT INTO open_records SELECT {', '.join(_values(row))}, {sign}, {sign} * coalesce({row}.amount, 0) "
        f"WHERE {row}.is_open AND {row}.gone_at IS NULL ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET "
        f"records = open_records.records + excluded.records, amount = open_records.amount + excluded.amount"
    )


def _values(row: str) -> list[str]:
    return ["'deal'", *(f"coalesce({row}.{name}, '')" for name in KEY[1:])]
