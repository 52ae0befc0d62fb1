"""The vault of a connection: its secrets in the database, sealed. Without `secrets.key` nothing is ever stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import MINUTE, to_us
from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect, StalewatchError, TryLater
from stalewatch.sdk.vault import Replaced, Secret
from stalewatch.services.syncing.sealing import MAKE_KEY, CannotOpen, Opened, Seals, read_seals
from stalewatch.store import secrets
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import StoreError

LEASE: Final = 2 * MINUTE
"""Microseconds for which a name is held: longer than any login takes."""
_LOOK: Final = 0.1
_OTHER_KEY: Final = (
    "Write the key that it was sealed with as `secrets.previous`; if it is lost, let the app "
    "be authorized again and write the new token as `auth.refresh_token`."
)


@dataclass(frozen=True, slots=True)
class SealedVault:
    """The secrets of one connection. The database is opened when it is first asked for.

    Attributes:
        keys: `secrets:` of stalewatch.yaml.
        patience: seconds to wait for whoever holds a name.
    """

    connection: str
    database: Callable[[], Database]
    keys: Mapping[str, Any]
    clock: Clock
    patience: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def __repr__(self) -> str:
        return f"SealedVault({self.connection})"

    def check(self, name: str) -> None:
        """Return if a secret can be kept and what is there can be read; what the previous key sealed is sealed anew.

        Raises:
            ConfigurationError: there is no key, it is too short, or it is not the one it was sealed with.
            TryLater: the database does not answer.
        """
        seals = self._required()
        with _speaking(), self.database().read() as conn:
            row = secrets.read(conn, self.connection, name)
        if row is not None and (opened := self._opened(seals, row)).is_old:
            anew = seals.seal(self.connection, name, opened.value)
            with suppress(TryLater):  # it can be read as it is; whoever may write seals it anew
                self._writing(lambda conn: secrets.reseal(conn, row, anew))

    def get(self, name: str) -> Secret | None:
        """A secret; None if none was ever kept.

        Raises:
            NeedsReconnect: it is there and cannot be opened.
            TryLater: the database does not answer.
        """
        with _speaking(), self.database().read() as conn:
            row = secrets.read(conn, self.connection, name)
        if row is None:
            return None
        with _by_a_person():
            return Secret(self._opened(self._required(), row).value, row.version)

    def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
        """Keep a value in the place of the one that was seen; it is durable on return.

        Raises:
            Replaced: what is there is another one by now.
            NeedsReconnect: there is no key to seal it with.
            TryLater: the database does not take it.
        """
        with _by_a_person():
            sealed = self._required().seal(self.connection, name, value)
        version, at = (0 if seen is None else seen.version), to_us(self.clock.now())
        with _speaking(), self.database().write() as conn:
            is_kept = secrets.replace(conn, self.connection, name, sealed, version=version, at=at)
        if not is_kept:
            raise Replaced(f"{name} of {self.connection} was replaced by somebody else")
        return Secret(value, version + 1)

    def forget(self, *, but: str) -> None:
        """Drop every secret of this connection but one. Raises TryLater as `replace`."""
        self._writing(lambda conn: secrets.forget(conn, self.connection, but=but))

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold a name among all processes of this database.

        Raises:
            TryLater: somebody else holds it, and does not let go.
        """
        fence = self._hold(name)
        try:
            yield
        finally:
            self._writing(lambda conn: secrets.let_go(conn, self.connection, name, fence))

    def _hold(self, name: str) -> int:
        ends = self.monotonic() + self.patience
        while True:
            fence = self._writing(lambda conn: secrets.hold(conn, self.connection, name, LEASE))
            if fence is not None:
                return int(fence)
            if self.monotonic() >= ends:
                raise TryLater(f"another process has been renewing the login of {self.connection} for a minute")
            self.sleep(_LOOK)

    def _writing(self, work: Callable[[Connection], Any]) -> Any:
        with _speaking(), self.database().write() as conn:
            return work(conn)

    def _required(self) -> Seals:
        seals = read_seals(self.keys)
        if seals is None:
            what = "there is no secrets.key, without which no refresh token is stored"
            raise ConfigurationError(what, where=f"connection {self.connection}", cure=MAKE_KEY)
        return seals

    def _opened(self, seals: Seals, row: Any) -> Opened:
        try:
            return seals.open(row.connection, row.name, row.sealed)
        except CannotOpen as error:
            what = f"the stored {row.name.partition(' ')[0]} cannot be opened with secrets.key"
            raise ConfigurationError(what, where=f"connection {self.connection}", cure=_OTHER_KEY) from error


def unopened(db: Database, keys: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Connection and name of every stored secret that these keys do not open, for `doctor`."""
    with db.read() as conn:
        rows = secrets.all_of(conn)
    return [(row.connection, row.name) for row in rows if not opens(keys, row)]


def opens(keys: Mapping[str, Any], row: Any) -> bool:
    """Whether these keys open a stored secret, in the place where it lies."""
    try:
        seals = read_seals(keys)
        return seals is not None and bool(seals.open(row.connection, row.name, row.sealed))
    except (ConfigurationError, CannotOpen):
        return False


@contextmanager
def _speaking() -> Iterator[None]:
    """A fault of the database passes, as far as a connector is concerned."""
    try:
        yield
    except ConfigurationError:
        raise
    except StoreError as error:
        raise TryLater(f"the database does not answer: {error.what}", where=error.where, cure=error.cure) from error


@contextmanager
def _by_a_person() -> Iterator[None]:
    """In the middle of a pull the configuration is somebody's to mend."""
    try:
        yield
    except StalewatchError as error:
        raise NeedsReconnect(error.what, where=error.where, cure=error.cure) from error
