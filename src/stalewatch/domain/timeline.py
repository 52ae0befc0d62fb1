"""A record's past as a sequence of states, so that a condition can be asked about every moment at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.branchless import only, somewhere
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, Instants, Mask
from stalewatch.domain.plans import StartPlan
from stalewatch.domain.unfolding import moments, past, unfold


@dataclass(frozen=True, slots=True)
class States:
    """The states of some records, sorted by (record, at). A record's first state begins at NEVER.

    Attributes:
        record: index into the frame the states come from.
        at: since when the state holds; `until` is when the next one of the same record begins, or None's
            stand-in, the greatest int64, for the present one.
        frame: the states as records, with the columns that were asked for.
    """

    record: NDArray[np.int64]
    at: Instants
    until: Instants
    frame: Frame

    @property
    def is_first(self) -> Mask:
        """Where a record's first state stands."""
        first: Mask = self.at == NEVER
        return first


def states(frame: Frame, names: Iterable[str], only: Mask) -> States:
    """Unfold the records in `only` into one state per moment at which one of the named fields changed."""
    wanted = sorted(set(names) & set(frame.columns))
    histories = {name: frame.history[name] for name in wanted if name in frame.history and len(frame.history[name].row)}
    among = moments(only, histories)
    record, at = among.record, among.at
    pasts = {name: past(history, name, among, frame.size) for name, history in histories.items()}
    columns = {name: unfold(frame.columns[name], pasts.get(name), record) for name in wanted}
    unavailable = {name: mask[record] for name, mask in frame.unavailable.items() if name in columns}
    until = np.full(len(at), np.iinfo(np.int64).max, np.int64)
    same = record[1:] == record[:-1]
    until[:-1][same] = at[1:][same]
    unfolded = Frame(
        object=frame.object,
        size=len(record),
        columns=columns,
        unavailable=unavailable,
        unknown={name: changes.before for name, changes in pasts.items()},
    )
    return States(record, at, until, unfolded)


def became_true(since: StartPlan, scope: Scope, chosen: Chosen) -> tuple[Instants, Mask]:
    """When the condition of a `since` became true for good, and where that is only the record's creation (estimated).

    Records for which it does not hold now answer NEVER.
    """
    assert since.holds is not None  # noqa: S101  # plans.py compiles it for every `since`
    frame, holds_now = scope.frame, since.holds(scope)
    created = frame.columns["created_at"]
    anchor, estimated = only(created.values, holds_now & created.present), holds_now
    # Only a record that changed can show when it began; of the others nothing needs to be unfolded.
    may_show = holds_now & changed(frame, since.fields)
    if not somewhere(may_show):
        return anchor, estimated
    before = states(frame, since.fields, may_show)
    holds = since.holds(Scope(before.frame, scope.rules, chosen.taken(before.record), scope.program))
    # A state starts the present run if it and all later ones of its record hold and the one before does not.
    falsified = np.full(frame.size, -1, np.int64)
    np.maximum.at(falsified, before.record[~holds], np.flatnonzero(~holds))
    last = np.full(frame.size, -1, np.int64)
    last[before.record] = np.arange(len(before.record))
    shown = np.flatnonzero(falsified >= 0)
    anchor[shown] = before.at[np.minimum(falsified[shown] + 1, last[shown])]
    estimated = estimated & (falsified < 0)
    return anchor, estimated


def changed(frame: Frame, names: Iterable[str]) -> Mask:
    """The records of which one of the named fields ever changed."""
    touched = np.zeros(frame.size, np.bool_)
    for name in names:
        if name in frame.history:
            touched[frame.history[name].row] = True
    return touched
