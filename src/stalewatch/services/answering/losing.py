"""Lost: the CRM is told where it may be, all that is open of the deal ends, and the loss counts in the reports."""

from __future__ import annotations

from stalewatch.delivery.crm_notes import loss_note
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain import episodes
from stalewatch.domain.alerts import Cause
from stalewatch.domain.instants import from_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Lost, Note
from stalewatch.services.answering.acts import Lose, LossTag
from stalewatch.services.answering.matter import Done, Matter, plain
from stalewatch.services.answering.outcomes import Answer, Refusal, Written
from stalewatch.services.answering.standing_still import hush
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.services.writing.asking import Why
from stalewatch.store import alerts, answers, clocks


def lose(matter: Matter, act: Lose) -> Done | Answer:
    """Report a deal as lost. Only what is no known reason (`other`) needs words of one's own.

    As long as the CRM shows the deal as open, the same clocks say nothing more of it; what begins anew does.
    """
    if matter.row.object == "lead":
        return matter.refused(Refusal.NO_DEAL)
    note = plain(act.note)
    if act.tag is LossTag.OTHER and not note:
        return matter.refused(Refusal.NOTE_MISSING)
    clocks.share(matter.conn, matter.record.connection)  # a tick takes several alerts in an order of its own
    _dismiss_others(matter)
    answers.add_loss(matter.conn, {
        "id": matter.id, "record_id": matter.record.id, "at": matter.now, "tag": act.tag.value, "note": note or None,
        "by": matter.actor, "source": answers.REPORTED,
    })  # fmt: skip
    over = episodes.dismiss(matter.alert, Cause.LOST, matter.now)
    return Done(alert=over.alert or matter.alert, dropped=Cause.LOST.value, written=_written(matter, act.tag, note))


def _dismiss_others(matter: Matter) -> None:
    """The deal's other problems are none any more."""
    for row in alerts.open_for(matter.conn, [matter.record.id]):
        if row.id != matter.row.id:
            over = episodes.dismiss(from_row(row), Cause.LOST, matter.now).alert or from_row(row)
            values = changing(over, row, matter.now)
            alerts.update(matter.conn, [{"id": row.id, "version": row.version, **values}])
            hush(matter, row.id, Cause.LOST.value)


def _written(matter: Matter, tag: LossTag, note: str) -> Written:
    """The stage, and the reason as a note: what a CRM's own field of reasons takes differs in each of them."""
    reader = Reader(matter.office.language, from_us(matter.now), matter.calendar.spec.zone)
    said = Note(text=loss_note(tag.value, note, reader))
    if matter.office.allowed.get(matter.record.connection) is Writeback.NOTES:
        return Written(why=Why.NOTES_ONLY, note=matter.wish(said).id)
    lost = matter.wish(Lost())
    return lost if lost.id is None else Written(id=lost.id, note=matter.wish(said, needs=lost.id).id)
