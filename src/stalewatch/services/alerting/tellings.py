"""Notices with everything that their words need: the record, the rule, the clock and the numbers between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from stalewatch.delivery.telling import Telling
from stalewatch.delivery.wording.times import day_unit
from stalewatch.delivery.wording.values import Filled
from stalewatch.domain import values
from stalewatch.domain.alerts import Cause, Hush, Kind
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.entries import Entry
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import Instants
from stalewatch.domain.language.model import FieldType, Rule
from stalewatch.domain.language.placeholders import CLOCK_PLACEHOLDERS, pieces
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.language.refs import resolve
from stalewatch.domain.missing import missing
from stalewatch.domain.needs import Needs
from stalewatch.services.alerting.announcing import BACKLOG, HANDED_OVER
from stalewatch.services.judging import frames
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, clocks, records
from stalewatch.store.engine import Connection

_BUSINESS_DAY: Final = Duration(1, Unit.BUSINESS_DAY)


@dataclass(frozen=True, slots=True)
class Teller:
    """Reads what notices are about.

    Attributes:
        link: the address of a record's page, with `{id}` in it; None leaves links out.
    """

    book: Rulebook
    people: Directory
    now: int
    link: str | None = None

    def tell(self, conn: Connection, notices: Sequence[Any]) -> dict[str, Telling]:
        """By the notice's key what is to be said; notices whose rule, alert or record is gone are missing."""
        known = alerts.by_id(conn, {row.alert_id for row in notices if row.alert_id})
        return self.tell_of(conn, [(row, known[row.alert_id]) for row in notices if row.alert_id in known])

    def tell_of(self, conn: Connection, pairs: Sequence[tuple[Any, Any]]) -> dict[str, Telling]:
        """The same of pairs: what names a telling and its kind (`key`, `kind`), and the alert that it is about."""
        told: dict[str, Telling] = {}
        for obj in sorted({alert.object for _, alert in pairs}):
            mine = [(row, alert) for row, alert in pairs if alert.object == obj and alert.rule_id in self.book.by_id]
            told |= self._of_object(conn, obj, mine)
        return told

    def _of_object(self, conn: Connection, obj: str, pairs: Sequence[tuple[Any, Any]]) -> dict[str, Telling]:
        ids = sorted({alert.record_id for _, alert in pairs})
        rows = {row.id: row for row in records.read_by_ids(conn, obj, ids)}
        frame = frames.load(conn, self.book.rules.catalogue, _to_tell(self.book, obj), obj, ids, frames.EVERYTHING)
        here = _Records(self.book, frame, self.book.calendars.choose(frame, self.book.rules), rows)
        entries = clocks.entries(conn, ids, list[Entry])
        told = {}
        for rule_id in sorted({alert.rule_id for _, alert in pairs}):
            mine = [(row, alert) for row, alert in pairs if alert.rule_id == rule_id and alert.record_id in rows]
            lacking = here.lacking(self.book.by_id[rule_id], [alert for _, alert in mine])
            for (row, alert), titles in zip(mine, lacking, strict=True):
                limit = _limit(self.book.by_id[rule_id], entries.get(alert.record_id, []), alert.subject)
                told[row.key] = self._telling(here, row, alert, limit, titles)
        return told

    def _telling(
        self, here: _Records, row: Any, alert: Any, limit: Duration, lacking: tuple[Mapping[str, str], ...]
    ) -> Telling:
        rule, record = self.book.by_id[alert.rule_id], here.rows[alert.record_id]
        calendar = here.calendar(alert.record_id)
        owner = self.people.people.get(record.owner or "")
        stage = getattr(record, "stage", None)
        return Telling(
            alert=alert.id,
            record=record.id,
            name=record.name or record.external_id,
            kind=_kind(row, alert),
            rule=rule.id,
            title=rule.title,
            object=alert.object,
            owner=self._known_as(owner) if owner else record.owner,
            owner_name=owner.name if owner else "",
            message=rule.message,
            severity=rule.severity,
            anchor=alert.anchor or None,
            due=alert.breach_at or None,
            limit=limit,
            days_over=days_over(calendar, alert.breach_at or self.now, self.now, limit),
            amount=getattr(record, "amount", None),
            currency=self.book.judging.currency,
            stage=here.title("stage", stage),
            in_stage=_in_stage(calendar, getattr(record, "stage_entered_at", None), self.now),
            zone=calendar.spec.zone,
            url=None if self.link is None else self.link.replace("{id}", record.id),
            values=here.values(rule, record, self.people),
            missing=lacking,
            muted=alert.muted_by is not None,
            cause=None if alert.cause is None else Cause(alert.cause),
            outcome=_outcome(record),
            next_meeting=self._next_meeting(rule, record),
            customer_at=self._customer(rule, record, alert),
            team=(owner.team if owner else None) or getattr(record, "team", None) or "",
            unanswered=self._unanswered(calendar, alert),
            handed_over=row.kind == HANDED_OVER,
            was_answered=alert.counts_from is None and alert.acted_as != Hush.CRM_CHANGED,
        )

    def _unanswered(self, calendar: Calendar, alert: Any) -> int | None:
        """Business days since its last word arrived; None if it was never told that it is late."""
        told = alert.counts_from or alert.breach_told_at
        return None if told is None else max(0, days_over(calendar, told, self.now, _BUSINESS_DAY))

    def _known_as(self, person: Person) -> str:
        """The key under which dispatch knows a reader: somebody who sells in two CRMs is one person with two keys."""
        return next(one.key for one in self.people.people.values() if one.target == person.target)

    def _next_meeting(self, rule: Rule, record: Any) -> int | None:
        """The planned meeting, where the rule reads it and it lies ahead."""
        planned: int | None = getattr(record, "next_meeting_at", None)
        if planned is None or planned <= self.now:
            return None
        return planned if "next_meeting_at" in fields_read(rule, self.book.rules).judged else None

    def _customer(self, rule: Rule, record: Any, alert: Any) -> int | None:
        """What the customer last did, where the rule waits for it and it came after the alert began."""
        acted: int | None = getattr(record, "last_customer_activity_at", None)
        if acted is None or acted <= (alert.anchor or 0):
            return None
        return acted if "last_customer_activity_at" in fields_read(rule, self.book.rules).judged else None


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of one object that notices are about."""

    book: Rulebook
    frame: Frame
    chosen: Chosen
    rows: Mapping[str, Any]

    def position(self, record: str) -> int:
        return list(self.frame.keys).index(record)

    def calendar(self, record: str) -> Calendar:
        return self.chosen.of(self.position(record))

    def lacking(self, rule: Rule, some: Sequence[Any]) -> list[tuple[Mapping[str, str], ...]]:
        """What each alert's record still lacks, as of the moment its clock started."""
        rows = np.array([self.position(alert.record_id) for alert in some], np.int64)
        began: Instants = np.array([alert.anchor or 0 for alert in some], np.int64)
        scope = Scope(self.frame, self.book.rules, self.chosen).over(rows, began)
        return missing(rule, self.book.rules, scope)

    def title(self, name: str, value: str | None) -> Mapping[str, str]:
        """The title of a choice."""
        field = self.book.rules.catalogue.objects[self.frame.object].get(name)
        if field is None or value is None:
            return {}
        return field.value_titles.get(value) or {"en": value.replace("_", " ").capitalize()}

    def values(self, rule: Rule, record: Any, people: Directory) -> dict[str, Filled]:
        """The fields that the rule's message names."""
        return {name: self._filled(name, record, people) for name in _placeholders(rule)}

    def _filled(self, name: str, record: Any, people: Directory) -> Filled:
        rules = self.book.rules
        if name in rules.bands or name.startswith("score."):
            column = Scope(self.frame, rules, self.chosen).column(name)
            position = self.position(record.id)
            found = column.values[position].item() if column.present[position] else None
            if name in rules.bands:
                return Filled(FieldType.TEXT, None if found is None else rules.bands[name].rows[int(found)][0])
            return Filled(FieldType.INT, None if found is None else int(found))
        field = rules.catalogue.objects[self.frame.object][name]
        stored = getattr(record, name, None) if name in record._mapping else (record.fields or {}).get(name)
        if field.type is FieldType.PERSON:
            person = people.people.get(stored or "")
            return Filled(FieldType.TEXT, person.name if person else None)
        return Filled(
            field.type,
            values.load(field.type, stored),
            field.value_titles.get(str(stored), {}),
            self.book.judging.currency,
        )


