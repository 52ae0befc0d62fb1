"""Many rows at once: whatever a value is, it comes back as it was given."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stalewatch.store import bulk
from stalewatch.store.engine import Database
from stalewatch.store.tables import changes, people

LAW: Final = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
AWKWARD: Final = ["null", "", None, "{}", '{"a,b"}', 'say "hi"', "C:\\new", "a\nb\tc\x01", "\\", "\\\\n", "'", "東京"]


@LAW
@given(st.lists(TEXT | st.none(), min_size=1, max_size=8), st.booleans(), TEXT)
@example(AWKWARD, True, 'a"b\\n')
def test_texts_and_yes_or_no_come_back_as_they_were(
    db: Database, names: list[str | None], active: bool, new: str
) -> None:
    with db.write() as conn:
        conn.execute(sa.delete(people))
        rows = [
            {"id": f"p{place:02}", "connection": "c", "external_id": "x", "name": name, "active": active}
            for place, name in enumerate(names)
        ]
        assert bulk.upsert(conn, people, rows) == len(names)
        assert bulk.upsert(conn, people, rows) == 0
        stored = conn.execute(sa.select(people.c.name, people.c.active).order_by(people.c.id))
        assert [tuple(row) for row in stored] == [(name, active) for name in names]
        assert bulk.update(conn, people, [{"id": "p00", "name": new}], by=("id",)) == 1
        assert [row[0] for row in bulk.read(conn, [people.c.id], people.c.name, [new])].count("p00") == 1


@LAW
@given(st.lists(TEXT | st.none() | st.integers(-(2**62), 2**62), min_size=1, max_size=8), TEXT)
@example([*AWKWARD], "a\\b")
def test_json_comes_back_as_it_was(db: Database, values: list[str | int | None], field: str) -> None:
    rows = [
        {"record_id": "r", "field": field, "at": place - 3, "ordinal": 0, "value": value, "source": "crm"}
        for place, value in enumerate(values)
    ]
    with db.write() as conn:
        conn.execute(sa.delete(changes))
        assert bulk.insert(conn, changes, [*rows, *rows]) == len(rows)
        assert [row.value for row in conn.execute(sa.select(changes.c.value).order_by(changes.c.at))] == values
        keys = [{name: row[name] for name in ("record_id", "field", "at", "ordinal")} for row in rows]
        assert bulk.delete(conn, changes, keys) == len(rows)
