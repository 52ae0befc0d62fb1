"""The stalled list as a table of its own, kept by triggers in the transactions that change what it follows from.

A row says where a record stands in the list (`rank`: the gravest first, among them the longest over), whose it is, and
under which filters it comes. `stamp` becomes another number whenever anything changes that the list shows of the
record, and `stalled_versions` counts up with every change of the table: who keeps something that was made of it knows
by these two whether it still holds.

PostgreSQL looks at what a statement changed as a whole, and locks rows in the order of their ids. The version is
counted in slots of which a transaction takes one that is free, so that no two wait for each other.
"""

# ruff: noqa: S608  # every name that is put into a statement stands below

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

IS_LATE = "{0}breached_at IS NOT NULL AND {0}state IN ('open', 'snoozed', 'claimed', 'backlog')"
"""An alert that puts its record into the list; what is resolved is told apart once more for the index over the rest."""
RANKED = ("record_id", "severity", "breach_at")
"""Of an alert: what decides where its record stands."""
SAID = ("id", "rule_id", "subject", "state", "anchor", "muted_by")
"""Of an alert: what else the list says of it."""
OF_DEALS = ("pipeline", "stage", "amount", "close_date")
PLACE = ("object", "connection", "owner", "team", "name", "created_at", *OF_DEALS)
"""Of a record: what the table repeats to filter and to sort by, as far as the record has it."""
PRESENCE = ("is_open", "gone_at")
COLUMNS = ("record_id", "shelf", *PLACE, "gravity", "breaches", "breach_at", "rank", "stamp")
GRAVITY = "CASE severity WHEN 'info' THEN 1 WHEN 'warning' THEN 2 WHEN 'critical' THEN 3 ELSE 0 END"
ALL_TIME = 10**17
"""More microseconds than any instant has."""
IDENTITY = ("external_id", "url", "outcome", "closed_at", "modified_at", "first_seen_at", "merged_into", "fields",
            "unreadable")  # fmt: skip
RECORDS = {
    "deals": (
        *IDENTITY,
        *("segment", "forecast_category", "previous_amount", "amount_original", "currency"),
        *("next_step_due", "decision_date", "hold_until", "stage_entered_at", "last_meeting_at", "next_meeting_at"),
        *("meeting_ends_at", "last_customer_activity_at", "last_seller_activity_at", "hold_set_at"),
        *("loss_check_sent_at", "seller_touches_since_customer", "close_date_pushes", "stakeholders", "wait_count"),
        *("next_step", "on_hold", "hold_reason", "last_partner_report_at", "report_reason_to_propose"),
        *("report_phase", "report_champion_activity", "contacts"),
    ),
    "leads": (*IDENTITY, "status", "source", "icp_fit", "mql_at", "handed_off_at", "first_touch_at", "accepted"),
}
"""What else the list, or an order of it, may read of a record. That a CRM showed it again (`seen_at`) is no news."""


