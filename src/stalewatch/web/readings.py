"""How many ask the same at once: questions are understood once, and what takes long is read once, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 4
"""Things that are read at once: more would only take the interpreter from each other and from the loop."""


MOST_QUESTIONS: Final = 2_000
"""Questions that are remembered; then all of them are forgotten."""
LONGEST: Final = 500
"""Bytes of a question that is remembered."""


class Questions:
    """Questions that were understood once, by their words: who asks the same again every minute is understood at once.

    What a question means never changes while the application runs; what its answer is does, and is not kept here.
    """

    def __init__(self) -> None:
        self._understood: dict[tuple[str, bytes], Any] = {}

    def known(self, request: Request) -> Any | None:
        """What this question was understood to mean, if it was asked before."""
        return self._understood.get((request.scope["path"], request.scope["query_string"]))

    def note(self, request: Request, meaning: Any) -> None:
        """Remember what it means."""
        words = request.scope["query_string"]
        if len(words) <= LONGEST:
            if len(self._understood) >= MOST_QUESTIONS:
                self._understood.clear()
            self._understood[request.scope["path"], words] = meaning


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
            task.add_done_callback(partial(self._over, key))
        found: T = await asyncio.shield(task)
        return found

    def _over(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # everybody who asked may have gone away: nobody is left to hear of it

    async def _work(self, work: Callable[[], T]) -> T:
        if self._limit is None:
            self._limit = CapacityLimiter(AT_ONCE)  # belongs to the loop on which it is made
        return await to_thread.run_sync(work, limiter=self._limit)
