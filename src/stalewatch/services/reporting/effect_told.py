"""What a rule brings about, as programs read it."""

from __future__ import annotations

import msgspec

from stalewatch.domain.learning.effect import LEAST, Against, Measured
from stalewatch.domain.learning.intervals import Interval, Rate


class SureRate(msgspec.Struct, frozen=True):
    """A share (0..1) with its interval of 95 % (Wilson); null of nothing."""

    over: int
    of: int
    rate: float | None
    interval: tuple[float, float] | None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome where somebody was told, and where nobody was; the difference with its interval (Newcombe)."""

    told: SureRate
    held_out: SureRate
    difference: float | None
    interval: tuple[float, float] | None
    clear: bool


class EffectTold(msgspec.Struct, frozen=True, kw_only=True):
    """What being told changes: problems told and held out since the hold-out is as it is.

    Attributes:
        enough: whether there are `needed` of them, 20 of them held out; `acted` and `recovered` are null until then.
        acted: within 5 business days. recovered: within 10, because the CRM shows the work.
    """

    enough: bool
    told: int
    held_out: int
    needed: int
    acted: Compared | None
    recovered: Compared | None


def effect_told(one: Measured) -> EffectTold:
    """The whole of it, or how far it has come."""
    enough = one.is_enough
    return EffectTold(
        enough=enough, told=one.told, held_out=one.silent, needed=LEAST,
        acted=_compared(one.acted) if enough else None, recovered=_compared(one.recovered) if enough else None,
    )  # fmt: skip


def _compared(one: Against) -> Compared:
    difference = None if one.difference is None else round(one.difference, 4)
    return Compared(
        told=sure_rate(one.told), held_out=sure_rate(one.silent), difference=difference, interval=_sure(one.interval),
        clear=one.is_clear,
    )  # fmt: skip


def sure_rate(one: Rate) -> SureRate:
    """A share with its interval."""
    return SureRate(one.over, one.of, None if one.value is None else round(one.value, 4), _sure(one.interval))


def _sure(one: Interval | None) -> tuple[float, float] | None:
    return None if one is None else (round(one.low, 4), round(one.high, 4))


def measured_of(told: EffectTold) -> Measured:
    """What was told, in numbers that can be reckoned with; shares of none while there are not enough."""
    return Measured(*(_against(one, told) for one in (told.acted, told.recovered)))


def _against(one: Compared | None, told: EffectTold) -> Against:
    if one is None:
        return Against(Rate(0, told.told), Rate(0, told.held_out))
    return Against(Rate(one.told.over, one.told.of), Rate(one.held_out.over, one.held_out.of))