def calendars_of(conn: Connection, book: Rulebook, objects: Mapping[str, str]) -> dict[str, Calendar]:
    """The calendar of each record (id -> object); read from the store only where there is a choice."""
    if len(book.calendars.rows) == 1:
        return dict.fromkeys(objects, book.calendars.default)
    found: dict[str, Calendar] = {}
    for obj in sorted(set(objects.values())):
        ids = [record for record, mine in objects.items() if mine == obj]
        frame = frames.load(conn, book.rules.catalogue, book.needs[obj], obj, ids, frames.EVERYTHING)
        chosen = book.calendars.choose(frame, book.rules)
        found |= {record: chosen.of(place) for place, record in enumerate(frame.keys)}
    return found


def days_over(calendar: Calendar, due: int, now: int, limit: Duration | None) -> int:
    """Whole days past the limit in the limit's own days (None: calendar days), negative before it."""
    first, last = calendar.local_day(np.array([due, now], np.int64)).tolist()
    low, high = sorted((first, last))
    dates = np.arange(low + 1, high + 1)
    counted = (
        int(calendar.is_business_day(dates).sum())
        if limit is not None and day_unit(limit) is Unit.BUSINESS_DAY
        else len(dates)
    )
    return counted if last >= first else -counted


def _to_tell(book: Rulebook, obj: str) -> Needs:
    """What judging needs, and what stands behind the bands and scores that only messages name."""
    named = {name for rule in book.by_id.values() if rule.watch == obj for name in _placeholders(rule)}
    computed = [name for name in named if name in book.rules.bands or name.startswith("score.")]
    known = book.rules.catalogue.objects[obj].keys()
    behind = {field for name in computed for field in resolve(name, book.rules)} & known
    usual = book.needs[obj]
    return replace(usual, fields=usual.fields | behind, values=usual.values | behind)


