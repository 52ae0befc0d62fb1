"""What can happen to an opportunity. A life is a list of these, in order of time; every time is in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from stalewatch.sdk.records import Actor, Outcome, Value


class StageEntered(NamedTuple):
    """The opportunity came into a stage."""

    at: datetime
    stage: str


class FieldSet(NamedTuple):
    """A field got a value (None: it was emptied); `owner` is one of the fields, its value a seller's id."""

    at: datetime
    field: str
    value: Value


class Touch(NamedTuple):
    """A mail or a call from one side to the other.

    Attributes:
        channel: "email" or "call".
        by: CUSTOMER or SELLER.
        contact: id of the customer's person at the other end.
    """

    at: datetime
    id: str
    channel: str
    by: Actor
    contact: str


class MeetingBooked(NamedTuple):
    """A meeting was agreed on; `contacts` are the customer's people who are invited."""

    at: datetime
    id: str
    starts_at: datetime
    ends_at: datetime
    title: str
    contacts: tuple[str, ...]


class MeetingHeld(NamedTuple):
    """A meeting came to its end; both sides were there."""

    at: datetime
    id: str


class MeetingCancelled(NamedTuple):
    """A booked meeting will not take place."""

    at: datetime
    id: str


class PersonJoined(NamedTuple):
    """A person of the customer became known, or got other roles: decision_maker, economic_buyer, champion."""

    at: datetime
    contact: str
    roles: tuple[str, ...]


class Closed(NamedTuple):
    """The opportunity was won or lost; `reason` is a word of why, for lost ones."""

    at: datetime
    outcome: Outcome
    reason: str


Happening = StageEntered | FieldSet | Touch | MeetingBooked | MeetingHeld | MeetingCancelled | PersonJoined | Closed
