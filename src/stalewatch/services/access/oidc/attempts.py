"""One attempt to sign in, as the browser that began it keeps it while it is away. Nothing is stored on the server.

From the secret in the cookie follow `state`, `nonce` and PKCE's verifier: only this browser can go on with what it
began, in whichever process, and whoever sees the address on the way to the provider learns none of it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final, Self

from stalewatch.domain.instants import MINUTE, SECOND

LIFE: Final = 10 * MINUTE
"""Microseconds within which somebody has to come back."""
_FORM: Final = re.compile(r"([A-Za-z0-9_-]{43})\.([0-9]{1,12})\.([A-Za-z0-9_=-]{0,2800})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt.

    Attributes:
        began: in seconds.
        after: where to go then, a path of the dashboard.
    """

    secret: str = field(repr=False)
    began: int
    after: str

    @classmethod
    def fresh(cls, after: str, now: int) -> Self:
        """A new one; `now` in microseconds."""
        return cls(secrets.token_urlsafe(32), now // SECOND, after)

    @classmethod
    def kept(cls, cookie: str, now: int) -> Self | None:
        """What a browser has kept; None if it is none, or was too long ago."""
        found = _FORM.fullmatch(cookie)
        if found is None:
            return None
        began = int(found[2])
        if not 0 <= now - began * SECOND <= LIFE:
            return None
        try:
            return cls(found[1], began, urlsafe_b64decode(found[3]).decode("ascii"))
        except ValueError:
            return None

    @property
    def cookie(self) -> str:
        """For the browser to keep."""
        return f"{self.secret}.{self.began}.{urlsafe_b64encode(self.after.encode()).decode()}"

    @property
    def state(self) -> str:
        """What the provider gives back: that the answer is this browser's."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What stands in the token: that it was made for this attempt."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What turns a code into a token: that whoever has the code has begun this attempt (PKCE)."""
        return self._derived("verifier")

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer is to this attempt."""
        return hmac.compare_digest(state.encode("utf-8", "replace"), self.state.encode())

    def _derived(self, use: str) -> str:
        told = f"stalewatch sign-in {use} {self.began} {self.after}".encode()
        made = hmac.digest(self.secret.encode(), told, hashlib.sha256)
        return urlsafe_b64encode(made).decode().rstrip("=")
