"""The threads of a worker, and what each kind of work may take of them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from stalewatch.engine.jobs import Job
from stalewatch.engine.performing import Performed, perform

log = logging.getLogger("stalewatch.engine")


class Hands:
    """Runs jobs in threads: of each kind so many at once and no more, so that no kind has to wait for another.

    Attributes:
        free: the kinds that can be begun now. The list is the same object for good: who fetches work may hold it.
    """

    def __init__(self, jobs: Mapping[str, Job], at_once: int, hurry: Callable[[], None]) -> None:
        """Prepare them.

        Args:
            at_once: how many runs of one kind go on at once, where several do more than one (`Job.shared`).
            hurry: as `perform` has it.
        """
        self._jobs, self._hurry = jobs, hurry
        self._most = {name: at_once if job.shared else 1 for name, job in jobs.items()}
        self._busy: Counter[str] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_over = False
        self._pool = ThreadPoolExecutor(max(1, self.many), thread_name_prefix="work")
        self.free = list(jobs)

    @property
    def many(self) -> int:
        """How many runs of all kinds can go on at once."""
        return sum(self._most.values())

    async def do(self, name: str) -> Performed | None:
        """Run a job once, if a hand for it is free; None if not, or if it failed, which is told.

        Who is cancelled while waiting leaves the run alone: a thread cannot be ended. Its hand is free when it ends.
        """
        if self._is_over or self._busy[name] >= self._most[name]:
            return None
        self._busy[name] += 1
        self._idle.clear()
        if self._busy[name] == self._most[name]:
            self.free.remove(name)
        run = asyncio.get_running_loop().run_in_executor(self._pool, perform, self._jobs[name], self._hurry)
        run.add_done_callback(partial(self._ended, name))
        await asyncio.wait({run})
        return run.result() if run.exception() is None else None

    async def rest(self, seconds: float) -> bool:
        """Begin nothing more, and wait so long at most for what is under way; True if all of it has ended."""
        self._is_over = True
        self.free.clear()
        self._pool.shutdown(wait=False)
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _ended(self, name: str, run: asyncio.Future[Performed]) -> None:
        self._busy[name] -= 1
        if name not in self.free and not self._is_over:
            self.free.append(name)
        if not +self._busy:
            self._idle.set()
        error = run.exception()
        if error is not None:  # a fault of ours; the others go on, and this one is tried again
            log.error("%s failed: %s: %s", name, type(error).__name__, error, exc_info=error)
