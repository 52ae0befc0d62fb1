"""The demo: what somebody sees who has never seen stalewatch, the same each time, and gone afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from stalewatch.delivery.columns import width
from tests.cli.conftest import Call, Said


@pytest.fixture(scope="module")
def seen() -> subprocess.CompletedProcess[str]:
    """`stalewatch demo --once`."""
    program = [sys.executable, "-c", "from stalewatch.cli.main import main; main()"]
    return subprocess.run([*program, "demo", "--once"], capture_output=True, text=True, check=False, timeout=60)


def test_a_month_passes_and_the_last_morning_is_shown(seen: subprocess.CompletedProcess[str]) -> None:
    assert seen.returncode == 0, seen.stderr
    assert seen.stderr == ""
    lines = seen.stdout.splitlines()
    assert lines[0].startswith("A made-up company with 80 open deals, read from CSV files as of 16 Mar")
    assert "It is 15 Apr 09:00" in lines[1]
    nudges = [line for line in lines if line.startswith("── ")]
    assert len(nudges) >= 5
    assert any("need a next step from you · ¥" in line for line in lines)
    assert any(line.endswith("bd over]") for line in lines)
    assert any("deals are stalled · ¥" in line for line in lines)
    assert "stalewatch init" in lines[-1]
    before = lines[: next(place for place, line in enumerate(lines) if "deals are stalled" in line)]
    assert max(width(line) for line in before) <= 100


def test_it_is_the_same_each_time_and_leaves_nothing_behind(
    seen: subprocess.CompletedProcess[str], call: Call, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    monkeypatch.setenv("STALEWATCH_DATABASE_URL", f"sqlite:///{here / 'mine.db'}")
    again = call("demo", "--once")
    assert (again.status, again.out) == (0, seen.stdout)
    assert list(here.iterdir()) == [], "neither the demo's files nor anything in the user's own database"


def test_it_speaks_japanese(call: Call) -> None:
    said = call("demo", "--once", "--lang", "ja")
    assert said.status == 0
    assert "架空の会社の進行中の案件80件" in said.out
    assert "次の一歩が必要な案件が" in said.out
    assert "停滞している案件が" in said.out
    assert "stalled" not in said.out.replace("`stalewatch", "")


def test_what_is_kept_is_a_project_like_any_other(call: Call, here: Path) -> None:
    said = call("demo", "--once", "--keep", here / "mydemo")
    assert said.status == 0
    config = here / "mydemo" / "stalewatch.yaml"
    command = said.lines[-1].split()
    assert command[0] == "stalewatch"
    soon: Said = call(*command[1:])
    assert soon.status == 0
    assert "will be due within 7 days" in soon.lines[0]
    again = call("run", "--once", "--config", config, "--now", "2026-04-15T09:00:00+09:00")
    assert again.lines[-1].split() == ["Said", "nothing"]
    refused = call("demo", "--once", "--keep", here / "mydemo")
    assert refused.status == 1
    assert refused.err.splitlines() == [f"{here / 'mydemo'}: is there already, and not empty", "  name a new folder"]


def test_without_once_the_api_answers_until_ctrl_c(here: Path) -> None:
    program = [sys.executable, "-u", "-c", "from stalewatch.cli.main import main; main()"]
    with subprocess.Popen(
        [*program, "demo", "--port", "0"], cwd=here, env={"TMPDIR": str(here), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        url = next(line for line in running.stdout if "Ctrl-C" in line).split(" at ")[1].split()[0]
        with urlopen(f"{url}/v1/deals/stalled?limit=1", timeout=10) as answer:  # noqa: S310  # our own address
            assert b'"total":' in answer.read()
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.wait(15) == 0
        assert time.monotonic() - began < 12
        assert running.stderr.read() == ""
    assert list(here.iterdir()) == []
