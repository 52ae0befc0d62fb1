"""Which rules are in force, for all workers of a database together.

Every worker reads the rule files by itself, at its own moment. So that two of them do not judge back and forth, one row
says by which rules deadlines are computed now. A worker whose rules are others may not store a deadline: it
reads its files again, or leaves the work to those who have.

A worker that has read other rules puts them in force only if nothing was written here since before it read: the
last to read wins, not the last to finish.
"""

from __future__ import annotations

from typing import Final

import msgspec

from stalewatch.domain.instants import MINUTE
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.rules.refusal import Refused
from stalewatch.store import facts, in_force
from stalewatch.store.engine import Connection

ALIVE: Final = 3 * MINUTE
"""Who works by the rules in force says so at least once in this time, by the database's clock."""
_ALIVE: Final = "rules_alive"


class RulesMoved(StalewatchError):
    """Other rules are in force than those this process has read. Nothing was stored; it reads its files again."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What holds.

    Attributes:
        number: rises with every change of this row.
        version: of the rulebook in force; None: none was ever put in force.
        since: the instant of that.
        refused: what was saved since and has errors; refused_at: the instant at which that began.
    """

    number: int = 0
    version: str | None = None
    since: int = 0
    refused: Refused | None = None
    refused_at: int = 0


def standing(conn: Connection) -> Standing:
    """What holds now."""
    return _read(in_force.read(conn))


def require(conn: Connection, version: str) -> None:
    """Let nobody put other rules in force until this transaction ends; call it before a deadline is stored.

    Raises:
        RulesMoved: others are in force already.
    """
    _same(_read(in_force.share(conn)), version)


def check(conn: Connection, version: str) -> None:
    """The same without holding anybody up: before work begins, not for as long as it lasts."""
    _same(standing(conn), version)


def accept(conn: Connection, version: str, now: int, seen: int | None = None) -> bool:
    """Put rules in force; True if they were not.

    Args:
        seen: the number that stood here before the files were read; None: whoever starts brings its own.

    Raises:
        RulesMoved: somebody else has changed something since.
    """
    holds = _read(in_force.lock(conn))
    is_newest = seen is None or seen == holds.number
    if holds.version == version:
        if holds.refused is not None and is_newest:
            _write(conn, holds, refused=None, refused_at=0)
        return False
    if not is_newest:
        raise moved()
    _write(conn, holds, version=version, since=now, refused=None, refused_at=0)
    return True


def refuse(conn: Connection, refused: Refused, now: int, seen: int) -> int | None:
    """Note that what was saved has errors; answers with a number that this trouble alone has, None if it was known.

    Args:
        seen: the number that stood here before the files were read.
    """
    holds = _read(in_force.lock(conn))
    if holds.refused is not None:  # one trouble, however often it is saved until it is put right
        if holds.refused != refused and holds.number == seen:
            _write(conn, holds, refused=refused)
        return None
    return _write(conn, holds, refused=refused, refused_at=now).number if holds.number == seen else None


def say_alive(conn: Connection, version: str, real: int) -> None:
    """Note that somebody works by these rules; `real` is the database's own time."""
    facts.write(conn, _ALIVE, {"version": version, "at": real})


def said_alive(conn: Connection, version: str | None) -> int | None:
    """When somebody last said to work by these rules, by the database's own time; None: never."""
    found = facts.read(conn, _ALIVE)
    return int(found["at"]) if found is not None and found["version"] == version else None


def moved() -> RulesMoved:
    """The error of a worker whose rules are not those in force."""
    return RulesMoved("other rules are in force than this process has read", cure="it reads its files again by itself")


def _same(holds: Standing, version: str) -> None:
    if holds.version not in (None, version):
        raise moved()


def _read(value: object) -> Standing:
    return Standing() if value is None else msgspec.convert(value, Standing)


def _write(conn: Connection, before: Standing, **changes: object) -> Standing:
    after = msgspec.structs.replace(before, number=before.number + 1, **changes)
    in_force.write(conn, msgspec.to_builtins(after))
    return after
