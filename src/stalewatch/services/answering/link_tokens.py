"""Tokens of links for people outside: whoever has one may answer, and nobody can make one or change one of ours.

A token is 36 bytes as 48 characters for an address: 16 that nobody can guess, when it expires, and a mark over both.
The marks of each purpose have a key of their own, derived from `secrets.key`: what is good for a customer's page is
nothing on a partner's. What never was a token of ours is turned away without asking the database, and the database has
only a hash, so that a stolen one opens nothing (security, S1, S35).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stalewatch.domain.instants import SECOND
from stalewatch.services.syncing.sealing import SHORTEST, keys_of

LENGTH: Final = 48
_SECRET: Final = 16
_ENDS: Final = 5
"""Bytes of the second at which it expires: enough for 34,000 years."""
_MARK: Final = 15
_FORM: Final = re.compile(rf"[A-Za-z0-9_-]{{{LENGTH}}}", re.ASCII)


class Purpose(StrEnum):
    """What a link is for."""

    LOSS_CHECK = "loss_check"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes tokens with the present key, and knows those that any of the keys made.

    Attributes:
        keys: `secrets.key`, then those under `secrets.previous`; at least one.
    """

    keys: Sequence[str] = field(repr=False)

    def mint(self, purpose: Purpose, identity: str, expires_at: int) -> str:
        """The token of a link: the same for the same id and end, as long as the key is the same.

        Args:
            expires_at: in microseconds; of it only whole seconds count.
        """
        return _minted(self.keys[0], purpose, identity, expires_at)

    def minted(self, purpose: Purpose, identity: str, expires_at: int) -> Sequence[str]:
        """The token as each of the keys makes it, the present one first."""
        return [_minted(key, purpose, identity, expires_at) for key in self.keys]

    def ends(self, purpose: Purpose, text: str) -> int | None:
        """When a token of ours expires, in microseconds; None if it is not ours, for something else, or altered."""
        if not _FORM.fullmatch(text):
            return None
        whole = base64.urlsafe_b64decode(text)
        body, mark = whole[: _SECRET + _ENDS], whole[_SECRET + _ENDS :]
        genuine = [hmac.compare_digest(mark, _marked(key, purpose, body)) for key in self.keys]
        return int.from_bytes(body[_SECRET:], "big") * SECOND if any(genuine) else None


def signer_of(secrets: Mapping[str, Any]) -> Signer | None:
    """Who signs links by `secrets:` of stalewatch.yaml; None if there is no key, or one that could be guessed."""
    keys = keys_of(secrets)
    return Signer([key for key in keys if len(key) >= SHORTEST]) if len(keys[0]) >= SHORTEST else None


def digest(token: str) -> str:
    """What the database has of a token. Nobody can guess one, so that a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def _minted(key: str, purpose: Purpose, identity: str, expires_at: int) -> str:
    secret = hmac.digest(_derived(key, purpose, "secrets"), identity.encode(), hashlib.sha256)[:_SECRET]
    body = secret + (expires_at // SECOND).to_bytes(_ENDS, "big")
    return base64.urlsafe_b64encode(body + _marked(key, purpose, body)).decode()


def _marked(key: str, purpose: Purpose, body: bytes) -> bytes:
    return hmac.digest(_derived(key, purpose, "marks"), body, hashlib.sha256)[:_MARK]


def _derived(key: str, purpose: Purpose, use: str) -> bytes:
    """A key for one use alone."""
    told = f"stalewatch: {use} of {purpose.value} links".encode()
    return HKDF(SHA256(), 32, salt=None, info=told).derive(key.encode())
