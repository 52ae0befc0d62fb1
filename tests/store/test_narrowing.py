"""Each filter of the audit log and of the leads that came in leaves out what it says, and nothing else."""

from __future__ import annotations

from typing import Any

from stalewatch.store import audit, lead_ends, people, records
from stalewatch.store.engine import Database
from stalewatch.store.reports import Filters
from tests.store.builders import DAY, lead

ACTS = [  # a minute apart
    ("sato@acme.example", "alert.snooze", "a1"),
    ("sato@acme.example", "alert.claim", "a2"),
    ("mori_1@acme.example", "alert.snooze", "a2"),
    ("stalewatch", "crm.read", "sf"),
]

ASKED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [3, 2, 1, 0]),
    ({"limit": 2}, [3, 2]),
    ({"obj": "a2"}, [2, 1]),
    ({"actor": "SATO"}, [1, 0]),
    ({"actor": "mori_"}, [2]),
    ({"actor": "%"}, []),
    ({"action": "alert.snooze"}, [2, 0]),
    ({"action": "alert"}, [2, 1, 0]),
    ({"action": "aler"}, []),
    ({"since": 2}, [3, 2]),
    ({"action": "alert", "since": 1, "obj": "a2", "actor": "sato"}, [1]),
]

CAME_IN = [
    lead("sato", mql_at=3 * DAY, created_at=DAY, team="tokyo"),
    lead("old", mql_at=None, created_at=4 * DAY, team="tokyo", status="lost", is_open=False),
    lead("mori", mql_at=5 * DAY, created_at=DAY, team="osaka", owner="sf:mori"),
    lead("fresh", mql_at=None, created_at=4 * DAY, team="tokyo"),
    lead("later", mql_at=9 * DAY, created_at=DAY, team="tokyo"),
]

NARROWED = [
    (Filters(), ["mori", "old", "sato"]),
    (Filters(connection="sf"), ["mori", "old", "sato"]),
    (Filters(connection="hs"), []),
    (Filters(team="osaka"), ["mori"]),
    (Filters(owners=frozenset({"sf:sato"})), ["old", "sato"]),
    (Filters(owners=frozenset()), []),
    (Filters(q="LEAD S"), ["sato"]),
    (Filters(q="%"), []),
]


def test_acts_are_read_by_what_is_asked_and_paged_by_the_last_one_shown(db: Database) -> None:
    with db.write() as conn:
        for minute, (actor, action, obj) in enumerate(ACTS):
            audit.add(conn, at=minute, actor=actor, action=action, obj=obj)
    with db.read() as conn:
        assert [(asked, [row.at for row in audit.read(conn, **asked)]) for asked, _ in ASKED] == ASKED
        first = audit.read(conn, limit=3)
        assert [row.at for row in audit.read(conn, below=first[-1].id)] == [0]


def test_leads_that_came_in_are_narrowed(db: Database) -> None:
    with db.write() as conn:
        for name in ("sato", "mori"):
            row = {"id": f"sf:{name}", "connection": "sf", "external_id": name, "name": name, "email": None}
            people.upsert(conn, [{**row, "active": True}])
        records.upsert_leads(conn, CAME_IN)
    with db.read() as conn:
        found = [
            [row.id.removeprefix("sf:") for row in lead_ends.entered(conn, filters, 2 * DAY, 6 * DAY, (), visible=None)]
            for filters, _ in NARROWED
        ]
    assert found == [names for _, names in NARROWED]
