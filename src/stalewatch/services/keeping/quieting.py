"""Workers let go of a database, so that what is in it holds still: nothing is claimed, and leases run out or end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Final

from stalewatch.sdk.errors import ConfigurationError
from stalewatch.store import moved
from stalewatch.store.engine import Database
from stalewatch.store.moved import Held

WAIT: Final = 300.0
"""Seconds in which every lease has run out, whoever held it."""
_LOOK: Final = 0.25
_SHOWN: Final = 5


def quieten(db: Database, sentence: str, told: Callable[[Sequence[Held]], None], wait: float = WAIT) -> None:
    """Let nobody claim anything, and return when nobody holds anything.

    Args:
        sentence: what whoever claims something is told.
        told: hears who is waited for.

    Raises:
        ConfigurationError: somebody still held something after so many seconds; everything goes on as before.
    """
    with db.write() as conn:
        moved.drain(conn, sentence)
    end = monotonic() + wait
    while held := _held(db):
        told(held)
        if monotonic() > end:
            with db.write() as conn:
                moved.reopen(conn)
            names = ", ".join(f"{one.table} {one.key} ({one.seconds:.0f} s)" for one in held[:_SHOWN])
            raise ConfigurationError(
                f"workers still hold {names}", where=db.where, cure="stop the processes that work on it, or wait longer"
            )
        sleep(_LOOK)


def _held(db: Database) -> list[Held]:
    with db.read() as conn:
        return moved.held(conn)
