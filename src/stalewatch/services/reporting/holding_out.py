"""Effect, not association: what became of problems of which somebody was told, against those that were held out.

Both count from when they opened, each problem once, by its first alert since the hold-out is as it is and its rule is
live with its limits. *Acted on*: within five business days somebody answered (a false alarm is no answer), changed the
record, or ended it by work in the CRM. *Recovered*: within ten it ended because the CRM shows the work. Problems that
ended in that time by an exception, another rule, a merge or lost data count neither way, nor do younger ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from stalewatch.domain.alerts import Cause
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import NEVER
from stalewatch.domain.language.model import Mode
from stalewatch.domain.learning.effect import Against, Measured
from stalewatch.domain.learning.intervals import Rate
from stalewatch.services.alerting import held_out
from stalewatch.services.reporting.feedback import acted_at_of, calendars_for
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import effects, rule_states
from stalewatch.store.engine import Connection
from stalewatch.store.visibility import Visible

ACTED_WITHIN: Final = Duration(5, Unit.BUSINESS_DAY)
RECOVERED_WITHIN: Final = Duration(10, Unit.BUSINESS_DAY)
_NEITHER: Final = frozenset({Cause.EXCEPTED, Cause.RULE_CHANGED, Cause.DATA_LOST, Cause.MERGED})


def measured(conn: Connection, book: Rulebook, now: int, visible: Visible | None) -> Mapping[str, Measured]:
    """What each live rule brings about, over the records that may be seen; rules that nothing measures are missing.

    Args:
        now: microseconds since the epoch.
    """
    holdout = book.judging.holdout
    began = held_out.since(conn, holdout)
    mine = [rule.id for rule in book.rules.rules if book.modes[rule.id] is Mode.LIVE]
    mine = [name for name in mine if holdout is not None and holdout.measures(book.by_id[name])]
    if holdout is None or began is None or not mine:
        return {}
    live = {name: row.live_since for name, row in rule_states.read(conn).items()}
    rows = effects.first_of_each(conn, mine, began, visible, critical=holdout.critical)
    fair = [row for row in rows if row.told_at >= (live.get(row.rule_id) or began)]
    acts = effects.first_acts(conn, began)
    found: dict[str, list[tuple[bool, bool, bool]]] = {name: [] for name in mine}
    for row, acted_by, recovered_by in _known(fair, calendars_for(conn, book, fair), now):
        acted = acted_at_of(row, acts)
        found[row.rule_id].append((row.holdout, NEVER != acted <= acted_by, _has_recovered(row, recovered_by)))
    return {name: _summed(some) for name, some in found.items()}


def _known(
    rows: Sequence[Any], calendars: Mapping[str, Calendar], now: int
) -> Iterator[tuple[Any, int, int]]:  # fmt: skip
    """Each row of which both outcomes are known by now, with the ends of both of its times."""
    by_calendar: dict[int, tuple[Calendar, list[Any]]] = {}
    for row in rows:
        calendar = calendars[row.record_id]
        by_calendar.setdefault(id(calendar), (calendar, []))[1].append(row)
    for calendar, mine in by_calendar.values():
        opened = np.array([row.told_at for row in mine], np.int64)
        ends = (calendar.add(opened, within).tolist() for within in (ACTED_WITHIN, RECOVERED_WITHIN))
        for row, acted_by, recovered_by in zip(mine, *ends, strict=True):
            ended = row.resolved_at is not None and row.resolved_at <= recovered_by
            if recovered_by < now and not (ended and row.cause in _NEITHER):
                yield row, acted_by, recovered_by


def _has_recovered(row: Any, by: int) -> bool:
    return row.resolved_at is not None and row.resolved_at <= by and Cause(row.cause).is_work


def _summed(some: Sequence[tuple[bool, bool, bool]]) -> Measured:
    """Out of (was held out, acted on, recovered) of each problem."""
    told, silent = ([one for one in some if one[0] is side] for side in (False, True))

    def of(place: int) -> Against:
        return Against(*(Rate(sum(one[place] for one in side), len(side)) for side in (told, silent)))

    return Measured(acted=of(1), recovered=of(2))
