"""The hold-out as it is now: when its share changes, what is silent because of it is looked at again."""

from __future__ import annotations

from typing import Any, Final

from stalewatch.domain.policies import Holdout
from stalewatch.store import alerts, facts
from stalewatch.store.engine import Connection, Database

KEY: Final = "holdout"
_SINCE: Final = "since"


def follow(db: Database, holdout: Holdout | None, now: int) -> None:
    """Let the alerts that were held out be due, if the project says otherwise than at the last tick.

    Those that are not held out any more are told; what was told before stays so. What is compared begins anew: a share
    that changed half-way would compare one time with another.
    """
    with db.read() as conn:
        if not is_another(facts.read(conn, KEY), holdout):
            return
    with db.write() as conn:
        wanted = _document(holdout)
        facts.write(conn, KEY, None if wanted is None else {**wanted, _SINCE: now})
        alerts.ring(conn, alerts.held_out(conn), now)


def is_another(said: Any, holdout: Holdout | None) -> bool:
    """Whether the hold-out is another one than that which is remembered."""
    if said is None or _SINCE not in said:
        return said is not None or holdout is not None
    return {name: value for name, value in said.items() if name != _SINCE} != _document(holdout)


def since(conn: Connection, holdout: Holdout | None) -> int | None:
    """Since when it is as it is, in microseconds; None: there is none, or no tick has seen it yet."""
    said = facts.read(conn, KEY)
    return None if said is None or is_another(said, holdout) else int(said[_SINCE])


def _document(holdout: Holdout | None) -> dict[str, Any] | None:
    """A hold-out as it is remembered."""
    if holdout is None:
        return None
    return {"share": holdout.share, "rules": sorted(holdout.rules), "critical": holdout.critical}
