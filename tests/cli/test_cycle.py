"""`run --once` and its parts: what they do, what they say they did, and how they end when something is wrong."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.company import CONFIG, EVENING, Company
from tests.cli.conftest import Call
from tests.patience import PATIENCE


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    return Company(here, call)


def test_run_once_prints_the_messages_and_then_what_it_did(company: Company) -> None:
    company.has("acme", "2026-03-01")
    company.has("kumo", "2026-03-14")
    company.has("nodate", "")
    said = company.does("run", "--once")
    assert said.status == 0, said.err
    messages, report = said.out.split("\n\nRULE ")
    assert messages.splitlines()[0].startswith("── Sato ─")
    assert "1 deal needs a next step from you · ¥1.2M" in messages
    table, _, rest = report.partition("\n\n")
    assert table.split() == ["LATE", "RUNNING", "NO", "CLOCK", "Open", "for", "too", "long", "1", "1", "1"]
    assert rest.splitlines() == [
        "Read     export: 3 records read, 3 of them open",
        "         deals.csv: 1 of 3 rows have no created_on: kept, without a clock",
        "Noticed  1 new",
        "Said     1 message sent",
    ]
    again = company.does("run", "--once")
    assert again.out.splitlines()[-3:] == [
        "Read     export: nothing new; 3 records are known, 3 of them open",
        "Noticed  nothing new",
        "Said     nothing",
    ]


def test_what_waits_is_told_with_the_moment_until_which_it_does(company: Company) -> None:
    company.configure(CONFIG.replace('digest: {at: "18:00"}', 'digest: {at: "20:00"}'))
    company.has("acme")
    company.has("kumo", owner="Tanaka")
    assert company.does("run", "--once").out.splitlines()[-2:] == [
        "Said     nothing",
        "Waiting  2 daily messages until 16 Mar 20:00",
    ]


def test_the_report_can_be_read_by_a_machine_and_messages_do_not_stand_in_its_way(company: Company) -> None:
    company.has("acme")
    said = company.does("run", "--once", "--json")
    report = json.loads(said.out)
    assert report["at"] == "2026-03-16T18:00:00+00:00"
    assert report["states"] == {"too-long": {"breached": 1}}
    assert report["noticed"] == {"opened": 1, "news": 1, "resolved": 0, "backlog": 0, "held": 0, "not_judged": []}
    assert "── Sato" in said.err


def test_run_speaks_japanese(company: Company) -> None:
    company.has("acme")
    said = company.does("run", "--once", "--lang", "ja")
    assert "次の一歩が必要な案件が1件あります" in said.out
    assert "読み込み  export:1件を読み込みました(うち進行中 1件)" in said.out


def test_run_does_one_round_and_says_how_to_go_on(company: Company) -> None:
    said = company.does("run")
    assert said.status == 2
    assert "`stalewatch run --once`" in said.err


def test_the_parts_of_a_cycle_do_what_the_whole_does(company: Company) -> None:
    company.has("acme")
    assert company.does("sync").out.splitlines() == ["Read  export: 1 records read, 1 of them open"]
    ticked = company.does("tick").out
    assert "Noticed  1 new" in ticked
    assert "── Sato" not in ticked
    dispatched = company.does("dispatch").out
    assert "── Sato" in dispatched
    assert dispatched.splitlines()[-1] == "Said  1 message sent"
    assert company.does("dispatch").out.splitlines() == ["Said  nothing"]


def test_sync_reads_what_is_named_and_everything_again_if_told(company: Company) -> None:
    company.has("acme")
    assert company.does("sync", "export").status == 0
    assert "nothing new" in company.does("sync", "export").out
    assert "1 records read" in company.does("sync", "export", "--full").out
    wrong = company.does("sync", "exprot")
    assert wrong.status == 1
    assert wrong.err.splitlines()[0].endswith("there is no connection 'exprot'")


def test_what_vanished_is_believed_of_one_connection_and_noted(company: Company) -> None:
    company.has("acme")
    assert company.does("sync", "export").status == 0
    assert company.does("sync", "export", "--full", "--believe-vanished").status == 0
    noted = company.does("audit", "ls", "--json").out
    assert "vanished.believe" in noted
    assert "command line (" in noted
    assert company.does("sync", "--believe-vanished").status == 2
    assert company.does("sync", "exprot", "--believe-vanished").status == 1


def test_a_row_that_cannot_be_used_is_counted_with_its_reason(company: Company) -> None:
    company.has("acme")
    company.has("kumo", "the day before yesterday")
    said = company.does("run", "--once")
    assert said.status == 0
    assert "1 row left out" in said.out
    assert "1 records read" in said.out


# ----------------------------------------------------------------------------------------------- when it goes wrong


def test_a_file_that_is_gone_is_one_clear_line_and_resolves_nothing(company: Company) -> None:
    company.has("acme")
    company.does("run", "--once")
    company.export.unlink()
    said = company.does("run", "--once", now="2026-03-17T18:00:00Z")
    assert said.status == 1
    assert "the file is gone" in said.out
    assert "settled" not in said.out
    assert "1 deal is stalled" in company.does("deals", "stalled", now="2026-03-17T18:00:00Z").out
    looked = company.does("doctor", now="2026-03-17T18:00:00Z")
    assert looked.status == 1
    assert "put the file back" in looked.out
    company.writes()
    assert company.does("run", "--once", now="2026-03-17T19:00:00Z").status == 0


def test_a_file_cut_off_in_the_middle_of_a_row_is_tried_again_and_nothing_vanishes(company: Company) -> None:
    company.has("acme")
    company.has("kumo")
    company.does("run", "--once")
    whole = company.export.read_text()
    company.export.write_text(whole[: whole.index("Kumo")] + '"Ku')
    said = company.does("run", "--once", now="2026-03-17T18:00:00Z")
    assert "settled" not in said.out
    assert "gone" not in said.out
    assert "2 deals are stalled" in company.does("deals", "stalled", now="2026-03-17T18:00:00Z").out
    company.export.write_text(whole)
    assert company.does("run", "--once", now="2026-03-17T19:00:00Z").status == 0


def test_a_database_that_another_process_holds_is_one_clear_line(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.has("acme")
    company.does("sync")
    monkeypatch.setattr("stalewatch.store.engine.Database.__init__.__kwdefaults__", {
        "busy_seconds": 0.1, "pool_size": 8, "overflow": 24, "looking": False,
    })  # fmt: skip
    with sqlite3.connect(company.folder / "stalewatch.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        said = company.does("run", "--once")
        other.execute("ROLLBACK")
    assert said.status == 1
    assert "another process holds the database" in said.err
    assert len(said.err.splitlines()) <= 3
    assert company.does("run", "--once").status == 0


def _small_files() -> None:
    """What a full disk does to whoever writes: no file may grow beyond this."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))


