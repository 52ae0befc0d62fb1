"""What may be written into a portal: by the scopes of its token, its properties and what is mapped."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from stalewatch.sdk.errors import ConnectorError
from stalewatch.sdk.records import Outcome
from stalewatch.sdk.writing import Choice, Kind, Writable, Writing
from stalewatch_hubspot import queries
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.facts import outcome_of
from stalewatch_hubspot.mapping import plain
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.queries import DEALS
from stalewatch_hubspot.rows import PipelineRow, StageRow
from stalewatch_hubspot.transport import Transport

TOKEN_INFO: Final = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  # a path
"""Tells the scopes of a lasting token. It has no dated twin; where it does not answer, nobody can tell."""
STAGE: Final = "dealstage"
CLOSE_DATE: Final = "closedate"
_SET: Final = ("next_step", "close_date", "hold_until", "hold_reason")
_BESIDE: Final = (Kind.MEETING, Kind.TASK, Kind.NOTE)
_DEALS_WRITE, _CONTACTS_WRITE, _LEADS_WRITE = (
    "crm.objects.deals.write", "crm.objects.contacts.write", "crm.objects.leads.write",
)  # fmt: skip


class _Option(msgspec.Struct):
    value: str
    label: str | None = None
    hidden: bool | None = None


class _Metadata(msgspec.Struct):
    readOnlyValue: bool | None = None  # noqa: N815  # the names are HubSpot's


class _Property(msgspec.Struct):
    name: str
    options: list[_Option] = []
    modificationMetadata: _Metadata | None = None  # noqa: N815


class _Properties(msgspec.Struct):
    results: list[_Property]


class _Info(msgspec.Struct):
    scopes: list[str]


def theirs(options: Options, object_: str) -> dict[str, str]:
    """The properties that may be overwritten, by our names: HubSpot's own, or mapped to it."""
    if object_ == "lead":
        return {ours: options.lead.fields[ours] for ours in _SET if ours in options.lead.fields}
    mapped = {ours: options.deal.fields[ours] for ours in _SET if ours in options.deal.fields}
    return {**mapped, **options.deal.written, "close_date": CLOSE_DATE, "stage": STAGE}


def lost_stages(pipelines: Sequence[PipelineRow], chosen: str, pipeline: str | None = None) -> list[StageRow]:
    """The stages of lost deals, of one pipeline or all; the configured one first. Their metadata tells, not names."""
    found = [
        (one, stage)
        for one in pipelines
        if pipeline in (None, one.id)
        for stage in one.stages
        if outcome_of(stage) is Outcome.LOST
    ]
    names = {plain(chosen)} if chosen else set[str]()
    return [stage for _, stage in sorted(found, key=lambda pair: not names & _names(*pair))]


def _names(pipeline: PipelineRow, stage: StageRow) -> set[str]:
    return {plain(name) for name in (stage.id, stage.label, f"{pipeline.label}/{stage.label}")}


def writing_of(api: Api, options: Options) -> dict[str, Writing]:
    """What may be written of each object; asks for scopes, properties and pipelines.

    Raises:
        TryLater, NeedsReconnect: the portal does not answer.
    """
    scopes = scopes_of(api.transport, options)
    path = queries.path("properties", DEALS.name)
    known = {one.name: one for one in api.transport.call("GET", path, _Properties, kind="properties").results}
    lost = lost_stages(api.pipelines(DEALS), options.lost_stage)
    deal = _writing(options, "deal", scopes, _DEALS_WRITE, list(_fields(theirs(options, "deal"), known, lost)))
    fields = [Writable(ours=ours, theirs=name) for ours, name in theirs(options, "lead").items()]
    return {"deal": deal, "partner_deal": deal, "lead": _writing(options, "lead", scopes, _LEADS_WRITE, fields)}


def scopes_of(transport: Transport, options: Options) -> frozenset[str] | None:
    """What the token may do; None: nobody can tell before it is tried (tokens of OAuth apps, and service keys)."""
    if options.auth.is_renewable:
        return None
    try:
        info = transport.call("POST", TOKEN_INFO, _Info, {"tokenKey": options.auth.token}, kind="scopes")
    except ConnectorError:  # it answers for private apps only; whatever else is wrong, other calls tell
        return None
    return frozenset(info.scopes)


def _fields(names: Mapping[str, str], known: Mapping[str, _Property], lost: Sequence[StageRow]) -> Iterator[Writable]:
    for ours, name in names.items():
        told = known.get(name)
        if told is None or (told.modificationMetadata is not None and told.modificationMetadata.readOnlyValue):
            continue
        stages = tuple(Choice(value=stage.id, label=stage.label or stage.id) for stage in lost)
        options = tuple(Choice(value=one.value, label=one.label or one.value) for one in told.options if not one.hidden)
        yield Writable(ours=ours, theirs=name, choices=stages if ours == "stage" else options)


def _writing(
    options: Options, object_: str, scopes: Collection[str] | None, scope: str, fields: Sequence[Writable]
) -> Writing:
    known, missing, kinds = {one.ours for one in fields}, dict[str, str](), set[Kind]()
    for wanted, needed in ((_BESIDE, _CONTACTS_WRITE), (_own(object_), scope)):
        if scopes is not None and needed not in scopes:
            missing |= {kind.value: needed for kind in wanted}
        else:
            kinds |= set(wanted)
    if not known & set(_SET):
        kinds.discard(Kind.FIELDS)
    if Kind.LOST in kinds and "stage" not in known:
        kinds.discard(Kind.LOST)
        missing[Kind.LOST.value] = "a stage that is closed and lost"
    if object_ != "lead":
        asked = theirs(options, object_)
        missing |= {ours: f"map.deal.fields.{ours}" for ours in _SET if ours not in asked}
        missing |= {ours: f"property {asked[ours]}" for ours in asked if ours not in known}
    return Writing(kinds=frozenset(kinds), fields=fields, missing=missing)


def _own(object_: str) -> tuple[Kind, ...]:
    return (Kind.FIELDS,) if object_ == "lead" else (Kind.FIELDS, Kind.LOST)
