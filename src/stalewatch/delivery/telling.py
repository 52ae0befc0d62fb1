"""What composition takes: one notice with everything that its words need, and whom it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.values import Filled
from stalewatch.domain.alerts import Cause, Kind
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Severity, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One notice to be worded. Instants are microseconds since the epoch.

    Attributes:
        alert: id of the alert it speaks of.
        record: id of the deal or lead; `object` is deal, partner_deal or lead.
        name: the record's, as the CRM has it.
        owner: key of the owner, None if nobody owns it; `owner_name` is shown to everybody else.
        message: the rule's own, per language; empty: title, since and due are said.
        days_over: days past the limit in the limit's own days (`times.day_unit`); before it, negative.
        amount: in hundredths of `currency`.
        in_stage: how long it has been in its stage.
        zone: of the record's calendar, in which since and due are dates.
        values: the record's fields by placeholder name.
        missing: titles of what `until` still lacks.
        muted: another rule on the same record is breached and speaks for this one.
        cause: of a resolve.
        outcome: how the record itself ended: `won`, `lost`; "" while it is open, or for a lead.
        next_meeting: where the rule waits for a meeting, the one that is planned by now, in microseconds.
        customer_at: where the rule waits for the customer, what they did since this began, in microseconds.
        team: the owner's, or the record's own.
        unanswered: business days since the last word of it arrived; None if nobody was told that it is late.
        handed_over: it is told because its record has another owner by now.
        was_answered: that word was answered: what is said now was agreed upon (the end of a snooze, a hold, a claim).
    """

    alert: str
    record: str
    name: str
    kind: Kind
    rule: str
    title: Words
    object: str = "deal"
    owner: str | None = None
    owner_name: str = ""
    message: Words = field(default_factory=dict)
    severity: Severity = Severity.WARNING
    anchor: int | None = None
    due: int | None = None
    limit: Duration = field(default_factory=lambda: Duration(0, Unit.BUSINESS_DAY))
    days_over: int = 0
    amount: int | None = None
    currency: str = ""
    stage: Words = field(default_factory=dict)
    in_stage: Duration | None = None
    zone: str = "UTC"
    url: str | None = None
    values: Mapping[str, Filled] = field(default_factory=dict)
    missing: tuple[Words, ...] = ()
    muted: bool = False
    cause: Cause | None = None
    outcome: str = ""
    next_meeting: int | None = None
    customer_at: int | None = None
    team: str = ""
    unanswered: int | None = None
    handed_over: bool = False
    was_answered: bool = False

    @property
    def money(self) -> Decimal | None:
        """The amount in units of its currency."""
        return None if self.amount is None else Decimal(self.amount) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a message is for: `key` as in `Telling.owner` (None for a channel), target and address as routed."""

    target: str
    address: str
    key: str | None = None
    language: str = "en"
    zone: str = "UTC"

    def reads(self, now: datetime) -> Reader:
        """The reader that this recipient is at `now`."""
        return Reader(self.language, now, self.zone)
