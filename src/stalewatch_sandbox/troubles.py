"""What can be wrong with an open deal, how often, and on which of its days that shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stalewatch_sandbox.dice import Dice


class Trouble(StrEnum):
    """The one thing that is wrong with a deal; what goes with it (no agenda for lack of a meeting) is not named."""

    NONE = "none"
    GHOSTED = "ghosted"  # we write, the customer does not answer
    LONG_SILENT = "long_silent"  # so long that it is time to ask whether it is lost
    FALLING_SILENT = "falling_silent"  # the same, a week in; a meeting is still in the calendar
    NO_NEXT_MEETING = "no_next_meeting"  # friendly mails, but no date
    UNMET = "unmet"  # young, and no first meeting in sight
    STUCK_IN_APPROVAL = "stuck_in_approval"  # the customer's own approval (ringi) does not come
    SLOW = "slow"  # meeting after meeting in one stage
    PUSHED = "pushed"  # the close date was moved again and again
    SINGLE_THREADED = "single_threaded"  # we know one or two people
    OVERDUE_STEP = "overdue_step"
    EMPTY_STEP = "empty_step"
    CLOSE_PASSED = "close_passed"
    CLOSE_SOON = "close_soon"
    EARLY_COMMIT = "early_commit"  # promised in the forecast before it is qualified
    AMOUNT_CUT = "amount_cut"
    REGRESSED = "regressed"  # back from evaluation to proposal
    FACTS_MISSING = "facts_missing"
    UNWRITTEN = "unwritten"  # a meeting without notes
    SILENT_IN_NEGOTIATION = "silent_in_negotiation"  # they know the price, we write, and nothing comes back


@dataclass(frozen=True, slots=True)
class Window:
    """The time between two meetings that matters for the story, in working days.

    Attributes:
        last, next: days of the two meetings; next is None if there never is one.
        answers: the customer writes in between.
        booked: the next meeting is agreed on in the last one, as is usual.
    """

    last: int
    next: int | None
    answers: bool = True
    booked: bool = True


@dataclass(slots=True, kw_only=True)
class Story:
    """A deal that is in some stage `now`: how it came there and goes on; recipes write into it. Days are working days.

    Attributes:
        band: low, mid or high, by the amount.
        stage: where it is now; `dwell` days ago it came there, in `rest` days it goes on.
        since, until: from the first sign of the trouble to the day on which it is mended.
        is_lost: it never comes back from the window.
        skips: facts and roles that nobody found out until the trouble is mended.
        people: how many people of the customer are known until then; None: as many as it takes.
        pushed_on: days on which the close date moves out by weeks.
        closes_on: day that the close date names, in place of one behind the end.
        due_on: day for which the next step of the last meeting of the window was promised.
    """

    dice: Dice
    now: int
    stage: str
    band: str
    dwell: int
    rest: int
    since: int
    until: int
    window: Window | None = None
    is_lost: bool = False
    skips: frozenset[str] = frozenset()
    people: int | None = None
    pushed_on: tuple[int, ...] = ()
    closes_on: int | None = None
    commit_on: int | None = None
    cut_on: int | None = None
    due_on: int | None = None
    cleared_on: int | None = None
    unwritten_on: int | None = None

    def meets(self, ago: int, ahead: int, *, answers: bool = True, booked: bool = True) -> None:
        """Put the last meeting so many days ago and the next so many days ahead; the stage lasts that long."""
        self.window = Window(self.now - ago, self.now + ahead, answers, booked)
        self.dwell = max(self.dwell, ago + 1)
        self.rest = max(self.rest, ahead)
        self.since, self.until = self.now - ago, self.now + ahead


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a trouble comes about: in which stages, in how many of 1,000 open deals, and how to write it."""

    share: int
    stages: tuple[str, ...]
    write: Callable[[Story], None]


_SELLING: Final = ("discovery", "proposal", "evaluation", "approval")
_LATE: Final = ("proposal", "evaluation", "approval", "negotiation")
_ANY: Final = ("qualification", "first_meeting", *_SELLING, "negotiation")


def _untroubled(_story: Story) -> None:
    """All is well: the deal stays as it was drawn."""


def _silence(story: Story, ago: int) -> None:
    story.meets(ago, story.dice.between(4, 9), answers=False, booked=False)
    story.dwell = ago + story.dice.between(1, 4)
    if story.dice.chance(0.5) and story.window is not None:
        story.is_lost = True
        story.window = Window(story.window.last, None, answers=False, booked=False)
        story.rest += story.dice.between(2, 8)
        story.until = story.now + story.rest


def _ghosted(story: Story) -> None:
    _silence(story, story.dice.between(11, 16))


def _long_silent(story: Story) -> None:
    _silence(story, story.dice.between(22, 27))


def _silent_in_negotiation(story: Story) -> None:
    ago = story.dice.between(3, 7)
    story.meets(ago, story.dice.between(6, 9), answers=False, booked=False)
    story.dwell = ago + story.dice.between(1, 4)


def _falling_silent(story: Story) -> None:
    story.dwell = story.dice.between(8, 10)
    story.meets(story.dice.between(8, 9), story.dice.between(2, 4), answers=False)


def _no_next_meeting(story: Story) -> None:
    story.dwell = story.dice.between(12, 14)
    story.meets(story.dice.between(12, 14), story.dice.between(3, 6), booked=False)


def _unmet(story: Story) -> None:
    story.dwell = story.dice.between(8, 9)
    story.rest = story.dice.between(2, 5)
    story.since, story.until = story.now - story.dwell, story.now + story.rest


def _long_stage(limit: Mapping[str, int], story: Story) -> None:
    late = story.dice.between(1, 7)
    story.dwell = (2 if story.band == "high" and story.stage != "discovery" else 1) * limit[story.stage] + late
    story.rest = story.dice.between(4, 10)
    story.since, story.until = story.now - late, story.now + story.rest