def _kind(row: Any, alert: Any) -> Kind:
    """What a notice says, where it is more than the kinds of which alerts know."""
    if row.kind == HANDED_OVER:
        return Kind.BREACH if alert.breach_told_at is not None else Kind.WARN
    return Kind.BREACH if row.kind == BACKLOG else Kind(row.kind)


def _outcome(record: Any) -> str:
    return record.outcome if record.outcome in ("won", "lost") else ""


def _in_stage(calendar: Calendar, entered: int | None, now: int) -> Duration | None:
    if entered is None or entered > now:
        return None
    first, last = calendar.local_day(np.array([entered, now], np.int64)).tolist()
    return Duration(int(calendar.is_business_day(np.arange(first + 1, last + 1)).sum()), Unit.BUSINESS_DAY)


def _limit(rule: Rule, mine: Iterable[Entry], subject: str | None) -> Duration:
    """The matching row of the rule's limits; of a clock that no longer runs, the last row."""
    found = next((entry.limit for entry in mine if entry.key == (rule.id, subject)), -1)
    return rule.within[found].duration


def _placeholders(rule: Rule) -> set[str]:
    return {
        piece.text
        for text in rule.message.values()
        for piece in pieces(text)
        if piece.is_placeholder and piece.text not in CLOCK_PLACEHOLDERS
    }
