"""A world as the files that somebody would export from its CRM: deals.csv, stages.csv, events.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from stalewatch.sdk.records import Actor, Outcome, Value
from stalewatch_sandbox.happenings import (
    FieldSet,
    Happening,
    MeetingBooked,
    MeetingCancelled,
    MeetingHeld,
    StageEntered,
    Touch,
)
from stalewatch_sandbox.opportunity import Opportunity, State
from stalewatch_sandbox.pipeline import World

CURRENCY: Final = "JPY"

_TYPED: Final = (
    "amount", "close_date", "forecast_category", "next_step", "next_step_due", "meeting_notes", "agenda", "need",
    "budget", "timeframe", "pain", "impact", "metrics", "decision_process", "decision_date", "decision_criteria",
    "competitors", "customer_agreed_problem", "proposal_amount_confirmed", "ringi_status", "ringi_submitted_at",
    "partner", "last_partner_report_at", "report_phase", "report_reason_to_propose", "report_champion_activity",
)  # fmt: skip
"""Columns that people fill in, under their names in the catalogue."""
_DATED: Final = frozenset({"amount", "forecast_category", "next_step", "meeting_notes"})
"""Fields whose history the CRM keeps, beside the close date; of the others one sees the present value only."""
_ROLES: Final = ("decision_maker", "economic_buyer", "champion")
_COUNTED: Final = ("stakeholders", *(f"roles.{role}" for role in _ROLES))
_DEALS: Final = (
    "deal_id", "name", "outcome", "created_at", "closed_at", "owner", "owner_email", "manager_email", "team",
    "pipeline", "stage", "segment", "currency", *_TYPED, "previous_amount", *_COUNTED,
)  # fmt: skip
_STAGES: Final = ("deal_id", "stage", "entered_at")
_EVENTS: Final = ("deal_id", "at", "kind", "value")
_ACTIONS: Final = {Actor.CUSTOMER: "customer_action", Actor.SELLER: "seller_action"}


def write_csv(world: World, folder: Path, as_of: datetime) -> None:
    """Write the three files as of a moment: nothing in them is later. Each is replaced whole, deals.csv last.

    A meeting that was called off is left out, as in an export of the calendar.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = [(deal, deal.until(as_of)) for deal in world.known_at(as_of)]
    _write(folder / "stages.csv", _STAGES, (row for deal, past in known for row in _stage_rows(deal, past)))
    _write(folder / "events.csv", _EVENTS, (row for deal, past in known for row in _event_rows(deal, past)))
    states = ((deal, deal.state_at(as_of)) for deal, _ in known)
    _write(folder / "deals.csv", _DEALS, (_deal_row(world, deal, state) for deal, state in states if state))


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[Value]]) -> None:
    """Replace a file at once: whoever reads it sees the old one or the new one."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.stem}-", delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([_text(value) for value in row] for row in rows)
        except BaseException:
            temporary.unlink()
            raise
    temporary.chmod(0o644)
    temporary.replace(path)


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _deal_row(world: World, deal: Opportunity, state: State) -> list[Value]:
    owner = world.people[state.owner]
    fields = state.fields
    return [
        deal.id,
        deal.name,
        state.outcome.value,
        deal.created_at,
        None if state.outcome is Outcome.OPEN else state.closed_at,
        owner.name,
        owner.email,
        world.people[owner.manager].email if owner.manager else None,
        owner.team.name,
        deal.pipeline,
        state.stage,
        deal.account.segment,
        CURRENCY,
        *(fields.get(name) for name in _TYPED),
        state.previous_amount,
        *_counts(state.people).values(),
    ]


def _stage_rows(deal: Opportunity, past: Iterable[Happening]) -> Iterator[tuple[Value, ...]]:
    return ((deal.id, step.stage, step.at) for step in past if isinstance(step, StageEntered))


def _event_rows(deal: Opportunity, past: tuple[Happening, ...]) -> Iterator[tuple[Value, ...]]:
    called_off = {step.id for step in past if isinstance(step, MeetingCancelled)}
    meetings = {step.id: step for step in past if isinstance(step, MeetingBooked) and step.id not in called_off}
    for step in past:
        match step:
            case Touch():
                yield deal.id, step.at, _ACTIONS[step.by], step.channel
            case MeetingBooked() if step.id in meetings:
                yield deal.id, step.at, "meeting_booked", step.starts_at
            case MeetingHeld():
                yield deal.id, meetings[step.id].starts_at, "meeting_held", None
            case FieldSet(field="close_date"):
                yield deal.id, step.at, "close_date_moved", step.value
            case FieldSet() if step.field in _DATED:
                yield deal.id, step.at, "field_set", f"{step.field}={_text(step.value)}"


def _counts(people: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """How many people are known, and how many of them have each role."""
    roles = [role for held in people.values() for role in held]
    return {"stakeholders": len(people), **{f"roles.{role}": roles.count(role) for role in _ROLES}}
