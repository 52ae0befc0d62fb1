"""A loss check: the customer is asked whether it still matters. The attempt counts, whether they answer or not."""

from __future__ import annotations

from typing import Final

from stalewatch.domain import episodes
from stalewatch.services.answering.acts import LossCheck
from stalewatch.services.answering.matter import Done, Matter
from stalewatch.services.answering.outcomes import Answer, Refusal
from stalewatch.services.answering.quieting import ACKNOWLEDGED_FOR
from stalewatch.services.judging import arming
from stalewatch.services.judging.sources import coverage
from stalewatch.store import changes, records

FIELD: Final = "loss_check_sent_at"


def check(matter: Matter, act: LossCheck) -> Done | Answer:
    """Make the customer's mail, and write down that they are asked now.

    A rule that waits for that (`until: {loss_check_sent_at: set}`) is satisfied from now on; others leave the deal
    alone for three business days, in which the customer may answer.
    """
    if matter.row.object == "lead":
        return matter.refused(Refusal.NO_DEAL)
    if matter.office.links is None:
        return matter.refused(Refusal.NO_LINKS)
    matter.begin_judging()
    letter = matter.office.links.letter(
        matter.conn, matter.record, matter.id, act.language, actor=matter.actor, now=matter.now
    )
    _note(matter)
    until = matter.after(ACKNOWLEDGED_FOR)
    alert = episodes.acknowledge(matter.alert, until, matter.policy)
    return Done(alert=alert, dropped="loss_check_sent", until=until, letter=letter)


def _note(matter: Matter) -> None:
    """The attempt is a field of the deal, with its past, and the deal is judged anew."""
    conn, record, now = matter.conn, matter.record, matter.now
    last = changes.latest(conn, [record.id], [FIELD])
    created = record.created_at or 0
    rows = [] if last else [(created, getattr(record, FIELD))]
    rows.append((max(now, last.get((record.id, FIELD), created) + 1), now))
    changes.append(conn, [
        {"record_id": record.id, "field": FIELD, "at": at, "ordinal": 0, "value": value, "source": "stalewatch",
         "seen_at": now}
        for at, value in rows
    ])  # fmt: skip
    records.update(conn, matter.row.object, [{"id": record.id, FIELD: now}])
    arming.judge(conn, matter.office.book, matter.row.object, [record.id], coverage(conn), now)
