"""Who asks, what for, and which records they may see (contract: rep, manager, revops, admin, partner).

    principal = person(db, speaking, "sato@acme.example")
    with db.read() as conn:
        visible = visible_to(conn, speaking, principal)

Nothing of it is stored but the roles that somebody gave by hand: who is whose manager is read from the people of the
CRMs, and from `people:`, whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.policies import Speaking
from stalewatch.services.access.hierarchy import Reports, below, reach, reports_of
from stalewatch.services.alerting.people import directory
from stalewatch.store import roles
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import NOTHING, Visible

__all__ = ["NOTHING", "SCOPES", "Company", "Principal", "Role", "Visible", "local", "person", "visible_to"]

ADMIN: Final = "admin"
"""The scope that allows everything."""
SCOPES: Final = (
    *("deals:read", "alerts:read", "alerts:act", "reports:read", "rules:read", "rules:preview"),
    *("partner:report", ADMIN),
)


class Role(StrEnum):
    """What somebody is to the records."""

    REP = "rep"
    MANAGER = "manager"
    REVOPS = "revops"
    ADMIN = "admin"
    PARTNER = "partner"


_SELLING: Final = frozenset({"deals:read", "alerts:read", "alerts:act", "reports:read", "rules:read"})
ALLOWED: Final[Mapping[Role, frozenset[str]]] = {
    Role.REP: _SELLING,
    Role.MANAGER: _SELLING,
    Role.REVOPS: _SELLING | {"rules:preview"},
    Role.ADMIN: frozenset(SCOPES),
    Role.PARTNER: frozenset({"partner:report"}),
}
"""What whoever has a role may do."""
EVERYTHING: Final = frozenset({Role.REVOPS, Role.ADMIN})
"""The roles that see every record. They alone are given by hand: the others follow from what CRMs tell."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what for.

    Attributes:
        actor: for the audit log: "person:sato@acme.example", "token:ab12cd34", "local".
        email: joins CRM owner, Slack user and OIDC login; None: nobody in particular, who sees every record.
        deals: ids of the deals that a partner reports of; they see these and no others.
    """

    actor: str
    role: Role
    scopes: frozenset[str]
    email: str | None = None
    deals: frozenset[str] = frozenset()

    def allows(self, scope: str) -> bool:
        """True if they may do this; `admin` may do everything."""
        return scope in self.scopes or ADMIN in self.scopes


@dataclass(frozen=True)
class Company:
    """Everybody, as CRMs, the file and `stalewatch user` know them at one moment.

    Attributes:
        admins: addresses of `auth.admins`, which go first.
        granted: address -> role that was given by hand.
    """

    people: Directory
    admins: frozenset[str]
    granted: Mapping[str, Role]

    @classmethod
    def of(cls, conn: Connection, speaking: Speaking) -> Company:
        """The company as it is now."""
        granted = {row.address: Role(row.role) for row in roles.read(conn)}
        return cls(directory(conn, speaking), speaking.admins, granted)

    @cached_property
    def reports(self) -> Reports:
        """Who reports to whom."""
        return reports_of(self.people)

    @cached_property
    def by_address(self) -> Mapping[str, Sequence[Person]]:
        """Everybody who has an address, by it: in two CRMs somebody is two of them."""
        found: dict[str, list[Person]] = {}
        for one in self.people.people.values():
            if one.email:
                found.setdefault(one.email, []).append(one)
        return found

    def keys(self, address: str) -> frozenset[str]:
        """Every id under which records and managers refer to whoever has this address; none if they have left."""
        mine = self.by_address.get(address, ())
        return frozenset(one.key for one in mine if one.active) if mine else frozenset({address})

    def given(self, address: str) -> Role | None:
        """The role that the file or a person gave to an address; None: what they are follows from the CRMs."""
        return Role.ADMIN if address in self.admins else self.granted.get(address)

    def sees_all(self, address: str) -> bool:
        """Whether the file or a person let whoever has this address see every record."""
        return self.given(address) in EVERYTHING

    def role(self, address: str) -> Role | None:
        """What whoever has this address is now; None: nobody of ours, or somebody who has left."""
        keys = self.keys(address)
        given = self.given(address)
        if given is not None or not keys:
            return given
        if below(keys, self.reports):
            return Role.MANAGER
        return Role.REP if keys & self.people.people.keys() else None

    def person(self, email: str) -> Principal | None:
        """Whoever has this address, with what they may do now; None as in `role`."""
        address = email.strip().lower()
        role = self.role(address)
        return None if role is None else Principal(f"person:{address}", role, ALLOWED[role], address)

    def visible(self, principal: Principal) -> Visible | None:
        """What somebody may see now; None: every record."""
        if principal.role is Role.PARTNER:
            return Visible(frozenset(), principal.deals)
        if principal.email is None:
            return None
        role, keys = self.role(principal.email), self.keys(principal.email)
        if role is None:
            return NOTHING
        return None if role in EVERYTHING else reach(keys, self.reports)


def person(db: Database, speaking: Speaking, email: str) -> Principal | None:
    """For a login: whoever has this address, with role and scopes; None: nobody of ours, or somebody who has left."""
    with db.read() as conn:
        return Company.of(conn, speaking).person(email)


def visible_to(conn: Connection, speaking: Speaking, principal: Principal) -> Visible | None:
    """What somebody may see, worked out at this moment; None: every record."""
    if principal.email is None and principal.role is not Role.PARTNER:
        return None
    return Company.of(conn, speaking).visible(principal)


def local() -> Principal:
    """Whoever sits at this machine while nobody needs to say who they are."""
    return Principal("local", Role.ADMIN, frozenset(SCOPES))
