"""What is counted before anybody asks: the overview of everything, where there is much of it.

Whoever comes first after a start would read that the figures are being counted, which takes seconds of a million
records. It is counted once, beside the server, as it would be for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Final

from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.reporting.coming import today
from stalewatch.web.counting import StillCounting, log
from stalewatch.web.desk import Desk
from stalewatch.web.figures import FEW, Figures
from stalewatch.web.pages.overview import counted_by
from stalewatch.web.pages.paper import read_ahead

MOST: Final = 600.0
"""Seconds that it takes at the most."""


@dataclass
class Ahead:
    """Reads the templates and counts once, in a thread of its own. `desk` is the application's, as it is by then."""

    desk: Callable[[], Desk]
    _thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run, name="ahead", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self) -> None:
        """Nothing has to end: it only reads."""

    def _run(self) -> None:
        read_ahead()
        try:
            count_ahead(self.desk())
        except StalewatchError as error:  # whoever asks first counts, and is told why it fails
            log.warning("the overview could not be counted ahead: %s", error)
        except StillCounting:
            log.warning("the overview takes more than %d s to count", MOST)


def count_ahead(desk: Desk) -> bool:
    """Count the overview for whoever sees everything, in the project's language; False if that is done in no time.

    Raises:
        StalewatchError: the database cannot be asked.
    """
    reports = desk.reports_in(desk.project.settings.language)
    figures = Figures(desk.counting, reports, None, MOST)
    if figures.reach <= FEW:
        return False
    counted_by(figures, reports, desk.now, today(reports, desk.now), forecasts=True)
    return True
