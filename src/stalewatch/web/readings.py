"""How many ask the same at once: what is quick is asked once for all who came, and what takes long is read once, in a
thread, for all who wait. Nobody gets an answer that was begun before they asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")

AT_ONCE: Final = 4
"""Things that are read at once: more would only take the interpreter from each other and from the loop."""


class Together(Generic[T]):
    """One quick question, put on the event loop itself, for all who have come until it is put."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._next: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """Its answer. Raises what it raises, for everybody who waits."""
        if self._next is None or self._next.get_loop() is not asyncio.get_running_loop():
            self._next = asyncio.ensure_future(self._put())
            self._next.add_done_callback(_heard)
        return await asyncio.shield(self._next)

    async def _put(self) -> T:
        self._next = None  # who comes from now on asks anew
        return self._ask()


@dataclass(slots=True)
class _Flight:
    """One reading of something. It has `begun` once it is read, and is joined by nobody from then on."""

    task: asyncio.Task[Any] | None = None
    begun: bool = False


class Readings:
    """What is being read; used on one event loop."""

    def __init__(self) -> None:
        self._last: dict[Hashable, _Flight] = {}
        self._limit: CapacityLimiter | None = None

    async def read(self, key: Hashable, work: Callable[[], T]) -> T:
        """What `work` answers, in a thread; under one key it runs once at a time.

        Who asks while it runs waits for the next run, all who wait for the same: an answer is never older than its
        question, and however many ask while everything changes, no more is read than one after the other.
        Whoever goes away does not end it for the others. Raises what `work` raises, for everybody who waits.
        """
        flight = self._last.get(key)
        if flight is None or flight.begun:
            before, flight = flight, _Flight()
            self._last[key] = flight
            flight.task = asyncio.ensure_future(self._work(flight, before, work))
            flight.task.add_done_callback(partial(self._over, key, flight))
        assert flight.task is not None  # noqa: S101 - it was made with it
        found: T = await asyncio.shield(flight.task)
        return found

    def _over(self, key: Hashable, flight: _Flight, task: asyncio.Task[Any]) -> None:
        if self._last.get(key) is flight:
            del self._last[key]
        _heard(task)

    async def _work(self, flight: _Flight, before: _Flight | None, work: Callable[[], T]) -> T:
        if before is not None and before.task is not None:
            await asyncio.wait([before.task])
        if self._limit is None:
            self._limit = CapacityLimiter(AT_ONCE)  # belongs to the loop on which it is made
        return await to_thread.run_sync(_begun, flight, work, limiter=self._limit)


def _heard(task: asyncio.Task[Any]) -> None:
    """Everybody who asked may have gone away: then nobody is left to hear of a fault."""
    if not task.cancelled():
        task.exception()


def _begun(flight: _Flight, work: Callable[[], T]) -> T:
    flight.begun = True
    return work()
