"""How long work says how far it is, and is told to stop."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Called with the records read so far and, where known, how many there will be. It may raise `Stopped`."""


class Stopped(Exception):  # not an error: somebody asked
    """The worker was told to stop: what is stored stays, the lease goes back, the next worker goes on from there."""
