"""The forecast and the unobserved losses as the API tells them: money as numbers of the project's currency."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from stalewatch.delivery.wording.forecast_words import forecast_rests
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.unobserved_words import leads_vanished
from stalewatch.services.measuring.forecast import Forecast, Line
from stalewatch.services.measuring.lead_ends import Fate
from stalewatch.services.measuring.resting import Resting
from stalewatch.services.measuring.unobserved import Group, Tally, Unobserved
from stalewatch.services.measuring.weeks import Week
from stalewatch.services.measuring.worth import Worth
from stalewatch.services.reporting.listing import shown


class WorthTold(msgspec.Struct, frozen=True):
    """Some deals: `amount` of those that have one, `weighted` of those of them that have a weight."""

    deals: int
    amount: float
    weighted: float
    without_amount: int
    unweighted: int


class LineTold(msgspec.Struct, frozen=True):
    """A group: all of its deals, those that are stalled, the others, and the stalled by days since they are late."""

    key: str
    all: WorthTold
    stalled: WorthTold
    others: WorthTold
    by_age: dict[str, WorthTold]


class WeekTold(msgspec.Struct, frozen=True):
    """The end of a day; null: nothing is known of it, or nobody watched yet."""

    day: str
    all: WorthTold | None
    stalled: WorthTold | None


class RateTold(msgspec.Struct, frozen=True):
    """What a stage weighs: of its closed deals so many were won; `percent` null: they are too few."""

    percent: int | None
    won: int
    closed: int


class WeightsTold(msgspec.Struct, frozen=True):
    """What deals count for: the CRM's own field, else per category, else per stage."""

    probability: str | None
    categories: dict[str, int]
    stages: dict[str, RateTold]


class RestingTold(msgspec.Struct, frozen=True):
    """A stalled deal that the forecast counts; `weight` in per cent, `source` says whose word that is."""

    id: str
    object: str
    name: str
    connection: str
    owner_name: str | None
    owner_email: str | None
    team: str | None
    pipeline: str | None
    stage: str | None
    category: str | None
    amount: float | None
    weight: int | None
    source: str
    weighted: float | None
    close_date: str | None
    url: str | None
    days_late: int
    rules: tuple[str, ...]


class ForecastTold(msgspec.Struct, frozen=True):
    """The forecast with and without stalled deals. `stalled` + `others` = `all`, and each kind of lines adds up."""

    headline: str
    currency: str
    period: str | None
    total: LineTold
    by_category: tuple[LineTold, ...]
    by_period: tuple[LineTold, ...]
    left_out: WorthTold
    weights: WeightsTold
    weeks: tuple[WeekTold, ...]
    items: tuple[RestingTold, ...]
    more: bool
    waiting: tuple[str, ...]
    as_of: str
    data_age_seconds: int | None


class TallyTold(msgspec.Struct, frozen=True):
    """What became of some leads; `share` = `unobserved` / `entered`, null where none came in."""

    entered: int
    deals: int
    open: int
    ended: int
    unobserved: int
    unreadable: int
    share: float | None


class GroupTold(msgspec.Struct, frozen=True):
    """The leads of one source, owner, team or month of entry."""

    key: str
    name: str
    tally: TallyTold


class EndTold(msgspec.Struct, frozen=True):
    """How many leads ended so, and how many of them without a reason."""

    leads: int
    unobserved: int


class LostLead(msgspec.Struct, frozen=True):
    """A lead that ended without a deal and without a reason; `heard_at` is its last sign of life."""

    id: str
    name: str
    connection: str
    owner_name: str | None
    owner_email: str | None
    team: str | None
    source: str | None
    status: str | None
    ending: str
    entered_at: str
    heard_at: str
    url: str | None


class UnobservedTold(msgspec.Struct, frozen=True, kw_only=True):
    """Leads that came in from `from` to `to`, and what became of them. `items` are those that vanished untagged."""

    headline: str
    frm: str = msgspec.field(name="from")
    to: str
    all: TallyTold
    reasons: dict[str, int]
    endings: dict[str, EndTold]
    by_source: tuple[GroupTold, ...]
    by_owner: tuple[GroupTold, ...]
    by_team: tuple[GroupTold, ...]
    by_month: tuple[GroupTold, ...]
    items: tuple[LostLead, ...]
    next: str | None
    total: int
    waiting: tuple[str, ...]
    as_of: str
    data_age_seconds: int | None


