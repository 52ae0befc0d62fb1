"""`python -m tests.simulation 17 --trace` tells the story of one seed; `0-500` plays many, and says which break."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.months import month
from tests.simulation.plan import Drawing, draw, draw_tiny
from tests.simulation.play import Broken, Play
from tests.simulation.stage import Theatre


def main() -> int:
    """Play the seeds; 1 if any of them broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", help="one seed, or the first and the one behind the last: 0-500")
    parser.add_argument("--tiny", action="store_true", help="of tiny companies")
    parser.add_argument("--trace", action="store_true", help="tell what happened, step by step")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    broken, began = 0, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        theatre = Theatre(Path(folder))
        seeds = range(int(first), int(last) if last else int(first) + 1)
        for seed in seeds:
            broken += not _plays(seed, theatre, draw_tiny if given.tiny else draw, trace=given.trace)
        theatre.dispose()
    took = (time.process_time() - began) / len(seeds)
    print(f"{len(seeds)} months, {broken} broken, {took:.2f} s of processor each")  # noqa: T201
    return min(broken, 1)


def _plays(seed: int, theatre: Theatre, draws: Drawing, *, trace: bool) -> bool:
    stories: list[Play] = []
    try:
        month(seed, theatre, stories.append, draws=draws)
    except Broken as error:
        print(error)  # noqa: T201
        return False
    finally:
        if trace:
            print(*stories[0].story, sep="\n")  # noqa: T201
    return True


if __name__ == "__main__":
    sys.exit(main())
