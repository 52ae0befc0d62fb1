"""`/healthz`, `/readyz` and `/metrics`: for whatever watches the watcher.

`/healthz` says that this process answers; `/readyz` that its work is done in time. The latter two ask the database,
which may be away, and so wait in the thread pool instead of holding up every reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from fastapi import Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from stalewatch.domain.instants import SECOND
from stalewatch.services.operating.faults import StoreError
from stalewatch.services.operating.health import ConnectionHealth, Health, Queue, Snapshot
from stalewatch.web.answers import JSON
from stalewatch.web.desk import At
from stalewatch.wiring.live import Live

_NO_STORE: Final = {"Cache-Control": "no-store"}


async def healthz() -> Response:
    """This process answers."""
    return Response(b'{"status":"ok"}', headers=_NO_STORE, media_type=JSON)


def readyz(desk: At) -> Response:
    """Whether work is done in time: 200, or 503 with the reasons; warnings are of what does not stop the work."""
    ready = desk.health.readiness(desk.engine())
    body = {"status": "ok" if ready.ok else "not ready", "reasons": ready.reasons, "warnings": _warnings(desk.live)}
    return Response(msgspec.json.encode(body), 200 if ready.ok else 503, _NO_STORE, JSON)


def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    registry: CollectorRegistry = request.app.state.metrics
    return Response(generate_latest(registry), headers=_NO_STORE, media_type=CONTENT_TYPE_LATEST)


def _warnings(live: Live) -> list[str]:
    """What was saved and is not in force, and why: errors, or a key that is read when the process starts."""
    state = live.state
    refused = [] if state.refused is None else [state.refused.line()]
    keys = ", ".join(state.waiting)
    return [*refused, *([f"stalewatch.yaml: restart to apply what was changed under {keys}"] if keys else [])]


class Work(Collector):
    """The state of the work, asked for when somebody scrapes."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked of the database when the registry is made."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            found = self._health().look()
        except StoreError:
            yield _gauge("database_up", "1 if the database answers.", 0)
            return
        yield _gauge("database_up", "1 if the database answers.", 1)
        yield from _connections(found.connections)
        yield from _messages(found)
        yield from _works(found)
        yield from _quotas(found)


def _connections(some: tuple[ConnectionHealth, ...]) -> Iterator[Metric]:
    figures = (
        ("data_age_seconds", "Age of a connection's data.", [one.data_age for one in some]),
        ("sync_overdue_seconds", "Since a connection should have been read.", [one.overdue for one in some]),
        ("sync_failing_seconds", "Since a connection cannot be read; 0 if it can.", [one.failing or 0 for one in some]),
        ("due_age_seconds", "Age of the oldest deadline that was not looked at.", [one.due_age for one in some]),
        ("tick_age_seconds", "Since time last passed for a connection.", [one.ticked_age for one in some]),
    )
    for name, help_text, ages in figures:
        family = GaugeMetricFamily(f"stalewatch_{name}", help_text, labels=["connection"])
        for one, age in zip(some, ages, strict=True):
            if age is not None:
                family.add_metric([one.id], age / SECOND)
        yield family
    due = GaugeMetricFamily("stalewatch_due", "Records due to be looked at, up to 10,000.", labels=["connection"])
    for one in some:
        due.add_metric([one.id], one.due)
    yield due


def _messages(found: Snapshot) -> Iterator[Metric]:
    tables = (
        ("deliveries", "Messages by state.", "state", found.deliveries),
        ("notices", "Things to be said, by state.", "state", found.notices),
        (
            "answers",
            "What readers did with messages in 30 days, by what came of it.",
            "outcome",
            found.answers,
        ),
        ("notices_held", "Things that wait for a person's word, by reason.", "reason", found.held),
    )
    for name, help_text, label, counted in tables:
        family = GaugeMetricFamily(f"stalewatch_{name}", help_text, labels=[label])
        for key, many in sorted(counted.items()):
            family.add_metric([key], many)
        yield family
    yield _gauge("parked", "Connections, destinations and records that were set aside.", len(found.parked))
    yield _gauge("destinations_paused", "Destinations whose service is down.", len(found.paused))
    yield _gauge("services_down", "Services that take no messages.", len(found.down))
    overdue = found.dispatch_overdue / SECOND
    yield _gauge("dispatch_overdue_seconds", "Since the longest waiting message should have gone.", overdue)


def _works(found: Snapshot) -> Iterator[Metric]:
    figures: tuple[tuple[str, str, Callable[[Queue], float]], ...] = (
        ("work_due", "Rows of work that are due and that nobody holds.", lambda one: one.due),
        ("work_leased", "Rows of work that somebody holds.", lambda one: one.leased),
        ("work_parked", "Rows of work that were set aside.", lambda one: one.parked),
        (
            "work_due_age_seconds",
            "Since the first of the rows that are due is.",
            lambda one: one.age / SECOND,
        ),
    )
    for name, help_text, figure in figures:
        family = GaugeMetricFamily(f"stalewatch_{name}", help_text, labels=["kind"])
        for kind, one in found.work.items():
            family.add_metric([kind], figure(one))
        yield family


def _quotas(found: Snapshot) -> Iterator[Metric]:
    for place, name in enumerate(("used", "allowed")):
        help_text = f"Calls {name} of the account, by everybody who calls it, as its CRM told last."
        family = GaugeMetricFamily(f"stalewatch_calls_{name}", help_text, labels=["connection", "quota"])
        for key, told in sorted(found.quota.items()):
            family.add_metric(list(key), told[place])
        yield family


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"stalewatch_{name}", help_text, value=value)
