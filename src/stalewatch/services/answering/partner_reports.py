"""A partner reports: what they said stands in the deal's fields, and the deal is judged by it in the same transaction.

The fields show the last report as a whole: what it leaves out is not known any more, and rules may ask for it again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from stalewatch.domain.instants import DAY
from stalewatch.domain.partner_reports import PartnerReport
from stalewatch.services.judging import arming, in_force
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing import history
from stalewatch.store import audit, clocks, links, records
from stalewatch.store.engine import Connection

OBJECT: Final = "partner_deal"


def phases_of(book: Rulebook) -> dict[str, dict[str, str]]:
    """The values of the phase with their titles per language, as the field catalogue has them."""
    field = book.rules.catalogue.objects[OBJECT]["report_phase"]
    return {value: dict(field.value_titles.get(value) or {"en": value}) for value in field.values}


def take(
    conn: Connection, book: Rulebook, record: Any, report: PartnerReport, *, actor: str, now: int,
    link: str | None = None,
) -> bool:  # fmt: skip
    """Keep a report of a partner deal; False if the same was reported by the same today, and nothing was done.

    Args:
        record: its stored row.
        report: tidied, and without a fault.
        actor: who reports, for the audit log. link: through which they do.

    Raises:
        RulesMoved: other rules are in force than those of `book`; nothing was kept.
    """
    in_force.require(conn, book.version)
    clocks.share(conn, record.connection)
    source, last = link or actor, links.last_report(conn, record.id)
    if last is not None and _is_repeated(last, source, report, now):
        return False
    identity = _identity(record.id, source, report, now, last)
    kept = links.report(conn, {
        "id": identity, "record_id": record.id, "actor": actor, "link_id": link, "at": now,
        "reason": report.reason or None, "phase": report.phase, "champion": report.champion or None,
    })  # fmt: skip
    if not kept:
        return False
    said = _fields(report, now)
    before = {name: getattr(record, name) for name in said}
    row = {"id": record.id, **said}
    history.note(conn, book, record.object, [row], now, only=said)
    records.update(conn, record.object, [row])
    if record.object in book.objects:
        arming.judge(conn, book, record.object, [record.id], coverage(conn), now)
    audit.add(
        conn, at=now, actor=actor, action="partner.report", obj=record.id, before=before, after=said, request=identity
    )  # fmt: skip
    return True


def _fields(report: PartnerReport, now: int) -> dict[str, Any]:
    return {
        "last_partner_report_at": now,
        "report_reason_to_propose": report.reason or None,
        "report_phase": report.phase,
        "report_champion_activity": report.champion or None,
    }


def _is_repeated(last: Any, source: str, report: PartnerReport, now: int) -> bool:
    """A form that was sent twice is one report: the same words, by the same, on the same day, and none between."""
    same = (last.reason or "", last.phase, last.champion or "") == (report.reason, report.phase, report.champion)
    return same and source in (last.link_id, last.actor) and last.at // DAY == now // DAY


def _identity(record: str, source: str, report: PartnerReport, now: int, last: Any) -> str:
    """The same for two requests of one moment that follow the same report: of those, one is kept."""
    said = (record, source, report.reason, report.phase, report.champion, now // DAY, last.id if last else None)
    return sha256(msgspec.json.encode(said)).hexdigest()[:24]
