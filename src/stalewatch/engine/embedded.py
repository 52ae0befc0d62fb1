"""The engine of one process: APScheduler as an alarm clock over the list of jobs.

It holds no truth (the rows do): its jobs live in memory, each runs in one thread at a time, and each is woken when
the next thing of its kind is due, at the latest after 30 seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, timedelta
from threading import Condition, Event
from time import monotonic
from typing import Final

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent  # type: ignore[import-untyped]
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.jobstores.base import JobLookupError  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from stalewatch.clock import SystemClock
from stalewatch.engine.jobs import Job, jobs
from stalewatch.engine.performing import LONGEST_SLEEP, perform
from stalewatch.engine.presence import SaysAlive
from stalewatch.services.operating.workers import Presence
from stalewatch.wiring.cycles import cycle_of
from stalewatch.wiring.live import Live
from stalewatch.wiring.watching import EVERY, SETTLES, Watch

log = logging.getLogger("stalewatch.engine")

SHORTEST_SLEEP: Final = 0.5
"""Seconds: what is due but cannot be done yet (held by somebody, waiting for old data) must not be asked in a spin."""
PATIENCE: Final = 9.0
"""Seconds that work under way has to come to an end; it is cut off after them, and its leases lapse."""


class Embedded:
    """Runs the jobs of a project in threads of this process, between `start` and `stop`, and looks at its rules."""

    def __init__(
        self, live: Live, *, language: str | None = None, make: Callable[..., tuple[Job, ...]] = jobs,
        every: float = EVERY, settles: float = SETTLES,
    ) -> None:  # fmt: skip
        """Prepare it.

        Args:
            live: with `judges`.
            every, settles: seconds, as `Watch` has them.
        """
        self._live = live
        self._watch = Watch(live, self._wake_all, every=every, settles=settles)
        self._stopping = Event()
        self._state = Condition()
        self._running: set[str] = set()
        self._woken: set[str] = set()
        self._jobs = {one.name: one for one in make(live, language=language, is_stopping=self._stopping.is_set)}
        self._alive = SaysAlive(Presence(live.project.db, "embedded", tuple(self._jobs)))
        workers = ThreadPoolExecutor(max_workers=2 * len(self._jobs))
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what its jobs do is ours to tell
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": workers}, daemon=True)
        self._scheduler.add_listener(self._tell, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin: every job runs at once, and then when it is needed.

        Raises:
            StoreError: the database cannot be written.
        """
        cycle_of(self._live.project).prepare()
        # Two instances may be asked for, so that none is refused; `_run` lets one work and remembers the other.
        trigger = IntervalTrigger(seconds=int(LONGEST_SLEEP), timezone=UTC)
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._run, trigger, args=[job], id=job.name, coalesce=True, misfire_grace_time=None,
                max_instances=2, next_run_time=SystemClock().now(),
            )  # fmt: skip
        self._scheduler.start()
        self._watch.start()
        self._alive.start()

    def stop(self) -> bool:
        """Stop claiming work, let what is under way end, give leases back; True if all of it ended in time."""
        self._stopping.set()
        self._watch.stop()
        self._alive.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        end = monotonic() + PATIENCE
        with self._state:
            return self._state.wait_for(lambda: not self._running, timeout=max(0.0, end - monotonic()))

    # ------------------------------------------------------------------------------------------- one job

    def _run(self, job: Job) -> None:
        with self._state:
            if job.name in self._running:
                self._woken.add(job.name)
                return
            self._running.add(job.name)
        wait = LONGEST_SLEEP
        try:
            wait = self._work(job)
        finally:
            with self._state:
                self._running.discard(job.name)
                self._arm(job.name, 0.0 if job.name in self._woken else max(SHORTEST_SLEEP, wait))
                self._woken.discard(job.name)
                self._state.notify_all()

    def _work(self, job: Job) -> float:
        """Do it once, and return the seconds until it is needed again."""
        if self._stopping.is_set():
            return LONGEST_SLEEP
        done = perform(job, self._watch.hurry)
        for name in done.wakes:
            self._wake(name)
        return done.wait

    def _tell(self, event: JobExecutionEvent) -> None:
        """A fault of ours in a job: the scheduler has caught it, the job is tried again, the others go on."""
        error = event.exception
        log.error("%s failed: %s: %s", event.job_id, type(error).__name__, error, exc_info=error)

    def _wake_all(self) -> None:
        """Everything has to be judged by other rules, or the operator has to be told that it is not."""
        for name in self._jobs:
            self._wake(name)

    def _wake(self, name: str) -> None:
        """Run a job now, or once more if it is running."""
        with self._state:
            if name in self._running:
                self._woken.add(name)
            else:
                self._arm(name, 0.0)

    def _arm(self, name: str, wait: float) -> None:
        """Let it run in so many seconds; only while holding the state, so that nobody puts off what another woke."""
        if self._stopping.is_set():
            return
        due = SystemClock().now() + timedelta(seconds=min(wait, LONGEST_SLEEP))
        with suppress(JobLookupError):  # `stop` was quicker
            self._scheduler.modify_job(name, next_run_time=due)
