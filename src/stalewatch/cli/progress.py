"""A bar for what takes longer than two seconds, on a terminal only, and gone when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Final, Self, TextIO

from stalewatch.cli.grid import cut
from stalewatch.delivery.columns import width

PATIENCE: Final = 2.0
"""Seconds in which nothing is shown."""
_PAUSE: Final = 0.1
_CELLS: Final = 24
_COLUMNS: Final = 78


class Progress:
    """Shows how far a long piece of work is: `with Progress() as bar: bar.show("sf", 200, 8_800)`.

    Args:
        stream: where to; None = standard error.
        seconds: a clock that only goes forward; how long something takes, never what time it is.
    """

    def __init__(self, stream: TextIO | None = None, seconds: Callable[[], float] = monotonic) -> None:
        self._stream, self._seconds = stream or sys.stderr, seconds
        self._began = self._shown = seconds()
        self._wrote = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._wrote:
            self._write("")

    def show(self, what: str, done: int, total: int | None = None) -> None:
        """So many are done of `what`, out of so many if that is known."""
        moment = self._seconds()
        if not self._stream.isatty() or moment - self._began < PATIENCE or moment - self._shown < _PAUSE:
            return
        self._shown = moment
        self._write(cut(f"{what} {_figure(done, total)}", _COLUMNS))

    def _write(self, line: str) -> None:
        blank = " " * max(0, self._wrote - width(line))
        self._stream.write(f"\r{line}{blank}" if line else f"\r{blank}\r")
        self._stream.flush()
        self._wrote = width(line)


def _figure(done: int, total: int | None) -> str:
    if not total:
        return f"{done:,}"
    full = min(_CELLS, _CELLS * done // total)
    return f"{'█' * full}{'░' * (_CELLS - full)} {done:,} / {total:,}"
