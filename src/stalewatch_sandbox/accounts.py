"""The customers: companies and the people in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.staff import Language, phrases

_SEGMENTS: Final = {
    "ja": (("smb", 25), ("mid_market", 40), ("enterprise", 25), ("public_sector", 10)),
    "en": (("smb", 30), ("mid_market", 45), ("enterprise", 25)),
}


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a customer."""

    id: str
    name: str
    email: str
    title: str


@dataclass(frozen=True)
class Account:
    """A company that buys, or might."""

    id: str
    name: str
    domain: str
    language: Language
    segment: str
    seed: int

    @cached_property
    def contacts(self) -> tuple[Contact, ...]:
        """The people who may take part in a deal, always the same."""
        dice, book = Dice(self.seed, "contacts", self.id), phrases(self.language)
        families, givens = dice.shuffled(book.families), dice.shuffled(book.givens)
        titles = dice.shuffled(book.titles)
        return tuple(
            Contact(
                id=f"{self.id}-{number + 1}",
                name=book.person(family[0], given[0]),
                email=f"{given[1]}.{family[1]}@{self.domain}",
                title=title,
            )
            for number, (family, given, title) in enumerate(zip(families, givens, titles, strict=False))
        )


def found(seed: int, language: Language, count: int) -> list[Account]:
    """So many companies of one language; no two have the same name."""
    dice, book = Dice(seed, "accounts", language), phrases(language)
    pairs = [(first, trade) for trade in book.trades for first in book.firsts]
    plain = dice.shuffled(pairs)
    return [_account(seed, dice, language, number, *plain[number % len(plain)]) for number in range(count)]


def _account(
    seed: int, dice: Dice, language: Language, number: int, first: tuple[str, str], trade: tuple[str, str]
) -> Account:
    book = phrases(language)
    name, domain = book.company(first[0], trade[0]), f"{first[1]}-{trade[1]}"
    again = number // (len(book.firsts) * len(book.trades))
    if again:  # the names are used up: branches of the same companies
        region, part = book.regions[(again - 1) % len(book.regions)], (again - 1) // len(book.regions)
        name, domain = f"{name} {region[0]}", f"{region[1]}.{domain}"
        if part:
            name, domain = f"{name} {part + 1}", f"{part + 1}.{domain}"
    segment = dice.weighed(_SEGMENTS[language])
    return Account(f"{language.upper()}{number + 1:05}", name, f"{domain}.example", language, segment, seed)
