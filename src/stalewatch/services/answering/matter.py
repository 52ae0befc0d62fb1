"""One alert as somebody answers it, within the transaction of the answer, and what an answer makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final

import numpy as np

from stalewatch.delivery.wording.untrusted import printable, shorten
from stalewatch.domain import alerts as life
from stalewatch.domain.alerts import Alert, Policy
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Rule
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.writing import Wish
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.answering.outcomes import Answer, Letter, Office, Refusal, Written
from stalewatch.services.judging import in_force
from stalewatch.services.judging.alert_rows import from_row
from stalewatch.services.writing.asking import NotAllowed, ask
from stalewatch.store import alerts, clocks, records
from stalewatch.store.engine import Connection
from stalewatch.store.visibility import Visible

Row = dict[str, Any]
LONGEST_TEXT: Final = 1_000
"""Characters of a text that somebody typed; the forms offer less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an answer makes of its alert.

    Attributes:
        alert: from now on.
        dropped: the reason under which what waits to be said of it is never said; empty: it is said.
        until: until when nothing more is said (µs), if that is known.
        columns: of the alert's row, besides its life. detail: what is kept with the answer, besides the answer itself.
    """

    alert: Alert
    dropped: str
    until: int | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    written: Written | None = None
    letter: Letter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is answered.

    Attributes:
        id: of the answer, should it be taken.
        row, record: the stored alert and its record.
        seen_version: of the record as the person saw it (µs, by the CRM's clock); None: as it is stored.
    """

    id: str
    conn: Connection
    office: Office
    row: Any
    record: Any
    calendar: Calendar
    actor: str
    now: int
    seen_version: int | None = None

    @classmethod
    def of(
        cls, conn: Connection, office: Office, alert_id: str, *, actor: str, now: int, visible: Visible | None,
        seen_version: int | None,
    ) -> Matter | None:  # fmt: skip
        """The matter of an alert; None if there is none, or none that may be seen."""
        row = alerts.standing(conn, alert_id)
        found = records.read_by_ids(conn, row.object, [row.record_id], visible=visible) if row else []
        if row is None or not found:
            return None
        calendar = calendars_of(conn, office.book, {row.record_id: row.object})[row.record_id]
        return cls(
            id=token_hex(8), conn=conn, office=office, row=row, record=found[0], calendar=calendar, actor=actor,
            now=now, seen_version=seen_version,
        )  # fmt: skip

    @property
    def alert(self) -> Alert:
        """The episode that is answered."""
        return from_row(self.row)

    @property
    def rule(self) -> Rule | None:
        """Its rule; None if no file names it any more."""
        return self.office.book.by_id.get(self.row.rule_id)

    @property
    def policy(self) -> Policy:
        """What governs how the alert goes on."""
        judging = self.office.book.judging
        return life.policy_of(self.calendar, judging.keep_for, judging.reopen_within)

    def after(self, span: Duration) -> int:
        """The end of so long a time from now, by the record's own calendar (µs)."""
        return int(self.calendar.add(np.array([self.now], np.int64), span)[0])

    def begin_judging(self) -> None:
        """Before anything of the deal changes by which it is judged anew: no tick meanwhile, and by the rules in force.

        Raises:
            RulesMoved: these are not the rules in force.
        """
        in_force.require(self.conn, self.office.book.version)
        clocks.share(self.conn, self.record.connection)

    def wish(self, wish: Wish, *, needs: str | None = None) -> Written:
        """Ask for a write into the record's CRM, where that is allowed."""
        allowed = self.office.allowed.get(self.record.connection, Writeback.NONE)
        try:
            write = ask(
                self.conn, allowed, self.record, wish, actor=self.actor, now=self.now, needs=needs, alert=self.row.id,
                seen_version=self.seen_version,
            )  # fmt: skip
        except NotAllowed as error:
            return Written(why=error.why)
        return Written(id=write)

    def refused(self, refusal: Refusal, *, until: int | None = None, limit: int | None = None) -> Answer:
        """The answer is not taken; nothing was done."""
        return Answer(alert=self.row, refusal=refusal, until=until, limit=limit)


def plain(text: str) -> str:
    """Somebody's own words on one line, without what cannot be seen; who shows them makes them safe for the place."""
    return shorten(printable(text), LONGEST_TEXT)
