"""Seals: what is stored of a secret opens with `secrets.key` alone, and only in the place it was made for (S14, S15).

The key of a seal is derived from `secrets.key`; those under `secrets.previous` open what was sealed with another one,
before the key was changed, or already, by somebody who was restarted sooner.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stalewatch.sdk.errors import ConfigurationError

SHORTEST: Final = 32
"""Characters of a key: what is stolen with the database must not be opened by guessing."""
MAKE_KEY: Final = (
    'Make a key with `python -c "import secrets; print(secrets.token_urlsafe(32))"` and write '
    '`secrets: {key: "${STALEWATCH_SECRET_KEY}"}`, or `file:` and a file that only its user can read.'
)
_PURPOSE: Final = b"stalewatch: secrets of connections"


class CannotOpen(Exception):
    """It was sealed with another key, for another place, or was altered."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was sealed; `is_old`: with another key than the present one."""

    value: str = field(repr=False)
    is_old: bool


class Seals:
    """Seals with the present key, and opens what any of the keys sealed."""

    def __init__(self, key: str, previous: Sequence[str] = ()) -> None:
        self._present = Fernet(_derived(key))
        self._known = MultiFernet([self._present, *(Fernet(_derived(one)) for one in previous)])

    def seal(self, connection: str, name: str, value: str) -> str:
        """A text that says nothing; the place it is for is inside of it."""
        told = json.dumps([connection, name, value]).encode()
        return self._present.encrypt(told).decode()

    def open(self, connection: str, name: str, sealed: str) -> Opened:
        """What was sealed for this place.

        Raises:
            CannotOpen: no key opens it, or it is for another connection or name.
        """
        try:
            told = json.loads(self._known.decrypt(sealed.encode()))
        except (InvalidToken, ValueError) as error:
            raise CannotOpen from error
        if told[:2] != [connection, name]:
            raise CannotOpen
        return Opened(told[2], self._is_old(sealed))

    def _is_old(self, sealed: str) -> bool:
        try:
            self._present.decrypt(sealed.encode())
        except InvalidToken:
            return True
        return False


def read_seals(secrets: Mapping[str, Any]) -> Seals | None:
    """The seals that `secrets:` of stalewatch.yaml describes; None if there is no key.

    Raises:
        ConfigurationError: a key is too short to keep anything safe.
    """
    key, *previous = keys_of(secrets)
    for name, one in (("key", key), *(("previous", one) for one in previous)):
        if one and len(one) < SHORTEST:
            raise ConfigurationError(
                f"secrets.{name} has fewer than {SHORTEST} characters: it can be guessed", cure=MAKE_KEY
            )
    return Seals(key, previous) if key else None


def keys_of(secrets: Mapping[str, Any]) -> Sequence[str]:
    """The present key, "" if there is none; behind it every other one that opens: `secrets.previous`, one or a list."""
    said = secrets.get("previous") or ()
    others = [said] if isinstance(said, str) else said
    return [str(secrets.get("key") or ""), *(str(one) for one in others if one)]


def _derived(key: str) -> bytes:
    made = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(made)
