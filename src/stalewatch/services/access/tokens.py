"""API tokens: `swt_` + 43 characters of secret + 6 of checksum; the database has only their SHA-256 (security, S1).

The prefix and the checksum let a scanner find a leaked one, and let us turn away what never was a token without
asking the database. One that belongs to a person is worth what that person may do now; one for a partner is good for
some deals and nothing else; every other one sees all records, and is made on the command line alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.instants import MINUTE
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.access.principals import ADMIN, SCOPES, Company, Principal, Role, person
from stalewatch.store import audit, tokens
from stalewatch.store.engine import Database

__all__ = [
    "PARTNERS",
    "SCOPES",
    "NotTheirs",
    "Token",
    "UnknownToken",
    "alive",
    "create",
    "listed",
    "note_use",
    "of_row",
    "require",
    "revoke",
    "verify",
]

PREFIX: Final = "swt_"
PARTNERS: Final = "partner:report"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES: Final = 32
_SECRET_LENGTH: Final = 43  # 62 ** 43 > 2 ** 256
_SUM_LENGTH: Final = 6  # 62 ** 6 > 2 ** 32
_NOTED_EVERY: Final = 5 * MINUTE


class UnknownToken(StalewatchError):
    """There is no such token, or it was revoked before."""


class NotTheirs(StalewatchError):
    """A token shall belong to somebody who may not do what it is for."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is valid now.

    Attributes:
        person: address of whom it belongs to. deals: ids of those it is for. None, None: everything.
        expires_at, last_used_at: microseconds.
    """

    id: str
    name: str
    scopes: frozenset[str]
    last_used_at: int | None = None
    person: str | None = None
    deals: frozenset[str] | None = None
    expires_at: int | None = None

    def allows(self, scope: str) -> bool:
        """True if it may do this; `admin` may do everything."""
        return scope in self.scopes or ADMIN in self.scopes

    def principal(self, company: Company) -> Principal | None:
        """Who asks with it; None: the person it belongs to is nobody of ours any more."""
        actor = f"token:{self.id}"
        if self.deals is not None:
            return Principal(actor, Role.PARTNER, self.scopes & {PARTNERS}, deals=self.deals)
        if self.person is None:
            return Principal(actor, Role.ADMIN if ADMIN in self.scopes else Role.REVOPS, self.scopes)
        who = company.person(self.person)
        if who is None:
            return None
        both = frozenset(scope for scope in SCOPES if self.allows(scope) and who.allows(scope))
        return Principal(actor, who.role, both, who.email)


def create(
    db: Database, name: str, scopes: Collection[str], now: int, expires_at: int | None = None, *,
    person: str | None = None, deals: Collection[str] | None = None, actor: str = "stalewatch",
) -> str:  # fmt: skip
    """Make a token and return it: the only time that anybody sees it.

    Args:
        expires_at: microseconds; None: it is good until it is revoked.
        person: address of whom it belongs to: what they may not do, it may not.
        deals: ids of the deals that a partner reports of with it; it can do nothing else.
        actor: who makes it, for the audit log.

    Raises:
        ValueError: a scope is none of `SCOPES`, there is none, or it is not for what it can do.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes are some of {', '.join(SCOPES)}")
    if deals is not None and (person is not None or set(scopes) != {PARTNERS}):
        raise ValueError(f"a token for some deals is nobody's, and has the scope {PARTNERS} alone")
    token = mint(secrets.token_bytes(_SECRET_BYTES))
    identity, owner = secrets.token_hex(4), person.strip().lower() if person else None
    told = {"name": name, "scopes": sorted(scopes), "person": owner, "expires_at": expires_at}
    told["deals"] = None if deals is None else sorted(deals)
    with db.write() as conn:
        tokens.add(
            conn, id=identity, name=name, hash=digest(token), scopes=scopes, created_at=now, expires_at=expires_at,
            person=owner, deals=deals,
        )  # fmt: skip
        given = {key: value for key, value in told.items() if value is not None}
        audit.add(conn, at=now, actor=actor, action="token.create", obj=f"token:{identity}", after=given)
    return token


def require(db: Database, speaking: Speaking, email: str, scopes: Collection[str]) -> None:
    """Nothing, if whoever has this address may do all of that now: a token that can do nothing helps nobody.

    Raises:
        NotTheirs: nobody of ours has it, or they may not.
    """
    who = person(db, speaking, email)
    if who is None:
        raise NotTheirs(f"nobody of ours has the address {email}", cure="`stalewatch user ls` shows who there is")
    lacking = [scope for scope in scopes if not who.allows(scope)]
    if lacking:
        raise NotTheirs(f"{who.email} is {who.role} and may not {', '.join(lacking)}", cure="`stalewatch user grant`")


def mint(secret: bytes) -> str:
    """The token of 32 secret bytes."""
    body = PREFIX + _base62(int.from_bytes(secret, "big"), _SECRET_LENGTH)
    return body + _checksum(body)


def looks_like_one(text: str) -> bool:
    """True if prefix, length and checksum are right; needs no database."""
    body, checksum = text[:-_SUM_LENGTH], text[-_SUM_LENGTH:]
    if not text.isascii() or not text.startswith(PREFIX) or len(body) != len(PREFIX) + _SECRET_LENGTH:
        return False
    return hmac.compare_digest(checksum, _checksum(body))


def digest(token: str) -> str:
    """What the database has of a token. The secret has 256 bits, so that a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def verify(db: Database, text: str, now: int, *, note: bool = True) -> Token | None:
    """The token that a caller presents, if it is valid now; its use is noted every five minutes at most.

    Args:
        note: False only reads, for callers that must not wait for a writer; they call `note_use` elsewhere.
    """
    if not looks_like_one(text):
        return None
    wanted = digest(text)
    with db.read() as conn:
        row = tokens.by_hash(conn, wanted, now)
    if row is None or not hmac.compare_digest(row.hash, wanted):
        return None
    if note and (row.last_used_at is None or row.last_used_at <= now - _NOTED_EVERY):
        note_use(db, row.id, now)
    return of_row(row)


def alive(db: Database, identity: str, now: int) -> Token | None:
    """The token with this id, if it is valid now: for a session that began with it."""
    with db.read() as conn:
        row = tokens.by_id(conn, identity, now)
    return None if row is None else of_row(row)


def of_row(row: Any) -> Token:
    """The token of a stored row."""
    deals = None if row.deals is None else frozenset(row.deals)
    scopes = frozenset(row.scopes)
    return Token(row.id, row.name, scopes, row.last_used_at, row.person, deals, row.expires_at)


def note_use(db: Database, identity: str, now: int) -> None:
    """Remember that a token was used, every five minutes at most."""
    with db.write() as conn:
        tokens.used(conn, identity, now, not_within=_NOTED_EVERY)


def listed(db: Database) -> Sequence[Any]:
    """All tokens without their hashes, the oldest first."""
    with db.read() as conn:
        return tokens.read(conn)


def revoke(db: Database, identity: str, now: int, *, actor: str = "stalewatch") -> None:
    """End a token's life; every process turns it away from then on.

    Raises:
        UnknownToken: there is none with this id, or it was revoked before.
    """
    with db.write() as conn:
        if not tokens.revoke(conn, identity, now):
            raise UnknownToken(f"there is no token {identity}", cure="`stalewatch token list` shows those there are")
        audit.add(conn, at=now, actor=actor, action="token.revoke", obj=f"token:{identity}")


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _SUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
