"""A team in figures, person by person, by name: never a ranking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from stalewatch.delivery.glances import Member, Tally
from stalewatch.domain.directory import Directory


class Figures:
    """Adds up a team, by person: who sells in two CRMs is one person with two ids."""

    def __init__(self, people: Directory) -> None:
        self._people = people
        self._members: dict[str, Member] = {}

    def has(self, owner: str | None) -> str:
        """Somebody is of the team; returns the target that names them."""
        person = self._people.people.get(owner or "")
        target = person.target if person else f"person:{owner}" if owner else ""
        name = person.name if person else owner or ""
        self._members.setdefault(target, Member(target=target, name=name))
        return target

    def late(self, row: Any, of_leads: bool) -> None:
        """Somebody's late records, and those that rest."""
        target = self.has(row.owner)
        one = self._members[target]
        late = Tally(leads=row.late) if of_leads else Tally(deals=row.late, amount=int(row.amount))
        self._members[target] = replace(one, late=one.late + late, resting=one.resting + row.resting)

    def soon(self, row: Any) -> None:
        """One record of somebody's that soon falls due."""
        target = self.has(row.owner)
        one = self._members[target]
        self._members[target] = replace(one, soon=one.soon + tally([row]))

    def members(self) -> tuple[Member, ...]:
        """Everybody by name, and last what nobody owns."""
        return tuple(sorted(self._members.values(), key=lambda one: (not one.target, one.name, one.target)))


def tally(rows: Iterable[Any]) -> Tally:
    """The records that some rows (object, record_id, amount) are about, each once."""
    each = {row.record_id: row for row in rows}.values()
    leads = sum(row.object == "lead" for row in each)
    return Tally(deals=len(each) - leads, leads=leads, amount=sum(row.amount or 0 for row in each))
