"""How many records are open and what they are worth, by whose they are and where they stand: kept, not counted.

One row for each combination of the columns by which lists are filtered; what a record lacks is ''. Triggers add and
take away in the transaction that writes a record, as they keep the stalled list (0018).
"""

# ruff: noqa: S608  # every name that is put into a statement stands below

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = ("shelf", "object", "connection", "owner", "team", "pipeline", "stage")
READ = {
    "deals": ("object", "connection", "owner", "team", "pipeline", "stage", "amount"),
    "leads": ("object", "connection", "owner", "team"),
}
PRESENCE = ("is_open", "gone_at")
EVENTS = ("INSERT", "UPDATE", "DELETE")


def upgrade() -> None:
    op.create_table(
        "open_records",
        *(sa.Column(name, CODE, primary_key=True) for name in KEY),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("records", "amount")),
        sqlite_with_rowid=False,
    )
    _run(_postgresql() if _is_postgresql() else _sqlite())
    for table in READ:  # after its triggers, which wait for whoever writes: nobody writes between them and the count
        _run([f"INSERT INTO open_records {_grouped(table, _open(table, table, 1))}"])


def downgrade() -> None:
    for table in READ:
        if _is_postgresql():
            _run([f"DROP TRIGGER open_{table}_{event.lower()} ON {table}" for event in EVENTS])
            _run([f"DROP FUNCTION open_{table}()"])
        else:
            _run([f"DROP TRIGGER open_{table}_{event.lower()}" for event in EVENTS])
    op.drop_table("open_records")


def _run(statements: Iterator[str] | Sequence[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _values(table: str, row: str) -> list[str]:
    """What stands in the key for a row of a table."""
    shelf = "'lead'" if table == "leads" else "'deal'"
    there = (f"coalesce({row}.{name}, '')" if name in READ[table] else "''" for name in KEY[1:])
    return [shelf, *there]


def _amount(table: str, row: str) -> str:
    return f"coalesce({row}.amount, 0)" if table == "deals" else "0"


def _open(table: str, source: str, sign: int) -> str:
    """SELECT of the open rows of a source, each with the key, how many it adds and what they are worth."""
    row = source.rpartition(" ")[2]
    named = ", ".join(f"{value} AS {name}" for name, value in zip(KEY, _values(table, row), strict=True))
    worth = f"{sign} AS records, {sign} * {_amount(table, row)} AS amount"
    return f"SELECT {named}, {worth} FROM {source} WHERE {row}.is_open AND {row}.gone_at IS NULL"


def _grouped(table: str, rows: str) -> str:
    key = ", ".join(KEY)
    return f"SELECT {key}, sum(records), sum(amount) FROM ({rows}) {table}_now GROUP BY {key}"


ADD = (
    f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET records = open_records.records + excluded.records, "
    "amount = open_records.amount + excluded.amount"
)


def _sqlite() -> Iterator[str]:
    for table, names in READ.items():
        put = "INSERT INTO open_records SELECT {0}, {1}, {1} * {2} WHERE {3}.is_open AND {3}.gone_at IS NULL " + ADD
        new, old = (
            put.format(", ".join(_values(table, row)), sign, _amount(table, row), row)
            for row, sign in (("NEW", 1), ("OLD", -1))
        )
        watched = (*PRESENCE, *names)
        differ = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in watched)
        yield f"CREATE TRIGGER open_{table}_insert AFTER INSERT ON {table} BEGIN {new}; END"
        yield f"CREATE TRIGGER open_{table}_delete AFTER DELETE ON {table} BEGIN {old}; END"
        yield (
            f"CREATE TRIGGER open_{table}_update AFTER UPDATE OF {', '.join(watched)} ON {table} WHEN {differ} "
            f"BEGIN {old}; {new}; END"
        )


def _postgresql() -> Iterator[str]:
    """Only the branch of the event is planned; rows are written in one order, so that nobody waits crosswise."""
    seen = {
        "INSERT": "NEW TABLE AS news",
        "DELETE": "OLD TABLE AS olds",
        "UPDATE": "NEW TABLE AS news OLD TABLE AS olds",
    }
    for table in READ:
        rows = {"INSERT": _open(table, "news", 1), "DELETE": _open(table, "olds", -1)}
        rows["UPDATE"] = f"{rows['INSERT']} UNION ALL {rows['DELETE']}"
        branches = " ELSIF ".join(
            f"TG_OP = '{event}' THEN INSERT INTO open_records {_grouped(table, rows[event])} "
            f"HAVING sum(records) <> 0 OR sum(amount) <> 0 ORDER BY {', '.join(KEY)} {ADD};"
            for event in EVENTS
        )
        body = f"BEGIN IF {branches} END IF; RETURN NULL; END"
        yield f"CREATE FUNCTION open_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
        for event in EVENTS:
            yield (
                f"CREATE TRIGGER open_{table}_{event.lower()} AFTER {event} ON {table} REFERENCING {seen[event]} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION open_{table}()"
            )
