"""Rows of deals as opportunities, and what their properties held before as visits and changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from stalewatch.sdk.records import Deal, FieldChange, Outcome, Rejected, StageVisit, Value
from stalewatch_hubspot.absence import fields_of, unshown
from stalewatch_hubspot.facts import Facts
from stalewatch_hubspot.histories import oldest_first
from stalewatch_hubspot.mapping import plain
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.queries import DEALS
from stalewatch_hubspot.rows import Row
from stalewatch_hubspot.values import Unusable, day, maybe, moment, number, several, value_of

HISTORY: Final = ("dealstage", "amount", "closedate")
_ROLES: Final = "roles."
_ALWAYS: Final = (
    ("name", "dealname"), ("created_at", "createdate"), ("pipeline", "pipeline"), ("stage", "dealstage"),
    ("owner", "hubspot_owner_id"), ("stage_entered_at", "hs_v2_date_entered_current_stage"),
    ("amount", "deal_currency_code"),
)  # fmt: skip
"""Fields that are read without a mapping, and what an amount cannot be understood without."""
Roles = Mapping[str, str]
"""Contact to what stands in its buying role."""


@dataclass(slots=True)
class Past:
    """The histories of some deals.

    Attributes:
        has_amounts: whether every amount of them could be told in the project's currency.
        hidden: fields of which nothing is shown, their past neither.
    """

    deals: set[str] = field(default_factory=set)
    visits: list[StageVisit] = field(default_factory=list)
    changes: list[FieldChange] = field(default_factory=list)
    has_amounts: bool = True
    hidden: frozenset[str] = frozenset()

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose whole past is told."""
        amount = {"amount"} if self.has_amounts else set[str]()
        return frozenset({"stage", "pipeline", "close_date"} | amount) - self.hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a deal's own row does not say; None: not read.

    Attributes:
        contacts: who is associated with it. due: of its earliest open task, as a list of none or one.
    """

    contacts: Sequence[str] | None = None
    roles: Roles | None = None
    due: Sequence[date] | None = None


class DealReader:
    """Reads rows of deals; cells that cannot be read are set aside with a reason and leave their field unknown.

    Attributes:
        strangers: ids of stages that nobody told of.
    """

    def __init__(self, facts: Facts, options: Options, currency: str, missing: Collection[str] = ()) -> None:
        self._facts, self._options, self._project = facts, options, currency
        self._zone = facts.timezone
        self._several = facts.several.get(DEALS.name, ())
        mapped = facts.feeding(DEALS, options.deal.fields)
        self._mapped = [(ours, theirs, self._typed(ours)) for ours, theirs in mapped.items()]
        self._roles = sorted(name for name in options.deal.types if name.startswith(_ROLES))
        self.strangers: set[str] = set()
        self._shown = unshown(facts, DEALS, fields_of(options.deal.fields, _ALWAYS, options.deal.types), missing)

    def read(self, row: Row, beside: Beside, rejected: list[Rejected]) -> Deal:
        """The opportunity of a row."""
        cells = _Cells(row, rejected)
        values = {ours: cells.value(ours, theirs, read) for ours, theirs, read in self._mapped}
        stage, outcome = self._stage(row)
        amount, currency = values.pop("amount", None), row.get("deal_currency_code") or self._own
        entered = cells.time("hs_v2_date_entered_current_stage")
        created = cells.time("createdate") or maybe(row.createdAt)
        pipeline = self._pipeline(row)
        money = amount if isinstance(amount, Decimal) else None
        told: dict[str, Value] = {**values, **self._beside(beside), "stage_entered_at": entered or created}
        close_date = told.pop("close_date", None)
        unreadable = self._shown.of(row) | (cells.bad & self._options.deal.types.keys())
        if outcome is Outcome.OPEN and not self._is_mapped(row):
            unreadable = unreadable | {"stage"}
        return Deal(
            id=row.id,
            name=row.get("dealname") or row.id,
            outcome=outcome,
            owner=row.get("hubspot_owner_id") or None,
            created_at=created,
            closed_at=None if outcome is Outcome.OPEN else entered or cells.time("closedate"),
            pipeline=pipeline,
            stage=stage,
            amount=money,
            currency=currency,
            amount_in_project_currency=self._converted(money, currency, cells),
            close_date=close_date if isinstance(close_date, date) else None,
            fields=told,
            unreadable=frozenset(unreadable),
            contacts=None if beside.contacts is None else frozenset(beside.contacts),
            is_partner_deal=bool(self._options.partner) and self._is_partner(told, pipeline, stage),
            url=f"https://{self._facts.ui}/contacts/{self._facts.portal}/record/0-3/{row.id}",
            modified_at=cells.time("hs_lastmodifieddate") or maybe(row.updatedAt),
        )

    def remember(self, row: Row, now: Row, past: Past) -> None:
        """Add what a deal's properties held before.

        Args:
            row: with the histories. now: with the present values, for its currency.
        """
        histories = row.propertiesWithHistory
        past.deals.add(row.id)
        for at, value in oldest_first(histories.get("dealstage", ())):
            if value:
                past.visits.append(self._visit(row.id, value, at))
        for at, value in oldest_first(histories.get("closedate", ())):
            past.changes.extend(_change(row.id, "close_date", at, value, lambda text: day(text, self._zone)))
        if (now.get("deal_currency_code") or self._own) != self._project:
            past.has_amounts = False
        for at, value in oldest_first(histories.get("amount", ())):
            past.changes.extend(_change(row.id, "amount", at, value, number))

    def _visit(self, deal: str, stage: str, at: datetime) -> StageVisit:
        """A stage belongs to one pipeline, by its id: that is where the deal was, wherever it is now."""
        known = self._facts.stages.get(stage)
        pipeline = None if known is None else self._called(known.pipeline)
        return StageVisit(deal=deal, stage=self._name(stage), entered_at=at, pipeline=pipeline)

    def is_open(self, row: Row) -> bool:
        """Whether a deal is open, by the metadata of its stage."""
        return self._stage(row)[1] is Outcome.OPEN

    # ------------------------------------------------------------------------------------------------- the parts

    @property
    def _own(self) -> str:
        return self._facts.currency or self._project

    def _typed(self, ours: str) -> Callable[[str], Value]:
        type_name, words = self._options.deal.types[ours], self._options.deal.values.get(ours, {})
        if ours in self._several:
            return lambda text: several(text, type_name, words)
        return lambda text: value_of(text, type_name, self._zone, words)

    def _stage(self, row: Row) -> tuple[str | None, Outcome]:
        """Our stage and how the deal ended. Of a stage that was deleted, the deal itself knows whether it is closed."""
        known = self._facts.stages.get(row.get("dealstage"))
        if known is None:
            self.strangers.add(row.get("dealstage"))
            is_closed, is_won = row.get("hs_is_closed") == "true", row.get("hs_is_closed_won") == "true"
            outcome = Outcome.OPEN if not is_closed else Outcome.WON if is_won else Outcome.LOST
            return (row.get("dealstage") or None) if outcome is Outcome.OPEN else None, outcome
        if known.outcome is not Outcome.OPEN:
            return None, known.outcome
        return known.ours or known.label, known.outcome

    def _is_mapped(self, row: Row) -> bool:
        known = self._facts.stages.get(row.get("dealstage"))
        return known is not None and known.ours is not None

    def _name(self, id_: str) -> str:
        known = self._facts.stages.get(id_)
        if known is None:
            return id_
        return known.outcome.value if known.outcome is not Outcome.OPEN else known.ours or known.label

    def _pipeline(self, row: Row) -> str | None:
        return self._called(row.get("pipeline"))

    def _called(self, pipeline: str) -> str | None:
        return self._facts.pipelines.get(pipeline) or self._facts.labels.get(pipeline) or pipeline or None

    def _converted(self, amount: Decimal | None, currency: str, cells: _Cells) -> Decimal | None:
        if amount is None or currency == self._project:
            return amount
        at_home = cells.value("amount", "amount_in_home_currency", number) if self._own == self._project else None
        return at_home if isinstance(at_home, Decimal) else None

    def _beside(self, beside: Beside) -> dict[str, Value]:
        told: dict[str, Value] = {}
        if beside.contacts is not None:
            told["stakeholders"] = len(beside.contacts)
        if beside.contacts is not None and beside.roles is not None:
            told |= self._counted(beside.contacts, beside.roles)
        if beside.due is not None:
            told["next_step_due"] = min(beside.due, default=None)
        return told

    def _counted(self, contacts: Sequence[str], roles: Roles) -> dict[str, int]:
        counts = dict.fromkeys(self._roles, 0)
        for contact in contacts:
            parts = [plain(part) for part in roles.get(contact, "").split(";") if part]
            for ours in {f"{_ROLES}{one}" for part in parts for one in self._options.deal.roles.get(part, ())}:
                if ours in counts:
                    counts[ours] += 1
        return counts

    def _is_partner(self, told: Mapping[str, Value], pipeline: str | None, stage: str | None) -> bool:
        values = {**told, "pipeline": pipeline, "stage": stage}
        return all(values.get(name) in words for name, words in self._options.partner.items())


class _Cells:
    """The cells of one row; those that cannot be read are counted and their fields left unknown."""

    def __init__(self, row: Row, rejected: list[Rejected]) -> None:
        self._row, self._rejected = row, rejected
        self.bad: set[str] = set()

    def time(self, name: str) -> datetime | None:
        found = self.value(name, name, moment)
        return found if isinstance(found, datetime) else None

    def value(self, ours: str, theirs: str, read: Callable[[str], Value]) -> Value:
        text = self._row.properties.get(theirs)
        if not text or text.isspace():
            return None
        try:
            return read(text)
        except Unusable as error:
            self.bad.add(ours)
            reason = f"{theirs} {error}"
            self._rejected.append(Rejected(ref=f"deal {self._row.id}: {theirs}", reason=reason, detail=text[:200]))
            return None


def _change(record: str, name: str, at: datetime, text: str, read: Callable[[str], Value]) -> Iterator[FieldChange]:
    try:
        yield FieldChange(record=record, field=name, at=at, value=read(text) if text else None)
    except Unusable:  # one absurd value of the past; its neighbours still tell when the field changed
        return
