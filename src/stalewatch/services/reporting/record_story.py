"""One record as a story in time: its stages, who did what, its clocks, what was said. A handful of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stalewatch.domain.explain import Explanation
from stalewatch.sdk.records import ActivityKind, Actor
from stalewatch.services.alerting.people import names_of
from stalewatch.services.judging.scoring import Scored, scored
from stalewatch.services.reporting.reports import Reports, Visible
from stalewatch.store import activities, changes


class Lane(StrEnum):
    """Whose doing something was."""

    CUSTOMER = "customer"
    SELLER = "seller"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class Stay:
    """A record was in a stage (its catalogue name). Microseconds since the epoch; `until` None: to the present."""

    stage: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that one side did, or a meeting; `state` is that of a meeting ("planned", "held", ...)."""

    at: int
    lane: Lane
    kind: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a record's page tells.

    Attributes:
        record: what `Reports.record` tells.
        deadlines: its clocks taken apart, those that are late first, in the order of `record["deadlines"]`.
        stays: the stages it is known to have been in, the oldest first.
        doings: what shows one of the sides at work, the oldest first; paperwork and automatic mail show nobody.
        created_at: microseconds; None if nobody knows.
        names: the targets of notices that are people we know, by name.
        scores: how it stands by the scores of the rules.
    """

    record: Mapping[str, Any]
    deadlines: tuple[Explanation, ...]
    stays: tuple[Stay, ...]
    doings: tuple[Doing, ...]
    created_at: int | None
    names: Mapping[str, str]
    scores: tuple[Scored, ...] = ()


def record_story(reports: Reports, record_id: str, now: int, *, visible: Visible | None) -> Story | None:
    """The story of one record at a moment (microseconds); None if there is no such record, or it is hidden."""
    with reports.db.read() as conn:
        row = reports.row(conn, record_id, visible)
        if row is None:
            return None
        deadlines = reports.explained(conn, row, now)
        told = reports.told(conn, row, deadlines, now)
        field = "status" if row.object == "lead" else "stage"
        return Story(
            record=told,
            deadlines=tuple(deadlines),
            stays=stays(row, field, changes.read(conn, [row.id], {field})),
            doings=tuple(_doings(activities.read(conn, [row.id]))),
            created_at=row.created_at,
            names=names_of(conn, {one["to"] for one in told["said"]}),
            scores=scored(conn, reports.book, row),
        )


def stays(row: Any, field: str, rows: Sequence[Any]) -> tuple[Stay, ...]:
    """The stages between the known changes of `field`; without any, the present one since it was entered.

    Nothing is made up: what lies before the first known change, or nobody dated, is left out. A value is said as text
    whatever it was stored as: the field may have been of another type when it was.
    """
    values, present = row._mapping, row._mapping[field]
    steps: list[tuple[int, str | None]] = []
    for _, _, at, _, value, _ in sorted(rows, key=lambda one: (one[2], one[3])):
        if not steps or steps[-1][1] != value:
            steps.append((at, value))
    entered = values.get("stage_entered_at")
    if entered is not None and (not steps or (steps[-1][1] != present and steps[-1][0] < entered)):
        steps.append((entered, present))
    ends: list[int | None] = [at for at, _ in steps[1:]]
    ends.append(None if row.is_open else row.closed_at)
    return tuple(Stay(str(stage), at, end) for (at, stage), end in zip(steps, ends, strict=False) if stage is not None)


def _doings(rows: Iterable[Any]) -> Iterable[Doing]:
    for row in rows:
        lane = _lane(row.kind, row.actor)
        if lane is not None:
            yield Doing(row.at, lane, row.kind, row.meeting)


def _lane(kind: str, actor: str) -> Lane | None:
    """None for paperwork (tasks, notes) and for what nobody did."""
    if kind == ActivityKind.MEETING:
        return Lane.MEETING
    if kind in (ActivityKind.TASK, ActivityKind.NOTE):
        return None
    return {Actor.CUSTOMER.value: Lane.CUSTOMER, Actor.SELLER.value: Lane.SELLER}.get(actor)
