"""Who is signed in with a browser: a session is a row, and what the browser shows is good for nothing else (S7).

The database has only a hash of it. A session ends when somebody signs out, after twelve hours without a visit, after
seven days in any case, and with whatever it began with: each request asks anew what its token, or its person, is worth.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stalewatch.domain.instants import DAY, HOUR, MINUTE
from stalewatch.store import audit, sessions
from stalewatch.store.bulk import Found
from stalewatch.store.engine import Database

IDLE: Final = 12 * HOUR
LONGEST: Final = 7 * DAY
"""Microseconds after the last visit, and after the first, when somebody has to sign in again."""
NOTED_EVERY: Final = 5 * MINUTE
"""How often a visit is written down at most; a session may end so much earlier than `IDLE` after the last one."""
_KEPT: Final = 30 * DAY
_BYTES: Final = 32
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class LoginSpent(Exception):
    """Somebody has signed in with this answer of the provider before."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that goes on now.

    Attributes:
        hash: what the database has of it.
        token: id of the API token that it began with, or
        person: address of whoever signed in with the provider.
        began_at, seen_at: in microseconds.
    """

    hash: str
    token: str | None
    person: str | None
    began_at: int
    seen_at: int

    def needs_note(self, now: int) -> bool:
        """Whether this visit is to be written down."""
        return self.seen_at <= now - NOTED_EVERY


def begin(
    db: Database, now: int, *, token: str | None = None, person: str | None = None, login: str | None = None,
    parting: str = "", instead_of: str | None = None,
) -> str:  # fmt: skip
    """Begin a session and return what the browser shall show: nobody else ever sees it.

    Args:
        token, person: what it begins with, one of the two.
        login: what names the provider's answer, which is good for one session.
        parting: to be told to the provider when this session ends; only who shows the session can read it.
        instead_of: what the browser has shown before; that session ends.

    Raises:
        LoginSpent: there was a session of this login before.
    """
    shown = secrets.token_urlsafe(_BYTES)
    row = {
        "hash": _digest(shown), "token": token, "person": person, "login": login and _digest(login),
        "parting": _vault(shown).encrypt(parting.encode()).decode() if parting else None,
        "began_at": now, "seen_at": now,
    }  # fmt: skip
    with db.write() as conn:
        sessions.forget(conn, began_before=now - _KEPT)
        if not sessions.add(conn, row):
            raise LoginSpent
        audit.add(conn, at=now, actor=_actor(token, person), action="session.begin", obj=_name(_digest(shown)))
    if instead_of is not None:
        end(db, instead_of, now)
    return shown


def refuse(db: Database, now: int, address: str) -> None:
    """Note that somebody proved who they are, and that they are nobody of ours."""
    with db.write() as conn:
        audit.add(conn, at=now, actor=_actor(None, address), action="session.refuse", obj="sign-in")


def opened(db: Database, shown: str, now: int) -> Session | None:
    """The session that a browser shows, if it goes on; what never was one is turned away without a query."""
    if not _FORM.fullmatch(shown):
        return None
    with db.read() as conn:
        row = sessions.by_hash(conn, _digest(shown), began_after=now - LONGEST, seen_after=now - IDLE)
    return None if row is None else Session(row.hash, row.token, row.person, row.began_at, row.seen_at)


def note(db: Database, session: Session, now: int) -> None:
    """Write a visit down, every five minutes at most."""
    with db.write() as conn:
        sessions.seen(conn, session.hash, now, not_within=NOTED_EVERY)


def end(db: Database, shown: str, now: int) -> str:
    """End a session for every process; what is to be told to the provider then, "" if nothing."""
    if not _FORM.fullmatch(shown):
        return ""
    with db.write() as conn:
        row = sessions.end(conn, _digest(shown), now)
        if row is not None:
            audit.add(conn, at=now, actor=_actor(row.token, row.person), action="session.end", obj=_name(row.hash))
    return "" if row is None else _parting(row, shown)


def end_all(db: Database, person: str, now: int, *, actor: str) -> int:
    """End every session of whoever has this address, on every machine; how many there were."""
    with db.write() as conn:
        ended = sessions.end_of(conn, person.strip().lower(), now)
        for digest in ended:
            audit.add(conn, at=now, actor=actor, action="session.end", obj=_name(digest))
    return len(ended)


def _parting(row: Found, shown: str) -> str:
    return _vault(shown).decrypt(row.parting.encode()).decode() if row.parting else ""


def _actor(token: str | None, person: str | None) -> str:
    return f"person:{person}" if person else f"token:{token}"


def _name(digest: str) -> str:
    """What the audit log calls a session: enough to tell it from others, and nothing to look it up with."""
    return f"session:{digest[:12]}"


def _digest(secret: str) -> str:
    """What is stored. Nobody can guess 256 bits, so that a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _vault(shown: str) -> Fernet:
    """Opens what was left with a session, for whoever shows that session and nobody else."""
    made = HKDF(SHA256(), 32, salt=None, info=b"stalewatch: what a session leaves").derive(shown.encode())
    return Fernet(urlsafe_b64encode(made))
