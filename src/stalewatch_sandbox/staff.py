"""The sellers: teams, their managers, their reps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.phrases import Phrases
from stalewatch_sandbox.phrases_en import ENGLISH
from stalewatch_sandbox.phrases_ja import JAPANESE
from stalewatch_sandbox.workdays import Workdays, workdays

Language = Literal["en", "ja"]

DOMAIN: Final = "sales.example.com"
REPS_PER_TEAM: Final = 4
_PHRASES: Final = {"en": ENGLISH, "ja": JAPANESE}


@dataclass(frozen=True, slots=True)
class Team:
    """Reps under one manager, who speak one language and work in one place."""

    id: str
    name: str
    language: Language
    country: str
    zone: str

    @property
    def channel(self) -> str:
        """Where the team talks."""
        return f"#sales-{self.id.replace('_', '-')}"

    def workdays(self, around: date) -> Workdays:
        """The days on which the team works."""
        return workdays(self.country, self.zone, around)


@dataclass(frozen=True, slots=True)
class Seller:
    """A rep or a manager; `manager` is the id of theirs, None for managers."""

    id: str
    name: str
    email: str
    team: Team
    manager: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody who sells."""

    teams: tuple[Team, ...]
    managers: tuple[Seller, ...]
    reps: tuple[Seller, ...]

    def colleagues(self, rep: Seller) -> list[Seller]:
        """The other reps of the same team."""
        return [other for other in self.reps if other.team is rep.team and other is not rep]


_TOKYO: Final = ("JP", "Asia/Tokyo")
_AT_HOME_JA: Final = (
    Team("tokyo_1", "東京第一営業部", "ja", *_TOKYO),
    Team("west", "西日本営業部", "ja", *_TOKYO),
    Team("global", "Global Accounts", "en", *_TOKYO),
)
_AT_HOME_EN: Final = (
    Team("global", "Global Accounts", "en", *_TOKYO),
    Team("strategic", "Strategic Accounts", "en", *_TOKYO),
    Team("tokyo_1", "東京第一営業部", "ja", *_TOKYO),
)
_FURTHER: Final = (
    Team("chubu", "中部営業部", "ja", *_TOKYO),
    Team("apac", "APAC Sales", "en", "SG", "Asia/Singapore"),
    Team("kyushu", "九州営業部", "ja", *_TOKYO),
    Team("us_sales", "Americas", "en", "US", "America/New_York"),
    Team("public", "公共営業部", "ja", *_TOKYO),
)
"""A company grows out of Tokyo only when it has more than three teams."""


def phrases(language: Language) -> Phrases:
    """The phrasebook of a language."""
    return _PHRASES[language]


def hire(dice: Dice, reps: int, home: Language) -> Staff:
    """So many reps, at least one, in teams of four with one manager each; `home` is what most of them speak."""
    teams = tuple(_team(number, home) for number in range(-(-max(reps, 1) // REPS_PER_TEAM)))
    names = _Names(dice)
    managers = tuple(names.seller(f"m{number:03}", team) for number, team in enumerate(teams, 1))
    hired = tuple(
        names.seller(f"r{number:03}", managers[number % len(teams)].team, managers[number % len(teams)].id)
        for number in range(max(reps, 1))
    )
    return Staff(teams, managers, hired)


def _team(number: int, home: Language) -> Team:
    known = (*(_AT_HOME_JA if home == "ja" else _AT_HOME_EN), *_FURTHER)
    first = known[number % len(known)]
    again = number // len(known)
    if not again:
        return first
    return Team(f"{first.id}_{again + 1}", f"{first.name} {again + 1}", first.language, first.country, first.zone)


class _Names:
    """Gives out full names; nobody has the address of somebody else."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: set[str] = set()

    def seller(self, id_: str, team: Team, manager: str | None = None) -> Seller:
        book = phrases(team.language)
        for _ in range(20):
            family, given = self._dice.one_of(book.families), self._dice.one_of(book.givens)
            local = f"{given[1]}.{family[1]}"
            if local not in self._taken:
                break
        else:
            local = f"{local}.{len(self._taken)}"
        self._taken.add(local)
        return Seller(id_, book.person(family[0], given[0]), f"{local}@{DOMAIN}", team, manager)
