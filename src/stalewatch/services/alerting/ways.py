"""Where and when somebody can be told, worked out once for everything that they are told of in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from weakref import WeakKeyDictionary

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.directory import Directory
from stalewatch.domain.hours import Hours
from stalewatch.domain.pacing import digest_slot
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route, Target, firsts
from stalewatch.services.alerting.hours import hours_of, zone_of
from stalewatch.services.alerting.people import people_of
from stalewatch.store import versions
from stalewatch.store.engine import Database


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to everybody, as they are now. Of ten thousand records most share their owner with some other, and of
    all owners most have the hours of many."""

    speaking: Speaking
    people: Directory
    _rungs: dict[tuple[object, ...], Sequence[Target]] = field(default_factory=dict)
    _hours: dict[tuple[object, ...], Hours] = field(default_factory=dict)
    _slots: dict[tuple[int, ...], tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, db: Database, speaking: Speaking) -> Self:
        """As they are now; the directory is read, and its ladders are built, only after anything about people changed.

        A number that rises with every such change tells that (`store/versions.py`): it is read before what it stands
        for. Hours and digests are worked out anew, since they go by the moment.
        """
        number, found = versions.access(db), _kept.get(db)
        if found is None or found[:2] != (number, speaking):
            found = _kept[db] = (number, speaking, Ways(speaking, people_of(db, speaking)))
        return cls(speaking, found[2].people, found[2]._rungs)

    def rungs(self, route: Route, owner: str | None, team: str | None) -> Sequence[Target]:
        """Where each recipient of a route is reached first."""
        key = (route.to, owner, team)
        found = self._rungs.get(key)
        if found is None:
            found = self._rungs[key] = firsts(route, owner, self.people, team=team)
        return found

    def hours(self, rung: Target, calendar: Calendar, route: Route) -> Hours:
        """The hours of whom a rung reaches, for a record of this calendar."""
        person = self.people.people.get(rung.person or "")
        key = (zone_of(person, calendar), calendar, route.digest_at)
        found = self._hours.get(key)
        if found is None:
            found = self._hours[key] = hours_of(person, calendar, self.speaking, route.digest_at)
        return found

    def slot(
        self, rung: Target, calendar: Calendar, route: Route, edge: int, now: int, seen: int
    ) -> tuple[int, str]:  # fmt: skip
        """The digest that carries what is about an instant, and why it goes then: deadlines of one day have one."""
        hours = self.hours(rung, calendar, route)
        key = (id(hours), edge, now, seen)
        found = self._slots.get(key)
        if found is None:
            pace = digest_slot(hours, edge, now, seen=seen)
            found = self._slots[key] = (pace.not_before, pace.reason.value)
        return found


_kept: Final[WeakKeyDictionary[Database, tuple[int, Speaking, Ways]]] = WeakKeyDictionary()
"""Per database the ways that were found last, by what was so then."""
