"""The hold-out as it is now: when its share changes, what is silent because of it is looked at again."""

from __future__ import annotations

from typing import Any, Final

from stalewatch.domain.policies import Holdout
from stalewatch.store import alerts, facts
from stalewatch.store.engine import Database

KEY: Final = "holdout"


def follow(db: Database, holdout: Holdout | None, now: int) -> None:
    """Let the alerts that were held out be due, if the project says otherwise than at the last tick.

    Those that are not held out any more are told; what was told before stays so.
    """
    wanted = document(holdout)
    with db.read() as conn:
        if facts.read(conn, KEY) == wanted:
            return
    with db.write() as conn:
        facts.write(conn, KEY, wanted)
        alerts.ring(conn, alerts.held_out(conn), now)


def document(holdout: Holdout | None) -> dict[str, Any] | None:
    """A hold-out as it is remembered."""
    if holdout is None:
        return None
    return {"share": holdout.share, "rules": sorted(holdout.rules), "critical": holdout.critical}
