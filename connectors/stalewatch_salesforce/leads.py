"""Rows of Lead as records: what a status means, and when a lead was handed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from stalewatch.sdk.records import Lead, Rejected, Value
from stalewatch_salesforce import ids, rows
from stalewatch_salesforce.deals import owner
from stalewatch_salesforce.mapping import LeadMap, plain
from stalewatch_salesforce.org import CHANGES, LEAD, Org
from stalewatch_salesforce.values import Unusable, value_of

_QUEUE: Final = "00G"


@dataclass(frozen=True, slots=True)
class LeadReader:
    """Reads leads; `givers` are the users of the teams that hand leads over."""

    map: LeadMap
    org: Org
    base: str
    givers: Collection[str] = ()

    def lead(self, row: rows.Lead) -> Lead | Rejected:
        """The lead of a row, or why there is none."""
        if row.CreatedDate is None:
            return Rejected(ref=ids.whole(row.Id), reason="no time of creation", detail=str(row.Name)[:200])
        unreadable: set[str] = set()
        status = self._status(row.Status)
        if row.Status and plain(row.Status) not in self.map.values["status"]:
            unreadable.add("status")
        fields = {**self._history(row), **self._mapped(row, unreadable)}
        fields["accepted"] = bool(row.IsConverted) or status == "sql"
        return Lead(
            id=ids.whole(row.Id),
            name=row.Name or ids.whole(row.Id),
            is_open=not row.IsConverted,
            owner=owner(row.OwnerId),
            created_at=row.CreatedDate,
            status=status,
            fields=fields,
            unreadable=frozenset(unreadable),
            url=f"{self.base}/lightning/r/Lead/{ids.whole(row.Id)}/view",
            modified_at=row.LastModifiedDate or row.SystemModstamp,
        )

    def _status(self, name: str | None) -> str | None:
        return self.map.values["status"].get(plain(name), name) if name else None

    def _history(self, row: rows.Lead) -> dict[str, Value]:
        """When it first was an MQL, and when it was handed over; without history only what is so now is known."""
        if not self.org.has_children(LEAD, CHANGES):
            return {}
        told = row.Histories.records if row.Histories else []
        dated = [change for change in told if change.CreatedDate is not None]
        steps = sorted(dated, key=lambda change: (change.CreatedDate or datetime.min.replace(tzinfo=UTC), change.Id))
        return {"mql_at": self._first_mql(row, steps), "handed_off_at": self._handed_off(row, steps)}

    def _first_mql(self, row: rows.Lead, steps: list[rows.LeadChange]) -> Value:
        changes = [step for step in steps if step.Field == "Status"]
        if self._status(str(changes[0].OldValue) if changes else row.Status) == "mql":
            return row.CreatedDate
        return next((step.CreatedDate for step in changes if self._status(str(step.NewValue)) == "mql"), None)

    def _handed_off(self, row: rows.Lead, steps: list[rows.LeadChange]) -> Value:
        """The last change of owner from a queue, or from a user of the giving teams, to another user."""
        given: Value = None
        for step in steps:
            old, new = ids.whole(str(step.OldValue or "")), ids.whole(str(step.NewValue or ""))
            is_giver = old.startswith(_QUEUE) or old in self.givers
            if step.Field in ("Owner", "OwnerId") and is_giver and new.startswith(ids.USER) and new not in self.givers:
                given = step.CreatedDate
        return given

    def _mapped(self, row: rows.Lead, unreadable: set[str]) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        for ours, theirs in self.map.fields.items():
            wanted = self.map.types.get(ours)
            told = None if wanted is None else self.org.feeding(LEAD, theirs, wanted)
            if told is None or wanted is None:
                unreadable.update(() if wanted is None else (ours,))
                continue
            try:
                words, cell = self.map.values.get(ours, {}), getattr(row, told.name, None)
                found[ours] = value_of(cell, wanted, words, told.type, self.org.zone or UTC)
            except Unusable:
                unreadable.add(ours)
        return found
