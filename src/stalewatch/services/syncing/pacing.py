"""The limits of each account, kept in the database: all workers that share it share them, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from stalewatch.domain.instants import SECOND
from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.pacing import LONGEST, MARGIN, Limit, Quota, Usage, Wait
from stalewatch.store import accounts
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import StoreError

_STEP: Final = 0.005
"""Part of a quota by which it has to move before it is written down again."""
_OLD: Final = 60.0
"""Seconds after which it is written down even if it did not."""
_LEAST: Final = 0.001


@dataclass(slots=True)
class _Written:
    usages: Mapping[str, Usage]
    at: float


class StoredPacer:
    """Counts by the database's clock, each time in a short transaction of its own.

    Args:
        connection: on whose behalf; its account is noted, so that its quota can be looked up.
        database: opens it, when it is first asked for.
        monotonic: by which it is told when a quota was last written down.
    """

    def __init__(
        self, connection: str, database: Callable[[], Database], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection, self._database, self._monotonic = connection, database, monotonic
        self._lock = Lock()
        self._prepared: set[tuple[str, Limit]] = set()
        self._written: dict[str, _Written] = {}

    def __repr__(self) -> str:
        return f"StoredPacer({self._connection})"

    def claim(self, account: str, limit: Limit) -> Wait | None:
        """Count one call, or tell how long to wait.

        Raises:
            TryLater: the database does not answer.
        """
        self._prepare(account, limit)
        span = round((limit.seconds + MARGIN) * SECOND)
        if self._writing(lambda conn: accounts.claim(conn, account, limit.name, most=limit.most, span_us=span)):
            return None
        with _speaking(), self._database().read() as conn:
            rest = _wait(accounts.resting(conn, account))
            free = accounts.next_free(conn, account, limit.name, most=limit.most, span_us=span) / SECOND
        return rest if rest is not None and rest.seconds >= free else Wait(max(free, _LEAST))

    def resting(self, account: str) -> Wait | None:
        """The rest that an account has left. Raises as `claim`."""
        with _speaking(), self._database().read() as conn:
            return _wait(accounts.resting(conn, account))

    def rest(self, account: str, seconds: float, why: str = "") -> None:
        """Nobody calls this account for so long. Raises as `claim`."""
        us = round(min(seconds, LONGEST) * SECOND)
        self._writing(lambda conn: accounts.rest(conn, account, us, why))

    def hear(self, account: str, usages: Mapping[str, Usage]) -> None:
        """Remember what the CRM told, if it moved or a minute passed: reading must not become writing."""
        now, known = self._monotonic(), self._written.get(account)
        if known is not None and now - known.at < _OLD and not _has_moved(known.usages, usages):
            return
        told = {name: [usage.used, usage.allowed] for name, usage in usages.items()}
        self._writing(lambda conn: accounts.hear(conn, account, told, self._connection))
        self._written[account] = _Written(dict(usages), now)

    def quota(self, account: str) -> Quota | None:
        """What was heard last, by whichever worker. Raises as `claim`."""
        with _speaking(), self._database().read() as conn:
            told = accounts.quota(conn, account)
        if told is None:
            return None
        usages, age = told
        return Quota({name: Usage(*one) for name, one in usages.items()}, age / SECOND)

    def _prepare(self, account: str, limit: Limit) -> None:
        with self._lock:
            if (account, limit) in self._prepared:
                return
            with _speaking(), self._database().read() as conn:
                is_there = accounts.is_prepared(conn, account, limit.name, limit.most)
            if not is_there:
                self._writing(lambda conn: accounts.prepare(conn, account, limit.name, limit.most))
            self._prepared.add((account, limit))

    def _writing(self, work: Callable[[Connection], Any]) -> Any:
        with _speaking(), self._database().write() as conn:
            return work(conn)


def _wait(told: tuple[int, str] | None) -> Wait | None:
    return None if told is None else Wait(told[0] / SECOND, told[1])


def _has_moved(before: Mapping[str, Usage], now: Mapping[str, Usage]) -> bool:
    return before.keys() != now.keys() or any(
        one.allowed != before[name].allowed or abs(one.share - before[name].share) >= _STEP for name, one in now.items()
    )


@contextmanager
def _speaking() -> Iterator[None]:
    """A fault of the database passes, as far as a connector is concerned."""
    try:
        yield
    except StoreError as error:
        raise TryLater(f"the database does not answer: {error.what}", where=error.where, cure=error.cure) from error
