"""Leads: people who asked for something before there is a deal, and how quickly somebody came back to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from stalewatch_sandbox.accounts import Account, found
from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.pen import MORNING
from stalewatch_sandbox.staff import Seller, Staff, phrases

_FITS: Final = (("a", 20), ("b", 35), ("c", 30), ("none", 15))
_ENDS: Final = (("sql", 45), ("recycled", 20), ("disqualified", 15), ("mql", 20))
_ASKED: Final = ("budget", "need", "timeframe")
_REASONS: Final = ("no_budget", "low_priority", "timing_unknown", "competitor_named", "not_a_buyer", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadState:
    """A lead at one moment; times that have not come are None."""

    status: str
    owner: str | None
    mql_at: datetime | None
    handed_off_at: datetime | None
    first_touch_at: datetime | None
    is_converted: bool
    unconverted_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A lead from its first form to its end; times that never come are None.

    Attributes:
        decided_at: when the rep accepts it (`ends_as` is "sql") or sends it back with a reason.
        facts: budget, need and timeframe, as far as they are known at the hand-off.
    """

    id: str
    name: str
    company: str
    email: str
    source: str
    icp_fit: str
    owner: Seller
    created_at: datetime
    mql_at: datetime | None
    handed_off_at: datetime | None
    first_touch_at: datetime | None
    decided_at: datetime | None
    ends_as: str
    unconverted_reason: str | None
    facts: tuple[tuple[str, str], ...]

    def state_at(self, moment: datetime) -> LeadState | None:
        """What it looks like at a moment; None before it was created."""
        if moment < self.created_at:
            return None
        handed_off, decided = _by(self.handed_off_at, moment), _by(self.decided_at, moment)
        mql = _by(self.mql_at, moment)
        return LeadState(
            status=self.ends_as if decided else "mql" if mql else "new",
            owner=self.owner.id if handed_off else None,
            mql_at=mql,
            handed_off_at=handed_off,
            first_touch_at=_by(self.first_touch_at, moment),
            is_converted=bool(decided) and self.ends_as == "sql",
            unconverted_reason=self.unconverted_reason if decided else None,
        )


def leads(seed: int, count: int, staff: Staff, as_of: datetime) -> tuple[Lead, ...]:
    """So many leads, from 60 working days before a moment to 20 after; every fifth is left lying."""
    companies = {language: found(seed + 1, language, count) for language in {team.language for team in staff.teams}}
    owners = [staff.reps[number % len(staff.reps)] for number in range(count)]
    return tuple(
        _lead(seed, number, owner, companies[owner.team.language][number], as_of) for number, owner in enumerate(owners)
    )


def _lead(seed: int, number: int, owner: Seller, account: Account, as_of: datetime) -> Lead:
    dice, book = Dice(seed, "lead", number), phrases(owner.team.language)
    days = owner.team.workdays(as_of.astimezone(UTC).date())
    person = dice.one_of(account.contacts)
    day = days.number(as_of) + dice.between(-60, 20)
    is_mql, is_forgotten = dice.chance(0.8), dice.chance(0.2)
    handed_off = day + dice.between(0, 2)
    touched = handed_off + (dice.between(4, 12) if is_forgotten else dice.between(0, 1))
    ends_as = dice.weighed(_ENDS) if is_mql else "new"
    is_decided = ends_as in ("sql", "recycled", "disqualified")
    minute = MORNING + dice.between(0, 240)
    return Lead(
        id=f"L-{number + 1:05}",
        name=person.name,
        company=account.name,
        email=person.email,
        source=dice.one_of(book.sources),
        icp_fit=dice.weighed(_FITS),
        owner=owner,
        created_at=days.at(day, minute),
        mql_at=days.at(day, minute + 20) if is_mql else None,
        handed_off_at=days.at(handed_off, minute + 60) if is_mql else None,
        first_touch_at=days.at(touched, minute + 180) if is_mql else None,
        decided_at=days.at(touched + dice.between(1, 3), minute + 30) if is_decided else None,
        ends_as=ends_as,
        unconverted_reason=dice.one_of(_REASONS) if ends_as in ("recycled", "disqualified") else None,
        facts=tuple((name, dice.one_of(book.facts[name])) for name in _ASKED if dice.chance(0.6)),
    )


def _by(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None
