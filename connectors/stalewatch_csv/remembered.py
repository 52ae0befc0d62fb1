"""What was read of cells before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_MOST: Final = 1 << 14


class Remembered(dict[K, V]):
    """What cells mean: `remembered[cell]`, raising as `read` does. A column says few things often, so each is read
    once; of one that says too many different ones they are forgotten now and then."""

    def __init__(self, read: Callable[[K], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: K) -> V:
        if len(self) >= _MOST:
            self.clear()
        self[cell] = found = self._read(cell)
        return found
