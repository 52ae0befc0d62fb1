"""What somebody has to do, at a glance: their own records, those of one of their people, or a team in figures.

Whose records are read is the caller's to decide; it is worked out anew each time (security, S9 and S10).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from stalewatch.delivery.answered import Answered
from stalewatch.delivery.glances import Data, Glance, Member, Resting, Team
from stalewatch.delivery.subjects import ranked
from stalewatch.delivery.telling import Telling
from stalewatch.domain.alerts import AlertState, Kind
from stalewatch.domain.directory import Directory
from stalewatch.domain.durations import Duration
from stalewatch.domain.entries import Entry
from stalewatch.domain.language.model import Mode
from stalewatch.services.alerting.tellings import Teller
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.services.reporting.listing import shown
from stalewatch.services.reporting.team_figures import Figures, tally
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling.given import Given
from stalewatch.store import connections, glances
from stalewatch.store.engine import Connection
from stalewatch.store.glances import Owners
from stalewatch.store.paging import EXACT_UP_TO

LATE_SHOWN, SOON_SHOWN, RESTING_SHOWN, FIRST_SHOWN = 15, 8, 8, 5
_KINDS: Final = (False, True)
"""Deals, and leads."""
_AHEAD: Final = "ahead:"
_decode = msgspec.json.Decoder(list[Entry]).decode


class _Named(NamedTuple):
    """What names a telling, in a notice's place."""

    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class Glancing:
    """Reads for one project.

    Attributes:
        link: the address of a record's page, with `{id}` in it; None leaves links out.
    """

    book: Rulebook
    sources: Sources
    link: str | None = None

    def own(self, conn: Connection, people: Directory, owners: Collection[str], now: int, within: Duration) -> Glance:
        """The records of one person, whom these ids name."""
        until = self._until(now, within)
        found = [row for of_leads in _KINDS for row in glances.unsettled(conn, of_leads, owners)]
        late = [row for row in found if row.breached_at is not None and not _rests(row, now)]
        late_records = {row.record_id for row in late}
        resting = [row for row in found if _rests(row, now) and row.record_id not in late_records]
        soon = self._coming(conn, owners, now, until)
        return Glance(
            currency=self.book.judging.currency,
            within=within,
            late=tally(late),
            soon=tally(row for row, _ in soon),
            resting=tally(resting),
            late_ones=self._late(conn, people, late, now, LATE_SHOWN),
            soon_ones=self._soon(conn, people, soon, found, now),
            resting_ones=self._resting(conn, people, resting, now),
            owned=any(glances.owners_of_open(conn, of_leads, owners) for of_leads in _KINDS),
        )

    def team(self, conn: Connection, people: Directory, owners: Owners, now: int, within: Duration) -> Team:
        """The people whom these ids name (None: everybody), by name, and the cases to look at first."""
        until = self._until(now, within)
        figures = Figures(people)
        for of_leads in _KINDS:
            for owner in glances.owners_of_open(conn, of_leads, owners):
                figures.has(owner)
            for row in glances.late_by_owner(conn, of_leads, owners, now):
                figures.late(row, of_leads)
        for row, _ in self._coming(conn, owners, now, until):
            figures.soon(row)
        late = [row for of_leads in _KINDS for row in glances.worst(conn, of_leads, owners, now, FIRST_SHOWN)]
        return Team(
            currency=self.book.judging.currency, within=within, members=figures.members(),
            first_ones=self._late(conn, people, late, now, FIRST_SHOWN),
        )  # fmt: skip

    def owning(self, conn: Connection, people: Directory, owners: Owners) -> tuple[Member, ...]:
        """Those of them who own open records, by name, without their figures."""
        figures = Figures(people)
        for of_leads in _KINDS:
            for owner in glances.owners_of_open(conn, of_leads, owners):
                figures.has(owner)
        return figures.members()

    def data(self, conn: Connection, now: int) -> Data:
        """By which data all this is told."""
        known = [row for row in connections.read(conn) if row.id in self.sources]
        read = [row.data_at for row in known]
        age = None if not read or None in read else max(0, (now - min(read)) // 1_000_000)
        _, waiting = trusted(conn, self.sources, now)
        return Data(as_of=shown(now, "UTC"), age=age, waiting=tuple(waiting))

    # ------------------------------------------------------------------------------------------- what is shown

    def _late(
        self, conn: Connection, people: Directory, rows: Sequence[Any], now: int, most: int
    ) -> tuple[Telling, ...]:
        """The causes of the worst records; what another rule speaks for does not lead."""
        first = list(dict.fromkeys(row.record_id for row in rows))[: 2 * most]
        tellings = self._told(conn, people, [(row, Kind.BREACH) for row in rows if row.record_id in first], now)
        return tuple(one for subject in ranked(tellings.values())[:most] for one in subject.tellings)

    def _soon(
        self, conn: Connection, people: Directory, coming: Sequence[tuple[Any, list[Entry]]], found: Sequence[Any],
        now: int,
    ) -> tuple[Telling, ...]:  # fmt: skip
        """The deadlines ahead of the first records; one that was announced can be answered."""
        opened = {(row.record_id, row.rule_id, row.subject): row for row in found}
        rows: list[tuple[Any, Kind]] = []
        for record, entries in coming[:SOON_SHOWN]:
            for one in entries:
                alert = opened.get((record.record_id, one.rule, one.subject)) or _unopened(record, one, len(rows))
                rows.append((alert, Kind.WARN))
        told = self._told(conn, people, rows, now)
        return tuple(told[row.id] for row, _ in rows if row.id in told)

    def _resting(self, conn: Connection, people: Directory, rows: Sequence[Any], now: int) -> tuple[Resting, ...]:
        first = {row.record_id: row for row in sorted(rows, key=_back_at, reverse=True)}
        ordered = sorted(first.values(), key=_back_at)[:RESTING_SHOWN]
        told = self._told(conn, people, [(row, Kind.BREACH) for row in ordered], now)
        given = Given.read(conn, ordered, people, now)
        shown = (
            (told[row.id], given.of(row) or Answered(act="", until=_until(row))) for row in ordered if row.id in told
        )
        return tuple(Resting(telling=telling, answer=answer) for telling, answer in shown)

    def _told(
        self, conn: Connection, people: Directory, rows: Iterable[tuple[Any, Kind]], now: int
    ) -> Mapping[str, Telling]:
        """What is to be said of alerts, by their ids; those that have not opened have none to be answered by."""
        pairs = [(_Named(row.id, kind.value), row) for row, kind in rows]
        told = Teller(self.book, people, now, self.link).tell_of(conn, pairs)
        return {key: replace(one, alert="") if key.startswith(_AHEAD) else one for key, one in told.items()}

    def _coming(self, conn: Connection, owners: Owners, now: int, until: int) -> list[tuple[Any, list[Entry]]]:
        """Records with the deadlines of rules in force that break by then, the first due first."""
        found = []
        for of_leads in _KINDS:
            for row in glances.coming(conn, of_leads, owners, now=now, until=until, limit=EXACT_UP_TO):
                entries = [one for one in _decode(row.entries) if self._is_near(one, now, until)]
                if entries:
                    found.append((row, sorted(entries, key=lambda one: one.breach_at or 0)))
        return sorted(found, key=lambda pair: (pair[1][0].breach_at or 0, pair[0].record_id))

    def _is_near(self, one: Entry, now: int, until: int) -> bool:
        is_live = self.book.modes.get(one.rule) is Mode.LIVE
        return is_live and one.runs and one.breach_at is not None and now < one.breach_at <= until

    def _until(self, now: int, within: Duration) -> int:
        return int(self.book.calendars.default.add(np.array([now], np.int64), within)[0])


def _rests(row: Any, now: int) -> bool:
    """Somebody answered it, and until then nothing is said."""
    return row.state in (AlertState.SNOOZED, AlertState.CLAIMED, AlertState.WAITING) or (row.hushed_until or 0) > now


def _back_at(row: Any) -> tuple[bool, int, str]:
    """Sorts what comes back first to the front."""
    until = _until(row)
    return until is None, until or 0, row.id


def _until(row: Any) -> int | None:
    moments = (row.snoozed_until, row.hushed_until, row.ask_at)
    return max((one for one in moments if one is not None), default=None)


def _unopened(record: Any, one: Entry, number: int) -> Any:
    """A deadline ahead that nothing was said of yet, as the alert that it would be."""
    return glances.unopened(
        id=f"{_AHEAD}{number}", rule_id=one.rule, subject=one.subject, object=record.object,
        record_id=record.record_id, anchor=one.anchor, breach_at=one.breach_at,
    )  # fmt: skip
