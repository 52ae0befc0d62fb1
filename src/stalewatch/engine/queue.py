"""The queue between workers: Procrastinate on PostgreSQL, one queue for each kind of work.

What lies in it is a wake-up for a kind. It carries nothing and is deleted however it ends: what is to be done stands in
our own rows, and whoever wakes up claims those. So it can be lost, run twice or be years old, and does no harm.

`app` is for Procrastinate's own shell, which finds the database by libpq's variables:

    PGOPTIONS=-csearch_path=stalewatch_queue procrastinate --app=stalewatch.engine.queue.app shell
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from time import monotonic
from typing import Any, Final

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager

Wake = Callable[[], Awaitable[None]]

STALLED: Final = 30.0
"""Seconds without a heartbeat after which a worker counts as gone."""
_DUE: Final = "due"
_FEW: Final = {"min_size": 1, "max_size": 4, "timeout": 5.0, "reconnect_timeout": 4.0}


class Connector(PsycopgConnector):
    """Procrastinate's connections, which know since when a question has had no answer.

    Connections that a network holds open without letting anything through hang for ever, and a worker that waits on
    one cannot even be stopped (procrastinate issue 1513). Who sees that makes a new one and leaves the old one behind.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._asked: dict[object, float] = {}

    def silent_for(self) -> float:
        """Seconds since the oldest question that has no answer was asked; 0: there is none."""
        return monotonic() - min(self._asked.values(), default=monotonic())

    @contextmanager
    def _asking(self) -> Iterator[None]:
        mark = object()
        self._asked[mark] = monotonic()
        try:
            yield
        finally:
            del self._asked[mark]

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        with self._asking():
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        with self._asking():
            found: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
            return found

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        with self._asking():
            found: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
            return found


def app_of(address: str, wakes: Mapping[str, Wake]) -> App:
    """An app whose tasks are these kinds of work, each with a queue of its own name and waiting in it once at most."""
    made = App(connector=Connector(conninfo=address, **_FEW))
    for kind, wake in wakes.items():
        made.task(name=kind, queue=kind, queueing_lock=kind)(_unslotted(wake))
    return made


def _unslotted(wake: Wake) -> Callable[..., Awaitable[None]]:
    """Procrastinate wants a periodic job to carry its time; nobody here reads it."""

    async def run(timestamp: int = 0) -> None:  # noqa: ARG001
        await wake()

    return run


async def call(app: App, kind: str) -> None:
    """Wake some worker for a kind of work; nothing happens if one of them will come anyway."""
    try:
        await app.configure_task(kind, queue=kind, queueing_lock=kind).defer_async()
    except AlreadyEnqueued:
        return


async def call_once(app: App, kind: str, slot: int) -> bool:
    """The same, once for a slot however many workers call; False if the slot had its call before."""
    told = {"timestamp": slot}
    deferrer = app.configure_task(kind, queue=kind, queueing_lock=kind, task_kwargs=told)
    try:
        found = await app.job_manager.defer_periodic_job(deferrer.job, _DUE, slot)
    except AlreadyEnqueued:
        return True
    return found is not None


async def clear_away(app: App) -> int:
    """Forget workers that are gone, and delete the wake-ups that they had taken; returns how many of those.

    They are deleted and not tried again: what they were for is still due, and calls for itself.
    """
    await app.job_manager.prune_stalled_workers(STALLED)
    stalled = [job for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED) if job.id]
    for job in stalled:
        with suppress(ConnectorException):  # another worker was quicker, or the next question shows what is wrong
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    return len(stalled)


def shipped_schema() -> tuple[str, Mapping[str, str]]:
    """The library's schema as a whole, and its steps from version to version by their names."""
    folder = files("procrastinate.sql") / "migrations"
    steps = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".sql")}
    return SchemaManager.get_schema(), steps


app: Final = app_of("", {})
