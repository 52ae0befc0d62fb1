"""People and their roles, for whoever keeps house: who is what, why, and what somebody gives and takes by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.policies import Speaking
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.access.principals import EVERYTHING, Company, Role
from stalewatch.store import audit, roles
from stalewatch.store.engine import Connection, Database

GIVEN: Final = tuple(sorted(role.value for role in EVERYTHING))
"""The roles that can be given by hand."""
_LOOKS_LIKE_ONE: Final = re.compile(r"[^@\s]{1,100}@[^@\s]{1,200}")


class NoAddress(StalewatchError):
    """What was named is no e-mail address."""


class SaidByFile(StalewatchError):
    """`auth.admins` says what somebody is, and goes first."""


class NothingGiven(StalewatchError):
    """Nobody gave them a role by hand."""


@dataclass(frozen=True, slots=True)
class User:
    """One address.

    Attributes:
        role: None for whoever has left.
        why: "file" (`auth.admins`), "hand" (given here) or "crm" (who reports to whom).
        sees: how many people's records; None: everybody's.
    """

    address: str
    name: str
    role: Role | None
    why: str
    sees: int | None


def listed(db: Database, speaking: Speaking) -> list[User]:
    """Everybody with an address: those whom a CRM, `people:`, `auth.admins` or a role names, by address."""
    with db.read() as conn:
        company = Company.of(conn, speaking)
    known = {*company.by_address, *company.admins, *company.granted}
    return [_user(company, address) for address in sorted(known)]


def grant(db: Database, speaking: Speaking, email: str, role: Role, *, actor: str, now: int) -> None:
    """Give somebody a role, in place of another that was given before.

    Raises:
        NoAddress: that is none. SaidByFile: the file says that they are an admin.
        ValueError: the role follows from the CRMs, and cannot be given.
    """
    if role not in EVERYTHING:
        raise ValueError(f"a role that can be given is one of {', '.join(GIVEN)}")
    address = _address(email, speaking)
    with db.write() as conn:
        before = roles.give(conn, address, role.value, by=actor, at=now)
        _note(conn, now, actor, address, before, role.value)


def revoke(db: Database, speaking: Speaking, email: str, *, actor: str, now: int) -> None:
    """Take away what was given by hand: from then on they are what the CRMs say.

    Raises:
        NoAddress, SaidByFile: as in `grant`. NothingGiven: there is nothing to take away.
    """
    address = _address(email, speaking)
    with db.write() as conn:
        before = roles.take(conn, address)
        if before is None:
            raise NothingGiven(f"{address} has no role that was given", cure="`stalewatch user ls` shows who has one")
        _note(conn, now, actor, address, before, None)


def _user(company: Company, address: str) -> User:
    role, who = company.role(address), company.person(address)
    names = (one.name for one in company.by_address.get(address, ()) if one.name != address)
    why = "file" if address in company.admins else "hand" if address in company.granted else "crm"
    seen = None if who is None else company.visible(who)
    many = 0 if who is None else None if seen is None else len(seen.owners & company.people.people.keys())
    return User(address, next(names, ""), role, why, many)


def _address(email: str, speaking: Speaking) -> str:
    address = email.strip().lower()
    if not _LOOKS_LIKE_ONE.fullmatch(address):
        raise NoAddress(f"{email!r} is no e-mail address", cure="name somebody as sato@acme.example")
    if address in speaking.admins:
        raise SaidByFile(f"{address} is an admin by auth.admins of stalewatch.yaml", cure="change it there")
    return address


def _note(conn: Connection, now: int, actor: str, address: str, before: str | None, after: str | None) -> None:
    action = "user.revoke" if after is None else "user.grant"
    was, now_is = ({"role": role} if role else None for role in (before, after))
    audit.add(conn, at=now, actor=actor, action=action, obj=f"person:{address}", before=was, after=now_is)
