"""The small tables: the audit log that cannot be changed, tokens, quarantine, rules, connections, facts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from stalewatch.store import audit, connections, facts, leases, quarantine, rule_states, tokens
from stalewatch.store.engine import Database


def noted(db: Database) -> None:
    with db.write() as conn:
        audit.add(conn, at=5, actor="sato", action="alert.snooze", obj="a1", before={"state": "open"}, after=None)
        audit.add(conn, at=6, actor="mori", action="alert.claim", obj="a2", request="r1")


@pytest.mark.security
@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"])
def test_s29_the_audit_log_can_only_be_added_to(db: Database, statement: str) -> None:
    if db.is_sqlite and statement.startswith("TRUNCATE"):
        return
    noted(db)
    with pytest.raises(DBAPIError, match="only be added to"), db.write() as conn:
        conn.exec_driver_sql(statement)
    with db.read() as conn:
        assert [row.actor for row in audit.read(conn)] == ["mori", "sato"]


def test_the_audit_log_is_read_from_its_end(db: Database) -> None:
    noted(db)
    with db.read() as conn:
        newest, oldest = audit.read(conn)
        assert (oldest.before, oldest.after, newest.request) == ({"state": "open"}, None, "r1")
        assert [row.actor for row in audit.read(conn, obj="a1")] == ["sato"]
        assert [row.actor for row in audit.read(conn, below=newest.id)] == ["sato"]
        assert [row.actor for row in audit.read(conn, limit=1)] == ["mori"]


def test_an_act_that_failed_leaves_no_trace(db: Database) -> None:
    def act_and_fail() -> None:
        with db.write() as conn:
            audit.add(conn, at=5, actor="sato", action="x", obj="a1")
            raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        act_and_fail()
    with db.read() as conn:
        assert audit.read(conn) == []


def test_a_token_lives_until_it_expires_or_is_revoked(db: Database) -> None:
    with db.write() as conn:
        tokens.add(conn, id="t1", name="CI", hash="h1", scopes={"b", "a"}, created_at=1, expires_at=100)
        tokens.add(conn, id="t2", name="BI", hash="h2", scopes=[], created_at=2, expires_at=None)
        found = tokens.by_hash(conn, "h1", now=99)
        assert found is not None
        assert (found.id, found.scopes) == ("t1", ["a", "b"])
        assert tokens.by_hash(conn, "h1", now=100) is None
        assert tokens.by_hash(conn, "nix", now=1) is None
        assert tokens.revoke(conn, "t2", at=50)
        assert not tokens.revoke(conn, "t2", at=51)
        assert tokens.by_hash(conn, "h2", now=50) is None
        assert ["hash" in row._fields for row in tokens.read(conn)] == [False, False]


def test_a_token_in_use_is_noted_once_in_a_while(db: Database) -> None:
    with db.write() as conn:
        tokens.add(conn, id="t1", name="CI", hash="h1", scopes=[], created_at=1, expires_at=None)
        for at in (100, 105, 111):
            tokens.used(conn, "t1", at, not_within=10)
            assert tokens.read(conn)[0].last_used_at == {100: 100, 105: 100, 111: 111}[at]


def test_rejected_rows_are_counted_by_reason_and_leave_when_they_can_be_used(db: Database) -> None:
    def row(ref: str, reason: str, at: int) -> dict[str, object]:
        return {"connection": "csv", "ref": ref, "reason": reason, "detail": "…", "at": at, "object": "deal"}

    with db.write() as conn:
        quarantine.add(conn, [row("f:1", "no id", 5), row("f:2", "no id", 5), row("f:3", "bad amount", 5)])
        quarantine.add(conn, [row("f:2", "bad amount", 9)])
        assert [tuple(found) for found in quarantine.counts(conn)] == [("csv", "bad amount", 2), ("csv", "no id", 1)]
        assert [found.ref for found in quarantine.read(conn, "csv")] == ["f:2", "f:1", "f:3"]
        quarantine.clear(conn, "csv", ["f:3"])
        assert quarantine.clear_before(conn, "csv", 9) == 1
        assert [found.ref for found in quarantine.read(conn, "csv")] == ["f:2"]


def test_a_rule_remembers_when_it_was_first_seen(db: Database) -> None:
    rule = {"rule_id": "quiet", "mode": "shadow", "limits": "14d", "live_since": None, "first_seen_at": 5, "pack": "p"}
    with db.write() as conn:
        assert rule_states.upsert(conn, [rule]) == 1
        assert rule_states.upsert(conn, [{**rule, "first_seen_at": 9}]) == 0
        assert rule_states.upsert(conn, [{**rule, "mode": "live", "live_since": 9, "first_seen_at": 9}]) == 1
        found = rule_states.read(conn)["quiet"]
        assert (found.mode, found.live_since, found.first_seen_at) == ("live", 9, 5)
        rule_states.forget(conn, ["quiet", "?"])
        assert rule_states.read(conn) == {}


def test_connections_are_made_once_and_begin_again_when_their_type_changes(db: Database) -> None:
    with db.write() as conn:
        connections.ensure(conn, {"sf": "salesforce", "hs": "hubspot"}, due_at=5)
        (row,) = leases.claim(conn, leases.CONNECTIONS, due=5, lease_us=60_000_000, only="sf")
        leases.finish(conn, leases.CONNECTIONS, "sf", row.fence, due_at=99, cursor={"at": 1})
        connections.ensure(conn, {"sf": "salesforce", "hs": "csv"}, due_at=7)
        connections.set_values(conn, "hs", coverage={"deal": ["stage"]}, first_sync_at=8)
        found = {row.id: (row.type, row.cursor, row.due_at, row.coverage) for row in connections.read(conn)}
        assert connections.one(conn, "nix") is None
    assert found == {"sf": ("salesforce", {"at": 1}, 99, None), "hs": ("csv", None, 7, {"deal": ["stage"]})}


def test_a_cursor_moves_only_under_its_lease(db: Database) -> None:
    with pytest.raises(AssertionError, match="under the lease"), db.write() as conn:
        connections.set_values(conn, "sf", cursor={"at": 2})


def test_facts_are_any_json(db: Database) -> None:
    with db.write() as conn:
        facts.write(conn, "a", {"day": 1})
        facts.write(conn, "a", [1, "x", None])
        assert facts.read(conn, "a") == [1, "x", None]
        facts.forget(conn, "a")
        assert facts.read(conn, "a") is None
        assert conn.execute(sa.text("SELECT count(*) FROM facts")).scalar() == 0