def forecast_told(
    found: Forecast, deals: tuple[Resting, ...], more: bool, reader: Reader, *, all_bases: bool
) -> ForecastTold:
    """The forecast with the deals it rests on.

    Args:
        all_bases: whether the reader sees every record, and so may know from how many closed deals a rate was made.
    """
    everything, stalled = found.total.all, found.stalled
    return ForecastTold(
        headline=forecast_rests(
            stalled.deals, everything.deals, stalled.weighted, everything.weighted, found.currency, reader
        ),
        currency=found.currency,
        period=None if found.period is None else found.period.key,
        total=_line(found.total),
        by_category=tuple(map(_line, found.by_category)),
        by_period=tuple(map(_line, found.by_period)),
        left_out=worth_told(found.left_out),
        weights=_weights(found, all_bases),
        weeks=tuple(map(_week, found.weeks)),
        items=tuple(map(deal_told, deals)), more=more, waiting=found.waiting,
        as_of=found.as_of, data_age_seconds=found.data_age_seconds,
    )  # fmt: skip


def deal_told(one: Resting) -> RestingTold:
    """One of the deals it rests on."""
    values = {name: getattr(one, name) for name in RestingTold.__struct_fields__}
    return RestingTold(**{**values, "amount": _number(one.amount), "weighted": _number(one.weighted)})


def unobserved_told(
    found: Unobserved, items: tuple[Fate, ...], following: str | None, reader: Reader
) -> UnobservedTold:  # fmt: skip
    """The figures with one page of the leads."""
    return UnobservedTold(
        headline=leads_vanished(found.all.unobserved, found.all.entered, reader),
        frm=found.frm.isoformat(), to=found.to.isoformat(), all=tally_told(found.all), reasons=dict(found.tags),
        endings={ending.value: EndTold(*counts) for ending, counts in found.endings.items()},
        by_source=tuple(map(_group, found.by_source)), by_owner=tuple(map(_group, found.by_owner)),
        by_team=tuple(map(_group, found.by_team)), by_month=tuple(map(_group, found.by_month)),
        items=tuple(lead_told(one, reader.zone) for one in items), next=following, total=len(found.untagged),
        waiting=found.waiting, as_of=found.as_of, data_age_seconds=found.data_age_seconds,
    )  # fmt: skip


def lead_told(one: Fate, zone: str) -> LostLead:
    """One of the leads that vanished untagged; instants in this zone."""
    return LostLead(
        id=one.id, name=one.name, connection=one.connection, owner_name=one.owner_name, owner_email=one.owner_email,
        team=one.team, source=one.source, status=one.status, ending="" if one.ending is None else one.ending.value,
        entered_at=shown(one.entered_at, zone), heard_at=shown(one.heard_at, zone), url=one.url,
    )  # fmt: skip


def _line(line: Line) -> LineTold:
    ages = {age.value: worth_told(one) for age, one in (line.late or {}).items()}
    return LineTold(line.key, worth_told(line.all), worth_told(line.stalled), worth_told(line.sound), ages)


def _week(week: Week) -> WeekTold:
    return WeekTold(
        week.day.isoformat(), None if week.all is None else worth_told(week.all),
        None if week.stalled is None else worth_told(week.stalled),
    )  # fmt: skip


def worth_told(one: Worth) -> WorthTold:
    """Some deals."""
    return WorthTold(one.deals, float(one.amount), float(one.weighted), one.without_amount, one.unweighted)


def _weights(found: Forecast, all_bases: bool) -> WeightsTold:
    stages = found.weights.stages.items() if all_bases else ()
    rates = {stage: RateTold(rate.percent, rate.won, rate.closed) for stage, rate in stages}
    return WeightsTold(found.weights.probability, dict(found.weights.categories), rates)


def tally_told(one: Tally) -> TallyTold:
    """What became of some leads."""
    return TallyTold(one.entered, one.deals, one.open, one.ended, one.unobserved, one.unreadable, one.share)


def _group(one: Group) -> GroupTold:
    return GroupTold(one.key, one.name, tally_told(one.tally))


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
