"""Ten thousand rules, or ten thousand mistakes: checked in time and memory that grow with them and no faster."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from stalewatch.services.rules.rulefiles import Checked, check_files

TODAY = date(2026, 4, 15)
A_FILE = 400
CHECK = """
import resource
from stalewatch.cli.main import run
status = run(["rules", "check", "."])
used = resource.getrusage(resource.RUSAGE_SELF)
print(status, used.ru_maxrss, used.ru_utime + used.ru_stime)
"""
Write = Callable[[int, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes so many rules, four hundred a file; `{n}` in the text is a rule's number."""

    def writing(count: int, rule: str) -> Path:
        folder = tmp_path / str(count)
        folder.mkdir()
        for first in range(0, count, A_FILE):
            rules = "".join(rule.replace("{n}", str(n)) for n in range(first, min(first + A_FILE, count)))
            (folder / f"{first:05}.yaml").write_text(f"stalewatch: 1\npack: p{first}\nrules:\n{rules}", "utf-8")
        return folder

    return writing


SOUND = """\
  - id: silent-{n}
    title: {en: Silent, ja: 反応なし}
    watch: deal
    where: {stage: [proposal, negotiation], amount: {at_least: 3_000_000}}
    start: {first_of: [last_customer_activity_at, created_at]}
    within: [{stage: negotiation, is: 5bd}, {is: 10bd}]
    until: {expr: "next_meeting_at is set and seller_touches_since_customer < 2"}
    mutes: []
    message: {en: "*{name}* since {since}", ja: "*{name}* {since}"}
"""
BROKEN = """\
  - {id: r{n}, title: A, watch: deal, where: {amuont{n}: 3}, start: created_at, within: 1bd, mutes: [x{n}]}
"""


def checked(folder: Path) -> tuple[Checked, float]:
    began = time.process_time()
    return check_files([folder], None, TODAY), time.process_time() - began


@pytest.mark.parametrize(("rule", "errors"), [(SOUND, 0), (BROKEN, 2)], ids=["sound", "broken"])
def test_four_times_the_rules_take_about_four_times_as_long(write: Write, rule: str, errors: int) -> None:
    checked(write(10, rule))
    _, some = checked(write(150, rule))
    many, took = checked(write(600, rule))
    assert (many.counts.rules, many.counts.errors) == (600, 600 * errors)
    assert took < 4 * some * 2.5


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "status"), [(SOUND, 0), (BROKEN, 1)], ids=["sound", "broken"])
def test_ten_thousand_rules_are_checked_in_half_a_minute_and_half_a_gigabyte(
    write: Write, rule: str, status: int
) -> None:
    folder = write(10_000, rule)
    done = subprocess.run([sys.executable, "-c", CHECK], cwd=folder, capture_output=True, text=True, check=True)
    last, kilobytes, seconds = done.stdout.splitlines()[-1].split()
    assert int(last) == status
    assert (int(kilobytes) < 500_000, float(seconds) < 30) == (True, True)
    assert "10000 rules" in done.stdout
