"""From the stored clocks of one record to what each of its problems reads now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from stalewatch.domain.alerts import Reading
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, deadlines
from stalewatch.domain.instants import NEVER
from stalewatch.domain.language.model import Rule, Since

Problem = tuple[str, str | None]
"""Rule and subject: what is wrong with a record, whatever its episode."""


def readings(
    clocks: Sequence[Entry], known: Collection[Problem], rules: Mapping[str, Rule], now: int, *, is_open: bool
) -> dict[Problem, Reading]:
    """What every clock of a record says at `now`, and what became of the problems whose clock is gone.

    Args:
        known: problems that have an alert; without an entry they are closed or no longer apply.
    """
    found: dict[Problem, Reading] = {}
    if clocks:
        faces = deadlines(clocks)
        moment = np.full(len(clocks), now, np.int64)
        columns = (faces.state(moment).tolist(), faces.paused_until(moment).tolist(), faces.was_paused().tolist())
        for entry, state, paused_until, was_paused in zip(clocks, *columns, strict=True):
            found[entry.key] = Reading(
                State(state),
                entry.anchor or 0,
                entry.warn_at or 0,
                entry.breach_at or 0,
                entry.ran_since or now,
                None if paused_until == NEVER else paused_until,
                was_paused,
                _by_condition(rules.get(entry.rule)),
            )
    gone = State.NOT_APPLICABLE if is_open else State.CLOSED
    for problem in known:
        if problem not in found:
            found[problem] = Reading(gone, 0, 0, 0, now, by_condition=_by_condition(rules.get(problem[0])))
    return found


def _by_condition(rule: Rule | None) -> bool:
    return rule is not None and isinstance(rule.start, Since)
