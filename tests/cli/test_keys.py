"""Keys and the provider, as an operator sees them: `db reseal`, what `serve` refuses, what `doctor` says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stalewatch.clock import FixedClock
from stalewatch.domain.instants import to_us
from stalewatch.sdk.testing import NOON
from stalewatch.services.access.sessions import begin
from stalewatch.services.syncing.vault import SealedVault
from stalewatch.store.engine import Database
from stalewatch_sandbox.oidc.server import OidcServer
from stalewatch_sandbox.serving.clock import Clock
from tests.cli.conftest import Call

pytestmark = pytest.mark.security
NOW = ("--now", "2026-04-15T09:00:00Z")
OLD, NEW = "o" * 40, "n" * 40


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    call("db", "upgrade", *NOW)
    return here


def keeps(project: Path, **tokens: str) -> None:
    """Connections whose tokens are sealed with a key each."""
    database = Database(f"sqlite:///{project / 'stalewatch.db'}")
    for connection, key in tokens.items():
        vault = SealedVault(connection, lambda: database, {"key": key}, FixedClock(NOON))
        vault.replace("refresh_token 12ab", "secret", seen=None)
    database.dispose()


def writes(project: Path, *lines: str, keys: dict[str, str] | None = None) -> None:
    """More of stalewatch.yaml; keys live in files of their own."""
    config = project / "stalewatch.yaml"
    own = config.read_text("utf-8").partition("# ours\n")[0]
    for name, key in (keys or {}).items():
        (project / name).write_text(key)
        (project / name).chmod(0o600)
    said = ", ".join(f"{name}: 'file:{name}'" for name in keys or {})
    config.write_text("\n".join([f"{own.rstrip()}\n# ours", f"secrets: {{{said}}}", *lines, ""]), "utf-8")


def test_s14_reseal_seals_anew_and_names_what_no_key_opens(project: Path, call: Call) -> None:
    keeps(project, sf=OLD, hs=NEW)
    writes(project, keys={"key": NEW, "previous": OLD})
    done = call("db", "reseal", *NOW)
    assert (done.status, done.out, done.err) == (0, "1 sealed anew, 1 sealed with the present key before\n", "")
    writes(project, keys={"key": NEW})
    assert json.loads(call("db", "reseal", "--json", *NOW).out) == {"sealed": 0, "kept": 2, "shut": [], "dropped": []}
    keeps(project, lost=OLD)
    done = call("db", "reseal", "--lang", "ja", *NOW)
    assert done.status == 1
    assert (
        done.err == "lost: refresh_token を開ける鍵がありません。封じたときの鍵を secrets.previous に書いてください\n"
    )
    done = call("db", "reseal", "--drop", *NOW)
    assert done.status == 0
    assert "lost: its refresh_token was dropped" in done.out


def test_s14_serve_does_not_start_with_a_wrong_key_and_says_what_to_do(project: Path, call: Call) -> None:
    keeps(project, sf=OLD)
    writes(project, keys={"key": NEW})
    said = call("serve", "--no-worker", "--port", "0", *NOW)
    assert said.status == 1
    assert said.err.startswith("secrets.key opens none of the 1 stored secrets")
    assert "secrets.previous" in said.err
    assert OLD not in said.err + said.out
    assert "Traceback" not in said.err


@pytest.fixture
def idp() -> Iterator[OidcServer]:
    with OidcServer(Clock(datetime(2026, 4, 15, 9, tzinfo=UTC)), ()) as server:
        yield server


def test_s5_doctor_asks_the_provider(project: Path, call: Call, idp: OidcServer) -> None:
    (project / "secret").write_text(idp.client_secret)
    (project / "secret").chmod(0o600)
    oidc = f"{{issuer: '{idp.issuer}', client_id: x, client_secret: 'file:secret', allow_custom_host: true}}"
    writes(project, "web: {public_url: http://localhost:8080}", f"auth: {{oidc: {oidc}}}")
    assert "signing in" in (said := call("doctor", *NOW)).out, said
    assert "127.0.0.1 says where to sign in" in said.out
    idp.board.faults.arm("another_issuer")
    said = call("doctor", *NOW)
    assert said.status == 1
    assert "the provider calls itself 'https://login.evil.example'" in said.out
    assert "docs/sign-in.md" in said.out


def test_s7_sessions_of_a_person_are_ended_by_hand(project: Path, call: Call) -> None:
    database = Database(f"sqlite:///{project / 'stalewatch.db'}")
    now = to_us(datetime(2026, 4, 15, 8, tzinfo=UTC))
    for _ in range(2):
        begin(database, now, person="sato@acme.example")
    database.dispose()
    said = call("user", "sign-out", "Sato@acme.example", *NOW)
    assert said.out.startswith("sato@acme.example: 2 session(s) ended")
    assert json.loads(call("user", "sign-out", "sato@acme.example", "--json", *NOW).out) == {"ended": 0}
    log = call("audit", "ls", "--action", "session", *NOW).out
    assert log.count("session.begin") == log.count("session.end") == 2
