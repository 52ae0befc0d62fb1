"""What long-living processes hold: open files, sockets, threads and memory, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil

FILES: Final = 6
"""How many more open files or sockets a process may have than before: a pool that has grown to its size is no leak."""
THREADS: Final = 4
MEMORY: Final = 30 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Vitals:
    """Of several processes: the most of each that one of them holds; memory in bytes."""

    processes: int
    files: int
    threads: int
    memory: int

    def __str__(self) -> str:
        return f"{self.files} files, {self.threads} threads, {self.memory // 2**20} MB"

    def assert_no_leak_since(self, before: Vitals) -> None:
        """None of it has grown by more than what is in use now and was not then."""
        grown = self.files - before.files, self.threads - before.threads, self.memory - before.memory
        assert grown[0] <= FILES, f"{before} -> {self}"
        assert grown[1] <= THREADS, f"{before} -> {self}"
        assert grown[2] <= MEMORY, f"{before} -> {self}"


def vitals_of(pids: Sequence[int]) -> Vitals:
    """What these processes hold now."""
    found = [psutil.Process(pid) for pid in pids]
    assert found, "nobody lives"
    return Vitals(
        len(found),
        max(one.num_fds() for one in found),
        max(one.num_threads() for one in found),
        max(one.memory_info().rss for one in found),
    )
