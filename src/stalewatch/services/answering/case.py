"""One problem as somebody answers it: the alert, its record, who may answer, and what happened so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from stalewatch.delivery.answering import Settled
from stalewatch.delivery.happenings import Happening
from stalewatch.delivery.slack.reasons import Reasons
from stalewatch.delivery.wording.explained import brand
from stalewatch.domain.alerts import AlertState, Cause
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import to_day
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.answering.acts import NAMES
from stalewatch.services.answering.identity import Somebody, seen_by
from stalewatch.services.judging.explaining import Explainer
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, audit, connections, notices, records
from stalewatch.store.engine import Connection
from stalewatch.store.visibility import Visible

_ANSWERED: Final = "alert."
"""What the audit log puts before the name of an answer."""


@dataclass(frozen=True, slots=True)
class Case:
    """One alert with what belongs to it, read at one moment; `crm` is what people call the record's CRM."""

    book: Rulebook
    people: Directory
    alert: Any
    record: Any
    calendar: Calendar
    crm: str

    @classmethod
    def of(cls, conn: Connection, book: Rulebook, people: Directory, alert_id: str) -> Case | None:
        """The case of an alert, or of that in which it goes on since its record was merged; None if it is not there."""
        alert = alerts.standing(conn, alert_id)
        found = records.read_by_ids(conn, alert.object, [alert.record_id]) if alert else []
        if alert is None or not found:
            return None
        calendar = calendars_of(conn, book, {alert.record_id: alert.object})[alert.record_id]
        kept_by = connections.one(conn, alert.connection)
        crm = brand(kept_by.type if kept_by else "", alert.connection)
        return cls(book, people, alert, found[0], calendar, crm)

    def may_answer(self, who: Somebody) -> bool:
        """Whether somebody may answer it, and see it at all."""
        seen = self.seen_by(who)
        return seen is None or seen.covers(self.record.owner, self.record.id)

    def seen_by(self, who: Somebody) -> Visible | None:
        """The records that somebody may see, by the people as they were when the case was read; None: all."""
        return seen_by(who, self.people)

    @property
    def name(self) -> str:
        """The record's name, as the CRM has it."""
        return str(self.record.name or self.record.external_id)

    @property
    def owner_name(self) -> str:
        """Whose it is; "" if nobody owns it."""
        owner = self.people.people.get(self.record.owner or "")
        return owner.name if owner else ""

    @property
    def title(self) -> dict[str, str]:
        """What the rule is called; its id if it is no longer in force."""
        rule = self.book.by_id.get(self.alert.rule_id)
        return dict(rule.title) if rule else {"en": self.alert.rule_id}

    @property
    def settled(self) -> Settled | None:
        """How it ended; None if it has not. A record that was closed a moment ago has ended, told or not."""
        if self.alert.state != AlertState.RESOLVED and self.record.is_open:
            return None
        cause = Cause(self.alert.cause) if self.alert.cause else Cause.CLOSED
        outcome = getattr(self.record, "outcome", None) if cause is Cause.CLOSED else None
        return Settled(at=self.alert.resolved_at or self.record.closed_at, cause=cause, outcome=outcome)

    def reasons(self, conn: Connection, now: int, public_url: str | None) -> Reasons:
        """Everything that answers "why?"; `public_url` is where the dashboard is, None: nowhere."""
        pages = "leads" if self.alert.object == "lead" else "deals"
        rule = self.book.by_id.get(self.alert.rule_id)
        mine = (self.alert.rule_id, self.alert.subject)
        explained = Explainer(self.book, now).explain(conn, self.record) if rule else []
        return Reasons(
            name=self.name,
            title=self.title,
            because=rule.because if rule else {},
            explanation=next((one for one in explained if (one.rule_id, one.subject) == mine), None),
            happened=tuple(sorted(self._happened(conn), key=lambda one: one.at)),
            zone=self.calendar.spec.zone,
            settled=self.settled,
            url=None if public_url is None else f"{public_url}/{pages}/{self.record.id}",
        )

    def _happened(self, conn: Connection) -> Iterator[Happening]:
        yield Happening(at=self.alert.opened_at, what="noticed")
        yield from self._told(conn)
        yield from self._answered(conn)
        if self.settled is not None and self.settled.at is not None:
            yield Happening(at=self.settled.at, what="settled", settled=self.settled)

    def _told(self, conn: Connection) -> Iterator[Happening]:
        """What was told, each thing once with everybody who heard it."""
        told: dict[tuple[str, int], list[Any]] = {}
        for row in notices.of_alerts(conn, [self.alert.id], (notices.TOLD,)):
            told.setdefault((row.kind, row.n), []).append(row)
        for (kind, _), rows in told.items():
            names = tuple(dict.fromkeys(self._called(row.target) for row in rows))
            yield Happening(at=min(row.told_at for row in rows), what="told", kind=kind, who=names)

    def _answered(self, conn: Connection) -> Iterator[Happening]:
        """What people answered; whoever was turned away answered nothing."""
        for row in audit.read(conn, obj=self.alert.id):
            kind = row.action.removeprefix(_ANSWERED)
            if row.action.startswith(_ANSWERED) and kind in NAMES.values():
                by, said = self._called(f"person:{row.actor}"), row.after or {}
                reason = str(said.get("reason") or said.get("agenda") or said.get("note") or "")
                until = self._moment(said.get("until"))
                yield Happening(at=row.at, what="answered", kind=kind, who=(by,), until=until, reason=reason)

    def _moment(self, until: int | str | None) -> int | None:
        """What an answer says of its end: a moment as it is, a day as the morning on which it is looked at again."""
        if not isinstance(until, str):
            return until
        return int(self.calendar.opens_at(np.array([to_day(date.fromisoformat(until))], np.int64))[0])

    def _called(self, target: str) -> str:
        """A person by their name; anything else (a channel, a token) as it is."""
        known = {one.target: one.name for one in self.people.people.values()}
        return known.get(target) or target.partition(":")[2] or target
