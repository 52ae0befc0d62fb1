"""`db backup`, `db restore` and `db copy` as people call them: what they print, how they exit, what they refuse."""

from __future__ import annotations

import json
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from stalewatch import shipped, wiring
from stalewatch.services.operating.health import MOVED, Health
from stalewatch.store import migrate
from stalewatch.store.engine import Database
from tests.cli.conftest import Call

NOW = ("--now", "2026-04-15T09:00:00Z")
FIRST = "first.backup"
RUNNING = (("serve",), ("run", "--once"), ("worker",), ("tick",), ("token", "list"))


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    """One that works, with a token by which what is in its database is known."""
    call("init", *NOW)
    assert call("token", "create", "before", *NOW).status == 0
    return here


@pytest.fixture
def kept(project: Path, call: Call) -> Path:
    """A backup, after which another token was made."""
    assert call("db", "backup", FIRST).status == 0
    assert call("token", "create", "after", *NOW).status == 0
    return project / FIRST


def names(call: Call) -> set[str]:
    return {row["name"] for row in json.loads(call("token", "list", "--json", *NOW).out)}


def edited(path: Path, old: str, new: str) -> None:
    """The backup says something else of itself."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            is_manifest = name == "manifest.json"
            assert not is_manifest or old.encode() in content
            archive.writestr(name, content.replace(old.encode(), new.encode()) if is_manifest else content)


# ------------------------------------------------------------------------------------------------------- backup


def test_a_backup_says_what_is_in_it_and_that_its_secrets_are_shut(project: Path, call: Call) -> None:
    said = call("db", "backup", FIRST)
    assert (said.status, said.err) == (0, "")
    what, _, secrets = said.out.partition(". ")
    assert what.startswith(f"{FIRST}: ")
    assert what.endswith(" MB")
    assert secrets == "Secrets in it are sealed; keep secrets.key elsewhere\n"
    assert stat.S_IMODE((project / FIRST).stat().st_mode) == 0o600
    shown = json.loads(call("db", "backup", "second.backup", "--json").out)
    assert shown["schema"] == migrate.head(shipped.migrations())
    assert shown["bytes"] == (project / "second.backup").stat().st_size
    japanese = call("db", "backup", "third.backup", "--lang", "ja")
    assert "中の秘密情報は封じたままです。secrets.key は別の場所に保管してください" in japanese.out


def test_a_backup_overwrites_nothing(kept: Path, call: Call) -> None:
    before = kept.read_bytes()
    said = call("db", "backup", FIRST)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"{FIRST}: there is such a file already\n  name a file that is not there yet\n"
    assert kept.read_bytes() == before


def test_of_a_database_that_is_not_there_no_backup_is_made(here: Path, call: Call) -> None:
    call("init", *NOW)
    said = call("db", "backup", FIRST)
    assert (said.status, "the database cannot be reached" in said.err) == (1, True)
    assert [one.name for one in here.iterdir() if one.suffix in (".db", ".backup")] == []


# ------------------------------------------------------------------------------------------------------ restore


def test_a_database_in_use_is_replaced_only_with_the_word(kept: Path, call: Call) -> None:
    refused = call("db", "restore", kept)
    assert (refused.status, "the database is not empty: it holds " in refused.err) == (1, True)
    assert refused.err.endswith("with --replace\n")
    assert names(call) == {"before", "after"}
    done = call("db", "restore", kept, "--replace")
    assert done.status == 0
    first, second = done.lines
    assert " rows, as they were at 20" in first
    assert second.startswith("Next: stalewatch doctor, then start. What was revoked, erased or answered since ")
    assert names(call) == {"before"}


def test_what_was_restored_is_said_in_japanese_and_as_json(kept: Path, call: Call) -> None:
    said = call("db", "restore", kept, "--replace", "--lang", "ja")
    assert said.status == 0
    assert said.lines[0].endswith("行を戻しました")
    assert said.lines[1].startswith("次は stalewatch doctor、その後に起動です。")
    shown = json.loads(call("db", "restore", kept, "--replace", "--json").out)
    assert shown["schema"] == migrate.head(shipped.migrations())
    assert shown["rows"] > 0


def test_a_file_that_is_no_backup_is_refused(project: Path, call: Call) -> None:
    (project / "other").write_text("something else")
    said = call("db", "restore", "other", "--replace")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("other: this is no backup of stalewatch, or a damaged one: ")
    assert "name a file that `stalewatch db backup` made" in said.err
    assert names(call) == {"before"}
    missing = call("db", "restore", "nowhere")
    assert (missing.status, missing.err) == (
        1,
        "nowhere: the backup cannot be read: No such file or directory\n  check the path\n",
    )


def test_a_backup_of_a_newer_version_is_left_to_that_version(kept: Path, call: Call) -> None:
    edited(kept, migrate.head(shipped.migrations()), "9999")
    said = call("db", "restore", kept, "--replace")
    assert (said.status, said.err.splitlines()) == (
        1,
        [f"{kept}: it was made by a newer stalewatch", "  use that newer version"],
    )
    assert names(call) == {"before", "after"}


# --------------------------------------------------------------------------------------------------------- copy


@pytest.fixture
def moved(project: Path, call: Call) -> Path:
    """A project whose database was moved."""
    assert call("db", "copy", "sqlite:///other.db").status == 0
    return project


def test_a_copy_says_the_address_that_works_from_everywhere(project: Path, call: Call) -> None:
    where = f"sqlite:///{project / 'other.db'}"
    said = call("db", "copy", "sqlite:///other.db")
    assert said.status == 0
    first, *more = said.lines
    assert first.endswith(f" tables are in {where} now; this database is closed")
    assert more == [
        "Write into stalewatch.yaml, then `stalewatch db upgrade`, and start every process again:",
        f"  database: {where}",
    ]
    config = project / "stalewatch.yaml"
    config.write_text(config.read_text("utf-8").replace("sqlite:///stalewatch.db", where), "utf-8")
    assert names(call) == {"before"}


def test_a_copy_speaks_japanese_and_json(project: Path, call: Call) -> None:
    said = call("db", "copy", "sqlite:///other.db", "--lang", "ja")
    assert said.status == 0
    assert said.lines[0].endswith("に移しました。元のデータベースは閉じています")
    (project / "other.db").unlink()
    assert call("db", "copy", "sqlite:///other.db", "--undo", "--lang", "ja").out == (
        "このデータベースでの処理を再開できます\n"
    )
    shown = json.loads(call("db", "copy", "sqlite:///third.db", "--json").out)
    assert shown["database"] == f"sqlite:///{project / 'third.db'}"


@pytest.mark.parametrize("words", RUNNING, ids=" ".join)
def test_whoever_starts_on_a_moved_database_says_in_one_sentence_where_it_is(
    words: tuple[str, ...], moved: Path, call: Call
) -> None:
    said = call(*words)
    sentence, cure = said.err.splitlines()
    assert (said.status, said.out) == (1, "")
    assert f"stalewatch.db: this database was moved to sqlite:///{moved / 'other.db'} at 20" in sentence
    assert cure == "  write the new address as `database:` into stalewatch.yaml, and start this process again"


def test_doctor_names_a_moved_database_among_the_rest(moved: Path, call: Call) -> None:
    said = call("doctor", "--json")
    [found] = [row for row in json.loads(said.out) if row["subject"] == "database"]
    assert (said.status, found["level"]) == (1, "error")
    assert f"this database was moved to sqlite:///{moved / 'other.db'} at 20" in found["message"]
    assert found["cure"].startswith("write the new address as `database:`")


def test_readiness_of_a_process_that_runs_on_is_gone_and_names_no_address(moved: Path) -> None:
    """Everybody may ask for it, so it says that the data is elsewhere, and not where."""
    db = Database(f"sqlite:///{moved / 'stalewatch.db'}")
    assert Health(db, wiring.clock_at(None), {}).readiness().reasons == (MOVED,)
    db.dispose()


def test_a_copy_into_a_database_in_use_is_refused(moved: Path, call: Call) -> None:
    again = call("db", "copy", "sqlite:///other.db", "--undo")
    assert (again.status, "the database is not empty" in again.err) == (1, True)
    assert "both" in again.err.splitlines()[1]
    assert call("db", "copy", "sqlite:///empty.db", "--undo").out == "this database is worked on again\n"
    assert call("db", "copy", "sqlite:///empty.db", "--undo").out == "this database was not moved\n"
    refused = call("db", "copy", "sqlite:///other.db")
    assert (refused.status, "the database is not empty: it holds " in refused.err) == (1, True)
    itself = call("db", "copy", "sqlite:///stalewatch.db")
    assert (itself.status, "this is the database that is in use" in itself.err) == (1, True)
    with closing(sqlite3.connect(moved / "stalewatch.db")) as conn:
        assert conn.execute("select count(*) from sqlite_master where type = 'trigger' and name like 'moved_%'")\
            .fetchone() == (0,)  # fmt: skip
