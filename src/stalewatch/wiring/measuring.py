"""Who keeps the KPIs of a project."""

from __future__ import annotations

from collections.abc import Callable

from stalewatch.services.measuring.kpi_keeping import Keeping
from stalewatch.wiring.project import Stalewatch


def keeping_of(project: Stalewatch, *, is_stopping: Callable[[], bool] = lambda: False) -> Keeping:
    """Keeps the KPIs of a project, by the rules that it has."""
    return Keeping(project.db, project.clock, project.rulebook, project.sources, is_stopping)
