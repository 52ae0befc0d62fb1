"""KPIs: two numbers of each for every day, owner, team, pipeline, segment, partner; and how far they are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PLACE = ("owner", "team", "pipeline", "segment", "partner", "connection")


def upgrade() -> None:
    op.create_table(
        "kpi_names",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", CODE, nullable=False),
        sa.UniqueConstraint("name", name="uq_kpi_names_name"),
    )
    op.create_table(
        "kpi_days",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(name, CODE, primary_key=True) for name in PLACE),
        sa.Column("figures", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kpi_totals",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(name, CODE, primary_key=True) for name in ("grouping", "key")),
        sa.Column("figures", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kpi_work",
        sa.Column("id", CODE, primary_key=True),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("lease_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("parked_at", sa.BigInteger()),
        sa.Column("version", CODE),
        *(sa.Column(name, sa.Integer()) for name in ("kept_from", "kept_to", "wanted_from")),
        sa.Column("tracked", sa.Text()),
        sa.Column("kept_at", sa.BigInteger()),
    )
    _begin()


def _begin() -> None:
    """In a company that runs already, fields have no past from before now; a new one needs no such row."""
    bind = op.get_bind()
    newest = bind.execute(sa.text("SELECT max(data_at) FROM connections")).scalar()
    if newest is not None:
        values = {"tracked": f'{{"":{newest}}}', "due": newest}
        bind.execute(sa.text("INSERT INTO kpi_work (id, due_at, tracked) VALUES ('kpis', :due, :tracked)"), values)


def downgrade() -> None:
    for table in ("kpi_work", "kpi_totals", "kpi_days", "kpi_names"):
        op.drop_table(table)
