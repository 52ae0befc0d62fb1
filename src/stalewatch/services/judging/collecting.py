"""Let Python look for reference cycles less often while pages are stored or decided.

A page is hundreds of thousands of tuples and no cycle; after every 700 of them a look for cycles would walk those that
came last, which costs as much as a fifth of storing them, and after every 50,000 a twentieth.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

_SELDOM: Final = (500_000, 20, 20)
_lock: Final = Lock()
_usual: list[tuple[int, int, int]] = []
"""What was set before the first of those that are in it now, once for each of them."""


@contextmanager
def seldom() -> Iterator[None]:
    """A block in which the looks are rare; several threads may be in one at a time, the last to leave restores it."""
    with _lock:
        _usual.append(_usual[0] if _usual else gc.get_threshold())
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        with _lock:
            before = _usual.pop()
            if not _usual:
                gc.set_threshold(*before)
