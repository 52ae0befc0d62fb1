"""stages.csv and events.csv: what happened to an opportunity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from stalewatch.sdk.records import Activity, ActivityKind, Actor, FieldChange, MeetingState, StageVisit, Value
from stalewatch_csv.dates import Moments
from stalewatch_csv.footers import Row
from stalewatch_csv.tables import Header
from stalewatch_csv.unusable import UnusableError
from stalewatch_csv.values import Translator, Words

_ACTIONS: Final = {"customer_action": Actor.CUSTOMER, "seller_action": Actor.SELLER}
_MEETINGS: Final = ("meeting_held", "meeting_booked")
KINDS: Final = (*_ACTIONS, *_MEETINGS, "close_date_moved", "field_set")
EVIDENCE_FIELDS: Final[Mapping[str, str]] = {
    "last_customer_activity_at": "datetime",
    "last_seller_activity_at": "datetime",
    "seller_touches_since_customer": "int",
    "last_meeting_at": "datetime",
    "next_meeting_at": "datetime",
    "close_date_pushes": "int",
}
"""Catalogue fields that can be told as soon as there is an events.csv, with their types."""


class Happening(NamedTuple):
    """One row of either file, at its line: `word` is the stage entered, or the kind of event; `value` completes an
    event. Those of a deal sort by when they happened, then by their lines."""

    at: datetime
    line: int
    deal: str
    word: str
    value: str = ""


class HappeningReader:
    """Reads rows of stages.csv or events.csv.

    Raises:
        Refused: if a column that the file must have is missing.
    """

    def __init__(self, header: Header, time: str, word: str) -> None:
        self._id = header.require("deal_id")
        self.at = header.require(time)
        self._word = header.require(word)
        self._value = header.position("value")
        self._word_name = word

    def read(self, row: Row, moments: Moments) -> Happening:
        """Check one row.

        Args:
            moments: those of the column `at`.

        Raises:
            UnusableError: if it has no deal_id, no time, or no stage or kind.
        """
        line, cells = row
        deal, word = cells[self._id].strip(), cells[self._word].strip()
        if not deal:
            raise UnusableError("no deal_id", ", ".join(filter(None, cells)))
        if not word:
            raise UnusableError(f"no {self._word_name}", ", ".join(filter(None, cells)))
        value = "" if self._value is None else cells[self._value].strip()
        return Happening(moments[cells[self.at].strip()], line, deal, word, value)


def visit(happening: Happening, stages: Words) -> StageVisit:
    """The stage visit that a row of stages.csv tells of; `stages` are our words for them."""
    return StageVisit(deal=happening.deal, stage=stages[happening.word], entered_at=happening.at)


def meaning(happening: Happening, translator: Translator) -> Activity | FieldChange:
    """What a row of events.csv tells of.

    A booking counts until its end as planned and after it as held, but a row `meeting_held` is needed
    before it counts as something the customer did.

    Raises:
        UnusableError: if the kind is unknown or the value does not fit it.
    """
    kind = happening.word.casefold()
    if kind in _ACTIONS:
        return _action(happening, kind)
    if kind == "meeting_held":
        return _meeting(happening, happening.at, MeetingState.HELD)
    if kind == "meeting_booked":
        return _meeting(happening, translator.instant(happening.value), MeetingState.UNLOGGED)
    if kind == "close_date_moved":
        return _change(happening, "close_date", translator.value("close_date", happening.value))
    if kind == "field_set":
        return _field_set(happening, translator)
    raise UnusableError("unknown kind of event", f"{happening.word}; known: {', '.join(KINDS)}")


def together(activities: list[Activity]) -> list[Activity]:
    """One activity per id, in order: a booking and the row that says it was held are one meeting."""
    merged: dict[str, Activity] = {}
    for activity in activities:
        known = merged.get(activity.id)
        merged[activity.id] = activity if known is None else _held_or_first(known, activity)
    return list(merged.values())


def _held_or_first(first: Activity, second: Activity) -> Activity:
    booked = first if first.recorded_at else second
    if MeetingState.HELD not in (first.meeting, second.meeting) or booked.recorded_at is None:
        return first
    return replace(booked, meeting=MeetingState.HELD)


def _action(happening: Happening, kind: str) -> Activity:
    return Activity(
        id=f"{happening.deal}/{kind}/{happening.at.isoformat()}",
        kind=ActivityKind.OTHER,
        actor=_ACTIONS[kind],
        at=happening.at,
        records=(happening.deal,),
    )


def _meeting(happening: Happening, start: datetime, state: MeetingState) -> Activity:
    return Activity(
        id=f"{happening.deal}/meeting/{start.isoformat()}",
        kind=ActivityKind.MEETING,
        actor=Actor.CUSTOMER,
        at=start,
        records=(happening.deal,),
        recorded_at=happening.at if state is MeetingState.UNLOGGED else None,
        meeting=state,
    )


def _field_set(happening: Happening, translator: Translator) -> FieldChange:
    name, equals, text = happening.value.partition("=")
    name = name.strip()
    if not equals or not name:
        raise UnusableError("field_set needs field=value", happening.value)
    if name not in translator.types:
        raise UnusableError("unknown field", name)
    return _change(happening, name, translator.value(name, text))


def _change(happening: Happening, name: str, value: Value) -> FieldChange:
    return FieldChange(record=happening.deal, field=name, at=happening.at, value=value)
