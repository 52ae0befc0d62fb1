"""How measurements are taken: in turn, several times, the median shown, the ratio first.

This machine is shared and noisy; a ratio of two things measured in turn holds where a time does not.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from os import cpu_count
from statistics import median
from time import perf_counter


def machine() -> str:
    """The machine and the interpreter, as every report names them."""
    return f"{platform.machine()}, {cpu_count()} cores, Python {platform.python_version()}"


def seconds(work: Callable[[], object], turns: int = 5) -> float:
    """Median seconds of one call, after a warm-up."""
    work()
    return median(_timed(work) for _ in range(turns))


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], turns: int = 5) -> tuple[float, float]:
    """Median seconds of each, called in turn so that both meet the same machine."""
    ours(), theirs()
    pairs = [(_timed(ours), _timed(theirs)) for _ in range(turns)]
    return median(one for one, _ in pairs), median(other for _, other in pairs)


def report(what: str, ours: float, theirs: float, other: str, per: int = 1, unit: str = "row") -> None:
    """One line: how many times as fast as the other, then both figures."""
    print(f"{theirs / ours:8.1f}x  {what}: {_figure(ours / per)} a {unit} against {_figure(theirs / per)} ({other})")


def figure(what: str, took: float, per: int = 1, unit: str = "call") -> None:
    """One line of a thing that has no rival here."""
    print(f"           {what}: {_figure(took / per)} a {unit}")


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _figure(took: float) -> str:
    for limit, factor, name in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if took < limit:
            return f"{took * factor:.3g} {name}"
    return f"{took:.3g} s"
