"""The lookout of a project: what a process that works for good looks at besides its work."""

from __future__ import annotations

from stalewatch.delivery.heartbeat import Heartbeat
from stalewatch.services.operating.lookout import Lookout
from stalewatch.wiring.project import Stalewatch


def lookout_of(project: Stalewatch) -> Lookout:
    """Make it."""
    said = project.settings.heartbeat
    heartbeat = None if said is None else Heartbeat(said.url, said.allow_custom_host)
    return Lookout(project.db, project.clock, project.speaking, project.sources, lambda: project.notifier, heartbeat)
