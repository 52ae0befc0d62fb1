"""What somebody has to do, in figures and in the few cases that are shown: of one person, or of a team."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from stalewatch.delivery.answered import Answered
from stalewatch.delivery.telling import Telling
from stalewatch.domain.durations import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Some records; `amount` is what the deals among them are worth, in hundredths of the project's currency."""

    deals: int = 0
    leads: int = 0
    amount: int = 0

    @property
    def records(self) -> int:
        """How many there are."""
        return self.deals + self.leads

    @property
    def money(self) -> Decimal:
        """The amount in units of the currency."""
        return Decimal(self.amount) / 100

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            deals=self.deals + other.deals, leads=self.leads + other.leads, amount=self.amount + other.amount
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """A case that somebody answered: what would be said of it, and the answer that holds."""

    telling: Telling
    answer: Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One person's records.

    Attributes:
        late, soon, resting: what waits for an answer; what falls due within `within`; what was answered.
        late_ones, soon_ones, resting_ones: those of them that are shown, the worst and the first due first.
        owned: whether any open record is theirs.
    """

    currency: str
    within: Duration
    late: Tally = field(default_factory=Tally)
    soon: Tally = field(default_factory=Tally)
    resting: Tally = field(default_factory=Tally)
    late_ones: tuple[Telling, ...] = ()
    soon_ones: tuple[Telling, ...] = ()
    resting_ones: tuple[Resting, ...] = ()
    owned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of a team: the target that names them (`person:…`; "" for what nobody owns), and their figures."""

    target: str
    name: str
    late: Tally = field(default_factory=Tally)
    soon: Tally = field(default_factory=Tally)
    resting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The people below somebody, by name, and the cases to look at first, the worst first."""

    currency: str
    within: Duration
    members: tuple[Member, ...]
    first_ones: tuple[Telling, ...] = ()

    @property
    def late(self) -> Tally:
        """What waits for an answer in the whole team."""
        return sum((one.late for one in self.members), Tally())

    @property
    def soon(self) -> Tally:
        """What soon falls due in the whole team."""
        return sum((one.soon for one in self.members), Tally())


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """By what this was made: the moment (RFC 3339), and how old the oldest data was then, in seconds (None: nobody
    knows); `waiting`: connections whose data is too old to judge by."""

    as_of: str
    age: int | None = None
    waiting: tuple[str, ...] = ()
