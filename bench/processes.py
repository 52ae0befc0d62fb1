"""Processes of a benchmark that begin in the same moment: what each of them takes to start is not measured."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

from bench.environments import ROOT

_READY = "ready\n"


def together(module: str, *given: str, many: int) -> tuple[float, list[str]]:
    """Start `python -m module …` so often and let all go on at once; the seconds until the last had ended, and what
    each wrote. Each calls `wait_for_all` when it has prepared itself.
    """
    command = [sys.executable, "-m", module, *given]
    some = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True, cwd=ROOT) for _ in range(many)]  # noqa: S603
    for one in some:
        assert one.stdout is not None
        assert one.stdout.readline() == _READY
    began = perf_counter()
    for one in some:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate()[0] for one in some]
    took = perf_counter() - began
    assert not any(one.returncode for one in some), "a process failed"
    return took, told


def wait_for_all() -> None:
    """In such a process: say that it is ready, and go on when all of them are."""
    sys.stdout.write(_READY)
    sys.stdout.flush()
    sys.stdin.readline()
