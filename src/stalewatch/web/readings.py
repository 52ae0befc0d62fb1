"""What takes longer than the event loop may wait is read in a thread, and once for all who ask for it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, Final, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 4
"""Things that are read at once: more would only take the interpreter from each other and from the loop."""


class Readings:
    """What is being read; used on one event loop."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._limit: CapacityLimiter | None = None

    async def read(self, key: Hashable, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` answers, in a thread; who asks under the same key while it runs gets the same answer.

        Whoever goes away does not end it for the others. Raises what `work` raises, for everybody who waits.
        """
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(self._work(lambda: work(*args, **kwargs)))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        found: T = await asyncio.shield(task)
        return found

    async def _work(self, work: Callable[[], T]) -> T:
        if self._limit is None:
            self._limit = CapacityLimiter(AT_ONCE)  # belongs to the loop on which it is made
        return await to_thread.run_sync(work, limiter=self._limit)
