"""The whole job on a file that somebody else made: 8,800 opportunities, read, judged and told by the real program.

The file stays where it is (its licence is not stated): STALEWATCH_TEST_DATA names its folder.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

MAVEN = "maven_deals.csv"
NOW = "2017-12-31T18:00:00Z"
LIMIT = timedelta(days=101)

CONFIG = """\
stalewatch: 1
database: ${{STALEWATCH_DATABASE_URL:-sqlite:///stalewatch.db}}
rules: [rules/]
connections:
  - {{id: maven, type: csv, path: {data}, files: {{deals: maven_deals.csv}}}}
calendars:
  every_day: {{tz: UTC, hours: "00:00-18:00", days: all, holidays: none}}
  choose: [{{use: every_day}}]
quiet: off
storm_guard: off
{rollout}
routes:
  - {{name: owners, to: [owner], style: digest, digest: {{at: "18:00"}}}}
"""
RULE = """\
stalewatch: 1
pack: real
rules:
  - id: open-too-long
    title: Open for too long
    watch: deal
    start: created_at
    within: 101d
    mode: live
"""


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder of the third-party file."""
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    if not folder or not (Path(folder) / MAVEN).is_file():
        pytest.skip(f"STALEWATCH_TEST_DATA does not name a folder with {MAVEN}: the real input is not tested")
    return Path(folder).absolute()


class Counted:
    """What the file itself says, by a few lines that know nothing of stalewatch."""

    def __init__(self, data: Path) -> None:
        with (data / MAVEN).open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        now = date.fromisoformat(NOW[:10])
        self.open = [row for row in self.rows if row["outcome"] == "open"]
        dated = [row for row in self.open if row["created_on"]]
        self.late = [row for row in dated if date.fromisoformat(row["created_on"]) + LIMIT <= now]
        self.undated = len(self.open) - len(dated)
        self.running = len(dated) - len(self.late)
        self.owners = Counter(row["owner"] for row in self.late)


def project(folder: Path, data: Path, *, rollout: str) -> Path:
    """A fresh folder with the configuration and the one rule."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "real.yaml").write_text(RULE)
    (folder / "stalewatch.yaml").write_text(CONFIG.format(data=json.dumps(str(data)), rollout=rollout))
    return folder


def run_once(folder: Path, database: str | None = None) -> tuple[dict[str, Any], str]:
    """`stalewatch run --once --json`: the report, and the messages that the console notifier printed."""
    environment = {name: value for name, value in os.environ.items() if name != "STALEWATCH_DATABASE_URL"}
    if database is not None:
        environment["STALEWATCH_DATABASE_URL"] = database
    program = [sys.executable, "-c", "from stalewatch.cli.main import main; main()"]
    done = subprocess.run(
        [*program, "run", "--once", "--now", NOW, "--json"],
        cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report, done.stderr


def addressees(messages: str) -> list[str]:
    """Whom the printed messages are for."""
    return sorted(line.strip("─ ") for line in messages.splitlines() if line.startswith("── "))


@pytest.fixture
def either_database(database_url: str) -> str:
    """SQLite or PostgreSQL, with the schema that `stalewatch db upgrade` gives it."""
    if not database_url.startswith("sqlite"):
        from stalewatch import shipped
        from stalewatch.store import migrate
        from stalewatch.store.engine import Database

        database = Database(database_url)
        migrate.upgrade(database, shipped.migrations())
        database.dispose()
    return database_url


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
def test_every_owner_of_a_late_deal_gets_one_digest_and_the_second_run_says_nothing_new(
    tmp_path: Path, data: Path, either_database: str
) -> None:
    here, counted = project(tmp_path / "here", data, rollout="rollout: off"), Counted(data)
    report, messages = run_once(here, either_database)

    [read] = report["read"]
    assert (read["read"], read["open"]) == (8_800, 2_089)
    assert report["states"] == {"open-too-long": {"breached": 1_454, "no_clock": 500, "watching": 135}}
    assert (report["noticed"]["opened"], report["noticed"]["backlog"]) == (1_454, 0)
    assert report["said"] == {"messages": 27, "notices": 1_454, "unknown": 0, "refused": 0, "dead": 0}
    assert any("500" in line and "created_on" in line for line in read["findings"]), read["findings"]

    assert (len(counted.rows), len(counted.open)) == (read["read"], read["open"])
    assert report["states"]["open-too-long"] == {
        "breached": len(counted.late),
        "no_clock": counted.undated,
        "watching": counted.running,
    }
    assert addressees(messages) == sorted(counted.owners)
    for owner, deals in counted.owners.items():
        told = messages.split(f"── {owner} ")[1].splitlines()[1]
        assert told.startswith(f"{deals} deal{'s' * (deals != 1)} need"), told

    again, nothing = run_once(here, either_database)
    assert again["states"] == report["states"]
    assert (again["read"][0]["read"], again["noticed"]["opened"], again["said"]["messages"]) == (0, 0, 0)
    assert nothing == ""


def test_with_the_usual_rollout_all_of_it_is_backlog_and_every_owner_gets_one_summary(
    tmp_path: Path, data: Path
) -> None:
    here, counted = project(tmp_path / "here", data, rollout=""), Counted(data)
    report, messages = run_once(here)
    assert report["states"] == {"open-too-long": {"breached": 1_454, "no_clock": 500, "watching": 135}}
    assert (report["noticed"]["opened"], report["noticed"]["backlog"]) == (1_454, 1_454)
    assert report["said"]["messages"] == len(counted.owners) == 27
    assert addressees(messages) == sorted(counted.owners)
    assert messages.count("already past") == 27
