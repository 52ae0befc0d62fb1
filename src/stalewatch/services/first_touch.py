"""When one of us first got in touch with a lead after its hand-off: folded here where no CRM says it itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from stalewatch.sdk.records import ActivityKind, Actor, MeetingState
from stalewatch.store import activities, records
from stalewatch.store.engine import Connection

_REACHES: Final = (ActivityKind.EMAIL.value, ActivityKind.CALL.value)


def refresh(conn: Connection, ids: Collection[str], now: int) -> None:
    """Write `first_touch_at` of these leads where it is empty, or from before the (last) hand-off.

    What a connection says itself is never replaced, and a lead that was not handed off has no first touch.
    """
    present = records.columns(conn, "lead", ids, ("handed_off_at", "first_touch_at"))
    rows = zip(present["id"], present["handed_off_at"], present["first_touch_at"], strict=True)
    since = {lead: given for lead, given, first in rows if given is not None and (first is None or first < given)}
    found: dict[str, int] = {}
    for act in activities.read(conn, since):  # in order of time
        if since[act.record_id] <= act.at <= now and _is_touch(act):
            found.setdefault(act.record_id, act.at)
    records.update(conn, "lead", [{"id": lead, "first_touch_at": at} for lead, at in found.items()])


def _is_touch(act: Any) -> bool:
    """A mail or a call of ours that went out, or a meeting that was not called off, whoever of us it was."""
    if act.kind == ActivityKind.MEETING.value:
        return act.meeting not in (None, MeetingState.CANCELLED.value)
    return act.kind in _REACHES and act.actor == Actor.SELLER.value
