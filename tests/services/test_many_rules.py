"""Ten thousand rules, or ten thousand mistakes: checked in time and memory that grow with them and no faster."""

from __future__ import annotations

import cProfile
import pstats
import subprocess
import sys
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


def checked(folder: Path) -> tuple[Checked, int]:
    """The rules in it, and how many calls of functions that took: the same number on any machine, on any day."""
    profile = cProfile.Profile()
    done = profile.runcall(check_files, [folder], None, TODAY)
    return done, sum(row[1] for row in pstats.Stats(profile).stats.values())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rule", "errors", "some"),
    [(SOUND, 0, 80), pytest.param(BROKEN, 2, 800, marks=pytest.mark.slow)],  # names are sought among 500 at most
    ids=["sound", "broken"],
)
def test_four_times_the_rules_take_no_more_than_four_times_the_work(
    write: Write, rule: str, errors: int, some: int
) -> None:
    checked(write(10, rule))
    _, little = checked(write(some, rule))
    many, much = checked(write(4 * some, rule))
    assert (many.counts.rules, many.counts.errors) == (4 * some, 4 * some * errors)
    assert little < much < 4.2 * little


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
