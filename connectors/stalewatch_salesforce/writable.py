"""What may be written into an org: by its describes, its stages and what is mapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from stalewatch.sdk.writing import Choice, Kind, Writable, Writing
from stalewatch_salesforce.composite import Answer, Part, ask
from stalewatch_salesforce.decoding import document
from stalewatch_salesforce.mapping import plain
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import EVENT, LEAD, OPPORTUNITY, TASK, FieldTold, Org
from stalewatch_salesforce.queries import address, select
from stalewatch_salesforce.rows import Records
from stalewatch_salesforce.transport import Transport

MARKED: Final = "Description"
"""The field of tasks and events that carries our marker."""
STAGE: Final = "StageName"
_CLOSE_DATE: Final = "CloseDate"
_USUALLY_DONE: Final = "Completed"
_USUALLY_LOST: Final = "closed lost"
_SET: Final = ("next_step", "close_date", "hold_until", "hold_reason")
_BESIDE: Final[Mapping[Kind, str]] = {Kind.MEETING: EVENT, Kind.TASK: TASK, Kind.NOTE: TASK}


class _Named(msgspec.Struct):
    MasterLabel: str | None = None
    ApiName: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What the org calls the stages of lost deals, the one that we use first, and the status of a task that is done."""

    lost: tuple[str, ...]
    done: str
    read_at: datetime


def names_of(transport: Transport, options: Options) -> Names:
    """Ask the org for its names, in one call.

    Raises:
        TryLater, NeedsReconnect, Refused: as `ask`.
    """
    active, named = "IsActive = true", ("ApiName", "MasterLabel")
    lost = select(named, "OpportunityStage", (active, "IsClosed = true", "IsWon = false"), "ORDER BY SortOrder")
    done = select(named, "TaskStatus", ("IsClosed = true",), "ORDER BY SortOrder")
    answers = ask(transport, [Part("lost", address(lost)), Part("done", address(done))], kind="describe")
    statuses = _read(answers.by_ref["done"])
    return Names(
        lost=tuple(sorted(_read(answers.by_ref["lost"]), key=lambda name: _rank(name, options.lost_stage))),
        done=_USUALLY_DONE if _USUALLY_DONE in statuses or not statuses else statuses[0],
        read_at=transport.server_now(),
    )


def _rank(name: str, chosen: str) -> int:
    """The stage that is configured, else the usual one, else the first."""
    return 0 if plain(name) == plain(chosen) else 1 if plain(name) == _USUALLY_LOST else 2


def _read(answer: Answer) -> list[str]:
    """Their names; without the right to read them there are none."""
    if answer.fault is not None:
        return []
    rows = document(answer.body, Records[_Named]).records
    return [name for row in rows if (name := row.ApiName or row.MasterLabel)]


def theirs(options: Options, object_: str) -> dict[str, str]:
    """The fields that may be overwritten, by our names: of the org, or mapped to it."""
    if object_ == "lead":
        return {ours: options.lead.fields[ours] for ours in _SET if ours in options.lead.fields}
    mapped = {ours: options.deal.fields[ours] for ours in (*_SET, "loss_reason") if ours in options.deal.fields}
    return {**mapped, "close_date": _CLOSE_DATE, "stage": STAGE}


def writing_of(org: Org, options: Options, names: Names) -> dict[str, Writing]:
    """What may be written of each object."""
    return {name: _writing(org, options, names, name) for name in ("deal", "partner_deal", "lead")}


def _writing(org: Org, options: Options, names: Names, object_: str) -> Writing:
    is_lead = object_ == "lead"
    sobject = LEAD if is_lead else OPPORTUNITY
    fields = list(_fields(org, options, names, object_))
    known = {one.ours for one in fields}
    missing = dict(_missing(org, options, object_, known))
    kinds = {kind for kind, child in _BESIDE.items() if kind.value not in missing and org.has(child)}
    described = org.objects.get(sobject)
    if described is None or not described.updateable:
        missing |= {kind.value: f"Edit on {sobject}" for kind in (Kind.FIELDS, *(() if is_lead else (Kind.LOST,)))}
        return Writing(kinds=frozenset(kinds), missing=missing)
    kinds |= {Kind.FIELDS} if known & set(_SET) else set()
    if not is_lead and names.lost and "stage" in known:
        kinds.add(Kind.LOST)
    elif not is_lead:
        missing[Kind.LOST.value] = f"Edit on {OPPORTUNITY}.{STAGE}" if names.lost else "a stage that is closed and lost"
    return Writing(kinds=frozenset(kinds), fields=fields, missing=missing)


def _fields(org: Org, options: Options, names: Names, object_: str) -> Iterator[Writable]:
    for ours, name in theirs(options, object_).items():
        told = org.field(LEAD if object_ == "lead" else OPPORTUNITY, name)
        if told is not None and told.updateable:
            lost = tuple(Choice(value=one, label=one) for one in names.lost)
            yield Writable(ours=ours, theirs=told.name, choices=lost if ours == "stage" else _choices(told))


def _choices(told: FieldTold) -> tuple[Choice, ...]:
    """The active values of a picklist."""
    return tuple(
        Choice(value=one.value, label=one.label or one.value)
        for one in told.picklistValues or ()
        if one.active and one.value is not None
    )


def _missing(org: Org, options: Options, object_: str, known: set[str]) -> Iterator[tuple[str, str]]:
    for kind, child in _BESIDE.items():
        described = org.objects.get(child)
        if described is None or not described.createable:
            yield kind.value, f"Create on {child}"
        elif described.field(MARKED) is None:
            yield kind.value, f"Read on {child}.{MARKED}"
    if object_ == "lead":
        return
    asked = theirs(options, object_)
    for ours in (*_SET, "loss_reason"):
        if ours not in asked:
            yield ours, f"map.deal.fields.{ours}"
        elif ours not in known:
            yield ours, f"Edit on {OPPORTUNITY}.{asked[ours]}"