def _stuck_in_approval(story: Story) -> None:
    _long_stage({"approval": 21}, story)


def _slow(story: Story) -> None:
    _long_stage({"discovery": 16, "evaluation": 21}, story)


def _pushed(story: Story) -> None:
    story.dwell = story.dice.between(10, 13)
    last = story.dice.between(2, 7)
    story.pushed_on = (story.now - last - 22, story.now - last - 11, story.now - last)
    story.since, story.until = story.pushed_on[0], story.now + story.rest


def _single_threaded(story: Story) -> None:
    story.dwell = 11 if story.stage == "proposal" else story.dice.between(11, 14)
    story.people = 1 if story.band == "low" else story.dice.between(1, 3)
    story.since, story.until = story.now - story.dwell, story.now + story.rest


def _overdue_step(story: Story) -> None:
    story.meets(story.dice.between(4, 6), story.dice.between(1, 3))
    story.due_on = story.now - story.dice.between(1, 3)


def _empty_step(story: Story) -> None:
    story.meets(6, story.dice.between(1, 2))
    story.since = story.cleared_on = story.now - story.dice.between(3, 5)


def _close_passed(story: Story) -> None:
    story.closes_on = story.since = story.now - story.dice.between(1, 6)
    story.until = story.now + story.dice.between(1, 4)


def _close_soon(story: Story) -> None:
    story.closes_on = story.now + story.dice.between(1, 4)
    story.since, story.until = story.closes_on - 5, story.closes_on


def _early_commit(story: Story) -> None:
    story.dwell = story.dice.between(5, 9)
    story.commit_on = story.since = story.now - story.dice.between(2, 4)
    story.skips = frozenset({"metrics", "decision_criteria", "economic_buyer"})
    story.until = story.now + story.rest


def _amount_cut(story: Story) -> None:
    story.meets(story.dice.between(2, 4), story.dice.between(1, 3))
    story.cut_on = story.since


def _regressed(story: Story) -> None:
    ago = story.dice.between(1, 2)
    story.meets(ago, story.dice.between(1, 3))
    story.dwell = ago


def _facts_missing(story: Story) -> None:
    story.dwell = story.dice.between(3, 8)
    story.skips = frozenset({"competitors", "decision_date"} if story.dice.chance(0.5) else {"impact", "competitors"})
    story.since, story.until = story.now - story.dwell, story.now + story.rest


def _unwritten(story: Story) -> None:
    story.meets(story.dice.between(2, 3), story.dice.between(2, 4))
    story.unwritten_on = story.since


RECIPES: Final[Mapping[Trouble, Recipe]] = {
    Trouble.NONE: Recipe(0, _ANY, _untroubled),
    Trouble.GHOSTED: Recipe(32, _SELLING, _ghosted),
    Trouble.LONG_SILENT: Recipe(12, _SELLING, _long_silent),
    Trouble.FALLING_SILENT: Recipe(20, _SELLING, _falling_silent),
    Trouble.NO_NEXT_MEETING: Recipe(24, _SELLING, _no_next_meeting),
    Trouble.UNMET: Recipe(14, ("qualification",), _unmet),
    Trouble.STUCK_IN_APPROVAL: Recipe(18, ("approval",), _stuck_in_approval),
    Trouble.SLOW: Recipe(12, ("discovery", "evaluation"), _slow),
    Trouble.PUSHED: Recipe(14, ("evaluation", "approval", "negotiation"), _pushed),
    Trouble.SINGLE_THREADED: Recipe(14, ("proposal", "evaluation", "approval"), _single_threaded),
    Trouble.OVERDUE_STEP: Recipe(14, _SELLING, _overdue_step),
    Trouble.EMPTY_STEP: Recipe(12, _SELLING, _empty_step),
    Trouble.CLOSE_PASSED: Recipe(14, _LATE, _close_passed),
    Trouble.CLOSE_SOON: Recipe(18, _LATE, _close_soon),
    Trouble.EARLY_COMMIT: Recipe(10, ("proposal",), _early_commit),
    Trouble.AMOUNT_CUT: Recipe(8, ("evaluation", "negotiation"), _amount_cut),
    Trouble.REGRESSED: Recipe(8, ("proposal",), _regressed),
    Trouble.FACTS_MISSING: Recipe(12, ("proposal",), _facts_missing),
    Trouble.UNWRITTEN: Recipe(10, _SELLING, _unwritten),
}

ON_DEMAND: Final[Mapping[Trouble, Recipe]] = {
    Trouble.SILENT_IN_NEGOTIATION: Recipe(0, ("negotiation",), _silent_in_negotiation),
}
"""Troubles that only a world has that was asked for them: `Size.silent`."""


def recipe_of(trouble: Trouble) -> Recipe:
    """How a trouble comes about."""
    return RECIPES[trouble] if trouble in RECIPES else ON_DEMAND[trouble]


def dealt(count: int, dice: Dice) -> list[Trouble]:
    """A trouble (mostly none) for each of so many open deals: the shares hold as exactly as whole deals allow."""
    exact = {trouble: recipe.share * count / 1000 for trouble, recipe in RECIPES.items()}
    whole = {trouble: int(share) for trouble, share in exact.items()}
    missing = round(sum(exact.values())) - sum(whole.values())
    nearest = sorted(exact, key=lambda trouble: whole[trouble] - exact[trouble])
    for trouble in nearest[:missing]:
        whole[trouble] += 1
    some = [trouble for trouble, times in whole.items() for _ in range(times)]
    return dice.shuffled([*some, *[Trouble.NONE] * (count - len(some))])
