"""S41 of docs/security.md: a backup holds ciphertext only; with another key everything works but what it opens."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch import shipped
from stalewatch.clock import FixedClock
from stalewatch.sdk.testing import NOON
from stalewatch.services.keeping.backing_up import backup
from stalewatch.services.keeping.restoring import Restoring
from stalewatch.services.syncing.vault import SealedVault, unopened
from stalewatch.store.engine import Database
from stalewatch.wiring.checking import examine
from stalewatch.wiring.project import doctor
from tests.databases import opened

KEY, OTHER = "k" * 40, "o" * 40
TOKEN = "5Aep861-a-secret-of-the-customer"  # noqa: S105  # it is of nobody
PROJECT = """stalewatch: 1
database: sqlite:///restored.db
connections: [{{id: export, type: csv, path: .}}]
{secrets}
"""


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    database.dispose()


def kept(db: Database, folder: Path) -> Path:
    """A backup of a database with a sealed secret."""
    SealedVault("export", lambda: db, {"key": KEY}, FixedClock(NOON)).replace("refresh token", TOKEN, seen=None)
    return backup(db, folder / "one.backup", lambda *_: None).path


@pytest.mark.security
def test_s41_a_backup_holds_ciphertext_only(db: Database, tmp_path: Path) -> None:
    path = kept(db, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        inside = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (TOKEN, TOKEN[:12], KEY):
        assert secret.encode() not in inside
        assert secret.encode() not in path.read_bytes()
    assert b"refresh token" in inside, "it is there, and sealed"


@pytest.mark.security
@pytest.mark.parametrize(
    "secrets", [f"secrets: {{key: {OTHER}}}", "", f"secrets: {{key: {KEY}}}"], ids=["another", "none", "the same"]
)
def test_s41_a_restore_needs_the_key_and_doctor_says_so_without_it(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secrets: str
) -> None:
    path = kept(db, tmp_path)
    monkeypatch.chdir(tmp_path)
    other = opened(f"sqlite:///{tmp_path / 'restored.db'}")
    Restoring(other, shipped.migrations(), "ops", lambda *_: None, lambda _: None).run(path)
    opens = KEY in secrets
    assert bool(unopened(other, {"key": KEY} if opens else {"key": OTHER})) is not opens
    other.dispose()
    (tmp_path / "stalewatch.yaml").write_text(PROJECT.format(secrets=secrets))
    (tmp_path / "stalewatch.yaml").chmod(0o600)
    looking = doctor(examine(tmp_path / "stalewatch.yaml", NOON), FixedClock(NOON), "en")
    shut = [one for one in looking.look() if "cannot be opened" in one.message]
    assert [one.subject for one in shut] == ([] if opens else ["export"])
    assert opens or "authorize the app again" in str(shut[0].cure)
    assert TOKEN not in repr(shut)
