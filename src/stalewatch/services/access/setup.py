"""The way in for the first admin, where nobody can say who they are yet: a token that serve prints, good once."""

from __future__ import annotations

import hmac
import secrets
from threading import Lock
from typing import Final

from stalewatch.domain.instants import HOUR
from stalewatch.services.access import tokens
from stalewatch.services.access.principals import ADMIN
from stalewatch.store.engine import Database

LIFE: Final = 12 * HOUR
"""Microseconds for which the first admin is in: long enough to make a token, or to set up a provider."""
_BYTES: Final = 24


def can_anybody_sign_in(db: Database, now: int) -> bool:
    """Whether there is an API token that is good now."""
    return any(row.revoked_at is None and (row.expires_at is None or row.expires_at > now) for row in tokens.listed(db))


class Setup:
    """One such token, in the memory of one process: it is gone when the process ends."""

    def __init__(self) -> None:
        self.token = f"setup-{secrets.token_urlsafe(_BYTES)}"
        self._lock = Lock()
        self._is_spent = False

    def spend(self, db: Database, shown: str, now: int) -> str | None:
        """Let the first admin in; the id of an API token for a session to begin with, which nobody ever sees.

        None if it is another one, if it was spent, or if there is another way in by now.
        """
        if not hmac.compare_digest(shown.encode("utf-8", "replace"), self.token.encode()):
            return None
        with self._lock:
            if self._is_spent or can_anybody_sign_in(db, now):
                return None
            made = tokens.create(db, "setup", [ADMIN], now, now + LIFE, actor="setup")
            self._is_spent = True
        found = tokens.verify(db, made, now, note=False)
        return None if found is None else found.id
