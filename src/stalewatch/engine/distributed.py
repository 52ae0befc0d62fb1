"""The engine of several processes: each `stalewatch worker` is one of these, and Procrastinate lies between them.

Whoever sees first that something is due calls for it in the queue; some worker that has a hand free takes the call, and
what it then does, it claims row by row. A worker that dies, hangs or loses the database takes nothing with it: others
see the same rows, its wake-ups are cleared away, and its leases lapse by themselves.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Future, Task
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event
from time import monotonic
from typing import Any, Final

from procrastinate import App

from stalewatch.clock import SystemClock
from stalewatch.domain.instants import SECOND, to_us
from stalewatch.engine import queue
from stalewatch.engine.alarms import LOOK, SLOT, Alarm
from stalewatch.engine.hands import Hands
from stalewatch.engine.jobs import Job, jobs
from stalewatch.engine.presence import SaysAlive
from stalewatch.services.operating.workers import Presence
from stalewatch.wiring.cycles import cycle_of
from stalewatch.wiring.live import Live
from stalewatch.wiring.watching import EVERY, SETTLES, Watch

log = logging.getLogger("stalewatch.engine")

PATIENCE: Final = 7.0
"""Seconds that work under way has to come to an end; it is cut off after them, and its leases lapse."""
POLL: Final = 1.0
"""Seconds after which the queue is looked at unasked: Procrastinate may miss a call that comes while it looks."""
CLEARING: Final = 10.0
"""Seconds from one look for workers that are gone to the next."""
DEAF: Final = 12.0
"""Seconds after which a question without an answer means that the connection hangs."""
OPENING: Final = 4.0
"""Seconds for one try to reach the database. With `CLOSING` and `AGAIN`, work goes on within seven of its return."""
CLOSING: Final = 1.0
AGAIN: Final = 1.0


class Distributed:
    """Does some kinds of a project's work beside others that do the same, until it is told to stop."""

    def __init__(
        self, live: Live, address: str, *, kinds: Collection[str] = (), at_once: int = 1, language: str | None = None,
        make: Callable[..., tuple[Job, ...]] = jobs, every: float = EVERY, settles: float = SETTLES,
    ) -> None:  # fmt: skip
        """Prepare it; `run` belongs to one event loop.

        Args:
            live: with `judges`.
            address: of the queue (`wiring.databases.queue_address`).
            kinds: of work to do, by the names of their jobs; none: all.
            at_once: how many runs of one kind go on at once in this process, where several do more than one.
            every, settles: seconds, as `Watch` has them.
        """
        self._live, self._address = live, address
        self._stopping = Event()
        known = make(live, language=language, is_stopping=self._stopping.is_set)
        served = {job.name: job for job in known if not kinds or job.name in kinds}
        self.kinds = tuple(served)
        self._watch = Watch(live, self._news, every=every, settles=settles)
        self._hands = Hands(served, at_once, self._watch.hurry)
        self._alarms = {name: Alarm(job) for name, job in served.items()}
        self._eyes = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._alive = SaysAlive(Presence(live.project.db, "worker", self.kinds))
        self._ring, self._told = asyncio.Event(), asyncio.Event()
        self._left: set[Future[Any]] = set()
        self._is_away = False

    async def run(self) -> bool:
        """Work until `stop`; True if all that was under way came to an end in time.

        Raises:
            StoreError: the database cannot be written.
        """
        loop = self._loop = asyncio.get_running_loop()
        loop.set_exception_handler(_untold)
        for library in ("procrastinate", "psycopg.pool"):
            logging.getLogger(library).setLevel(logging.CRITICAL)  # what they do is ours to tell
        await loop.run_in_executor(self._eyes, cycle_of(self._live.project).prepare)
        self._watch.start()
        self._alive.start()
        is_clean = True
        while not self._told.is_set():
            is_clean = await self._connect()
        self._eyes.shutdown(wait=False)
        self._alive.stop()
        return is_clean

    def stop(self) -> None:
        """Take no more work, and let what is under way end. Called in the loop's thread."""
        self._stopping.set()
        self._watch.stop()
        self._told.set()

    # ------------------------------------------------------------------------------------------- one connection

    async def _connect(self) -> bool:
        """Work while the database answers. What hangs is left behind: Procrastinate's worker cannot always be ended."""
        app = queue.app_of(self._address, {name: partial(self._wake, name) for name in self._alarms})
        self._app = app
        told = asyncio.ensure_future(self._told.wait())
        opening = asyncio.ensure_future(app.open_async())
        await _first(opening, told, seconds=OPENING)
        going: list[Future[Any]] = [opening, told]
        is_clean = True
        if _is_good(opening):
            self._answers()
            work = [asyncio.ensure_future(one) for one in (self._serve(app), self._look(app), _deafness(app))]
            going += work
            await _first(*work, told)
            if not self._told.is_set():
                self._lost(*work)
        elif not self._told.is_set():
            self._lost(opening)
        if self._told.is_set():
            is_clean = await self._hands.rest(PATIENCE)
        await self._leave(app, going)
        return is_clean

    async def _serve(self, app: App) -> None:
        """Take calls; returns or fails when the database goes away."""
        await app.run_worker_async(
            queues=self._hands.free, concurrency=self._hands.many, delete_jobs="always", listen_notify=True,
            fetch_job_polling_interval=POLL, update_heartbeat_interval=queue.STALLED / 6,
            stalled_worker_timeout=queue.STALLED, shutdown_graceful_timeout=0.5, install_signal_handlers=False,
        )  # fmt: skip

    async def _leave(self, app: App, going: Collection[Future[Any]]) -> None:
        for one in going:
            one.cancel()
        await asyncio.wait(going, timeout=CLOSING)
        closing = asyncio.ensure_future(app.close_async())
        await asyncio.wait({closing}, timeout=CLOSING)
        for one in (*going, closing):
            if not one.done():
                self._left.add(one)
                one.add_done_callback(self._left.discard)
        if not self._told.is_set():
            await _first(asyncio.ensure_future(self._told.wait()), seconds=AGAIN)

    def _lost(self, *tasks: Future[Any]) -> None:
        if not self._is_away:
            found = [one.exception() for one in tasks if one.done() and not one.cancelled()]
            log.warning("the queue does not answer%s; trying again", _said([one for one in found if one]))
        self._is_away = True

    def _answers(self) -> None:
        if self._is_away:
            log.info("the queue answers again")
        self._is_away = False

    # ------------------------------------------------------------------------------------------- one kind of work

    async def _wake(self, name: str) -> None:
        """Somebody called: do what is due."""
        done = await self._hands.do(name)
        if done is None:
            return
        self._alarms[name].ran(done, monotonic())
        self._ring.set()
        for other in done.wakes:
            await queue.call(self._app, other)

    async def _look(self, app: App) -> None:
        """See what is due, and call for it; and clear away what workers have left that are gone."""
        cleared = -CLEARING
        while True:
            self._ring.clear()
            for alarm in self._alarms.values():
                if alarm.at <= monotonic():
                    await self._see(app, alarm)
            if monotonic() - cleared >= CLEARING:
                cleared = monotonic()
                await queue.clear_away(app)
            soonest = min((alarm.at for alarm in self._alarms.values()), default=monotonic() + LOOK)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ring.wait(), max(0.0, soonest - monotonic()))

    async def _see(self, app: App, alarm: Alarm) -> None:
        name, now = alarm.job.name, to_us(SystemClock().now())
        if alarm.job.every is not None:
            slot = alarm.strikes(now)
            alarm.sleeps(now, monotonic())
            if slot is not None:
                await queue.call_once(app, name, slot)
            return
        asked = asyncio.get_running_loop().run_in_executor(self._eyes, alarm.job.until)
        await asyncio.wait({asked})
        error = asked.exception()
        if error is not None:
            log.warning("%s: %s", name, error)
            alarm.at = monotonic() + LOOK
        elif alarm.looked(asked.result() / SECOND, monotonic()):
            is_heard = await queue.call_once(app, name, now // SLOT)
            alarm.rang(monotonic(), is_heard=is_heard)

    def _news(self) -> None:
        """Other rules are in force, or the operator has to be told that they are not: everything is looked at."""
        self._loop.call_soon_threadsafe(self._hear)

    def _hear(self) -> None:
        for name in self.kinds:
            task: Task[None] = asyncio.ensure_future(queue.call(self._app, name))
            self._left.add(task)
            task.add_done_callback(self._left.discard)


async def _deafness(app: App) -> None:
    """Returns when a question has had no answer for too long."""
    connector = app.connector
    assert isinstance(connector, queue.Connector)  # noqa: S101 - `app_of` makes no other
    while connector.silent_for() < DEAF:
        await asyncio.sleep(1.0)


async def _first(*tasks: Future[Any], seconds: float | None = None) -> None:
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _is_good(task: Future[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _said(errors: Collection[BaseException]) -> str:
    """What the errors say, down to the one that began it."""
    for error in errors:
        cause = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        return f": {type(cause).__name__}: {cause}"
    return ""


def _untold(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a task that nobody waits for any more ended with: its connection is gone, which was told."""
    log.debug("%s", context.get("exception") or context.get("message"))
