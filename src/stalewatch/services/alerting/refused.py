"""Rules that were saved and have errors: the operator hears of it once, when it begins."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.news import RulesRefused
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.services.judging import in_force
from stalewatch.services.rules.refusal import Refused
from stalewatch.store import notices, outbox
from stalewatch.store.engine import Connection, Database

REFUSED: Final = "rules"
"""The notice's kind is `rules:<number>`, a number for each time that it goes wrong."""


def note(db: Database, refused: Refused, now: int, seen: int) -> bool:
    """Remember that saved rules have errors; True if the operator is told, once until they are put right.

    Args:
        seen: as `in_force.refuse` has it.
    """
    with db.write() as conn:
        number = in_force.refuse(conn, refused, now, seen)
        if number is None:
            return False
        notices.add(conn, [operator_notice(f"{REFUSED}:{number}", refused.errors, now)])
        outbox.call(conn, {"operator": now})
        return True


def news(conn: Connection) -> RulesRefused | None:
    """What is wrong now; None if it was put right before anybody was told."""
    found = in_force.standing(conn).refused
    return None if found is None else RulesRefused(found.place, found.code, found.what, found.errors)
