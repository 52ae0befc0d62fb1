"""Records as lists show them: one item per deal, with the reasons it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.domain import instants
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.entries import Entry
from stalewatch.domain.explain import CalledOff
from stalewatch.domain.instants import DAY, from_day, from_us
from stalewatch.services.alerting.tellings import calendars_of, days_over
from stalewatch.services.judging import called_off
from stalewatch.services.judging.beginnings import Told, told
from stalewatch.services.judging.listed_clocks import of_entry
from stalewatch.services.reporting.dwelling import Dwell, dwell
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, connections
from stalewatch.store.engine import Connection


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One breached or coming deadline of a record. Times are RFC 3339; `days_over` is negative before it."""

    rule: str
    title: str
    severity: str
    due: str
    days_over: int
    alert: str | None = None
    state: str | None = None
    since: str | None = None
    limit: str | None = None
    muted_by: str | None = None
    explain: str | None = None


class Item(msgspec.Struct, frozen=True):
    """One record in a list; amounts are in the project's currency."""

    id: str
    object: str
    name: str
    connection: str
    owner: str | None
    owner_name: str | None
    owner_email: str | None
    team: str | None
    pipeline: str | None
    stage: str | None
    amount: float | None
    currency: str
    close_date: str | None
    url: str | None
    severity: str
    due: str
    days_over: int
    explain: str
    reasons: tuple[Reason, ...]
    dwell: Dwell | None = None


