"""Where and when somebody can be told, worked out once for everything that they are told of in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.directory import Directory
from stalewatch.domain.hours import Hours
from stalewatch.domain.pacing import digest_slot
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route, Target, ladders
from stalewatch.services.alerting.hours import hours_of


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to everybody, as they are now. Of ten thousand records most share their owner with some other."""

    speaking: Speaking
    people: Directory
    _rungs: dict[tuple[object, ...], Sequence[Target]] = field(default_factory=dict)
    _hours: dict[tuple[object, ...], Hours] = field(default_factory=dict)
    _slots: dict[tuple[object, ...], tuple[int, str]] = field(default_factory=dict)

    def rungs(self, route: Route, owner: str | None, team: str | None) -> Sequence[Target]:
        """Where each recipient of a route is reached first."""
        key = (route.to, owner, team)
        found = self._rungs.get(key)
        if found is None:
            found = [ladder[0] for ladder in ladders(route, owner, self.people, team=team)]
            self._rungs[key] = found
        return found

    def hours(self, rung: Target, calendar: Calendar, route: Route) -> Hours:
        """The hours of whom a rung reaches, for a record of this calendar."""
        key = (rung.person, calendar, route.digest_at)
        found = self._hours.get(key)
        if found is None:
            person = self.people.people.get(rung.person or "")
            found = self._hours[key] = hours_of(person, calendar, self.speaking, route.digest_at)
        return found

    def slot(
        self, rung: Target, calendar: Calendar, route: Route, edge: int, now: int, seen: int
    ) -> tuple[int, str]:  # fmt: skip
        """The digest that carries what is about an instant, and why it goes then: deadlines of one day have one."""
        key = (rung.person, calendar, route.digest_at, edge, now, seen)
        found = self._slots.get(key)
        if found is None:
            pace = digest_slot(self.hours(rung, calendar, route), edge, now, seen=seen)
            found = self._slots[key] = (pace.not_before, pace.reason.value)
        return found
