"""What would be said of one problem: which route was taken and why, to whom, when, and what holds it back."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.domain.alerts import Kind
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.pacing import Reason
from stalewatch.domain.route_conditions import FieldTest
from stalewatch.domain.routing import Ladder, Route
from stalewatch.sdk.notifier import Style


@dataclass(frozen=True, slots=True)
class Tried:
    """A route that was looked at: the tests that failed, each with the value that was found; none: it matches."""

    route: Route
    failed: tuple[tuple[FieldTest, object], ...] = ()

    @property
    def matches(self) -> bool:
        return not self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that delays a message or keeps it back.

    Attributes:
        until: the instant at which it ends, None if nobody knows.
        by: the rule that speaks instead, or who asked for quiet.
        used, most: of a budget, of a rule's first days.
    """

    reason: Reason
    until: int | None = None
    by: str = ""
    used: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What one recipient is told, or would be.

    Attributes:
        ladder: the ways to reach them, best first.
        at: the earliest instant of the message; None: not by itself, or nothing is left to say.
        told_at: when they were last told of this problem.
        holds: what decides the time, the weightiest first.
        zone: IANA, in which `at` is to be said.
    """

    ladder: Ladder
    style: Style
    at: int | None
    zone: str
    told_at: int | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One message that the open alert has called for so far, and what became of it.

    Attributes:
        kind: of the notice; `state` and `reason` are as stored with it.
        at: when it was told, else when it was written; `until`: before when it is not said, while it waits.
    """

    kind: str
    target: str
    state: str
    reason: str | None
    at: int
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The next level of the alert's ladder: at that instant these targets hear of it, if nobody acts."""

    at: int
    to: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One problem, or what a rule would make of a record that has none.

    Attributes:
        state: of the clock; subject: the event's id.
        alert: id of the open alert, None: there is none.
        kind: the message that is next, None: nothing is left to say.
        tried: the routes in their order, up to the one that is taken.
        holds: what keeps it from being said at all.
        past: what the open alert called for so far, the oldest first.
        ahead: the next level of its ladder, if it is known when that is due.
    """

    rule: Rule
    mode: Mode
    state: str
    subject: str | None
    alert: str | None
    kind: Kind | None
    route: Route
    tried: tuple[Tried, ...]
    holds: tuple[Hold, ...]
    hearings: tuple[Hearing, ...]
    past: tuple[Happened, ...] = ()
    ahead: Ahead | None = None
