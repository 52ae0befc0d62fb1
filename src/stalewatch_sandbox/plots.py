"""The outline of a deal's whole life, from the first contact to the last day, in working days."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.troubles import Story, Trouble, Window, recipe_of

ORDER: Final = ("qualification", "first_meeting", "discovery", "proposal", "evaluation", "approval", "negotiation")
"""The stages of a deal, from first to last."""

_REASONS: Final = ("budget", "priority", "timing", "competitor", "no_decision")
_MONEY: Final = {"low": (60, 240), "mid": (400, 2_400), "high": (3_600, 18_000)}
"""Amounts in units of 10,000 yen; between the bands nobody quotes, so that a discount does not change the band."""
_BANDS: Final = {
    "smb": (("low", 80), ("mid", 20)),
    "mid_market": (("low", 30), ("mid", 70)),
    "enterprise": (("mid", 70), ("high", 30)),
    "public_sector": (("mid", 80), ("high", 20)),
}
_PIPELINES: Final = (("new_business", 58), ("expansion", 22), ("renewal", 12), ("partner", 8))
_STAGES: Final = {
    "new_business": ORDER,
    "expansion": ORDER[2:],
    "renewal": ("proposal", "negotiation"),
    "partner": ("qualification", *ORDER[2:]),
}
_TAKES_LONG: Final = frozenset({Trouble.UNMET, Trouble.REGRESSED, Trouble.PUSHED})
_NEW_ONLY: Final = frozenset({"partner", "renewal", "expansion"})
_DAYS: Final = {
    "qualification": (3, 6),
    "first_meeting": (3, 6),
    "discovery": (6, 11),
    "proposal": (6, 10),
    "evaluation": (8, 13),
    "approval": (8, 13),
    "negotiation": (5, 9),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """What of an account decides how a deal goes."""

    segment: str
    has_ringi: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of a deal before its story begins."""

    pipeline: str
    route: tuple[str, ...]
    band: str
    amount: int


@dataclass(slots=True, kw_only=True)
class Plot:
    """What is going to happen.

    Attributes:
        path: every stage and the working day on which it is entered, the first on the day of creation.
        end: the working day on which it is won or lost.
        reason: why it is lost, "" if it is not; "silent" if the customer never answered again.
        story: what was written for today; None for deals that are over, or not born yet.
    """

    frame: Frame
    path: tuple[tuple[str, int], ...]
    end: int
    outcome: Outcome
    reason: str
    trouble: Trouble = Trouble.NONE
    window: Window | None = None
    story: Story | None = None

    @property
    def created(self) -> int:
        """The working day of creation."""
        return self.path[0][1]


def open_plot(dice: Dice, customer: Customer, trouble: Trouble, now: int) -> Plot:
    """A deal that is open on the day `now`, with this trouble."""
    frame = _frame(dice, customer, trouble)
    recipe = recipe_of(trouble)
    stage = dice.one_of([one for one in recipe.stages if one in frame.route])
    place = frame.route.index(stage)
    if trouble is Trouble.REGRESSED:  # …, proposal, evaluation, and back in proposal
        place += 2
    days = [dice.between(*_DAYS[one]) for one in frame.route]
    dwell = dice.between(1, days[place] - 2)
    rest = days[place] - dwell
    story = Story(dice=dice, now=now, stage=stage, band=frame.band, dwell=dwell, rest=rest, since=now, until=now)
    recipe.write(story)
    days[place] = story.dwell + story.rest
    outcome, reason = (Outcome.LOST, "silent") if story.is_lost else _ending(dice)
    if outcome is Outcome.LOST:
        days = days[: place + 1 if story.is_lost else dice.between(place + 1, len(days))]
    created = now - story.dwell - sum(days[:place])
    plot = _plot(frame, days, created, outcome, reason)
    plot.trouble, plot.window, plot.story = trouble, story.window, story
    return plot


def closed_plot(dice: Dice, customer: Customer, end: int) -> Plot:
    """A deal that was closed on the day `end`: won, lost at a meeting, or lost because nobody answered any more."""
    frame = _frame(dice, customer)
    days = [dice.between(*_DAYS[one]) for one in frame.route]
    outcome, reason = _ending(dice)
    if outcome is Outcome.WON:
        return _plot(frame, days, end - sum(days), outcome, reason)
    first = min(2, len(days) - 1)
    days = days[: dice.between(first, len(days) - 1) + 1]
    if dice.chance(0.6):
        return _plot(frame, days, end - sum(days), outcome, reason)
    silence = dice.between(14, 30)
    days[-1] = silence + dice.between(5, 8)
    plot = _plot(frame, days, end - sum(days), outcome, "silent")
    plot.trouble = Trouble.GHOSTED
    plot.window = Window(end - silence, None, answers=False, booked=False)
    return plot


def later_plot(dice: Dice, customer: Customer, created: int) -> Plot:
    """A deal that nobody knows of before the day `created`."""
    frame = _frame(dice, customer)
    return _plot(frame, [dice.between(*_DAYS[one]) for one in frame.route], created, *_ending(dice))


def _plot(frame: Frame, days: list[int], created: int, outcome: Outcome, reason: str) -> Plot:
    """The plot of a deal that spends so many days in each stage of its route, as far as the days go."""
    starts = list(accumulate(days, initial=created))
    path = tuple(zip(frame.route, starts[:-1], strict=False))
    return Plot(frame=frame, path=path, end=starts[-1], outcome=outcome, reason=reason)


def _ending(dice: Dice) -> tuple[Outcome, str]:
    return (Outcome.WON, "") if dice.chance(0.5) else (Outcome.LOST, dice.one_of(_REASONS))


def _frame(dice: Dice, customer: Customer, trouble: Trouble = Trouble.NONE) -> Frame:
    band = dice.weighed(_BANDS[customer.segment])
    amount = dice.between(*_MONEY[band]) * 10_000
    pipeline = dice.weighed([choice for choice in _PIPELINES if choice[0] not in _outside(trouble)])
    stages = _STAGES[pipeline]
    approves = trouble is not Trouble.NONE or (band != "low" and (customer.has_ringi or band == "high"))
    route = tuple(stage for stage in stages if approves or stage != "approval")
    if trouble is Trouble.REGRESSED:
        place = route.index("evaluation") + 1
        route = (*route[:place], "proposal", "evaluation", *route[place:])
    return Frame(pipeline, route, band, amount)


def _outside(trouble: Trouble) -> frozenset[str]:
    """Pipelines in which that trouble is none: partners sell by themselves, and renewals come with their date."""
    if trouble is Trouble.NONE:
        return frozenset()
    return _NEW_ONLY if trouble in _TAKES_LONG else frozenset({"partner", "renewal"})
