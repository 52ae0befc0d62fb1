"""Runs the measurements, or the ones named, and writes what they said into docs/performance.md.

A measurement is a module `bench/<name>.py` with a function `main() -> None` that reports by bench/measuring.py.

python -m bench            all of them, in the order of their names
python -m bench tick       one of them
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from bench import measuring, page
from stalewatch.clock import SystemClock

BESIDE: Final = frozenset({"crm_servers", "deals", "environments", "measuring", "page", "plan"})
"""Modules here that measure nothing themselves."""


def names() -> list[str]:
    """The measurements there are."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in BESIDE)


def run(asked: list[str]) -> int:
    """Run the measurements asked for, or all; 2 if one does not exist."""
    unknown = [name for name in asked if name not in names()]
    if unknown:
        print(f"no measurement {', '.join(unknown)}; there are: {', '.join(names()) or 'none yet'}", file=sys.stderr)
        return 2
    print(f"on {measuring.machine()}")
    for name in asked or names():
        print(f"== {name}", flush=True)
        measuring.said.clear()
        before = measuring.pace()
        import_module(f"bench.{name}").main()
        told = f"{before:.2f} s before this and {measuring.pace():.2f} s after it"
        measuring.say(f"           five million additions in a plain loop: {told}, so quick was the machine")
        page.keep(name, measuring.said, measuring.machine(), SystemClock().now().date())
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
