"""SQLite's stalled list is renewed by the program, once a transaction, and not by triggers.

Its triggers see one row at a time: an alert cost five times as much with them as without. PostgreSQL keeps its own,
which see what a statement changed as a whole (0018); workers of an older version find them there as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from runpy import run_path

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run([f"DROP TRIGGER {statement.split()[2]}" for statement in _triggers()])


def downgrade() -> None:
    _run(_triggers())


def _run(statements: Sequence[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _triggers() -> list[str]:
    """How the triggers are made; none on PostgreSQL."""
    made = run_path(str(Path(__file__).with_name("0018_stalled.py")))
    return list(made["SQLITE"]) if op.get_context().dialect.name == "sqlite" else []
