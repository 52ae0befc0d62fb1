"""A connection in a whole project: what it is given while it runs is sealed in the database, what it hears is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect, TryLater
from stalewatch.store import accounts, connections
from stalewatch.wiring.project import Stalewatch, open_project
from tests.connectors.salesforce.desk import NOW, Desk, Snapshot

KEY, FIRST = {"KEY": "k" * 40}, "sandbox-refresh"
CONFIG = """stalewatch: 1
database: "{database}"
{secrets}
connections:
  - id: sf
    type: salesforce
    allow_custom_host: true
    auth: {{flow: refresh_token, login_url: "{url}", client_id: sandbox-client, refresh_token: "${{TOKEN}}"}}
"""


@contextmanager
def project(desk: Desk, database: str, *, is_sealed: bool = True, token: str = FIRST) -> Iterator[Stalewatch]:
    """A process that works on the project, until the end of the block."""
    (desk.base / "rules").mkdir(exist_ok=True)
    config = desk.base / "stalewatch.yaml"
    secrets = 'secrets: {key: "${KEY}"}' if is_sealed else ""
    config.write_text(CONFIG.format(database=database, url=desk.sandbox.url, secrets=secrets))
    opened = open_project(config, now=NOW, env={**KEY, "TOKEN": token})
    yield opened
    opened.close()


@pytest.fixture
def database(desk: Desk, migrated_database_url: str, tmp_path: Path) -> str:
    desk.base = tmp_path
    desk.sandbox.app.rotates = True
    return migrated_database_url


def test_each_process_goes_on_with_the_token_of_the_last(desk: Desk, database: str) -> None:
    deal = desk.deal()
    for _ in range(3):
        with project(desk, database) as worker:
            assert deal in Snapshot().take(worker.connector("sf").pull(None)).deals
            with worker.db.read() as conn:
                dump = str(list(conn.exec_driver_sql("SELECT * FROM secrets")))
            [token] = desk.sandbox.app.refresh_tokens
            assert "refresh_token" in dump
            assert token not in dump
    assert [call.status for call in desk.sandbox.ledger.where("token")] == [200] * 3


def test_without_a_key_it_does_not_begin_and_the_token_stays_good(desk: Desk, database: str) -> None:
    with project(desk, database, is_sealed=False) as worker, pytest.raises(ConfigurationError) as caught:
        worker.connector("sf")
    assert "secrets.key" in caught.value.what
    assert "token_urlsafe" in (caught.value.cure or "")
    assert desk.sandbox.app.refresh_tokens == {"sandbox-refresh"}
    assert len(desk.sandbox.ledger) == 0


def test_what_it_heard_of_the_quota_is_told_per_connection(desk: Desk, database: str) -> None:
    desk.deal()
    desk.sandbox.faults.arm("SF14", used=4_000, form="app_first")
    with project(desk, database) as worker:
        with worker.db.write() as conn:
            connections.ensure(conn, {"sf": "salesforce"}, 0)
        worker.connector("sf").describe()
        with worker.db.read() as conn:
            [row] = accounts.quotas(conn)
            now = worker.db.now()
    assert row.id == "sf"
    assert row.account.startswith("salesforce:00D")
    used, allowed = row.usages["org"]
    assert (used > 4_000, allowed) == (True, 100_000)
    assert set(row.usages) == {"org", "app"}
    assert 0 <= now - row.heard_at < 60_000_000


def test_sf12_another_process_leaves_an_org_alone_that_stopped_the_first(desk: Desk, database: str) -> None:
    desk.deal()
    desk.sandbox.faults.arm("SF12")
    for _ in range(2):
        with project(desk, database) as worker, pytest.raises(TryLater, match="quota") as caught:
            list(worker.connector("sf").pull(None))
    assert caught.value.after is not None
    assert 3_500 < caught.value.after.total_seconds() <= 3_600
    assert len(desk.sandbox.ledger.where()) == 1 + len(desk.sandbox.ledger.where("token"))


def test_a_token_that_was_revoked_is_an_error_with_its_cure_and_another_one_is_taken(desk: Desk, database: str) -> None:
    desk.deal()
    with project(desk, database) as worker:
        worker.connector("sf").describe()
        desk.sandbox.logins.revoke()
        [finding] = worker.connector("sf").check()
        assert finding.level is Level.ERROR
        with pytest.raises(NeedsReconnect):
            list(worker.connector("sf").pull(None))
    desk.sandbox.app.refresh_tokens.add("granted anew")
    with project(desk, database, token="granted anew") as worker:  # noqa: S106
        worker.connector("sf").describe()
        with worker.db.read() as conn:
            rows = list(conn.exec_driver_sql("SELECT name FROM secrets WHERE sealed IS NOT NULL"))
    assert len(rows) == 1, "what replaced the old one is gone"