class Listing(msgspec.Struct, frozen=True):
    """A page of a list. `total` is exact up to 10,000, beyond that `more` is true."""

    items: tuple[Item, ...]
    next: str | None
    total: int
    as_of: str
    data_age_seconds: int | None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """What it takes to show some records: their calendars, their clocks, the words of their rules.

    Attributes:
        language: of titles and explanations, "en" or "ja".
        clocks: the stored clocks per record.
        told: who says when their fields changed; None: nothing is explained, as where nobody reads that.
        crms: connection -> its type.
        off: meetings ahead of these records that were called off.
    """

    book: Rulebook
    language: str
    now: int
    calendars: Mapping[str, Calendar]
    clocks: Mapping[str, Sequence[Entry]]
    told: Told | None
    crms: Mapping[str, str]
    off: Mapping[str, tuple[CalledOff, ...]]

    @classmethod
    def of(
        cls, conn: Connection, book: Rulebook, language: str, now: int, rows: Iterable[Any], *, explains: bool = True
    ) -> Shelf:
        """For these records, as they are stored.

        Args:
            explains: whether each deadline is taken apart in words, which is half of the work.
        """
        objects = {row.id: row.object for row in rows}
        crms = {row.id: row.type for row in connections.read(conn)}
        by: dict[tuple[str, str, int], str] = {}
        for obj in sorted(set(objects.values())) if explains else ():
            by |= told(conn, [record for record, mine in objects.items() if mine == obj], book.needs[obj])
        off = called_off.ahead(conn, objects, now)
        entries = clocks.entries(conn, objects, list[Entry])
        return cls(book, language, now, calendars_of(conn, book, objects), entries, by if explains else None, crms, off)

    def stalled(self, row: Any, due: int, late: Sequence[Any]) -> Item:
        """A record with its breached alerts, the gravest first; what another one hides stands behind it.

        Args:
            due: the earliest of the breaches for which it is listed.
        """
        ordered = sorted(late, key=lambda one: one.muted_by is not None)
        return self._item(row, tuple(self._late(row, one) for one in ordered), due)

    def holds_until(self, row: Any) -> int:
        """The first moment at which time alone may make us say something else of a record (microseconds).

        Days and years are those of its calendar, but for the years of conditions, which are UTC's; the rest are the
        moments of its clocks, of meetings that were called off, and of its entry into a stage.
        """
        return min(moment for moment in self._turns(row) if moment > self.now)

    def _turns(self, row: Any) -> Iterator[int]:
        calendar = self.calendars[row.id]
        today = calendar.local_day(np.array([self.now], np.int64))
        yield int(calendar.midnight(today + 1)[0])
        yield (self.now // DAY + 1) * DAY
        yield row._mapping.get("stage_entered_at") or 0
        for meeting in self.off.get(row.id, ()):
            yield meeting.at
        for entry in self.clocks.get(row.id, ()):
            edges = (entry.warn_at, entry.breach_at, entry.excepted_until, entry.unclear_until, *entry.waits)
            yield from (edge for edge in edges if edge is not None)

    def soon(self, row: Any, until: int) -> Item:
        """A record with the deadlines that break by then, the first due first; rules in shadow tell nobody."""
        running = [one for one in self.clocks.get(row.id, ()) if one.runs and one.rule in self.book.live]
        ahead = [one for one in running if one.breach_at is not None and self.now < one.breach_at <= until]
        ordered = sorted(ahead, key=lambda one: (one.breach_at or 0, one.rule))
        return self._item(row, tuple(self._soon(row, one) for one in ordered), row.breach_at)

    def _late(self, row: Any, alert: Any) -> Reason:
        entry = self._entry(row.id, alert.rule_id, alert.subject)
        calendar, rule = self.calendars[row.id], self.book.by_id.get(alert.rule_id)
        limit = None if rule is None else rule.within[entry.limit if entry else -1].duration
        return Reason(
            rule=alert.rule_id,
            title=self.title(alert.rule_id),
            severity=alert.severity,
            due=shown(alert.breach_at, calendar.spec.zone),
            days_over=days_over(calendar, alert.breach_at, self.now, limit),
            alert=alert.id,
            state=alert.state,
            since=shown(alert.anchor, calendar.spec.zone),
            limit=None if limit is None else str(limit),
            muted_by=alert.muted_by,
            explain=None if entry is None else self._explained(row, entry),
        )

    def _soon(self, row: Any, entry: Entry) -> Reason:
        calendar, rule, due = self.calendars[row.id], self.book.by_id[entry.rule], entry.breach_at or 0
        limit = rule.within[entry.limit].duration
        return Reason(
            rule=entry.rule,
            title=self.title(entry.rule),
            severity=rule.severity.value,
            due=shown(due, calendar.spec.zone),
            days_over=days_over(calendar, due, self.now, limit),
            since=None if entry.anchor is None else shown(entry.anchor, calendar.spec.zone),
            limit=str(limit),
            explain=self._explained(row, entry),
        )

    def _item(self, row: Any, reasons: tuple[Reason, ...], due: int) -> Item:
        values = row._mapping
        return Item(
            id=row.id,
            object=row.object,
            name=row.name,
            connection=row.connection,
            owner=row.owner,
            owner_name=values.get("owner_name"),
            owner_email=values.get("owner_email"),
            team=row.team,
            pipeline=values.get("pipeline"),
            stage=values.get("stage"),
            amount=as_json("money", values.get("amount"), "UTC"),
            currency=self.book.judging.currency,
            close_date=as_json("date", values.get("close_date"), "UTC"),
            url=row.url,
            severity=reasons[0].severity if reasons else "warning",
            due=shown(due, self.calendars[row.id].spec.zone),
            days_over=reasons[0].days_over if reasons else 0,
            explain=next((reason.explain for reason in reasons if reason.explain), ""),
            reasons=reasons,
            dwell=dwell(self.book, self.calendars[row.id], row, self.clocks.get(row.id, ()), self.now),
        )

    def _entry(self, record: str, rule: str, subject: str | None) -> Entry | None:
        return next((one for one in self.clocks.get(record, ()) if one.key == (rule, subject)), None)

    def _explained(self, row: Any, entry: Entry) -> str | None:
        if self.told is None:
            return None
        calendar = self.calendars[row.id]
        crm = self.crms.get(row.connection, "")
        facts = of_entry(self.book, row, entry, calendar, self.told, crm, self.now, self.off.get(row.id, ()))
        return explanation_text(facts, self.language, from_us(self.now))

    def title(self, rule_id: str) -> str:
        """A rule's title in the reader's language; its id where the rule is gone."""
        rule = self.book.by_id.get(rule_id)
        words = rule.title if rule else {}
        return words.get(self.language) or words.get("en") or rule_id


def as_json(kind: str, stored: Any, zone: str) -> Any:
    """A stored value as JSON shows it; `kind` is the field's type."""
    if stored is None:
        return None
    match kind:
        case "money":
            return float(Decimal(stored) / 100)
        case "date":
            return _date(stored)
        case "datetime":
            return shown(stored, zone)
        case _:
            return stored


shown = instants.shown


def _date(day: int) -> str | None:
    try:
        return from_day(day).isoformat()
    except (OverflowError, ValueError):
        return None
