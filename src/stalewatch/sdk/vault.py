"""Where a connector keeps a secret that it was given while it ran: a refresh token that replaced the one before.

    refresh = RefreshToken(settings.vault, auth.refresh_token)
    refresh.check()                                   # when the connector is made: can anything be kept at all?

Each connection has a vault of its own. stalewatch's is a table, sealed with `secrets.key`; where nobody gave one it is
this process's memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Protocol

from stalewatch.sdk.errors import NeedsReconnect, TryLater


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret as it was read; `version` grows with each replacement."""

    value: str = field(repr=False)
    version: int


class Replaced(TryLater):
    """Somebody else replaced the secret since it was read; nothing was written. Read it again."""


class Vault(Protocol):
    """Keeps the secrets of one connection, by name."""

    def check(self, name: str) -> None:
        """Return if a secret can be kept under a name, and what is there can be read.

        Raises:
            ConfigurationError: it cannot; it says what to set.
            TryLater: nobody can look at the moment.
        """

    def get(self, name: str) -> Secret | None:
        """A secret; None if none was ever kept.

        Raises:
            NeedsReconnect: it is there and cannot be opened.
            TryLater: nobody can look at the moment.
        """

    def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
        """Keep a value in the place of the one that was seen (None: there was none). It is durable on return.

        Raises:
            Replaced: what is there is another one by now.
            NeedsReconnect: it cannot be kept.
            TryLater: it could not be written.
        """

    def forget(self, *, but: str) -> None:
        """Drop every secret of this connection but one. Raises TryLater as `replace`."""

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Hold a name: among all processes one at a time is inside. Whoever dies inside gives way after two minutes.

        Raises:
            TryLater: somebody else is inside, and does not come out.
        """


class MemoryVault:
    """Keeps secrets for as long as this process lives; for tests, and where nobody gave another one."""

    def __init__(self) -> None:
        self._kept: dict[str, Secret] = {}
        self._lock, self._inside = Lock(), RLock()

    def check(self, name: str) -> None:
        """There is nothing that could be lacking."""

    def get(self, name: str) -> Secret | None:
        """A secret; None if none was ever kept."""
        return self._kept.get(name)

    def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
        """Keep a value in the place of the one that was seen.

        Raises:
            Replaced: what is there is another one by now.
        """
        with self._lock:
            if self._kept.get(name) != seen:
                raise Replaced(f"{name} was replaced by somebody else")
            self._kept[name] = kept = Secret(value, 1 if seen is None else seen.version + 1)
            return kept

    def forget(self, *, but: str) -> None:
        """Drop every secret but one."""
        with self._lock:
            self._kept = {name: secret for name, secret in self._kept.items() if name == but}

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold every name at once: the threads of one process are soon done."""
        with self._inside:
            yield


class RefreshToken:
    """A refresh token of OAuth that may be replaced at each use: at first the operator's, then what came in its place.

        with refresh.alone():
            answer = exchange(refresh.read())
            refresh.keep(answer.refresh_token)     # durable from here on: only now use the access token

    What replaced it is kept under a mark of the operator's: another one in the configuration begins anew. Two processes
    must never use the same one: a server that rotates takes the second use for theft, and revokes everything.

    Args:
        given: the operator's.
        is_lenient: what cannot be kept for want of a key is used all the same, until the process ends.
    """

    def __init__(self, vault: Vault, given: str, *, is_lenient: bool = False) -> None:
        self._vault, self._given, self._is_lenient = vault, given, is_lenient
        self._name = f"refresh_token {hashlib.sha256(given.encode()).hexdigest()[:12]}"
        self._seen: Secret | None = None
        self._unkept: str | None = None
        self._is_first = True

    @property
    def known(self) -> tuple[str, ...]:
        """Every value that must not be shown to anybody."""
        return tuple(one for one in (self._given, self._seen and self._seen.value, self._unkept) if one)

    def check(self) -> None:
        """Raise as `Vault.check` if what replaces it could not be kept."""
        self._vault.check(self._name)

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one who renews. Raises as `Vault.alone`."""
        return self._vault.alone(self._name)

    def read(self) -> str:
        """The present one. Raises as `Vault.get`, and as `keep` if an earlier one is still to be kept."""
        if self._unkept is not None:
            self.keep(self._unkept)
        if self._unkept is not None:
            return self._unkept
        self._seen = self._vault.get(self._name)
        return self._given if self._seen is None else self._seen.value

    def keep(self, token: str | None) -> None:
        """Keep what an answer brought; None, or the same again, changes nothing.

        Raises:
            TryLater, NeedsReconnect: it could not be kept. It is not lost: the next `read` tries again.
        """
        if token and token != (self._given if self._seen is None else self._seen.value):
            self._unkept = token
            try:
                self._seen = self._vault.replace(self._name, token, seen=self._seen)
            except Replaced:  # whoever held the name after us has a newer one
                self._seen = self._vault.get(self._name)
            except NeedsReconnect:
                if not self._is_lenient:
                    raise
                return
            self._unkept = None
        if self._is_first:  # those of tokens that the operator has replaced since
            self._vault.forget(but=self._name)
        self._is_first = False
