"""`rules check` as people wait for it: a process of its own, on a hundred rules, and on ten thousand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench.measuring import figure
from stalewatch import shipped

TURNS: Final = 3
COPIES_A_FILE: Final = 12
"""Copies of the starter pack's nineteen rules that stay below the size a file may have."""


def main() -> None:
    """A hundred rules are promised in less than a second."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for least in (100, 10_000):
            count = write(folder / str(least), least)
            took = median(_check(folder / str(least)) for _ in range(TURNS))
            figure(f"rules check, {count:,} rules, start of the program included", took, unit="run")


def write(folder: Path, least: int) -> int:
    """Write at least so many sound rules into a folder, copies of the starter pack; returns how many."""
    folder.mkdir(parents=True)
    head, _, rest = (shipped.rules() / "default.yaml").read_text("utf-8").partition("\nrules:\n")
    rules = rest.partition("\nexceptions:\n")[0].replace("    escalate: standard\n", "")
    each = rules.count("- id: ")
    copies = -(-least // each)
    for first in range(0, copies, COPIES_A_FILE):
        body = "\n".join(_copy(rules, number) for number in range(first, min(first + COPIES_A_FILE, copies)))
        top = head if first == 0 else "stalewatch: 1"
        (folder / f"{first:05}.yaml").write_text(f"{top}\nrules:\n{body}\n", "utf-8")
    return copies * each


def _copy(rules: str, number: int) -> str:
    """The rules under other ids, which mute each other and not the originals."""
    mine = rules.replace("- id: ", f"- id: copy{number}-")
    return re.sub(r"mutes: \[(.*?)\]", lambda found: f"mutes: [{_named(found[1], number)}]", mine)


def _named(names: str, number: int) -> str:
    return ", ".join(f"copy{number}-{name.strip()}" for name in names.split(","))


def _check(folder: Path) -> float:
    """Seconds of the processor that one check takes, which other work on the machine stretches least."""
    before = getrusage(RUSAGE_CHILDREN)
    program = "from stalewatch.cli.main import main; main()"
    words = [sys.executable, "-c", program, "rules", "check", str(folder)]
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own program
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
