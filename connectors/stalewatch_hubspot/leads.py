"""Rows of leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from stalewatch.sdk.records import Lead, Rejected, Value
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.portal import Facts
from stalewatch_hubspot.rows import Row
from stalewatch_hubspot.values import Unusable, maybe, value_of

_CONVERTED: Final = "sql"


class LeadReader:
    """Reads rows of leads."""

    def __init__(self, facts: Facts, options: Options) -> None:
        self._facts, self._map, self._zone = facts, options.lead, facts.timezone
        absent = facts.absent.get("leads", ())
        self._mapped = {ours: theirs for ours, theirs in options.lead.fields.items() if theirs not in absent}

    def read(self, row: Row, first_touch: datetime | None, rejected: list[Rejected]) -> Lead:
        """The lead of a row. `first_touch` is when one of us first wrote or called; None: not read here."""
        fields: dict[str, Value] = {}
        unreadable: set[str] = set()
        for ours, theirs in self._mapped.items():
            try:
                words = self._map.values.get(ours, {})
                fields[ours] = value_of(row.get(theirs), self._map.types[ours], self._zone, words)
            except Unusable as error:
                unreadable.add(ours)
                ref = f"lead {row.id}: {theirs}"
                rejected.append(Rejected(ref=ref, reason=f"{theirs} {error}", detail=row.get(theirs)[:200]))
        status, is_mapped = self._status(row.get("hs_pipeline_stage"))
        if first_touch is not None:
            fields["first_touch_at"] = first_touch
        return Lead(
            id=row.id,
            name=row.get("hs_lead_name") or row.id,
            is_open=status != _CONVERTED,
            owner=row.get("hubspot_owner_id") or None,
            created_at=maybe(row.get("hs_createdate") or row.createdAt),
            status=status,
            fields={**fields, "accepted": status == _CONVERTED},
            unreadable=frozenset(unreadable | (set() if is_mapped else {"status"})),
            url=f"https://{self._facts.ui}/contacts/{self._facts.portal}/record/0-136/{row.id}",
            modified_at=maybe(row.get("hs_lastmodifieddate") or row.updatedAt),
        )

    def handed_off(self, row: Row) -> datetime | None:
        """When a lead was given to a seller, as far as a property of it says so."""
        return maybe(row.get(self._mapped.get("handed_off_at", "")))

    def _status(self, id_: str) -> tuple[str | None, bool]:
        known = self._facts.statuses.get(id_)
        if known is None:
            return id_ or None, not id_
        return known.ours or known.label, known.ours is not None


def feeds(facts: Facts, fields: Mapping[str, str]) -> dict[str, str]:
    """Our fields of leads and the properties that feed them, those of the portal only."""
    absent = facts.absent.get("leads", ())
    return {ours: theirs for ours, theirs in fields.items() if theirs not in absent}
