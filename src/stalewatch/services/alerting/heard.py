"""What somebody outside said of a deal is told to its owner, once, with their next digest.

These are notices as every other one, of no alert and no rule: quiet hours, one digest a day and the ladder from the
owner to their manager hold for them as well.
"""

from __future__ import annotations

from typing import Any, Final

from stalewatch.domain.pacing import digest_slot
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import EVERYTHING_ELSE, NINE, UNDELIVERED, firsts
from stalewatch.sdk.notifier import Style
from stalewatch.services.alerting.hours import hours_of
from stalewatch.services.alerting.people import directory
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import notices, outbox
from stalewatch.store.engine import Connection

CUSTOMER: Final = "customer_answer"
"""The kind of notice that says what a customer answered."""


def tell(conn: Connection, book: Rulebook, speaking: Speaking, record: Any, kind: str, source: str, now: int) -> None:
    """Let the owner of a record hear of it.

    Args:
        source: id of what was said; the words are made of it when it is told.
    """
    people = directory(conn, speaking)
    rung = firsts(EVERYTHING_ELSE, record.owner, people, team=record.team)[0]
    calendar = calendars_of(conn, book, {record.id: record.object})[record.id]
    at = next((route.digest_at for route in speaking.routes if route.style is Style.DIGEST), NINE)
    hours = hours_of(people.people.get(rung.person or ""), calendar, speaking, at)
    pace = digest_slot(hours, now, now, seen=now)
    nowhere = rung.target == UNDELIVERED
    notices.add(conn, [{
        "key": f"{kind}:{source}:{now}", "alert_id": None, "record_id": record.id, "rule_id": None, "kind": kind,
        "n": 1, "target": rung.target, "style": Style.DIGEST.value,
        "state": notices.HELD if nowhere else notices.PENDING,
        "reason": rung.reason.value if nowhere else pace.reason.value,
        "severity": None, "not_before": pace.not_before, "edge_at": now, "created_at": now,
    }])  # fmt: skip
    if not nowhere:
        outbox.call(conn, {rung.target: pace.not_before})


def forget(conn: Connection, kind: str, source: str, at: int) -> None:
    """What was said at that moment is not so any more: unless it was told, it is not told."""
    notices.drop(conn, [f"{kind}:{source}:{at}"], "superseded")


def source_of(notice: Any) -> str:
    """The id of what a notice tells of."""
    return str(notice.key.split(":")[1])
