"""A history out of files, as the csv connector reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from stalewatch.domain.instants import DAY, NEVER, Instants, to_us
from stalewatch.domain.learning.history import Found, Visits
from stalewatch.sdk.connector import Page
from stalewatch.sdk.records import Deal, Outcome, Person, StageVisit
from stalewatch.services.learning.naming import names

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
_LONGEST: Final = 100
"""Different reasons of one kind that are told apart; beyond, they are one."""


def found(pages: Iterable[Page], zone: ZoneInfo, progress: Callable[[int, int | None], None]) -> Found:
    """Everything that some pages bring.

    Instants are beginnings of local days, counted in whole days, where the files have nothing but dates.
    """
    deals: list[Deal] = []
    visits: list[StageVisit] = []
    people: dict[str, Person] = {}
    left_out: Counter[str] = Counter()
    for page in pages:
        deals += page.deals
        visits += page.visits
        people |= {one.id: one for one in page.people}
        left_out.update(one.reason for one in page.rejected)
        progress(len(deals), page.total)
    place = {deal.id: row for row, deal in enumerate(deals)}
    visits = [one for one in visits if one.deal in place]
    dated, (start, end, entered) = _instants(
        ([one.created_at for one in deals], [one.closed_at for one in deals], [one.entered_at for one in visits]), zone
    )
    outcome = [deal.outcome for deal in deals]
    return Found(
        ids=[deal.id for deal in deals],
        start=start,
        end=end,
        won=np.array([one is Outcome.WON for one in outcome], np.bool_),
        lost=np.array([one is Outcome.LOST for one in outcome], np.bool_),
        names={
            "pipeline": names([deal.pipeline for deal in deals]),
            "stage": names([deal.stage for deal in deals]),
            "segment": names([_text(deal.fields.get("segment")) for deal in deals]),
            "owner": names([_owner(deal, people) for deal in deals]),
            "team": names([_text(deal.fields.get("team")) for deal in deals]),
        },
        amount=np.array([_hundredths(deal) for deal in deals], np.int64),
        visits=Visits(
            np.array([place[one.deal] for one in visits], np.int64),
            names([one.stage for one in visits]),
            entered,
        ),
        left_out=dict(left_out.most_common(_LONGEST)),
        has_stages=bool(visits),
        dated=dated,
    )


def local_day(moment: datetime, zone: ZoneInfo) -> int:
    """The number of a moment's local date, in whole days."""
    return (moment.astimezone(zone).toordinal() - _EPOCH) * DAY


def _begins_a_day(moment: datetime) -> bool:
    """Midnight, or the first minute there is where summer time begins at midnight."""
    before = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment == before or moment.timestamp() == before.timestamp()


def _instants(columns: Sequence[Sequence[datetime | None]], zone: ZoneInfo) -> tuple[bool, list[Instants]]:
    """Whether all of these begin a local day, and the columns as instants: whole days if they do."""
    named = {moment for column in columns for moment in column if moment is not None}
    dated = all(_begins_a_day(moment.astimezone(zone)) for moment in named)
    counted: dict[datetime | None, int] = {one: local_day(one, zone) if dated else to_us(one) for one in named}
    counted[None] = NEVER
    return dated, [np.fromiter(map(counted.__getitem__, column), np.int64, len(column)) for column in columns]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _owner(deal: Deal, people: dict[str, Person]) -> str | None:
    person = people.get(deal.owner or "")
    return deal.owner if person is None else person.email or person.name or person.id


def _hundredths(deal: Deal) -> int:
    amount = deal.amount_in_project_currency
    return 0 if amount is None or not amount.is_finite() else int(amount.scaleb(2).to_integral_value())
