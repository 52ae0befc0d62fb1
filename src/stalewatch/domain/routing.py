"""Whom to tell: the first route that matches, and for each of its targets a ladder of ways to reach somebody.

    owner DM → alias (`people:`) → manager DM → team channel → operator channel → e-mail → undelivered

The first rung is where a notice goes; when a destination turns out to be gone, `after` names the next one.
The last rung always exists, so nothing is dropped in silence. Every rung says why it was taken and what was
passed over on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.levels import Level
from stalewatch.domain.route_conditions import Facts
from stalewatch.sdk.notifier import Style

NINE: Final = 9 * 60
UNDELIVERED: Final = "undelivered"
OPERATOR: Final = "operator"
MAIL: Final = "mail:"
"""A target of its own, because it is reached through a service of its own: `mail:sato@acme.example`."""
MAILTO: Final = "mailto:"
"""How its address begins."""


class Reason(StrEnum):
    """Why somebody is on the ladder, or why somebody was passed over."""

    OWNER = "owner"
    MANAGER = "manager"
    CHANNEL = "channel"
    NAMED = "named"  # the route names this person
    OPERATOR = "operator"
    ALIAS = "alias"
    INSTEAD_OF_OWNER = "instead_of_owner"
    TEAM_CHANNEL = "team_channel"
    OPERATOR_CHANNEL = "operator_channel"
    BY_EMAIL = "by_email"
    NOBODY_LEFT = "nobody_left"

    NO_OWNER = "no_owner"
    OWNER_UNKNOWN = "owner_unknown"  # a queue, or somebody the CRM no longer lists
    INACTIVE = "inactive"
    NO_ADDRESS = "no_address"
    NO_EMAIL = "no_email"
    NO_MANAGER = "no_manager"
    NO_TEAM_CHANNEL = "no_team_channel"
    NO_OPERATOR_CHANNEL = "no_operator_channel"


class OnUnknown(StrEnum):
    """What becomes of a direct message whose fate nobody can look up: sent again, or set aside for a person."""

    RESEND = "resend"
    PARK = "park"


class Via(StrEnum):
    """The kind of place a rung leads to."""

    PERSON = "person"
    CHANNEL = "channel"
    EMAIL = "email"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of `routes:`.

    Attributes:
        matches: the row's `where`; None matches everything.
        to: `owner`, `owner.manager`, `operator`, a `#channel`, `mail:<address>`, or a person's key.
        digest_at: minutes after local midnight.
        group_by: how a digest is grouped.
        on_unknown: of direct messages only; what stands in a channel is never said twice.
    """

    name: str
    to: tuple[str, ...]
    matches: Callable[[Facts], bool] | None = None
    style: Style = Style.DIGEST
    digest_at: int = NINE
    group_by: tuple[str, ...] = ("owner", "deal")
    on_unknown: OnUnknown = OnUnknown.PARK


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One rung: who or where, how to address it, why it, and what was passed over before it.

    `target` is the identity in message keys; `address` is what a notifier takes (an address, an alias, a
    name, a channel); `person` is the key of the person, if it is one.
    """

    target: str
    address: str
    via: Via
    reason: Reason
    passed: tuple[Reason, ...] = ()
    person: str | None = None


Ladder = tuple[Target, ...]


EVERYTHING_ELSE: Final = Route(name="everything else", to=("owner",))
"""Where a notice goes that no route matches: silence has to be asked for elsewhere, by name."""


def route_for(routes: Sequence[Route], facts: Facts) -> Route:
    """The first route whose condition holds, from top to bottom; `EVERYTHING_ELSE` if none does."""
    fitting = (route for route in routes if route.matches is None or route.matches(facts))
    return next(fitting, EVERYTHING_ELSE)


def by_level(route: Route, level: Level | None) -> Route:
    """The route of what a level of an alert's ladder asks for; without a level the alert's own.

    What is said again comes as it came before, what is passed on in the digest, unless the level says otherwise.
    """
    if level is None:
        return route
    style = level.style or (route.style if level.again else Style.DIGEST)
    return replace(route, to=level.to or route.to, style=style)


def ladders(route: Route, owner: str | None, directory: Directory, *, team: str | None = None) -> tuple[Ladder, ...]:
    """One ladder per recipient of the route, those with the same first rung only once; none is ever empty.

    Args:
        owner: key of the record's owner, None if nobody owns it.
        team: the record's team, used where the owner has none.
    """
    unique: dict[str, Ladder] = {}
    for name in route.to:
        rungs = tuple(_rungs(name, owner, directory, team))
        unique.setdefault(rungs[0].target, rungs)
    return tuple(unique.values()) or ((_nowhere(),),)


def firsts(route: Route, owner: str | None, directory: Directory, *, team: str | None = None) -> tuple[Target, ...]:
    """The first rung of each of `ladders`, which is all that a notice needs; what stands below is not worked out."""
    unique: dict[str, Target] = {}
    for name in route.to:
        rung = next(_rungs(name, owner, directory, team))
        unique.setdefault(rung.target, rung)
    return tuple(unique.values()) or (_nowhere(),)


def after(ladder: Ladder, address: str) -> Target:
    """The rung below the one with this address, for a destination that is gone; at the end: undelivered."""
    addresses = [rung.address for rung in ladder]
    place = addresses.index(address) + 1 if address in addresses else len(ladder)
    return ladder[min(place, len(ladder) - 1)]


def _rungs(name: str, owner: str | None, directory: Directory, team: str | None) -> Iterator[Target]:
    """The rungs for one entry of `to:`, best first, each worked out when it is asked for."""
    return _numbered(_steps(name, owner, directory, team))


def _steps(name: str, owner: str | None, directory: Directory, team: str | None) -> Iterator[Target | Reason]:
    """The same with the reasons for passing somebody over between them."""
    if name == "owner":
        yield from _owner(owner, directory)
        yield from _manager(owner, directory, Reason.INSTEAD_OF_OWNER)
    elif name == "owner.manager":
        yield from _manager(owner, directory, Reason.MANAGER)
    elif name.startswith("#"):
        yield _channel(name, Reason.CHANNEL)
    elif name.startswith(MAIL):
        yield _mail(name.removeprefix(MAIL), None, Reason.NAMED) if directory.by_email else Reason.NO_EMAIL
    elif name != OPERATOR:
        yield from _named(name, directory)
    if not name.startswith("#") and name != OPERATOR:
        known = directory.people.get(owner or "")
        yield _team_channel((known.team if known else None) or team, directory)
    yield from _last_resorts(directory, Reason.OPERATOR if name == OPERATOR else Reason.OPERATOR_CHANNEL)
    yield from _by_email(owner if name == "owner" else None, directory)
    yield _nowhere()


def _owner(owner: str | None, directory: Directory) -> Iterator[Target | Reason]:
    if not owner:
        yield Reason.NO_OWNER
    elif owner not in directory.people:
        yield Reason.OWNER_UNKNOWN
    else:
        yield from _person(directory.people[owner], directory, Reason.OWNER)


def _named(key: str, directory: Directory) -> Iterator[Target | Reason]:
    person = directory.people.get(key)
    yield from _person(person, directory, Reason.NAMED) if person else (Reason.OWNER_UNKNOWN,)


def _manager(owner: str | None, directory: Directory, reason: Reason) -> Iterator[Target | Reason]:
    """Up the chain: an inactive manager is passed over for theirs. A chain that bites its tail ends there."""
    seen: set[str] = {owner or ""}
    person = directory.people.get(owner or "")
    while person and person.manager and person.manager not in seen:
        seen.add(person.manager)
        person = directory.people.get(person.manager)
        rungs = list(_person(person, directory, reason)) if person else []
        yield from rungs
        if any(isinstance(rung, Target) for rung in rungs):
            return
    yield Reason.NO_MANAGER


def _person(person: Person, directory: Directory, reason: Reason) -> Iterator[Target | Reason]:
    """A DM by address, then by alias; where names suffice, by name. Before that a letter, for whom that is the way."""
    if not person.active:
        yield Reason.INACTIVE
        return
    if directory.by_email and person.email and (person.by_mail or directory.mail_first):
        yield _mail(person.email, person.key, reason)
    by_name = person.name or person.key if directory.names_suffice else None
    address = person.email or person.alias or by_name
    if not address:
        yield Reason.NO_ADDRESS
        return
    yield Target(target=person.target, address=address, via=Via.PERSON, reason=reason, person=person.key)
    if person.alias and person.alias != address:
        yield Target(target=person.target, address=person.alias, via=Via.PERSON, reason=Reason.ALIAS, person=person.key)


def _channel(name: str, reason: Reason) -> Target:
    return Target(target=f"channel:{name}", address=name, via=Via.CHANNEL, reason=reason)


def _team_channel(team: str | None, directory: Directory) -> Target | Reason:
    channel = directory.channels.get(team or "")
    return _channel(channel, Reason.TEAM_CHANNEL) if channel else Reason.NO_TEAM_CHANNEL


def _last_resorts(directory: Directory, reason: Reason) -> Iterator[Target | Reason]:
    channel = directory.operator_channel
    if channel or directory.names_suffice:
        yield Target(target=OPERATOR, address=channel or OPERATOR, via=Via.CHANNEL, reason=reason)
    else:
        yield Reason.NO_OPERATOR_CHANNEL


def _by_email(owner: str | None, directory: Directory) -> Iterator[Target]:
    """E-mail, where it is configured, stands last: to the owner while they are there, and to the operator."""
    if not directory.by_email:
        return
    person = directory.people.get(owner or "")
    if person and person.active and person.email:
        yield _mail(person.email, person.key, Reason.BY_EMAIL)
    if directory.operator_email:
        yield _mail(directory.operator_email, None, Reason.BY_EMAIL)


def _mail(address: str, person: str | None, reason: Reason) -> Target:
    target, whole = f"{MAIL}{address}", f"{MAILTO}{address}"
    return Target(target=target, address=whole, via=Via.EMAIL, reason=reason, person=person)


def _nowhere() -> Target:
    return Target(target=UNDELIVERED, address=UNDELIVERED, via=Via.NOWHERE, reason=Reason.NOBODY_LEFT)


def _numbered(steps: Iterable[Target | Reason]) -> Iterator[Target]:
    """The rungs alone, each address once, each with the reasons that stood before it."""
    passed: list[Reason] = []
    known: set[str] = set()
    for step in steps:
        if isinstance(step, Reason):
            passed.append(step)
        elif step.address not in known:
            known.add(step.address)
            yield replace(step, passed=tuple(passed)) if passed else step
