"""`python -m tests.mutation leases` changes a part of the house here and there, and asks whether its tests notice.

Without a name all parts; `--sample 150 --seed 37` picks changes by chance, and says between which bounds the score of
all of them lies. Ends with 1 where a part is below the bar.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import tempfile
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from typing import Final

from tests.mutation import workshop
from tests.mutation.areas import AREAS

BAR: Final = 85.0
"""Percent of the changes that have to be noticed."""
UNNOTICED: Final = (0, 5, 33)
"""mutmut's exit codes of a change that no test failed for, or that no test comes past."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - Linux's own folder in memory; what lies in it is made by mkdtemp


def main() -> int:
    """Judge the areas; 1 if one of them is below the bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("areas", nargs="*", choices=[[], *AREAS], help=", ".join(AREAS))
    parser.add_argument("--sample", type=int, help="so many changes of each area, drawn by chance; otherwise all")
    parser.add_argument("--seed", type=int, default=37)
    parser.add_argument("--children", type=int, default=2, help="processes at once")
    given = parser.parse_args()
    os.nice(10)
    print(f"mutmut {version('mutmut')}, Python {platform.python_version()}, seed {given.seed}")  # noqa: T201
    scores = [score(name, given.sample, given.seed, given.children) for name in given.areas or AREAS]
    return int(min(scores) < BAR)


def score(name: str, sample: int | None, seed: int, children: int) -> float:
    """Percent of an area's changes that its tests notice; prints it, and each change that they do not."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None, prefix="stalewatch-mutation-") as made:
        everything = workshop.build(AREAS[name], Path(made))
        chosen = everything
        if sample is not None and sample < len(everything):
            chosen = random.Random(seed).sample(everything, sample)  # noqa: S311 - a draw, no secret
        codes = workshop.judge(Path(made), chosen, children)
    left = [change for change in chosen if codes[change.name] in UNNOTICED]
    for change in sorted(left):
        print(f"  {change}")  # noqa: T201
    noticed, asked = len(chosen) - len(left), len(chosen)
    low, high = wilson(noticed, asked)
    bounds = "" if asked == len(everything) else f", 95 % between {low:.1f} and {high:.1f} of {len(everything)}"
    print(f"{name}: {noticed} of {asked} noticed, {100 * noticed / asked:.1f} %{bounds}", flush=True)  # noqa: T201
    return 100 * noticed / asked


def wilson(hits: int, draws: int, z: float = 1.96) -> tuple[float, float]:
    """Between which percentages a share lies with 95 %, after so many hits in so many draws (Wilson, 1927)."""
    share, spread = hits / draws, z * z / draws
    middle, wide = share + spread / 2, z * sqrt(share * (1 - share) / draws + spread / draws / 4)
    return 100 * (middle - wide) / (1 + spread), 100 * (middle + wide) / (1 + spread)


if __name__ == "__main__":
    sys.exit(main())
