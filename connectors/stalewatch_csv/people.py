"""Owners and managers, put together from the rows that name them."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from stalewatch.sdk.records import Person


class OwnerCells(NamedTuple):
    """What one row says of its owner; "" where it says nothing."""

    name: str
    email: str
    manager_email: str
    team: str

    @property
    def id(self) -> str | None:
        """The owner's id: the address, or else the name; None for a row without owner."""
        return self.email.casefold() or self.name or None


class People:
    """Everybody met so far in one reading.

    A person is their address, or their name where the file has no addresses: two people may share a name,
    and a message must not reach the wrong one. Later rows fill gaps and never contradict earlier ones.
    """

    def __init__(self) -> None:
        self._known: dict[str, Person] = {}
        self._heard: set[OwnerCells] = set()

    def meet(self, cells: OwnerCells) -> list[Person]:
        """The people whom this row tells more about than was known."""
        if cells in self._heard:
            return []
        self._heard.add(cells)
        manager, owner = cells.manager_email.casefold() or None, cells.id
        news: list[Person] = []
        if manager:
            news += self._learn(Person(id=manager, name=manager, email=manager))
        if owner:
            news += self._learn(
                Person(
                    id=owner,
                    name=cells.name or owner,
                    email=cells.email.casefold() or None,
                    manager=manager,
                    team=cells.team or None,
                )
            )
        return news

    def _learn(self, told: Person) -> list[Person]:
        known = self._known.get(told.id)
        merged = told if known is None else _filled(known, told)
        self._known[told.id] = merged
        return [] if merged == known else [merged]


def _filled(known: Person, told: Person) -> Person:
    return replace(
        known,
        name=told.name if known.name == known.id else known.name,
        manager=known.manager or told.manager,
        team=known.team or told.team,
    )
