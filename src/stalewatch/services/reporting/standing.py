"""What a list amounts to: how many of how many, how much of how much, and by whose data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from stalewatch.services.judging.sources import trusted
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from stalewatch.store import open_records
from stalewatch.store import reports as lists
from stalewatch.store import stalled as late

MOST_CHOICES: Final = 500
"""Owners, or teams, that a filter offers."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Some records and what they are worth, in hundredths of the project's currency."""

    records: int
    amount: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A list in figures.

    Attributes:
        listed: everything that the list has, on all of its pages.
        base: every open record of the same scope, whatever its deadlines.
        waiting: connections whose data is too old to judge by.
    """

    listed: Sum
    base: Sum
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """Whose records there are: (what names the owner in a filter, what they are called), and the teams."""

    owners: tuple[tuple[str, str], ...]
    teams: tuple[str, ...]


def standing(
    reports: Reports, filters: Filters, now: int, *, within: int | None = None, visible: Visible | None
) -> Standing:
    """The figures of the stalled list, or of the list of what is due within so many microseconds."""
    with reports.db.read() as conn:
        if within is None:
            listed = late.stalled_sum(conn, filters, visible=visible)
        else:
            until = now + within
            narrowed = reports.narrowed(conn, filters, now, until, visible)
            listed = lists.due_sum(conn, narrowed, now=now, until=until, visible=visible)
        base = open_records.total(conn, replace(filters, rule=None, severity=None), visible=visible)
        _, waiting = trusted(conn, reports.sources, now)
    return Standing(_sum(listed), _sum(base), tuple(waiting))


def choices(reports: Reports, obj: str | None, *, visible: Visible | None) -> Choices:
    """The owners and teams of open records; an owner is named by address, or by id where there is none."""
    wanted = Filters(obj=obj)
    with reports.db.read() as conn:
        owners = open_records.owners(conn, wanted, visible=visible, limit=MOST_CHOICES)
        teams = open_records.teams(conn, wanted, visible=visible, limit=MOST_CHOICES)
    return Choices(tuple((one.email or one.id, one.name or one.email or one.id) for one in owners), tuple(teams))


def reach(reports: Reports, *, visible: Visible | None) -> int:
    """How many open deals and leads somebody may see, which says how much counting them costs."""
    with reports.db.read() as conn:
        each = (open_records.total(conn, Filters(obj=obj), visible=visible) for obj in (None, "lead"))
        return sum(int(row.records) for row in each)


def _sum(row: Any) -> Sum:
    return Sum(int(row.records), int(row.amount))
