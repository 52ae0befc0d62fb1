"""Why deals were lost, and who says so: what was reported is told apart from what is only assumed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from stalewatch.domain.customer_answers import CustomerAnswer, Word, tag_of
from stalewatch.services.reporting.listing import shown
from stalewatch.store import answers, links
from stalewatch.store.engine import Connection

SILENT: Final = "silent"
"""The tag of a loss of which nobody said why."""


class LossSource(StrEnum):
    """Who gave the reason of a loss."""

    CUSTOMER = "reported_by_customer"  # the customer themselves, by the link of a loss check
    REPORTED = "reported"  # the rep, who was told
    ASSUMED = "assumed"  # the rep, who concludes it from silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The reason of a loss, as well as it is known. Instants are microseconds.

    Attributes:
        tag: as in `LossTag` of what reps answer.
        answer: the customer's own, if they gave one.
    """

    source: LossSource
    tag: str
    at: int
    note: str = ""
    answer: CustomerAnswer | None = None


def losses_of(conn: Connection, record_ids: Collection[str]) -> dict[str, Loss]:
    """By record why it was, or would be, lost: the customer's latest word before everything that a rep said.

    Records of which nobody said anything are missing: their reason is not known at all.
    """
    customers = {record: _answered(row) for record, row in links.answered(conn, record_ids).items()}
    return {**reported(conn, record_ids), **customers}


def reported(conn: Connection, record_ids: Collection[str]) -> dict[str, Loss]:
    """By record what reps last said of its loss."""
    rows = [row for row in answers.losses_of(conn, record_ids) if row.source != LossSource.CUSTOMER]
    return {row.record_id: _said(row) for row in rows}


def loss_told(conn: Connection, row: Any, zone: str) -> dict[str, Any] | None:
    """The reason of one record's loss as the API tells it; None: nobody said any, or it is a lead.

    Args:
        row: the stored record; of one whose customer was never asked, no answer is looked for.
    """
    if row.object == "lead":
        return None
    if row.loss_check_sent_at is None:
        loss = reported(conn, [row.id]).get(row.id)
    else:
        loss = losses_of(conn, [row.id]).get(row.id)
    if loss is None:
        return None
    answer = loss.answer.code if loss.answer else None
    told = {"source": loss.source.value, "tag": loss.tag, "note": loss.note or None, "answer": answer}
    return {**told, "at": shown(loss.at, zone)}


def _said(row: Any) -> Loss:
    source = LossSource.ASSUMED if row.tag == SILENT else LossSource(row.source)
    return Loss(source=source, tag=row.tag, at=row.at, note=row.note or "")


def _answered(row: Any) -> Loss:
    said = CustomerAnswer(Word(row.answer), row.months)
    return Loss(source=LossSource.CUSTOMER, tag=tag_of(said), at=row.changed_at, answer=said)
