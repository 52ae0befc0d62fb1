"""One timeline test of rules: a record's story, and what must be true at which moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from stalewatch.domain.assemble import Happening, Raw, Snapshot
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import to_us
from stalewatch.domain.levels import Levels


@dataclass(frozen=True, slots=True)
class Sleep:
    """A snooze in the story."""

    rule: str
    until: int


@dataclass(frozen=True, slots=True)
class Happens:
    """Something that happens at `at`: fields set, an event, a snooze."""

    at: int
    sets: Mapping[str, Raw] = field(default_factory=dict)
    event: Happening | None = None
    snooze: Sleep | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold at a moment; an attribute that is None is not asked for."""

    at: int
    rule: str
    line: int
    subject: str | None = None
    state: str | None = None
    breach_at: int | None = None
    warn_at: int | None = None
    says: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Trial:
    """One test: what is given from the record's creation on, what happens, what is expected."""

    name: str
    object: str
    given: Mapping[str, Raw]
    happens: tuple[Happens, ...]
    expects: tuple[Expectation, ...]
    line: int = 0

    @cached_property
    def _ordered(self) -> list[Happens]:
        return sorted(self.happens, key=lambda one: one.at)

    @cached_property
    def created(self) -> int:
        """When the record came to be, in microseconds; the epoch if it does not say."""
        created = self.given.get("created_at")
        return to_us(created) if isinstance(created, datetime) else 0

    def at(self, moment: int) -> Snapshot:
        """The record after all changes up to and including this moment."""
        values = dict(self.given)
        changes: dict[str, list[tuple[int, Raw]]] = {}
        events: list[Happening] = []
        for one in self._ordered:
            if one.at > moment:
                break
            for name, value in one.sets.items():
                changes.setdefault(name, [(self.created, self.given.get(name))]).append((one.at, value))
                values[name] = value
            if one.event is not None:
                events.append(one.event)
        return Snapshot(values, changes, events)


@dataclass(frozen=True, slots=True)
class Live:
    """The `live:` of a test file: how long a clock must stay satisfied, and until when it is the same story.

    Attributes:
        ladder: what follows a breach that nobody acts on; nothing unless the file says so.
    """

    keep_for: Duration = field(default_factory=lambda: Duration(2, Unit.HOUR))
    reopen_within: Duration = field(default_factory=lambda: Duration(3, Unit.BUSINESS_DAY))
    ladder: Levels = ()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that did not come true: what was asked for, expected and found, as shown values.

    `at` marks instants in `expected` and `found`: they are microseconds and want formatting in the test's zone.
    """

    trial: Trial
    expectation: Expectation
    what: str
    expected: str | int | None
    found: str | int | None
