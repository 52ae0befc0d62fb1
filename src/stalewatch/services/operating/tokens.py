"""API tokens: `swt_` + 43 characters of secret + 6 of checksum; the database has only their SHA-256 (security, S1).

The prefix and the checksum let a scanner find a leaked one, and let us turn away what never was a token without
asking the database.
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
from stalewatch.sdk.errors import StalewatchError
from stalewatch.store import tokens
from stalewatch.store.engine import Database

PREFIX: Final = "swt_"
SCOPES: Final = (
    *("deals:read", "alerts:read", "alerts:act", "reports:read", "rules:read", "rules:preview"),
    *("partner:report", "admin"),
)
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES: Final = 32
_SECRET_LENGTH: Final = 43  # 62 ** 43 > 2 ** 256
_SUM_LENGTH: Final = 6  # 62 ** 6 > 2 ** 32
_NOTED_EVERY: Final = 5 * MINUTE


class UnknownToken(StalewatchError):
    """There is no such token, or it was revoked before."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is valid now."""

    id: str
    name: str
    scopes: frozenset[str]
    last_used_at: int | None = None

    def allows(self, scope: str) -> bool:
        """True if it may do this; `admin` may do everything."""
        return scope in self.scopes or "admin" in self.scopes


def create(db: Database, name: str, scopes: Collection[str], now: int, expires_at: int | None = None) -> str:
    """Make a token and return it: the only time that anybody sees it.

    Raises:
        ValueError: a scope is none of `SCOPES`, or there is none.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes are some of {', '.join(SCOPES)}")
    token = mint(secrets.token_bytes(_SECRET_BYTES))
    identity = secrets.token_hex(4)
    with db.write() as conn:
        tokens.add(
            conn, id=identity, name=name, hash=digest(token), scopes=scopes, created_at=now, expires_at=expires_at
        )
    return token


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
    return Token(row.id, row.name, frozenset(row.scopes), row.last_used_at)


def alive(db: Database, identity: str, now: int) -> Token | None:
    """The token with this id, if it is valid now: for a session that began with it."""
    with db.read() as conn:
        row = tokens.by_id(conn, identity, now)
    return None if row is None else Token(row.id, row.name, frozenset(row.scopes), row.last_used_at)


def note_use(db: Database, identity: str, now: int) -> None:
    """Remember that a token was used, every five minutes at most."""
    with db.write() as conn:
        tokens.used(conn, identity, now, not_within=_NOTED_EVERY)


def listed(db: Database) -> Sequence[Any]:
    """All tokens without their hashes, the oldest first."""
    with db.read() as conn:
        return tokens.read(conn)


def revoke(db: Database, identity: str, now: int) -> None:
    """End a token's life.

    Raises:
        UnknownToken: there is none with this id, or it was revoked before.
    """
    with db.write() as conn:
        if not tokens.revoke(conn, identity, now):
            raise UnknownToken(f"there is no token {identity}", cure="`stalewatch token list` shows those there are")


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _SUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
