"""What the history of stage, amount and close date says: since when a deal stands where it stands, and how it moved.

Instants are microseconds, dates are day numbers (instants.py). Histories may come in any order; rows of one
instant count in the order given. An event's subject is its kind and its instant, so that the same history
always names the same events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple, TypeVar

_WHEN: Final = attrgetter("at")
_FIRST: Final = itemgetter(0)
PUSH_DAYS: Final = 7
"""A close date that moves by fewer days is no push: won deals move theirs by a few days, too."""

Number = TypeVar("Number", int, float)


class Visit(NamedTuple):
    """A deal entered a stage, in a pipeline where the source says which."""

    stage: str
    at: int
    pipeline: str | None = None


class Runs(list[Visit]):
    """Visits of which each enters another place than the one before, oldest first: what `stage_runs` makes of any."""


class Event(NamedTuple):
    """Something that an `each` rule follows."""

    subject: str
    at: int


def stage_runs(visits: Iterable[Visit]) -> Runs:
    """The first row of each run of rows in one stage, oldest first: rewriting the same stage is no entry.

    Each is also the history of stage_entered_at: from `at` on, the stage was entered `at`.
    """
    if isinstance(visits, Runs):
        return visits
    ordered = sorted(visits, key=_WHEN)
    if len(ordered) < 2:  # as most are
        return Runs(ordered)
    return Runs(ordered[:1] + [here for before, here in pairwise(ordered) if _place(here) != _place(before)])


def stage_entered_at(visits: Iterable[Visit], stage: str | None) -> int | None:
    """When the last run of the present stage began; None if the history never shows that stage."""
    for run in reversed(stage_runs(visits)):
        if run.stage == stage:
            return run.at
    return None


def previous_amount(amounts: Iterable[tuple[int, float | None]], entered_at: int | None) -> float | None:
    """The amount when the present stage was entered.

    Args:
        amounts: (at, amount) rows; None is empty.
        entered_at: from `stage_entered_at`.
    """
    if entered_at is None:
        return None
    latest: tuple[int, float | None] | None = None
    for row in amounts:
        if row[0] <= entered_at and (latest is None or row[0] > latest[0]):
            latest = row
    return None if latest is None else latest[1]


def close_date_pushes(dates: Iterable[tuple[int, int | None]], closed_at: int | None = None) -> list[Event]:
    """The moves of the close date to 7 or more days later, while the deal was open; their number is the field.

    Args:
        dates: (at, day number) rows of the close date; an emptied date is skipped.
        closed_at: when the deal was closed, None while it is open.
    """
    moves = _moves(dates, closed_at)
    return [Event(f"close_date_pushed:{at}", at) for at, before, after in moves if after - before >= PUSH_DAYS]


def amount_decreases(amounts: Iterable[tuple[int, float | None]], closed_at: int | None = None) -> list[Event]:
    """The moves of the amount to a smaller one, while the deal was open; arguments as `close_date_pushes`."""
    moves = _moves(amounts, closed_at)
    return [Event(f"amount_decreased:{at}", at) for at, before, after in moves if after < before]


def stage_regressions(
    visits: Iterable[Visit], order: Sequence[str] | Mapping[str | None, Sequence[str]]
) -> list[Event]:
    """The moves to a stage earlier in the CRM's own order of the same pipeline.

    Args:
        visits: the deal's history.
        order: stages from first to last, or one such list per pipeline. A stage that is not in it, and a move
            into another pipeline, is neither forward nor back.
    """
    back = (
        after.at for before, after in pairwise(stage_runs(visits)) if _is_back(before, after, _order_of(after, order))
    )
    return [Event(f"stage_regressed:{at}", at) for at in back]


def proposals_sent(
    sent: Iterable[tuple[int, int | None]], visits: Iterable[Visit], stages: frozenset[str] = frozenset({"proposal"})
) -> list[Event]:
    """The proposals that went out: where proposal_sent_at moved forward, else the entries of a proposal stage.

    Args:
        sent: (at, instant) rows of the mapped field proposal_sent_at; if any is set, the stages say nothing.
        visits: the deal's history.
        stages: the stages that are a proposal stage.
    """
    told = [value for _, value in sorted(sent, key=_FIRST) if value is not None] if sent else ()
    instants = _forward(told) if told else [run.at for run in stage_runs(visits) if run.stage in stages]
    return [Event(f"proposal_sent:{at}", at) for at in instants]


def _place(visit: Visit) -> tuple[str | None, str]:
    return visit.pipeline, visit.stage


def _order_of(visit: Visit, order: Sequence[str] | Mapping[str | None, Sequence[str]]) -> Sequence[str]:
    return order.get(visit.pipeline, ()) if isinstance(order, Mapping) else order


def _is_back(before: Visit, after: Visit, order: Sequence[str]) -> bool:
    if before.pipeline != after.pipeline or before.stage not in order or after.stage not in order:
        return False
    return order.index(after.stage) < order.index(before.stage)


def _moves(rows: Iterable[tuple[int, Number | None]], closed_at: int | None) -> Iterator[tuple[int, Number, Number]]:
    """(at, before, after) of each two neighbouring values that are set."""
    before: Number | None = None
    for at, value in sorted(rows, key=_FIRST):
        if value is None:
            continue
        if before is not None and (closed_at is None or at < closed_at):
            yield at, before, value
        before = value


def _forward(instants: Sequence[int]) -> Iterator[int]:
    latest: int | None = None
    for at in instants:
        if latest is None or at > latest:
            latest = at
            yield at
