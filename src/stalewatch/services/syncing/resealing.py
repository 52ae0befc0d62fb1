"""Another `secrets.key`: what is stored is sealed anew while workers run, what is lost dropped, a wrong key refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.syncing.sealing import MAKE_KEY, CannotOpen, keys_of, read_seals
from stalewatch.services.syncing.vault import opens
from stalewatch.store import secrets
from stalewatch.store.engine import Database

_WRONG_KEY: Final = (
    "Write that key as `secrets.key`, or beside a new one as `secrets.previous`. If it is lost: "
    "`stalewatch db reseal --drop`, then let each app be authorized again."
)


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of the stored secrets.

    Attributes:
        anew: so many are sealed with another key than before.
        kept: so many were sealed with the present key already.
        shut: connection and name of those that no key opens.
    """

    anew: int
    kept: int
    shut: tuple[tuple[str, str], ...]


def reseal(db: Database, keys: Mapping[str, Any]) -> Resealed:
    """Seal every stored secret with the present key, while workers run; one that is replaced meanwhile is sealed with
    the key of whoever replaced it, and counts as kept.

    Raises:
        ConfigurationError: there is no key, or it is too short.
    """
    seals = read_seals(keys)
    if seals is None:
        raise ConfigurationError("there is no secrets.key to seal with", cure=MAKE_KEY)
    anew, kept, shut = 0, 0, list[tuple[str, str]]()
    with db.read() as conn:
        rows = secrets.all_of(conn)
    for row in rows:
        try:
            found = seals.open(row.connection, row.name, row.sealed)
        except CannotOpen:
            shut.append((row.connection, row.name))
            continue
        if found.is_old:
            with db.write() as conn:
                done = secrets.reseal(conn, row, seals.seal(row.connection, row.name, found.value))
            anew, kept = anew + done, kept + (not done)
        else:
            kept += 1
    return Resealed(anew, kept, tuple(shut))


def drop_shut(db: Database, keys: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Drop what no key opens: it is lost; connection and name of each."""
    with db.write() as conn:
        shut = [row for row in secrets.all_of(conn) if not opens(keys, row)]
        for row in shut:
            secrets.drop(conn, row)
    return [(row.connection, row.name) for row in shut]


def check_keys(db: Database, keys: Mapping[str, Any]) -> None:
    """Refuse to start with a wrong key: one that opens nothing of what is stored. Where it opens some, `doctor` names
    the others, and their connections say so.

    Raises:
        ConfigurationError: with the cure.
    """
    with db.read() as conn:
        rows = secrets.all_of(conn)
    if not rows or not keys_of(keys)[0] or any(opens(keys, row) for row in rows):
        return
    what = f"secrets.key opens none of the {len(rows)} stored secrets: it is not the key that they were sealed with"
    raise ConfigurationError(what, cure=_WRONG_KEY)
