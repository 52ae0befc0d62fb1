"""The cycle of a project: what `run --once` does once and the engine for ever."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from stalewatch.domain.durations import elapsed
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.notifier import Notifier
from stalewatch.services.operating.cycle import Cycle, Source
from stalewatch.wiring.connectors import make_connector
from stalewatch.wiring.project import Stalewatch
from stalewatch.wiring.reviewing import keep_and_post
from stalewatch.wiring.slack import acquainting_of


def cycle_of(
    project: Stalewatch,
    *,
    language: str | None = None,
    notifier: Callable[[], Notifier] | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    is_accepted: bool = False,
) -> Cycle:
    """Make the cycle of a project.

    Args:
        is_accepted: its rules were put in force already.
        language: overrides every reader's; None leaves it to them.
        notifier: instead of the project's own.
        is_stopping: asked between pages and between messages; True ends the work.
    """
    sources = {
        one.id: Source(
            type=one.type,
            connect=partial(project.connector, one.id),
            every=elapsed(one.every),
            writeback=one.writeback,
            writer=writer_of(project, one.id),
        )
        for one in project.settings.connections
    }
    cycle = Cycle(
        project.db, project.clock, project.rulebook, project.speaking, project.sources, sources,
        notifier or (lambda: project.notifier), language, is_stopping,
        (lambda: None) if notifier else acquainting_of(project), retention=project.settings.retention,
        hooks=project.settings.hooks,
        besides=partial(keep_and_post, project),
    )  # fmt: skip
    if is_accepted:
        cycle.accepted.set()
    return cycle


def writer_of(project: Stalewatch, identity: str) -> Callable[[], Connector]:
    """Makes, once, a connector to write through: it may close its connections while another one reads."""

    @cache
    def writer() -> Connector:
        return make_connector(project.settings, project.connection(identity), project.rulebook, project.clock)

    return writer
