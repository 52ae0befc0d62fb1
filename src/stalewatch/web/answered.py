"""What is sent back to somebody who answered an alert: how it stands now, or why the answer was not taken."""

from __future__ import annotations

from typing import Any, Final

from stalewatch.services.answering.outcomes import Answer, Letter, Refusal, Written
from stalewatch.services.reporting.listing import shown
from stalewatch.web.desk import Desk
from stalewatch.web.problems import Problem

_GONE: Final = 404
_NOT_NOW: Final = 409
_WRONG: Final = 422
_SAYS: Final[dict[Refusal, tuple[int, str, str | None]]] = {
    Refusal.NOT_FOUND: (_GONE, "There is no such alert, or you may not see it.", None),
    Refusal.RESOLVED: (_NOT_NOW, "This alert is over; there is nothing left to answer.", None),
    Refusal.CLOSED: (_NOT_NOW, "The deal is closed; there is nothing left to answer.", None),
    Refusal.NOT_WAITING: (_NOT_NOW, "The deal is not on hold.", None),
    Refusal.NO_DEAL: (_NOT_NOW, "This can only be said of deals.", None),
    Refusal.NO_LINKS: (_NOT_NOW, "No customer could open a link: `web.public_url` and `secrets.key` are needed.", None),
    Refusal.REASON_MISSING: (_WRONG, "Say what you wait for: `reason` is needed.", "reason"),
    Refusal.AGENDA_MISSING: (_WRONG, "Say what the meeting is about: `agenda` is needed.", "meeting.agenda"),
    Refusal.WHO_MISSING: (_WRONG, "Say who named the day: `who` is needed.", "who"),
    Refusal.EVIDENCE_MISSING: (_WRONG, "Say where that stands: `evidence` is needed.", "evidence"),
    Refusal.NOTE_MISSING: (_WRONG, "For another reason than the usual ones `note` is needed.", "note"),
    Refusal.BACKWARDS: (_WRONG, "The meeting ends before it begins.", "meeting.ends_at"),
    Refusal.NO_MEETING: (_WRONG, "No meeting is planned whose end could be waited for.", "ends"),
}
"""Status, words, and the member of the body that is lacking or wrong."""


def told(desk: Desk, came: Answer) -> dict[str, Any]:
    """The alert as it is now, and what came of the answer."""
    row, zone = came.alert, desk.zone
    return {
        "id": row.id,
        "record": row.record_id,
        "rule": row.rule_id,
        "episode": row.episode,
        "state": row.state,
        "cause": row.cause,
        "silent_until": _moment(came.until, zone),
        "snoozed_until": _moment(row.snoozed_until, zone),
        "snooze_reason": row.snooze_reason,
        "snoozes_left": max(0, desk.project.rulebook.judging.snoozing.times - row.snoozes),
        "repeated": came.is_repeated,
        **({} if came.written is None else {"crm": _crm(came.written)}),
        **({} if came.letter is None else {"mail": _mail(came.letter)}),
    }


def refused(desk: Desk, came: Answer, refusal: Refusal) -> Problem:
    """The problem that a refusal is."""
    status, detail, required = _SAYS.get(refusal, (_WRONG, "", None))
    more: dict[str, Any] = {} if required is None else {"required": required}
    latest = _moment(came.until, desk.zone)
    match refusal:
        case Refusal.TOO_OFTEN:
            status, more = _NOT_NOW, {"limit": came.limit}
            detail = f"Snoozed {came.limit} times already, as often as is allowed. Put the deal on hold until a date."
        case Refusal.IN_THE_PAST:
            detail, more = "This moment is not in the future.", {"limit": latest}
        case Refusal.TOO_LONG:
            detail, more = _too_long(desk, came, latest or ""), {"limit": latest}
    return Problem(status, detail, kind=refusal.value.replace("_", "-"), reason=refusal.value, **more)


def _too_long(desk: Desk, came: Answer, latest: str) -> str:
    longest = desk.project.rulebook.judging.snoozing.longest
    span = str(longest) if came.limit is None else f"{came.limit} days"
    return f"At most {span} from now: until {latest}."


def _crm(written: Written) -> dict[str, Any]:
    """Ids of writes are those of `work ls`; `not_written` is the reason for which the CRM is not told."""
    return {
        "write": written.id,
        "note": written.note,
        "not_written": None if written.why is None else written.why.value,
    }


def _mail(letter: Letter) -> dict[str, str]:
    return {"link": letter.link, "subject": letter.subject, "text": letter.text}


def _moment(at: int | None, zone: str) -> str | None:
    return None if at is None else shown(at, zone)
