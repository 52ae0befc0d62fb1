"""Rows of Opportunity, OpportunityHistory, Lead and User as records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from stalewatch.sdk.records import Deal, FieldChange, Outcome, Person, Rejected, StageVisit, Value
from stalewatch_salesforce import ids, rows
from stalewatch_salesforce.mapping import DealMap, forecast_of, plain
from stalewatch_salesforce.money import Exchange
from stalewatch_salesforce.org import OPPORTUNITY, ROLES, Org
from stalewatch_salesforce.values import Unusable, day, value_of

ROLE_FIELDS: Final = ("decision_maker", "economic_buyer", "champion")
_NO_ROLES: Final = {f"roles.{ours}": 0 for ours in ROLE_FIELDS}
HISTORY_FIELDS: Final = frozenset({"stage", "amount", "close_date", "forecast_category"})
_CORE: Final = {
    "stage": "StageName", "amount": "Amount", "close_date": "CloseDate", "owner": "OwnerId",
    "forecast_category": "ForecastCategoryName",
}  # fmt: skip
_NOBODY: Final[frozenset[str]] = frozenset()
_NOON: Final = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DealReader:
    """Reads opportunities and their history; `hidden` are fields of ours that no row can tell."""

    map: DealMap
    partner: Mapping[str, Collection[str]]
    org: Org
    exchange: Exchange
    base: str
    hidden: frozenset[str] = frozenset()

    def deal(self, row: rows.Opportunity) -> Deal | Rejected:
        """The opportunity of a row, or why there is none."""
        if row.CreatedDate is None or not row.Name:
            return Rejected(ref=ids.whole(row.Id), reason="no name or no time of creation", detail=str(row.Name)[:200])
        outcome = Outcome.OPEN if not row.IsClosed else Outcome.WON if row.IsWon else Outcome.LOST
        unreadable = {*self.hidden, *self._unreadable(row, outcome)}
        fields: dict[str, Value] = {"stage_entered_at": row.LastStageChangeDate or row.CreatedDate}
        fields["forecast_category"] = forecast_of(self.map.forecasts, row.ForecastCategoryName)
        fields |= self._mapped(row, unreadable)
        contacts = self._contacts(row)
        if contacts is not None:
            fields |= self._roles(row, contacts)
        closes = self._closes(row, fields, unreadable)
        amount = self._amount(row, fields)
        pipeline, stage = self._pipeline(row), self.stage(row.StageName)
        return Deal(
            id=ids.whole(row.Id),
            name=row.Name,
            outcome=outcome,
            owner=owner(row.OwnerId),
            created_at=row.CreatedDate,
            closed_at=None if outcome is Outcome.OPEN else _closed_at(row, closes),
            pipeline=pipeline,
            stage=stage,
            amount=amount,
            currency=self.exchange.currency(row.CurrencyIsoCode),
            amount_in_project_currency=self.exchange.convert(amount, row.CurrencyIsoCode, closes),
            close_date=closes,
            fields=fields,
            unreadable=frozenset(unreadable),
            contacts=contacts,
            is_partner_deal=self._is_partner({**fields, "pipeline": pipeline, "stage": stage}),
            url=f"{self.base}/lightning/r/Opportunity/{ids.whole(row.Id)}/view",
            modified_at=row.LastModifiedDate or row.SystemModstamp,
        )

    def stage(self, name: str | None) -> str | None:
        """Our stage; one that is not mapped keeps its name, and no rule takes it for one of ours."""
        return self.map.stages.get(plain(name), name) if name else None

    def past(
        self, found: Collection[rows.Visit], deal: str | None = None
    ) -> tuple[list[StageVisit], list[FieldChange]]:
        """What rows of OpportunityHistory tell, oldest first: each shows how everything was from then on."""
        visits: list[StageVisit] = []
        changes: list[FieldChange] = []
        known = [row for row in found if row.CreatedDate is not None and not row.IsDeleted]
        for row in sorted(known, key=lambda row: (row.CreatedDate or datetime.min.replace(tzinfo=UTC), row.Id)):
            record, at = deal or ids.whole(row.OpportunityId or ""), row.CreatedDate
            if not record or at is None:
                continue
            stage = self.stage(row.StageName)
            if stage is not None:
                visits.append(StageVisit(deal=record, stage=stage, entered_at=at))
            values = self._then(row)
            changes += [FieldChange(record=record, field=name, at=at, value=value) for name, value in values.items()]
        return visits, changes

    def _then(self, row: rows.Visit) -> dict[str, Value]:
        values: dict[str, Value] = {"forecast_category": forecast_of(self.map.forecasts, row.ForecastCategory)}
        closes: date | None = None
        with suppress(Unusable):  # the other values of this moment are as good as before
            values["close_date"] = closes = day(row.CloseDate)
        amount = self.exchange.convert(row.Amount, row.CurrencyIsoCode, closes)
        if amount is not None or row.Amount is None:
            values["amount"] = amount
        return {name: value for name, value in values.items() if name not in self.map.fields}  # theirs has no history

    def _unreadable(self, row: rows.Opportunity, outcome: Outcome) -> Iterator[str]:
        if outcome is Outcome.OPEN and plain(row.StageName or "") not in self.map.stages:
            yield "stage"
        if self._pipeline_word(row) not in self.map.pipelines and (row.Type or self._is_strange(row.RecordTypeId)):
            yield "pipeline"

    def _is_strange(self, record_type: str | None) -> bool:
        """Whether record types tell pipelines here, and this one is not among those that do."""
        known = self.org.record_types
        return record_type in known and any(name in self.map.pipelines for names in known.values() for name in names)

    def _pipeline(self, row: rows.Opportunity) -> str | None:
        return self.map.pipelines.get(self._pipeline_word(row), row.Type) if row.Type or row.RecordTypeId else None

    def _pipeline_word(self, row: rows.Opportunity) -> str:
        """What tells the pipeline: the record type if it is mapped, else Type."""
        names = self.org.record_types.get(row.RecordTypeId or "", ())
        return next((name for name in names if name in self.map.pipelines), plain(row.Type or ""))

    def _mapped(self, row: rows.Opportunity, unreadable: set[str]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for ours, theirs in self.map.fields.items():
            wanted = self.map.types.get(ours)
            told = None if wanted is None else self.org.feeding(OPPORTUNITY, theirs, wanted)
            if told is None or wanted is None:
                continue
            try:
                words, cell = self.map.values.get(ours, {}), getattr(row, told.name, None)
                found[ours] = value_of(cell, wanted, words, told.type, self.org.zone or UTC)
            except Unusable:
                unreadable.add(ours)
        return found

    def _amount(self, row: rows.Opportunity, fields: dict[str, Value]) -> Decimal | None:
        """The amount, or what is mapped in its place, which may be nothing."""
        if "amount" not in self.map.fields:
            return row.Amount
        told = fields.pop("amount", None)
        return told if isinstance(told, Decimal) else None

    def _closes(self, row: rows.Opportunity, fields: dict[str, Value], unreadable: set[str]) -> date | None:
        """The close date, or what is mapped in its place."""
        if "close_date" in self.map.fields:
            told = fields.pop("close_date", None)
            return told if isinstance(told, date) else None
        try:
            return day(row.CloseDate)
        except Unusable:
            unreadable.add("close_date")
            return None

    def _contacts(self, row: rows.Opportunity) -> frozenset[str] | None:
        if row.OpportunityContactRoles is None:
            return _NOBODY if self.org.has_children(OPPORTUNITY, ROLES) else None
        return frozenset(ids.whole(role.ContactId) for role in _roles_of(row) if role.ContactId)

    def _roles(self, row: rows.Opportunity, contacts: frozenset[str]) -> dict[str, Value]:
        counted: dict[str, Value] = {**_NO_ROLES, "stakeholders": len(contacts)}
        holders: dict[str, set[str]] = {}
        for role in _roles_of(row):
            for ours in self.map.roles.get(plain(role.Role or ""), ()):
                holders.setdefault(ours, set()).add(ids.whole(role.ContactId or ""))
        for ours, people in holders.items():
            counted[f"roles.{ours}"] = len(people)
        return counted

    def _is_partner(self, values: Mapping[str, Value]) -> bool:
        return bool(self.partner) and all(values.get(name) in allowed for name, allowed in self.partner.items())


def hidden(map_: DealMap, org: Org) -> frozenset[str]:
    """Fields of ours whose source is not there or not shown: empty would be a statement, and nobody can make it."""
    core = {
        ours for ours, theirs in _CORE.items() if ours not in map_.fields and org.field(OPPORTUNITY, theirs) is None
    }
    known = {ours: map_.types[ours] for ours in map_.fields if ours in map_.types}
    mapped = {ours for ours, type_ in known.items() if org.feeding(OPPORTUNITY, map_.fields[ours], type_) is None}
    return frozenset(core | mapped)


def owner(id_: str | None) -> str | None:
    """The person who owns a record; a queue is nobody."""
    return ids.whole(id_) if id_ and id_.startswith(ids.USER) else None


def person(row: rows.User) -> Person:
    """A user who can own records."""
    language = (row.LanguageLocaleKey or "")[:2]
    return Person(
        id=ids.whole(row.Id),
        name=row.Name or row.Email or row.Id,
        email=(row.Email or "").casefold() or None,
        active=row.IsActive is not False,
        manager=ids.whole(row.ManagerId) if row.ManagerId else None,
        team=row.UserRole.Name if row.UserRole else None,
        zone=row.TimeZoneSidKey,
        language=language if language in ("en", "ja") else None,
    )


def _roles_of(row: rows.Opportunity) -> list[rows.ContactRole]:
    children = row.OpportunityContactRoles
    return [role for role in children.records if not role.IsDeleted and role.ContactId] if children else []


def _closed_at(row: rows.Opportunity, closes: date | None) -> datetime | None:
    if row.LastStageChangeDate is not None:
        return row.LastStageChangeDate
    return datetime.combine(closes, _NOON) if closes else row.LastModifiedDate