def upgrade() -> None:
    op.create_table(
        "stalled",
        sa.Column("record_id", CODE, primary_key=True),
        *(sa.Column(name, CODE, nullable=False) for name in ("shelf", "object", "connection")),
        *(sa.Column(name, CODE) for name in ("owner", "team", "pipeline", "stage")),
        sa.Column("name", sa.Text()),
        *(sa.Column(name, sa.BigInteger()) for name in ("amount", "created_at")),
        sa.Column("close_date", sa.Integer()),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("gravity", "breaches")),
        *(sa.Column(name, sa.BigInteger()) for name in ("breach_at", "rank")),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stalled_versions",
        sa.Column("slot", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    _run(["INSERT INTO stalled_versions (slot, number) VALUES (0, 0)"])
    is_late = sa.text(IS_LATE.format(""))
    op.create_index(
        "ix_alerts_late", "alerts", ["rule_id", "record_id", "breach_at", "severity"],
        sqlite_where=is_late, postgresql_where=is_late,
    )  # fmt: skip
    _run(POSTGRESQL if _is_postgresql() else SQLITE)
    _run([f"INSERT INTO stalled ({', '.join(COLUMNS)}) {_rows('')}"])
    for name, *columns in (("rank",), ("owner", "owner"), ("team", "team"), ("stage", "stage")):
        op.create_index(f"ix_stalled_{name}", "stalled", [*columns, "shelf", "rank", "record_id"])


def downgrade() -> None:
    made = POSTGRESQL if _is_postgresql() else SQLITE
    _run(reversed([undo for undo in map(_undone, made) if undo]))
    op.drop_index("ix_alerts_late", "alerts")
    for table in ("stalled_versions", "stalled"):
        op.drop_table(table)


def _run(statements: Iterator[str] | Sequence[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _undone(statement: str) -> str:
    """What takes back a CREATE."""
    _, kind, name, *rest = statement.split()
    if kind == "FUNCTION":
        return f"DROP FUNCTION {statement.split(maxsplit=2)[2].partition(' RETURNS')[0]}"
    on = f" ON {rest[rest.index('ON') + 1]}" if _is_postgresql() else ""
    return f"DROP TRIGGER {name}{on}"


def _rows(which: str, stamp: str = "0") -> str:
    """SELECT of the rows as they should be now; `which`, with {} for the column of an id, narrows them down."""
    some = f" AND record_id {which}" if which else ""
    mine = f" AND id {which}" if which else ""
    late = (
        f"SELECT record_id, max({GRAVITY}) AS gravity, count(*) AS breaches, min(breach_at) AS breach_at FROM alerts "
        f"WHERE {IS_LATE.format('')} AND state <> 'resolved'{some} GROUP BY record_id"
    )
    here = f"WHERE is_open AND gone_at IS NULL{mine}"
    records = (
        f"SELECT id, 'deal' AS shelf, {', '.join(PLACE)} FROM deals {here} UNION ALL "
        f"SELECT id, 'lead', {', '.join(_placed('leads'))}, NULL, NULL, CAST(NULL AS BIGINT), CAST(NULL AS INTEGER) "
        f"FROM leads {here}"
    )
    place = ", ".join(f"r.{name}" for name in PLACE)
    return (
        f"SELECT r.id, r.shelf, {place}, a.gravity, a.breaches, a.breach_at, "
        f"a.breach_at - a.gravity * {ALL_TIME} AS rank, {stamp} AS stamp "
        f"FROM ({late}) a JOIN ({records}) r ON r.id = a.record_id"
    )


def _placed(table: str) -> list[str]:
    return [name for name in PLACE if table == "deals" or name not in OF_DEALS]


# --------------------------------------------------------------------------------------------------------- SQLite

TOUCH = "UPDATE stalled SET stamp = random() WHERE"


def _differ(names: Sequence[str]) -> str:
    return " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in names)


def _lite(name: str, when: str, table: str, condition: str, *statements: str) -> str:
    holds = f" WHEN {condition}" if condition else ""
    return f"CREATE TRIGGER {name} AFTER {when} ON {table}{holds} BEGIN {'; '.join(statements)}; END"


def _lite_renewed(which: str) -> tuple[str, str]:
    put = f"INSERT INTO stalled ({', '.join(COLUMNS)}) {_rows(which, 'random()')}"
    return f"DELETE FROM stalled WHERE record_id {which}", put


def _lite_alerts() -> Iterator[str]:
    old, new = IS_LATE.format("OLD."), IS_LATE.format("NEW.")
    yield _lite("stalled_alert_comes", "INSERT", "alerts", new, *_lite_renewed("IN (NEW.record_id)"))
    yield _lite("stalled_alert_goes", "DELETE", "alerts", old, *_lite_renewed("IN (OLD.record_id)"))
    either = f"(({old}) OR ({new}))"
    moved = f"({old}) IS NOT ({new}) OR {_differ(RANKED)}"
    renewed = _lite_renewed("IN (OLD.record_id, NEW.record_id)")
    yield _lite("stalled_alert_moves", "UPDATE", "alerts", f"{either} AND ({moved})", *renewed)
    said = f"({old}) AND ({new}) AND NOT ({_differ(RANKED)}) AND ({_differ(SAID)})"
    yield _lite("stalled_alert_says", "UPDATE", "alerts", said, f"{TOUCH} record_id = NEW.record_id")


def _lite_records(table: str, others: Sequence[str]) -> Iterator[str]:
    late = f"EXISTS (SELECT 1 FROM alerts WHERE record_id = NEW.id AND {IS_LATE.format('')} AND state <> 'resolved')"
    there = "({0}.is_open AND {0}.gone_at IS NULL)"
    appears = f"{there.format('OLD')} IS NOT {there.format('NEW')} AND {late}"
    placed = _placed(table)
    moved = ", ".join(f"{name} = NEW.{name}" for name in placed)
    move = f"UPDATE stalled SET {moved}, stamp = random() WHERE record_id = NEW.id"
    yield _lite(f"stalled_{table}_come", "INSERT", table, late, *_lite_renewed("IN (NEW.id)"))
    yield _lite(f"stalled_{table}_go", "DELETE", table, "", "DELETE FROM stalled WHERE record_id = OLD.id")
    yield _lite(f"stalled_{table}_appear", f"UPDATE OF {', '.join(PRESENCE)}", table, appears,
                *_lite_renewed("IN (NEW.id)"))  # fmt: skip
    yield _lite(f"stalled_{table}_move", f"UPDATE OF {', '.join(placed)}", table, _differ(placed), move)
    yield _lite(f"stalled_{table}_say", f"UPDATE OF {', '.join(others)}", table, "", f"{TOUCH} record_id = NEW.id")


def _lite_others() -> Iterator[str]:
    for event, which in (("INSERT", "= NEW.{}"), ("DELETE", "= OLD.{}"), ("UPDATE", "IN (OLD.{0}, NEW.{0})")):
        record, owner = which.format("record_id"), which.format("id")
        of, entries = (" OF entries", "OLD.entries IS NOT NEW.entries") if event == "UPDATE" else ("", "")
        yield _lite(f"stalled_clocks_{event}", event + of, "clocks", entries, f"{TOUCH} record_id {record}")
        for table in ("changes", "activity_records"):
            yield _lite(f"stalled_{table}_{event}", event, table, "", f"{TOUCH} record_id {record}")
        named = _differ(("name", "email")) if event == "UPDATE" else ""
        yield _lite(f"stalled_people_{event}", event, "people", named, f"{TOUCH} owner {owner}")
    linked = "record_id IN (SELECT record_id FROM activity_records WHERE activity_id = NEW.id)"
    yield _lite("stalled_activities_UPDATE", "UPDATE", "activities", _differ(("at", "meeting")), f"{TOUCH} {linked}")
    yield _lite("stalled_connections_UPDATE", "UPDATE OF type", "connections", "", f"{TOUCH} connection = NEW.id")
    for event in ("INSERT", "UPDATE", "DELETE"):
        yield _lite(f"stalled_{event}", event, "stalled", "", "UPDATE stalled_versions SET number = number + 1")


SQLITE = [
    *_lite_alerts(),
    *(trigger for table, others in RECORDS.items() for trigger in _lite_records(table, others)),
    *_lite_others(),
]

# ----------------------------------------------------------------------------------------------------- PostgreSQL


def _function(name: str, body: str, declared: str = "ids text[];", given: str = "()", returns: str = "trigger") -> str:
    code = f"DECLARE {declared} BEGIN {body} END"
    return f"CREATE FUNCTION {name}{given} RETURNS {returns} LANGUAGE plpgsql AS $$ {code} $$"


def _after(table: str, function: str, *events: str) -> Iterator[str]:
    seen = {"INSERT": "NEW TABLE AS news", "DELETE": "OLD TABLE AS olds"}
    seen["UPDATE"] = f"{seen['INSERT']} {seen['DELETE']}"
    for event in events:
        yield (
            f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table} REFERENCING {seen[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )


def _row(alias: str, names: Sequence[str]) -> str:
    return f"ROW({', '.join(f'{alias}.{name}' for name in names)})"


def _distinct(names: Sequence[str]) -> str:
    return f"{_row('n', names)} IS DISTINCT FROM {_row('o', names)}"


NUMBER = _function(
    "stalled_counted",
    """
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM olds) THEN RETURN NULL; END IF;
    ELSIF NOT EXISTS (SELECT FROM news) THEN
        RETURN NULL;
    END IF;
    SELECT slot INTO free FROM stalled_versions ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF free IS NULL THEN
        INSERT INTO stalled_versions VALUES (pg_backend_pid(), 1)
        ON CONFLICT (slot) DO UPDATE SET number = stalled_versions.number + 1;
    ELSE
        UPDATE stalled_versions SET number = number + 1 WHERE slot = free;
    END IF;
    RETURN NULL;
    """,
    "free integer;",
)
"""One for an INSERT, UPDATE and DELETE: what a branch does not have is not looked at."""
LOCK = "PERFORM 1 FROM stalled WHERE record_id = ANY(ids) ORDER BY record_id FOR UPDATE;"
TOUCHED = _function(
    "stalled_touched",
    f"{LOCK} UPDATE stalled SET stamp = (random() * 9e15)::bigint WHERE record_id = ANY(ids);",
    "",
    "(ids text[])",
    "void",
)
NOW = f"({_rows('= ANY(ids)', 'mark')})"
PUT = ("shelf", *PLACE, "gravity", "breaches", "breach_at", "rank", "stamp")
RENEWED = _function(
    "stalled_renewed",
    f"""
    LOOP
        INSERT INTO stalled ({", ".join(COLUMNS)}) {_rows("= ANY(ids)", "mark")} ORDER BY 1
        ON CONFLICT (record_id) DO NOTHING;
        GET DIAGNOSTICS fresh = ROW_COUNT;
        IF fresh = cardinality(ids) THEN RETURN; END IF;
        {LOCK}
        EXIT WHEN NOT EXISTS (SELECT FROM {NOW} n WHERE NOT EXISTS (SELECT FROM stalled s WHERE s.record_id = n.id));
    END LOOP;
    DELETE FROM stalled s WHERE s.record_id = ANY(ids) AND NOT EXISTS (SELECT FROM {NOW} n WHERE n.id = s.record_id);
    UPDATE stalled s SET ({", ".join(PUT)}) = {_row("n", PUT)}
    FROM {NOW} n WHERE n.id = s.record_id AND s.stamp <> mark;
    """,
    "mark bigint := (random() * 9e15)::bigint; fresh bigint;",
    "(ids text[])",
    "void",
)
"""Whoever adds a row waits for others who add it or take it away, then holds it, and looks what it is to say."""
RENEW = "IF ids IS NOT NULL THEN PERFORM stalled_renewed(ids); END IF;"
TOUCH_SOME = "IF ids IS NOT NULL THEN PERFORM stalled_touched(ids); END IF;"
LATE = f"a.record_id = n.id AND {IS_LATE.format('a.')} AND a.state <> 'resolved'"
SOMEBODY = f"EXISTS (SELECT FROM alerts a WHERE {LATE})"


def _by_event(**branches: str) -> str:
    """Only the branch of the event is planned, so each may name what the others do not have."""
    some = " ELSIF ".join(f"TG_OP = '{event}' THEN {body}" for event, body in branches.items())
    return f"IF {some} END IF; RETURN NULL;"


def _gathered(what: str, source: str) -> str:
    return f"SELECT array_agg(DISTINCT {what}) INTO ids FROM {source};"


def _alerts() -> Iterator[str]:
    either = f"(({IS_LATE.format('o.')}) OR ({IS_LATE.format('n.')}))"
    changed = f"{either} AND {_distinct(('breached_at', *RANKED, *SAID))}"
    both = "news n JOIN olds o USING (id), LATERAL (VALUES (n.record_id), (o.record_id)) v (record_id)"
    yield _function(
        "stalled_by_alerts",
        _by_event(
            INSERT=_gathered("n.record_id", f"news n WHERE {IS_LATE.format('n.')}") + RENEW,
            DELETE=_gathered("o.record_id", f"olds o WHERE {IS_LATE.format('o.')}") + RENEW,
            UPDATE=_gathered("v.record_id", f"{both} WHERE {changed}") + RENEW,
        ),
    )
    yield from _after("alerts", "stalled_by_alerts", "INSERT", "DELETE", "UPDATE")


def _records(table: str, others: Sequence[str]) -> Iterator[str]:
    moved = _distinct((*PRESENCE, *_placed(table)))
    listed = "news n JOIN olds o USING (id) JOIN stalled s ON s.record_id = n.id"
    yield _function(
        f"stalled_by_{table}",
        _by_event(
            INSERT=_gathered("n.id", f"news n WHERE {SOMEBODY}") + RENEW,
            DELETE="DELETE FROM stalled s USING olds o WHERE s.record_id = o.id;",
            UPDATE=_gathered("n.id", f"news n JOIN olds o USING (id) WHERE {moved} AND {SOMEBODY}") + RENEW
            + _gathered("n.id", f"{listed} WHERE {_distinct(others)}") + TOUCH_SOME,
        ),
    )  # fmt: skip
    yield from _after(table, f"stalled_by_{table}", "INSERT", "DELETE", "UPDATE")


def _others() -> Iterator[str]:
    for table in ("clocks", "changes", "activity_records"):
        of = "news n {0} JOIN stalled s USING (record_id)"
        entries = "WHERE NOT EXISTS (SELECT FROM olds o WHERE o.record_id = n.record_id AND o.entries = n.entries)"
        either = "(SELECT record_id FROM news UNION SELECT record_id FROM olds) n JOIN stalled s USING (record_id)"
        updated = f"{of.format('')} {entries}" if table == "clocks" else either
        yield _function(
            f"stalled_by_{table}",
            _by_event(
                INSERT=_gathered("s.record_id", of.format("")) + TOUCH_SOME,
                DELETE=_gathered("s.record_id", "olds o JOIN stalled s USING (record_id)") + TOUCH_SOME,
                UPDATE=_gathered("s.record_id", updated) + TOUCH_SOME,
            ),
        )
        yield from _after(table, f"stalled_by_{table}", "INSERT", "DELETE", "UPDATE")
    owned = "{} x JOIN stalled s ON s.owner = x.id"
    renamed = f"news n JOIN olds o USING (id) JOIN stalled s ON s.owner = n.id WHERE {_distinct(('name', 'email'))}"
    yield _function(
        "stalled_by_people",
        _by_event(
            INSERT=_gathered("s.record_id", owned.format("news")) + TOUCH_SOME,
            DELETE=_gathered("s.record_id", owned.format("olds")) + TOUCH_SOME,
            UPDATE=_gathered("s.record_id", renamed) + TOUCH_SOME,
        ),
    )
    yield from _after("people", "stalled_by_people", "INSERT", "DELETE", "UPDATE")
    linked = "JOIN activity_records r ON r.activity_id = n.id JOIN stalled s USING (record_id)"
    met = f"news n JOIN olds o USING (id) {linked} WHERE {_distinct(('at', 'meeting'))}"
    yield _function("stalled_by_activities", _gathered("s.record_id", met) + TOUCH_SOME + " RETURN NULL;")
    yield from _after("activities", "stalled_by_activities", "UPDATE")
    typed = "news n JOIN olds o USING (id) JOIN stalled s ON s.connection = n.id WHERE n.type <> o.type"
    yield _function("stalled_by_connections", _gathered("s.record_id", typed) + TOUCH_SOME + " RETURN NULL;")
    yield from _after("connections", "stalled_by_connections", "UPDATE")


POSTGRESQL = [
    NUMBER,
    *_after("stalled", "stalled_counted", "INSERT", "UPDATE", "DELETE"),
    TOUCHED,
    RENEWED,
    *_alerts(),
    *(statement for table, others in RECORDS.items() for statement in _records(table, others)),
    *_others(),
]
