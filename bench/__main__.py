"""Runs the measurements: every module `bench/<name>.py` with a function `main() -> None`, or the ones named.

python -m bench            all of them, in the order of their names
python -m bench tick       one of them
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from bench.measuring import machine


def names() -> list[str]:
    """The measurements there are."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem != "measuring")


def run(asked: list[str]) -> int:
    """Run the measurements asked for, or all; 2 if one does not exist."""
    unknown = [name for name in asked if name not in names()]
    if unknown:
        print(f"no measurement {', '.join(unknown)}; there are: {', '.join(names()) or 'none yet'}", file=sys.stderr)
        return 2
    print(f"on {machine()}")
    for name in asked or names():
        print(f"== {name}", flush=True)
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
