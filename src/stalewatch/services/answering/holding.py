"""On hold: the deal waits for its customer, and the clocks that name the wait stand still from this moment on."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from stalewatch.delivery.crm_notes import hold_note
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain import episodes
from stalewatch.domain.durations import elapsed
from stalewatch.domain.instants import DAY, from_day, from_us, to_day
from stalewatch.domain.language.model import Rule
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Fields, Note
from stalewatch.services.answering.acts import Hold, Until
from stalewatch.services.answering.matter import Done, Matter, plain
from stalewatch.services.answering.outcomes import Answer, Refusal, Written
from stalewatch.services.answering.quieting import ACKNOWLEDGED_FOR, has_meeting
from stalewatch.services.answering.standing_still import REASON, stand_still
from stalewatch.services.judging import holds
from stalewatch.services.writing.asking import Why
from stalewatch.store import waits

LONGEST: Final = 60
"""Calendar days that a deal may be on hold at once, where its rule does not say less."""
REPLACED: Final = "replaced"
_FIELD: Final = "hold_until"


def hold(matter: Matter, act: Hold) -> Done | Answer:
    """Store the wait and let the deal be judged anew.

    The alert itself waits if its rule names the wait (`pause:`). One whose rule counts on is acknowledged: what
    nobody may put off is asked again after three business days.
    """
    refused = _refused(matter, act)
    if refused is not None:
        return refused
    matter.begin_judging()
    _store(matter, act)
    opens, waits_now = _opens(matter, act.until), stand_still(matter)
    told: dict[str, Any] = {"detail": {"wait": matter.id}, "written": _written(matter, act)}
    if waits_now is not None:
        return Done(alert=waits_now, dropped=REASON, until=opens, **told)
    until = min(matter.after(ACKNOWLEDGED_FOR), opens)
    return Done(alert=episodes.acknowledge(matter.alert, until, matter.policy), dropped=REASON, until=until, **told)


def longest(rule: Rule | None) -> int:
    """For how many calendar days at most a deal may be put on hold for an alert of a rule (None: it is no more)."""
    pause = None if rule is None else rule.pause
    return LONGEST if pause is None else min(LONGEST, elapsed(pause.most) // DAY)


def last_day(matter: Matter) -> date:
    """The last day until which it may be."""
    return from_day(_today(matter) + longest(matter.rule))


def _refused(matter: Matter, act: Hold) -> Answer | None:
    if matter.row.object == "lead":
        return matter.refused(Refusal.NO_DEAL)
    needed = (
        (act.who, Refusal.WHO_MISSING),
        (act.reason, Refusal.REASON_MISSING),
        (act.evidence, Refusal.EVIDENCE_MISSING),
    )
    lacking = next((refusal for text, refusal in needed if not plain(text)), None)
    if lacking is not None:
        return matter.refused(lacking)
    latest = last_day(matter)
    if _opens(matter, act.until) <= matter.now:
        return matter.refused(Refusal.IN_THE_PAST, until=_opens(matter, latest), limit=longest(matter.rule))
    if act.until > latest:
        return matter.refused(Refusal.TOO_LONG, until=_opens(matter, latest), limit=longest(matter.rule))
    return matter.refused(Refusal.NO_MEETING) if act.ends is Until.MEETING and not has_meeting(matter) else None


def _store(matter: Matter, act: Hold) -> None:
    """One more wait of the deal, in place of one that still runs."""
    conn, record = matter.conn, matter.record.id
    waits.end(conn, [row.id for row in waits.read(conn, [record]) if row.ended_at is None], matter.now, REPLACED)
    waits.add(conn, [{
        "id": matter.id, "record_id": record, "set_at": matter.now, "until_day": to_day(act.until),
        "reason": plain(act.reason), "who": plain(act.who), "evidence": plain(act.evidence), "set_by": matter.actor,
        "ends": None if act.ends is Until.DATE else act.ends.value, "due_at": _opens(matter, act.until),
        "ended_at": None, "ended_because": None,
    }])  # fmt: skip
    holds.refresh(conn, matter.office.book, [record], matter.now)


def _written(matter: Matter, act: Hold) -> Written:
    """The fields where the CRM has a place for them; who said so, and where that stands, is a note."""
    reader = Reader(matter.office.language, from_us(matter.now), matter.calendar.spec.zone)
    note = matter.wish(Note(text=hold_note(act.until, plain(act.reason), plain(act.who), plain(act.evidence), reader)))
    allowed = matter.office.allowed.get(matter.record.connection, Writeback.NONE)
    if allowed is Writeback.NOTES:
        return Written(why=Why.NOTES_ONLY, note=note.id)
    fields = matter.office.mapped.get(matter.record.connection, ())
    if note.id is None or _FIELD not in fields:
        return note
    given: dict[str, Any] = {"hold_until": act.until}
    if "hold_reason" in fields:
        given["hold_reason"] = plain(act.reason)
    done = matter.wish(Fields(**given))
    return Written(id=done.id, why=done.why, note=note.id)


def _today(matter: Matter) -> int:
    return int(matter.calendar.local_day(np.array([matter.now], np.int64))[0])


def _opens(matter: Matter, day: date) -> int:
    """When the record's calendar opens on a day: the morning on which it is looked at again (µs)."""
    return int(matter.calendar.opens_at(np.array([to_day(day)], np.int64))[0])
