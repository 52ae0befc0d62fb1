"""KPIs of leads: how long a hand-off waits, and what becomes of those that become no deal."""

from __future__ import annotations

from typing import Final

import numpy as np

from stalewatch.domain.instants import DAY, SECOND
from stalewatch.domain.kpi.definitions import FOUR_WEEKS, QUARTER
from stalewatch.domain.kpi.moment import Moment
from stalewatch.domain.kpi.tally import P, Tally

_UNTIL_LOST: Final = 30 * DAY
"""A lead that became no deal so long after it was an MQL is a loss that nobody sees."""
_NO_DEAL: Final = ("mql", "recycled", "disqualified")


def leading(moment: Moment, tally: Tally[P]) -> None:
    """Count what happened to the leads of a moment."""
    given, touched = moment.column("handed_off_at"), moment.column("first_touch_at")
    told = moment.there & given.present & touched.present & (touched.values >= given.values)
    waited = np.maximum(touched.values - given.values, 0) // SECOND
    tally.mean("handoff_time", told & moment.day.holds(touched.values, FOUR_WEEKS), waited)
    _unobserved(moment, tally)


def _unobserved(moment: Moment, tally: Tally[P]) -> None:
    kinds = moment.program.rules.catalogue.objects["lead"]
    if not {"mql_at", "status", "unconverted_reason"} <= kinds.keys():
        return
    began, status, reason = (moment.column(name) for name in ("mql_at", "status", "unconverted_reason"))
    ended = [code for code, value in enumerate(kinds["status"].values) if value in _NO_DEAL]
    due = began.values + _UNTIL_LOST
    told = moment.known("mql_at", "status", "unconverted_reason", "is_open")
    is_open = moment.frame.columns["is_open"]
    lost = moment.there & told & began.present & is_open.present & is_open.values & status.present
    lost = lost & np.isin(status.values, ended) & moment.day.holds(due, QUARTER)
    tally.share("unobserved_loss", lost, ~reason.present)
    for code, tag in enumerate(kinds["unconverted_reason"].values):
        tally.share(f"unobserved_loss.{tag}", lost, reason.present & (reason.values == code))
