"""When one of us first got in touch with a lead after its hand-off: mails, calls and meetings of anybody of us."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from stalewatch.sdk.records import CALLED_OFF, ActivityKind, Actor
from stalewatch.store import activities, records
from stalewatch.store.engine import Connection

_REACHES: Final = (ActivityKind.EMAIL.value, ActivityKind.CALL.value)
_NO_MEETING: Final = (None, *(state.value for state in CALLED_OFF))


def find(conn: Connection, ids: Collection[str], now: int) -> dict[str, int]:
    """Per lead the first contact since its (last) hand-off, up to `now`; one that was not handed off has none."""
    present = records.columns(conn, "lead", ids, ("handed_off_at",))
    handed_off = zip(present["id"], present["handed_off_at"], strict=True)
    since = {lead: given for lead, given in handed_off if given is not None}
    found: dict[str, int] = {}
    for act in activities.read(conn, since):  # in order of time
        if since[act.record_id] <= act.at <= now and _is_touch(act):
            found.setdefault(act.record_id, act.at)
    return found


def _is_touch(act: Any) -> bool:
    """A mail or a call of ours that went out, or a meeting that was not called off, whoever of us it was."""
    if act.kind == ActivityKind.MEETING.value:
        return act.meeting not in _NO_MEETING
    return act.kind in _REACHES and act.actor == Actor.SELLER.value
