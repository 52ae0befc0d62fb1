"""How measurements are taken: in turn, several times, the median shown, the ratio first.

This machine is shared and noisy; a ratio of two things measured in turn holds where a time does not.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

said: list[str] = []
"""Every line that was reported, for the page that keeps them."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """What several turns took."""

    turns: Sequence[float]

    @property
    def least(self) -> float:
        return min(self.turns)

    @property
    def median(self) -> float:
        return median(self.turns)


def machine() -> str:
    """The machine and the interpreter, as every report names them."""
    return f"{_processor()}, {cpu_count()} cores shared with other work, Python {platform.python_version()}"


def pace() -> float:
    """Seconds of the processor for five million additions in a plain loop: how quick this shared machine is now."""

    def loop() -> None:
        total = 0
        for number in range(5_000_000):
            total += number

    return spent(loop, turns=3).least


def say(line: str) -> None:
    """Print a line and keep it for docs/performance.md."""
    print(line, flush=True)
    said.append(line)


def seconds(work: Callable[[], object], turns: int = 5) -> float:
    """Median seconds of one call, after a warm-up."""
    work()
    return median(_timed(work) for _ in range(turns))


def spent(work: Callable[[], object], turns: int = 5) -> Seconds:
    """Seconds of the processor per call, which other work on the machine stretches least."""
    taken = []
    for _ in range(turns):
        started = process_time()
        work()
        taken.append(process_time() - started)
    return Seconds(taken)


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], turns: int = 5) -> tuple[float, float]:
    """Median seconds of each, called in turn so that both meet the same machine."""
    ours(), theirs()
    pairs = [(_timed(ours), _timed(theirs)) for _ in range(turns)]
    return median(one for one, _ in pairs), median(other for _, other in pairs)


def report(what: str, ours: float, theirs: float, other: str, per: int = 1, unit: str = "row") -> None:
    """One line: how many times as fast as the other, then both figures."""
    say(f"{theirs / ours:8.1f}x  {what}: {_figure(ours / per)} a {unit} against {_figure(theirs / per)} ({other})")


def figure(what: str, took: float, per: int = 1, unit: str = "call") -> None:
    """One line of a thing that has no rival here."""
    say(f"           {what}: {_figure(took / per)} a {unit}")


def rate(number: int, took: Seconds) -> str:
    """How many a second: the median of the turns, and the best of them."""
    return f"{_count(number / took.median)}/s (best {_count(number / took.least)})"


def _count(number: float) -> str:
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g} {unit}"
    return f"{number:.3g}"


def _processor() -> str:
    """The processor's own name where Linux tells it, else its kind."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{platform.machine()} ({names[0]})" if names else platform.machine()


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _figure(took: float) -> str:
    for limit, factor, name in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if took < limit:
            return f"{took * factor:.3g} {name}"
    return f"{took:.3g} s"
