"""Every KPI of a project: its name, unit, window, which way is better, and from which base on it says something.

docs/kpis.md holds the formulas. A figure is kept as two whole numbers, `over` and `of`, so that groups add up; what
is shown is worked out of the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stalewatch.domain.language.model import RuleSet

REVISION: Final = 1
"""Raised when a definition changes: what was kept by another one is worked out anew, from the changes."""
FOUR_WEEKS: Final = 28
QUARTER: Final = 91
LEAST: Final = 20
"""A figure with a smaller base is marked small."""
AT_STAGE: Final = ("proposal", "evaluation", "approval", "negotiation")
"""Stages from which on several people of the customer's should be known."""
GAPS: Final = {"few": (0, 1), "some": (2, 3), "many": (4, 99)}
"""By how many letters of MEDDIC were missing, from and to."""


class Unit(StrEnum):
    """What a figure counts in: a share of 1, days, the project's currency, or things."""

    RATE = "rate"
    DAYS = "days"
    MONEY = "money"
    COUNT = "count"


class Better(StrEnum):
    """Which way a figure should go."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


LOSS_SOURCES: Final = {"reported": Better.HIGHER, "assumed": Better.NEITHER, "none": Better.LOWER}
"""Who gave the reason of a loss, and whether more of it is good."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure.

    Attributes:
        days: the window that ends with the day, in days; 0: how things stand at the end of the day.
        parts: what one thing of the base counts as in `of` (a score of six letters: 6).
        is_total: the figure is `over` itself; `of` only says of how much.
    """

    name: str
    unit: Unit
    better: Better
    days: int = 0
    parts: int = 1
    is_total: bool = False

    @property
    def scale(self) -> int:
        """What a kept number is divided by to be shown: days are kept in seconds, money in hundredths."""
        return {Unit.DAYS: 86_400, Unit.MONEY: 100}.get(self.unit, 1)

    def value(self, over: int, of: int) -> float | None:
        """The figure; None where there is nothing that it could be a figure of."""
        if of <= 0:
            return None
        return over / self.scale if self.is_total else over / of / self.scale

    def is_small(self, of: int) -> bool:
        """Whether the base is too small to conclude anything from."""
        return of < LEAST * self.parts


_STATE: Final = (
    Kpi("overdue_close_date", Unit.RATE, Better.LOWER),
    Kpi("no_next_meeting", Unit.RATE, Better.LOWER),
    Kpi("stalled", Unit.RATE, Better.LOWER),
    Kpi("stalled_amount", Unit.MONEY, Better.LOWER, is_total=True),
    Kpi("stakeholders", Unit.COUNT, Better.HIGHER),
)
_FLOW: Final = (
    Kpi("ignored_alerts", Unit.RATE, Better.LOWER, FOUR_WEEKS),
    Kpi("input_timeliness", Unit.RATE, Better.HIGHER, FOUR_WEEKS),
    Kpi("handoff_time", Unit.DAYS, Better.LOWER, FOUR_WEEKS),
    Kpi("stage_pass", Unit.RATE, Better.HIGHER, QUARTER),
    Kpi("time_in_stage", Unit.DAYS, Better.NEITHER, QUARTER),
    Kpi("deal_length", Unit.DAYS, Better.LOWER, QUARTER),
    Kpi("win_rate", Unit.RATE, Better.HIGHER, QUARTER),
    Kpi("unobserved_loss", Unit.RATE, Better.LOWER, QUARTER),
    Kpi("proposals", Unit.COUNT, Better.HIGHER, QUARTER, is_total=True),
    Kpi("unit_price", Unit.MONEY, Better.HIGHER, QUARTER),
)
PROPOSAL_VALUE: Final = Kpi("proposal_value", Unit.MONEY, Better.HIGHER, QUARTER, is_total=True)
"""Proposals x win rate x unit price: worked out of the sums of these three, and not kept."""
FACTORS: Final = ("proposals", "win_rate", "unit_price")


def definitions(rules: RuleSet) -> dict[str, Kpi]:
    """Every KPI of a project by name: those of every project, and those that follow its rules and its catalogue."""
    return {one.name: one for one in (*_STATE, *_FLOW, PROPOSAL_VALUE, *_of_rules(rules), *_of_catalogue(rules))}


def _of_rules(rules: RuleSet) -> Iterator[Kpi]:
    for name, score in rules.scores.items():
        if score.items and score.watch != "lead":
            yield Kpi(f"qualification.{name}", Unit.RATE, Better.HIGHER, parts=len(score.items))
            for item, _ in score.items:
                yield Kpi(f"qualification.{name}.{item}", Unit.RATE, Better.HIGHER)
    if "price_band" in rules.bands:
        for band, _ in rules.bands["price_band"].rows:
            yield Kpi(f"stakeholders.{band}", Unit.COUNT, Better.HIGHER)
    if "meddic" in rules.scores:
        for gap in GAPS:
            yield Kpi(f"meddic_gap.{gap}", Unit.RATE, Better.NEITHER, QUARTER)


def _of_catalogue(rules: RuleSet) -> Iterator[Kpi]:
    objects = rules.catalogue.objects
    for stage in objects["deal"]["stage"].values if "stage" in objects.get("deal", {}) else ():
        yield Kpi(f"stage_pass.{stage}", Unit.RATE, Better.HIGHER, QUARTER)
        yield Kpi(f"time_in_stage.{stage}", Unit.DAYS, Better.NEITHER, QUARTER)
    reasons = objects.get("lead", {}).get("unconverted_reason")
    for tag in reasons.values if reasons else ():
        yield Kpi(f"unobserved_loss.{tag}", Unit.RATE, Better.NEITHER, QUARTER)
    for source, better in LOSS_SOURCES.items():
        yield Kpi(f"loss_reason.{source}", Unit.RATE, better, QUARTER)
