"""Rows of leads, and what their past tells: when they were qualified, and when they were handed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stalewatch.sdk.records import Lead, Rejected, Value
from stalewatch_hubspot.absence import fields_of, unshown
from stalewatch_hubspot.facts import Facts
from stalewatch_hubspot.histories import oldest_first
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.queries import CONTACTS, LEADS, LIFECYCLE
from stalewatch_hubspot.rows import Change, Row
from stalewatch_hubspot.values import Unusable, maybe, several, value_of
from stalewatch_hubspot.wants import Wants

_CONVERTED: Final = "sql"
_QUALIFIED: Final = "mql"
_ALWAYS: Final = (
    ("name", "hs_lead_name"), ("created_at", "hs_createdate"), ("owner", "hubspot_owner_id"),
    ("status", "hs_pipeline_stage"), ("accepted", "hs_pipeline_stage"),
)  # fmt: skip
_AT_ONCE: Final = timedelta(seconds=5)
"""Whoever owns a lead this soon after it came was its first owner: nobody handed it over."""
STAGE: Final = "hs_pipeline_stage"
OWNER: Final = "hubspot_owner_id"
PAST: Final = {"mql_at": STAGE, "handed_off_at": OWNER}
"""Fields of leads that follow from what a property held before, where no property of their own is mapped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a lead's own row does not say.

    Attributes:
        histories: what properties of the lead held; empty: not asked.
        entered: when a contact of it came into the lifecycle stage of qualified leads.
    """

    histories: Mapping[str, Sequence[Change]]
    entered: datetime | None = None


class LeadReader:
    """Reads rows of leads."""

    def __init__(self, facts: Facts, options: Options, wants: Wants, missing: Collection[str] = ()) -> None:
        self._facts, self._map, self._zone = facts, options.lead, facts.timezone
        self._mapped = feeds(facts, options.lead.fields)
        self._several = facts.several.get(LEADS.name, ())
        self._past = past_of(facts, options, wants)
        self._shown = unshown(facts, LEADS, fields_of(options.lead.fields, _ALWAYS, options.lead.types), missing)

    def read(self, row: Row, before: Before, rejected: list[Rejected]) -> Lead:
        """The lead of a row."""
        fields: dict[str, Value] = self._told_by_past(row, before)
        unreadable = set(self._shown.of(row))
        for ours, theirs in self._mapped.items():
            try:
                words, type_name, text = self._map.values.get(ours, {}), self._map.types[ours], row.get(theirs)
                is_list = ours in self._several
                fields[ours] = (
                    several(text, type_name, words) if is_list else value_of(text, type_name, self._zone, words)
                )
            except Unusable as error:
                unreadable.add(ours)
                ref = f"lead {row.id}: {theirs}"
                rejected.append(Rejected(ref=ref, reason=f"{theirs} {error}", detail=row.get(theirs)[:200]))
        status, is_mapped = self._status(row.get(STAGE))
        return Lead(
            id=row.id,
            name=row.get("hs_lead_name") or row.id,
            is_open=status != _CONVERTED,
            owner=row.get(OWNER) or None,
            created_at=_created(row),
            status=status,
            fields={**fields, "accepted": status == _CONVERTED},
            unreadable=frozenset(unreadable | (set() if is_mapped else {"status"})),
            url=f"https://{self._facts.ui}/contacts/{self._facts.portal}/record/0-136/{row.id}",
            modified_at=maybe(row.get("hs_lastmodifieddate") or row.updatedAt),
        )

    def _told_by_past(self, row: Row, before: Before) -> dict[str, Value]:
        found: dict[str, Value] = {}
        if "mql_at" in self._past:
            found["mql_at"] = before.entered or self._first_qualified(before.histories.get(STAGE, ()))
        if "handed_off_at" in self._past:
            found["handed_off_at"] = self._handed_off(_created(row), before.histories.get(OWNER, ()))
        return found

    def _first_qualified(self, stages: Sequence[Change]) -> datetime | None:
        return next((at for at, stage in oldest_first(stages) if self._status(stage)[0] == _QUALIFIED), None)

    def _handed_off(self, created: datetime | None, owners: Sequence[Change]) -> datetime | None:
        """The last change of owner from nobody, or from a user of the giving teams, to another user.

        HubSpot has no queues that own leads: one that waits for its owner is nobody's.
        """
        giving = {"", *self._facts.givers}
        given, before = None, ""
        for number, (at, owner) in enumerate(oldest_first(owners)):
            is_first = not number and created is not None and at <= created + _AT_ONCE
            if not is_first and before in giving and owner not in giving:
                given = at
            before = owner
        return given

    def _status(self, id_: str) -> tuple[str | None, bool]:
        known = self._facts.statuses.get(id_)
        if known is None:
            return id_ or None, not id_
        return known.ours or known.label, known.ours is not None


def feeds(facts: Facts, fields: Mapping[str, str]) -> dict[str, str]:
    """Our fields of leads and the properties that feed them, those of the portal only."""
    return facts.feeding(LEADS, fields)


def past_of(facts: Facts, options: Options, wants: Wants) -> dict[str, str]:
    """The fields that the past of leads has to tell, and the properties whose past that is.

    Who is in a giving team is told by the owners: where those may not be read, nobody can tell who handed over.
    """
    mapped = feeds(facts, options.lead.fields)
    blind = {"handed_off_at"} if options.lead.from_teams and "owners" in facts.refused else set[str]()
    return {ours: theirs for ours, theirs in PAST.items() if ours in wants.past - mapped.keys() - blind}


def follows_lifecycle(facts: Facts, past: Mapping[str, str]) -> bool:
    """Whether the portal's contacts say when they came into the lifecycle stage, and somebody asks for it."""
    is_there = facts.can_read(CONTACTS) and LIFECYCLE not in facts.absent.get(CONTACTS.name, ())
    return "mql_at" in past and is_there


def _created(row: Row) -> datetime | None:
    return maybe(row.get("hs_createdate") or row.createdAt)
