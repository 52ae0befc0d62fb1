"""Who acted: mails, calls and meetings as evidence, never summary fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from stalewatch.sdk.mail import Machine, machine
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Rejected
from stalewatch_hubspot.queries import CALLS, EMAILS, MEETINGS, TASKS, Kind
from stalewatch_hubspot.rows import Row
from stalewatch_hubspot.values import maybe

_CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
_NOT_CONNECTED: Final = frozenset({
    "9d9162e7-6cf3-4944-bf63-4dff82258764",  # busy
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",  # left a live message
    "b2cf5968-551e-4856-9783-52b3da59a7d0",  # left voicemail
    "73a0d17f-1163-4015-bdd5-ec830791da20",  # no answer
    "17b47fee-58de-441e-a44c-c6300d46f273",  # wrong number
})  # fmt: skip
_CALL_DONE: Final = frozenset({"COMPLETED", ""})
_OUTCOMES: Final[Mapping[str, MeetingState]] = {
    "CANCELED": MeetingState.CANCELLED, "CANCELLED": MeetingState.CANCELLED, "RESCHEDULED": MeetingState.RESCHEDULED,
    "NO_SHOW": MeetingState.NO_SHOW, "COMPLETED": MeetingState.HELD,
}  # fmt: skip
"""What is logged of a meeting; with any other outcome, as with none, it is planned."""
_UNSENT: Final = frozenset({"BOUNCED", "FAILED", "SCHEDULED", "SENDING"})
_ADDRESS: Final = re.compile(r"(?<![^\s<>\"',;])[^\s<>\"',;]+@[^\s<>\"',;]+")
"""It begins where a word does: sought from every letter, one long word without an @ would take its length squared."""


@dataclass(frozen=True, slots=True)
class Around:
    """What an activity's own row does not say: the records that it belongs to, and the people in it."""

    records: Sequence[str]
    people: Sequence[str] = ()


def sender(row: Row) -> str:
    """Who sent a mail; "" if nobody can tell."""
    told = row.get("hs_email_from_email")
    if not told:
        try:
            origin = json.loads(row.get("hs_email_headers") or "{}").get("from")
        except (ValueError, AttributeError, RecursionError):
            return ""
        told = str(origin.get("email") or "") if isinstance(origin, dict) else str(origin or "")
    found = _ADDRESS.search(told)
    return found[0].casefold() if found else ""


class EvidenceReader:
    """Reads rows of activities.

    Attributes:
        own: domains of ours.
        customers: addresses that belong to contacts; only mails that were forwarded ask for it.
        counted: what a machine wrote for a customer and counts as theirs; mail that came back never does.
    """

    def __init__(
        self, own: Collection[str], customers: Collection[str] = (), *, counted: Collection[Machine] = ()
    ) -> None:
        self.own, self.customers = frozenset(own), frozenset(customers)
        self.counted = frozenset({None, *counted}) - {Machine.RETURNED}

    def read(self, kind: Kind, row: Row, around: Around) -> Activity | Rejected | None:
        """What a row shows; None if it is evidence of nothing."""
        if not around.records:
            return None
        return _READERS[kind.name](self, row, around)

    def _email(self, row: Row, around: Around) -> Activity | Rejected | None:
        actor = self._writer(row)
        if actor is None:
            return None
        return self._act(row, ActivityKind.EMAIL, actor, around, row.get("hs_timestamp"))

    def _writer(self, row: Row) -> Actor | None:
        """Whose act a mail is; a direction that nobody knows is no evidence."""
        match row.get("hs_email_direction"):
            case "EMAIL":
                return Actor.NOBODY if row.get("hs_email_status") in _UNSENT else Actor.SELLER
            case "INCOMING_EMAIL":
                return self._incoming(row)
            case "FORWARDED_EMAIL":
                return self._incoming(row) if sender(row) in self.customers else Actor.NOBODY
            case _:
                return None

    def _incoming(self, row: Row) -> Actor:
        domain = sender(row).rpartition("@")[2]
        is_ours = any(domain == own or domain.endswith(f".{own}") for own in self.own)
        wrote = machine(row.get("hs_email_subject"), row.get("hs_email_headers"))
        return Actor.CUSTOMER if wrote in self.counted and not is_ours else Actor.NOBODY

    def _call(self, row: Row, around: Around) -> Activity | Rejected:
        disposition, status = row.get("hs_call_disposition"), row.get("hs_call_status")
        connected = disposition == _CONNECTED or (disposition not in _NOT_CONNECTED and status in _CALL_DONE)
        direction = {"INBOUND": Actor.CUSTOMER, "OUTBOUND": Actor.SELLER}.get(row.get("hs_call_direction"))
        actor = direction if connected and direction else Actor.NOBODY
        return self._act(row, ActivityKind.CALL, actor, around, row.get("hs_timestamp"))

    def _meeting(self, row: Row, around: Around) -> Activity | Rejected:
        state = _OUTCOMES.get(row.get("hs_meeting_outcome").upper(), MeetingState.UNLOGGED)
        actor = Actor.CUSTOMER if state is MeetingState.HELD else Actor.NOBODY
        start = row.get("hs_meeting_start_time") or row.get("hs_timestamp")
        ends = maybe(row.get("hs_meeting_end_time"))
        return self._act(row, ActivityKind.MEETING, actor, around, start, ends=ends, state=state)

    def _task(self, row: Row, around: Around) -> Activity | Rejected | None:
        due = row.get("hs_timestamp")
        return self._act(row, ActivityKind.TASK, Actor.NOBODY, around, due) if due else None

    def _act(
        self, row: Row, kind: ActivityKind, actor: Actor, around: Around, at: str, *,
        ends: datetime | None = None, state: MeetingState | None = None,
    ) -> Activity | Rejected:  # fmt: skip
        when = maybe(at)
        if when is None:
            return Rejected(ref=f"{kind.value} {row.id}", reason=f"a {kind.value} without a time", detail=at[:200])
        return Activity(
            id=f"{kind.value}-{row.id}", kind=kind, actor=actor, at=when, records=tuple(sorted(around.records)),
            ends_at=ends, recorded_at=maybe(row.createdAt), meeting=state, people=frozenset(around.people),
        )  # fmt: skip


_READERS: Final[Mapping[str, Callable[[EvidenceReader, Row, Around], Activity | Rejected | None]]] = {
    EMAILS.name: EvidenceReader._email,
    CALLS.name: EvidenceReader._call,
    MEETINGS.name: EvidenceReader._meeting,
    TASKS.name: EvidenceReader._task,
}


def forwarders(rows: Iterable[Row]) -> list[str]:
    """The senders of forwarded mails: whether they are contacts has to be asked."""
    found = (sender(row) for row in rows if row.get("hs_email_direction") == "FORWARDED_EMAIL")
    return sorted({one for one in found if one})


def is_open_task(row: Row) -> bool:
    """Whether a task is still to be done."""
    return row.get("hs_task_status") not in ("COMPLETED", "DEFERRED")
