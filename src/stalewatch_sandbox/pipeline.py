"""The whole world of one company: who sells, who buys, and every deal, past, present and to come."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from stalewatch_sandbox.accounts import Account, found
from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.leads import Lead, leads
from stalewatch_sandbox.life import tell
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.pen import EVENING, Pen
from stalewatch_sandbox.plots import Customer, Plot, closed_plot, later_plot, open_plot
from stalewatch_sandbox.staff import REPS_PER_TEAM, Language, Seller, Staff, hire, phrases
from stalewatch_sandbox.troubles import Trouble, dealt
from stalewatch_sandbox.truth import Truth, truth_of
from stalewatch_sandbox.workdays import Workdays

YEAR: Final = 245
"""Working days of the closed history."""
AHEAD: Final = 60
"""Working days after the world's own moment in which new deals still come in."""
DEALS_PER_REP: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How big a world is.

    Attributes:
        open: deals that are open at the world's own moment.
        closed: deals that were closed in the year before.
        later: deals that come in during the 60 working days after.
        silent: open deals beside those, whose customers stopped answering in the negotiation a few days ago.
        per_rep: how many of the open deals each rep has.
    """

    open: int
    closed: int
    later: int
    leads: int
    silent: int = 0
    per_rep: int = DEALS_PER_REP

    @classmethod
    def of(cls, open_deals: int) -> Size:
        """A company with so many open deals, and a past and a future that go with them."""
        return cls(open=open_deals, closed=4 * open_deals, later=open_deals, leads=open_deals // 2)

    @property
    def reps(self) -> int:
        """As many as it takes to look after the open deals."""
        return max(1, round(self.open / self.per_rep))

    @property
    def deals(self) -> int:
        """All of them."""
        return self.open + self.closed + self.later + self.silent


DEMO: Final = Size.of(120)
"""Twelve reps in three teams."""


@dataclass(frozen=True)
class World:
    """Everything, as it was, is and will be.

    Attributes:
        moment: when the open deals are open and their troubles show; any other moment can be asked for.
        deals: in order of their creation.
    """

    seed: int
    size: Size
    moment: datetime
    home: Language
    staff: Staff
    deals: tuple[Opportunity, ...]
    leads: tuple[Lead, ...]

    @cached_property
    def people(self) -> dict[str, Seller]:
        """Everybody who sells, by id."""
        return {one.id: one for one in (*self.staff.managers, *self.staff.reps)}

    def known_at(self, moment: datetime) -> Iterator[Opportunity]:
        """The deals that were created by a moment, open or closed."""
        return (deal for deal in self.deals if deal.created_at <= moment)

    def truth_at(self, moment: datetime) -> dict[str, Truth]:
        """The truth about every deal that was created by a moment."""
        return {truth.deal: truth for deal in self.deals if (truth := truth_of(deal, moment))}


def generate(seed: int, size: Size, as_of: datetime, home: Language = "ja") -> World:
    """Make a world. The same arguments make the same world.

    Args:
        as_of: the moment that it is about, with a time zone.
        home: what most of the reps and their customers speak.

    Raises:
        ValueError: if `as_of` has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError(f"a world needs a moment with a time zone: {as_of.isoformat()}")
    maker = _Maker(seed, size, as_of, home)
    with _uncollected():
        deals = tuple(maker.deal(number, *outline) for number, outline in enumerate(maker.outlines(), 1))
    return World(seed, size, as_of, home, maker.staff, deals, leads(seed, size.leads, maker.staff, as_of))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: a million things are made that all stay, and looking through them takes a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Maker:
    """Makes the deals of one world, each from dice of its own."""

    def __init__(self, seed: int, size: Size, moment: datetime, home: Language) -> None:
        self._seed, self._size, self._moment = seed, size, moment
        self.staff = hire(Dice(seed, "staff"), size.reps, home)
        self._around = moment.astimezone(UTC).date()
        many = max(size.reps * REPS_PER_TEAM, size.deals // 2)
        self._accounts: dict[Language, list[Account]] = {
            language: found(seed, language, many) for language in {team.language for team in self.staff.teams}
        }

    def outlines(self) -> list[tuple[Plot, Account, Seller]]:
        """Every deal of the world in outline, in order of creation."""
        made = [self._outline(number, *what) for number, what in enumerate(self._wanted())]
        made.sort(key=lambda outline: outline[0].created)
        return made

    def deal(self, number: int, plot: Plot, account: Account, owner: Seller) -> Opportunity:
        """A deal in full."""
        id_ = f"D-{number:05}"
        dice, days, book = Dice(self._seed, "life", id_), self._days(owner), phrases(account.language)
        colleagues = self.staff.colleagues(owner) if plot.trouble is Trouble.NONE and dice.chance(0.04) else []
        colleague = dice.one_of(colleagues).id if colleagues else None
        is_renewal = plot.frame.pipeline == "renewal"
        project = dice.one_of(book.renewals if is_renewal else book.projects)
        life = tell(plot, Pen(id_, account, dice, days), colleague)
        since, until = _troubled(plot)
        return Opportunity(
            id=id_,
            name=book.deal(account.name, project),
            account=account,
            pipeline=plot.frame.pipeline,
            owner=owner.id,
            life=life,
            trouble=plot.trouble,
            troubled_from=days.at(since, EVENING),
            troubled_until=min(days.at(until, EVENING), life[-1].at),
        )

    def _wanted(self) -> Iterator[tuple[str, Trouble, Seller]]:
        """When each deal lives, what is wrong with it, and whose it is."""
        reps, size = self.staff.reps, self._size
        dice = Dice(self._seed, "troubles")
        owners = dice.shuffled([reps[number % len(reps)] for number in range(size.open)])
        for trouble, owner in zip(dealt(size.open, dice), owners, strict=True):
            yield "open", trouble, owner
        for number in range(size.closed):
            yield "closed", Trouble.NONE, reps[number % len(reps)]
        for number in range(size.later):
            yield "later", Trouble.NONE, reps[number % len(reps)]
        for number in range(size.silent):
            yield "open", Trouble.SILENT_IN_NEGOTIATION, reps[number % len(reps)]

    def _outline(self, number: int, when: str, trouble: Trouble, owner: Seller) -> tuple[Plot, Account, Seller]:
        dice = Dice(self._seed, "plot", number)
        now = self._days(owner).number(self._moment)
        account = dice.one_of(self._accounts[owner.team.language])
        customer = Customer(account.segment, has_ringi=account.language == "ja")
        if when == "open":
            plot = open_plot(dice, customer, trouble, now)
        elif when == "closed":
            plot = closed_plot(dice, customer, now - dice.between(1, YEAR))
        else:
            plot = later_plot(dice, customer, now + dice.between(1, AHEAD))
        return plot, account, owner

    def _days(self, owner: Seller) -> Workdays:
        return owner.team.workdays(self._around)


def _troubled(plot: Plot) -> tuple[int, int]:
    """The working days on which the trouble begins and ends."""
    if plot.story:
        return plot.story.since, plot.story.until
    if plot.window:
        return plot.window.last, plot.end
    return plot.created, plot.created