def test_a_full_disk_is_one_clear_line_and_work_goes_on_when_there_is_room(company: Company) -> None:
    for number in range(3_000):
        company.rows[f"d{number}"] = f"d{number},Deal {number},Sato,tokyo,1000,2026-03-01,open"
    company.writes()
    assert company.does("db", "upgrade").status == 0
    program = [sys.executable, "-c", "from stalewatch.cli.main import main; main()"]
    unmeasured = {name: told for name, told in os.environ.items() if not name.startswith("COVERAGE_")}  # it writes, too
    full = subprocess.run(
        [*program, "run", "--once", "--now", EVENING], cwd=company.folder, capture_output=True, text=True,
        check=False, preexec_fn=_small_files, timeout=PATIENCE, env=unmeasured,
    )  # fmt: skip
    assert full.returncode == 1
    assert "the disk is full" in full.stderr
    assert len(full.stderr.splitlines()) <= 3, full.stderr
    assert "Traceback" not in full.stderr
    busy = company.does("run", "--once")  # the process that met the full disk could not even give its lease back
    assert "it is free again in a few minutes" in busy.out
    with sqlite3.connect(company.folder / "stalewatch.db") as later:
        later.execute("UPDATE connections SET lease_until = 0")
    done = company.does("run", "--once", "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["states"] == {"too-long": {"breached": 3_000}}
