"""The dear figures of one request: how long it may wait for them, and how old the oldest is that it shows.

    figures_of(request).of(("forecast", key_of(filters)), lambda: forecast(...))

Of few records everything is counted at the moment that somebody asks. Of many a page waits a twelfth of a second in
all: then it says that its figures are being counted and looks again by itself, or shows the last ones with their time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import Final, TypeVar

from fastapi import Request

from stalewatch.services.reporting.reports import Filters, Reports, Visible
from stalewatch.services.reporting.standing import Choices, choices, reach
from stalewatch.web.counting import LONGEST, OLDEST, Counting
from stalewatch.web.desk import desk_of

T = TypeVar("T")
PATIENCE: Final = 0.08
"""Seconds that a page waits in all."""
PROGRAMS: Final = 15.0
FILES: Final = 60.0
"""Seconds that the API waits, and whoever takes a file home."""
FEW: Final = 2_000
"""Open records of which every figure is counted while its reader waits."""
OLDEST_OF_ALL: Final = 3600.0
"""Seconds that figures of every record are shown at the most; what some may see can become less, and is shown for
`OLDEST`."""


@dataclass
class Figures:
    """What one reader is told at one time.

    Attributes:
        visible: the records that they may see; None: all.
        most: seconds that they wait in all.
        age: seconds of the oldest figure. renews: some figure is being counted anew.
    """

    counting: Counting
    reports: Reports
    visible: Visible | None
    most: float
    age: float = 0.0
    renews: bool = False
    _began: float = field(default_factory=monotonic)

    def of(
        self, question: Hashable, count: Callable[[], T], *, most: float | None = None, lasts: float | None = None
    ) -> T:
        """The answer to a question about what this reader may see; `question` names all else that it depends on.

        Args:
            most: seconds to wait for it at the most, also where there are few open records: for what is counted over
                all that ever were. None: as the reader waits.
            lasts: seconds for which it is good, of what no hour changes much; None: by what it cost.

        Raises:
            StillCounting: nothing is known yet, and counting takes too long to wait for it.
        """
        oldest = OLDEST_OF_ALL if self.visible is None else OLDEST
        found = self.counting.of(
            (question, self.visible), count, patience=lambda: _least(self.patience(), most), oldest=oldest, lasts=lasts
        )
        self.age, self.renews = max(self.age, found.age), self.renews or found.renews
        return found.value

    def choices(self, obj: str | None) -> Choices:
        """Whose records there are and of which teams, for filters; of many records as it was a minute ago."""

        def found() -> Choices:
            return choices(self.reports, obj, visible=self.visible)

        if self.reach <= FEW:
            return found()
        return self.counting.of(("choices", obj, self.visible), found, lasts=LONGEST, cheap=0.0).value

    def patience(self) -> float | None:
        """Seconds that are left to wait; None: as long as it takes."""
        return None if self.reach <= FEW else max(0.0, self._began + self.most - monotonic())

    @property
    def outdated(self) -> float | None:
        """The age in seconds of what is shown, where it is more than a moment and other figures will soon be there."""
        return self.age if self.renews and self.age > LONGEST else None

    @cached_property
    def reach(self) -> int:
        """How many open records they may see."""
        return reach(self.reports, visible=self.visible)


def _least(wait: float | None, most: float | None) -> float | None:
    return most if wait is None else wait if most is None else min(wait, most)


def figures_of(request: Request) -> Figures:
    """Those of a request, one and the same for all of it."""
    if not hasattr(request.state, "figures"):
        desk, path = desk_of(request), request.url.path
        most = PROGRAMS if path.startswith("/v1/") else FILES if path.endswith(".csv") else PATIENCE
        request.state.figures = Figures(desk.counting, desk.reports(request), desk.visible(request), most)
    figures: Figures = request.state.figures
    return figures


def key_of(filters: Filters) -> Hashable:
    """What names a choice of records."""
    owners, ids = (None if some is None else frozenset(some) for some in (filters.owners, filters.ids))
    rest = (filters.obj, filters.connection, filters.team, filters.pipeline, filters.stage, filters.rule)
    return (owners, ids, *rest, filters.severity, filters.min_amount, filters.q)
