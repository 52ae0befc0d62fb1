"""Who was erased, as hashes; and the two narrow doors into the audit log, each of which leaves a row in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MAY_HOLD = ("actor", "object", "before", "after", "request")
"""Columns of the audit log that may name somebody."""


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("hash", CODE, primary_key=True),
        *(sa.Column(name, CODE, nullable=False) for name in ("kind", "pseudonym")),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    permits()
    for statement in POSTGRESQL if is_postgresql() else SQLITE:
        op.execute(statement)


def permits() -> None:
    """A row of it can only live inside a transaction: what it refers to never exists, as is found at the commit."""
    op.create_table(
        "audit_permits",
        sa.Column("id", COUNTER, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", CODE, nullable=False),
        *(sa.Column(name, CODE) for name in ("needle", "pseudonym")),
        sa.Column("before", sa.BigInteger()),
        sa.Column("ends", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint("id > 0 AND ends = 0", name="ck_audit_permits_never_stays"),
        sa.CheckConstraint("(before IS NULL) = (pseudonym IS NOT NULL)", name="ck_audit_permits_one_purpose"),
        sa.CheckConstraint("(needle IS NULL) = (pseudonym IS NULL)", name="ck_audit_permits_both_texts"),
        sa.CheckConstraint("before IS NULL OR before <= at - 31536000000000", name="ck_audit_permits_a_year_old"),
        sa.ForeignKeyConstraint(
            ["ends"], ["audit_permits.id"], name="fk_audit_permits_ends", deferrable=True, initially="DEFERRED"
        ),
        sqlite_autoincrement=True,
    )


def is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


REFUSAL = "the audit log can only be added to"
ALIKE = " AND ".join(
    f"(NEW.{name} IS NOT DISTINCT FROM OLD.{name}"
    f" OR replace(NEW.{name}, p.pseudonym, p.needle) COLLATE \"C\" = OLD.{name} COLLATE \"C\")"
    for name in MAY_HOLD
)  # fmt: skip
SAME = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in ("id", "at", "action"))
IS_PSEUDONYMISED = f"{SAME} AND EXISTS (SELECT 1 FROM audit_permits p WHERE p.pseudonym IS NOT NULL AND {ALIKE})"  # noqa: S608
"""Putting the needle back where the pseudonym stands gives the very row that was there: nothing else can be changed."""
IS_EXPIRED = "EXISTS (SELECT 1 FROM audit_permits p WHERE OLD.at < p.before)"
TOLD = """
INSERT INTO audit (at, actor, action, object, after)
VALUES (NEW.at, NEW.actor, CASE WHEN NEW.before IS NULL THEN 'audit.pseudonymised' ELSE 'audit.expired' END,
  coalesce(NEW.pseudonym, 'audit'), CASE WHEN NEW.before IS NULL THEN NULL ELSE '{"before":' || NEW.before || '}' END);
"""
"""Whoever opens a door is noted, by the database itself."""


def lite(condition: str) -> str:
    """SQLite compares byte by byte anyway, and writes "the same, or both are null" in another way."""
    return condition.replace("IS NOT DISTINCT FROM", "IS").replace(' COLLATE "C"', "")


def guard(event: str, condition: str) -> str:
    return (
        f"CREATE TRIGGER audit_refuses_{event} BEFORE {event} ON audit {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


SQLITE = (
    "DROP TRIGGER audit_refuses_UPDATE",
    "DROP TRIGGER audit_refuses_DELETE",
    guard("update", f"WHEN NOT ({lite(IS_PSEUDONYMISED)})"),
    guard("delete", f"WHEN NOT ({IS_EXPIRED})"),
    f"CREATE TRIGGER audit_permits_are_told AFTER INSERT ON audit_permits BEGIN {TOLD} END",
)
CALL = "EXECUTE FUNCTION audit_refuses()"
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF {IS_PSEUDONYMISED} THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF {IS_EXPIRED} THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION '{REFUSAL}';
END $$""",
    "DROP TRIGGER audit_refuses ON audit",
    f"CREATE TRIGGER audit_refuses BEFORE UPDATE OR DELETE ON audit FOR EACH ROW {CALL}",
    f"CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT {CALL}",
    f"""CREATE FUNCTION audit_permits_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {TOLD} RETURN NEW; END $$""",
    """CREATE TRIGGER audit_permits_are_told AFTER INSERT ON audit_permits
FOR EACH ROW EXECUTE FUNCTION audit_permits_are_told()""",
)


def downgrade() -> None:
    op.drop_table("audit_permits")
    op.drop_table("tombstones")
    for statement in POSTGRESQL_BACK if is_postgresql() else SQLITE_BACK:
        op.execute(statement)


SQLITE_BACK = (
    "DROP TRIGGER audit_refuses_update",
    "DROP TRIGGER audit_refuses_delete",
    guard("UPDATE", ""),
    guard("DELETE", ""),
)
POSTGRESQL_BACK = (
    "DROP FUNCTION audit_permits_are_told()",
    "DROP TRIGGER audit_refuses_truncate ON audit",
    "DROP TRIGGER audit_refuses ON audit",
    f"""CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$""",
    f"CREATE TRIGGER audit_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT {CALL}",
)
