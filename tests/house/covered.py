"""What the tests reach: branches taken, area by area, against the bars that `make coverage` holds.

python -m tests.house.covered             the table; what is under its bar ends with 1
python -m tests.house.covered --missing   and each branch that no test took, file by file
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from coverage import Coverage

BARS: Final = {
    "src/stalewatch/domain/": 95.0,
    "src/stalewatch/store/": 95.0,
    "src/stalewatch/delivery/": 95.0,
    "": 90.0,
}
"""Per cent of the branches below a folder that tests have to take; the empty name is all of ours."""

Files = dict[str, dict[str, Any]]
"""By path from the root of the project, with slashes: what `coverage json` says of a file."""


@dataclass(frozen=True)
class Area:
    """One folder's count. A line that is always left the same way has no branch; a choice has one for each way."""

    folder: str
    bar: float
    branches: int
    taken: int
    lines: int
    run: int

    @property
    def share(self) -> float:
        """Per cent of the branches that were taken; of an area that nobody measured none."""
        return 100 * self.taken / self.branches if self.branches else 0.0

    def holds(self) -> bool:
        """Whether the area is at its bar or above; unrounded, so 94.99 is under 95."""
        return self.share >= self.bar

    def __str__(self) -> str:
        lines = 100 * self.run / self.lines if self.lines else 0.0
        verdict = "" if self.holds() else "   UNDER ITS BAR"
        return (
            f"{self.folder or 'all':<26}{self.share:6.2f} % of {self.branches:>6} branches (bar {self.bar:.0f})"
            f"{lines:8.2f} % of {self.lines:>6} lines{verdict}"
        )


def areas(files: Files) -> list[Area]:
    """Each area that has a bar, added up."""
    return [_area(folder, bar, [kept["summary"] for path, kept in files.items() if path.startswith(folder)])
            for folder, bar in BARS.items()]  # fmt: skip


def missing(files: Files) -> Iterator[str]:
    """`src/stalewatch/x.py: 12->14, 20->exit` for every file with a branch that nobody took."""
    for path, kept in sorted(files.items()):
        ways = [f"{here}->{'exit' if there < 0 else there}" for here, there in kept["missing_branches"]]
        if ways:
            yield f"{path}: {', '.join(ways)}"


def _area(folder: str, bar: float, counts: Iterable[dict[str, int]]) -> Area:
    branches = taken = lines = run = 0
    for count in counts:
        branches += count["num_branches"]
        taken += count["covered_branches"]
        lines += count["num_statements"]
        run += count["covered_lines"]
    return Area(folder, bar, branches, taken, lines, run)


def _measured() -> Files:
    """What the last combined run left."""
    coverage = Coverage(messages=False)
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        coverage.json_report(outfile=str(report))
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    return {path.replace("\\", "/"): kept for path, kept in files.items()}


def main(*words: str) -> int:
    """Print, and say with 1 that something is under its bar."""
    files = _measured()
    counted = areas(files)
    for line in (*(missing(files) if "--missing" in words else ()), *counted):
        print(line)  # noqa: T201 - printing is what it is for
    return int(not all(area.holds() for area in counted))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
