"""A review as the API tells it, and in the sentences that stand above its tables."""

from __future__ import annotations

import msgspec

from stalewatch.delivery.wording import review_words as say
from stalewatch.delivery.wording import reviewed_rule_words as say_of_rules
from stalewatch.delivery.wording.forecast_words import forecast_rests
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.unobserved_words import leads_vanished
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.services.measuring.kpis import Group
from stalewatch.services.measuring.review import HYGIENE, Deal, KeyFigure, Moved, Review
from stalewatch.services.measuring.told import RestingTold, TallyTold, WorthTold, deal_told, tally_told, worth_told
from stalewatch.services.reporting.effect_told import EffectTold, SureRate, effect_told, sure_rate
from stalewatch.services.reporting.listing import shown


class DealTold(msgspec.Struct, frozen=True):
    """A deal that went quiet, or came back, and when."""

    id: str
    object: str
    name: str
    owner_name: str | None
    amount: float | None
    at: str


class MovedTold(msgspec.Struct, frozen=True):
    """How many deals, what those of them are worth that have an amount, how many before; the largest."""

    deals: int
    amount: float
    before: int
    items: tuple[DealTold, ...]


class FigureTold(msgspec.Struct, frozen=True):
    """A rate at the end of the span: value = over / of; `before` at the end of the one before."""

    kpi: str
    value: float | None
    over: float
    of: float
    before: float | None
    small: bool


class RuleTold(msgspec.Struct, frozen=True):
    """A rule of which so many breaches were told, and so many were followed by an act."""

    rule: str
    title: str
    told: int
    acted: int
    false_alarms: int


class BroughtTold(msgspec.Struct, frozen=True):
    """What being told of a rule's alerts changes."""

    rule: str
    title: str
    effect: EffectTold


class IdleTold(msgspec.Struct, frozen=True):
    """A rule on which nobody acts: the share of decided alerts acted on, and the line that retires it."""

    rule: str
    title: str
    acted: SureRate
    line: str


class PatchTold(msgspec.Struct, frozen=True):
    """A rule with other limits than the history suggests, for so many groups; the lines to paste into its file."""

    rule: str
    title: str
    groups: int
    patch: str


class TeamTold(msgspec.Struct, frozen=True):
    """The hygiene of a team: KPI -> its figure."""

    team: str
    figures: dict[str, FigureTold]


class PersonTold(msgspec.Struct, frozen=True):
    """Somebody with late deals that nobody answered in five business days."""

    name: str
    email: str | None
    team: str | None
    deals: int
    amount: float


class ReviewTold(msgspec.Struct, frozen=True, kw_only=True):
    """The review of a week or a month. `forecast`, `worst` and `needs_help` are of now."""

    headline: str
    sentences: tuple[str, ...]
    period: str
    of: str
    frm: str = msgspec.field(name="from")
    to: str
    team: str | None
    currency: str
    figures: tuple[FigureTold, ...]
    figures_of: str | None
    quiet: MovedTold
    back: MovedTold
    worst: tuple[RestingTold, ...]
    rules: tuple[RuleTold, ...]
    teams: tuple[TeamTold, ...]
    forecast: WorthTold
    forecast_stalled: WorthTold
    unobserved: TallyTold
    needs_help: tuple[PersonTold, ...]
    effects: tuple[BroughtTold, ...]
    idle: tuple[IdleTold, ...]
    limits: tuple[PatchTold, ...]
    as_of: str
    data_age_seconds: int | None


def headline(review: Review, reader: Reader) -> str:
    """What a reader remembers: what went quiet, and what the forecast rests on."""
    return say.went(review.quiet.deals, review.back.deals, reader)


def sentences(review: Review, reader: Reader) -> tuple[str, ...]:
    """What changed, one sentence each, the forecast first."""
    found = review.forecast
    late, everything = found.stalled, found.total.all
    said = [
        forecast_rests(late.deals, everything.deals, late.weighted, everything.weighted, found.currency, reader),
    ]
    if review.lost.all.entered:
        said.append(leads_vanished(review.lost.all.unobserved, review.lost.all.entered, reader))
    about, idle = review.about_rules, {one.rule for one in review.about_rules.idle}
    said += [say.ignored(clean(one.title), one.told, one.acted, reader) for one in review.rules if one.rule not in idle]
    said += [say_of_rules.idle(clean(one.title), one.acted, reader) for one in about.idle]
    said += [say_of_rules.other_limits(clean(one.title), one.groups, reader) for one in about.limits]
    said += [
        say.waits(clean(one.name), one.deals, one.amount, found.currency, reader) for one in review.needs_help
    ]  # fmt: skip
    return tuple(said)


def review_told(review: Review, reader: Reader) -> ReviewTold:
    """The whole of it."""
    found, about = review.forecast, review.about_rules
    return ReviewTold(
        headline=headline(review, reader), sentences=sentences(review, reader), period=review.span.every.value,
        of=review.span.key, frm=review.span.first.isoformat(), to=review.span.last.isoformat(), team=review.team,
        currency=found.currency, figures=tuple(_figure(one) for one in review.figures),
        figures_of=None if review.kpis_of is None else review.kpis_of.isoformat(),
        quiet=_moved(review.quiet, review.quiet_before, reader), back=_moved(review.back, review.back_before, reader),
        worst=tuple(deal_told(one) for one in review.worst),
        rules=tuple(
            RuleTold(one.rule, one.title, one.told, one.acted, one.false_alarms) for one in review.rules
        ),
        teams=tuple(_team(one) for one in review.teams), forecast=worth_told(found.total.all),
        forecast_stalled=worth_told(found.stalled), unobserved=tally_told(review.lost.all),
        needs_help=tuple(
            PersonTold(one.name, one.email, one.team, one.deals, float(one.amount)) for one in review.needs_help
        ),
        effects=tuple(BroughtTold(one.rule, one.title, effect_told(one.effect)) for one in about.effects),
        idle=tuple(IdleTold(one.rule, one.title, sure_rate(one.acted), one.line) for one in about.idle),
        limits=tuple(PatchTold(one.rule, one.title, one.groups, one.patch) for one in about.limits),
        as_of=review.as_of, data_age_seconds=found.data_age_seconds,
    )  # fmt: skip


def _figure(one: KeyFigure) -> FigureTold:
    now = one.now
    return FigureTold(now.kpi, now.value, float(now.over), float(now.of), one.before, now.small)


def _team(group: Group) -> TeamTold:
    told = {name: _figure(KeyFigure(group.figures[name], group.figures[name].before)) for name in HYGIENE}
    return TeamTold(group.name, told)


def _moved(moved: Moved, before: Moved, reader: Reader) -> MovedTold:
    return MovedTold(
        moved.deals, float(moved.amount), before.deals, tuple(_deal(one, reader.zone) for one in moved.largest)
    )  # fmt: skip


def _deal(one: Deal, zone: str) -> DealTold:
    amount = None if one.amount is None else float(one.amount)
    return DealTold(one.id, one.object, one.name, one.owner_name, amount, shown(one.at, zone))
