"""What people read: one reader for the API, the pages and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry
from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import from_us
from stalewatch.services.alerting.tellings import days_over
from stalewatch.services.judging import arming
from stalewatch.services.judging.explaining import Explainer
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.services.reporting import stalling
from stalewatch.services.reporting.listing import Item, Listing, Shelf, as_json, shown
from stalewatch.services.reporting.losses import loss_told
from stalewatch.services.reporting.stalling import FIRST, Page
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import activities, alerts, changes, clocks, connections, merges, notices, people, records
from stalewatch.store import reports as lists
from stalewatch.store.engine import Connection, Database
from stalewatch.store.paging import EXACT_UP_TO
from stalewatch.store.reports import Filters, Sort
from stalewatch.store.visibility import Visible

__all__ = ("FIRST", "Filters", "Page", "Reports", "Sort", "Visible")


@dataclass(frozen=True, slots=True)
class Reports:
    """Reads for people.

    Attributes:
        language: of titles and explanations, "en" or "ja".
        explains: whether its lists take each deadline apart in words; a page shows that of one record alone.
    """

    db: Database
    book: Rulebook
    sources: Sources
    language: str = "en"
    explains: bool = True

    def stalled(self, filters: Filters, now: int, *, visible: Visible | None, page: Page = FIRST) -> Listing:
        """Records with a breached deadline, worst first."""
        with self.db.read() as conn:
            heads = stalling.heads(conn, filters, visible, page)
            items = stalling.items(
                conn, self.book, self.language, filters, heads.rows, now, explains=self.explains
            )  # fmt: skip
            return self._listing(conn, tuple(items), heads, now)

    def due_soon(
        self, filters: Filters, now: int, within: int, *, since: int | None = None, visible: Visible | None,
        page: Page = FIRST,
    ) -> Listing:  # fmt: skip
        """Records of which a deadline breaks within so many microseconds, the first due first.

        Narrowed to a rule or a severity, it looks through the first 10,000 of them.

        Args:
            since: only those of which the first breaks after this instant, which is not before `now`.
        """
        after = now if since is None else since
        with self.db.read() as conn:
            narrowed = self.narrowed(conn, filters, after, now + within, visible)
            rows = lists.due_soon(
                conn, narrowed, now=after, until=now + within, visible=visible, sort=page.sort or Sort.DUE,
                falling=page.falling, limit=page.limit, after=page.after,
            )  # fmt: skip
            shelf = Shelf.of(conn, self.book, self.language, now, rows.rows, explains=self.explains)
            return self._listing(conn, tuple(shelf.soon(row, now + within) for row in rows.rows), rows, now)

    def record(self, record_id: str, now: int, *, visible: Visible | None) -> Mapping[str, Any] | None:
        """One record with everything that is known of it: fields, deadlines, alerts, what was said, its timeline."""
        with self.db.read() as conn:
            row = self.row(conn, record_id, visible)
            return None if row is None else self.told(conn, row, self.explained(conn, row, now), now)

    def explain(self, record_id: str, now: int, *, visible: Visible | None) -> list[Explanation] | None:
        """The deadlines of one record taken apart; None if there is no such record."""
        with self.db.read() as conn:
            row = self.row(conn, record_id, visible)
            return None if row is None else self.explained(conn, row, now)

    def states(self, now: int) -> Mapping[str, Mapping[str, int]]:
        """rule -> state -> how many clocks say so at `now`; of connections with old data all "cannot judge"."""
        counted: dict[str, dict[str, int]] = {}
        with self.db.read() as conn:
            ready, _ = trusted(conn, self.sources, now)
            for connection, texts in clocks.every(conn):
                entries = [entry for text in texts for entry in msgspec.json.decode(text, type=list[Entry])]
                for entry, state in zip(entries, arming.states(entries, now), strict=True):
                    said = state if connection in ready else State.CANNOT_JUDGE
                    mine = counted.setdefault(entry.rule, {})
                    mine[said.word] = mine.get(said.word, 0) + 1
        return counted

    def stock(self) -> Mapping[str, tuple[int, int]]:
        """connection -> how many records there are, and how many of them are open."""
        with self.db.read() as conn:
            return {one: (_count(conn, one), _count(conn, one, open_only=True)) for one in self.sources}

    # ------------------------------------------------- pieces, for those who need several of one row

    def row(self, conn: Connection, record_id: str, visible: Visible | None) -> Any:
        """The stored row of a record that may be seen, or of the one that it was merged with; None if there is none."""
        row = self._stored(conn, record_id, visible)
        if row is None or row.merged_into is None:
            return row
        return self._stored(conn, merges.known(conn, [record_id])[record_id], visible)

    def _stored(self, conn: Connection, record_id: str, visible: Visible | None) -> Any:
        obj = records.objects(conn, [record_id]).get(record_id)
        rows = records.read_by_ids(conn, obj, [record_id], visible=visible) if obj else []
        return rows[0] if rows else None

    def explained(self, conn: Connection, row: Any, now: int) -> list[Explanation]:
        """The deadlines of a row, those that are late first."""
        return Explainer(self.book, now).explain(conn, row)

    def told(self, conn: Connection, row: Any, deadlines: Sequence[Explanation], now: int) -> Mapping[str, Any]:
        """What `record` tells of a row; its deadlines in the order given."""
        past = alerts.history(conn, row.id)
        said = notices.of_alerts(conn, [one.id for one in past], ("pending", "held", "claimed", "told", "dropped"))
        zone = self.book.calendars.default.spec.zone
        return {
            **self._fields(row, zone),
            **self._owner(conn, row),
            "deadlines": [self._deadline(one, now) for one in deadlines],
            "alerts": [_alert(one) for one in past],
            "said": [_said(one) for one in said],
            "loss": loss_told(conn, row, zone),
            "timeline": self._timeline(conn, row, zone),
            "as_of": shown(now, "UTC"),
            "data_age_seconds": data_age(conn, self.sources, now, row.connection),
        }

    def narrowed(self, conn: Connection, filters: Filters, now: int, until: int, visible: Visible | None) -> Filters:
        """The filters as the due-soon list understands them: rule and severity become the records they leave."""
        if filters.rule is None and filters.severity is None:
            return filters
        return replace(filters, ids=self._breaking(conn, filters, now, until, visible))

    def _breaking(
        self, conn: Connection, filters: Filters, now: int, until: int, visible: Visible | None
    ) -> frozenset[str]:
        """Records of which a deadline of this rule, of this severity, breaks in (now, until]."""
        wanted = {
            rule.id
            for rule in self.book.by_id.values()
            if rule.id in self.book.live
            and filters.rule in (None, rule.id)
            and filters.severity in (None, rule.severity.value)
        }
        decode = msgspec.json.Decoder(list[Entry]).decode
        found = lists.soon(conn, filters, now=now, until=until, visible=visible, limit=EXACT_UP_TO)
        return frozenset(
            record
            for record, text in found
            for one in decode(text)
            if one.rule in wanted and one.runs and one.breach_at is not None and now < one.breach_at <= until
        )

    def _listing(self, conn: Connection, items: tuple[Item, ...], rows: Any, now: int) -> Listing:
        return Listing(items, rows.next, rows.total, shown(now, "UTC"), data_age(conn, self.sources, now), rows.more)

    def _fields(self, row: Any, zone: str) -> dict[str, Any]:
        values = {**row._mapping, **(row.fields or {})}
        kinds = self.book.rules.catalogue.objects[row.object]
        return {
            "id": row.id,
            "object": row.object,
            "name": row.name,
            "connection": row.connection,
            "owner": row.owner,
            "is_open": row.is_open,
            "outcome": getattr(row, "outcome", None),
            "url": row.url,
            "currency": self.book.judging.currency,
            "amount_original": self._original(row),
            "fields": {
                name: as_json(kind.type.value, values[name], zone)
                for name, kind in kinds.items()
                if values.get(name) is not None
            },
            "unreadable": list(row.unreadable or ()),
        }

    def _original(self, row: Any) -> dict[str, Any] | None:
        """The amount as the CRM has it, where that is in another currency than the project's."""
        told, currency = getattr(row, "amount_original", None), getattr(row, "currency", None)
        if told is None or not currency or currency == self.book.judging.currency:
            return None
        return {"amount": float(told), "currency": currency}

    def _owner(self, conn: Connection, row: Any) -> dict[str, Any]:
        known = people.by_id(conn, [row.owner] if row.owner else []).get(row.owner)
        return {"owner_name": known.name if known else None, "owner_email": known.email if known else None}

    def _deadline(self, one: Explanation, now: int) -> dict[str, Any]:
        said = {
            "rule": one.rule_id,
            "title": one.rule_title.get(self.language) or one.rule_title.get("en", one.rule_id),
            "subject": one.subject,
            "state": one.state,
            "since": None if one.anchor is None else shown(one.anchor, one.zone),
            "warn": None if one.warn is None else shown(one.warn, one.zone),
            "due": None if one.due is None else shown(one.due, one.zone),
            "limit": None if one.limit is None else str(one.limit),
            "days_over": self._days_over(one, now),
            "explain": explanation_text(one, self.language, from_us(now)),
        }
        return {name: value for name, value in said.items() if value is not None}

    def _days_over(self, one: Explanation, now: int) -> int | None:
        """In the days of its limit, negative before it; None where nothing is due."""
        named = {calendar.spec.name: calendar for _, calendar in self.book.calendars.rows}
        return None if one.due is None else days_over(named[one.calendar], one.due, now, one.limit)

    def _timeline(self, conn: Connection, row: Any, zone: str) -> list[dict[str, Any]]:
        """What happened, the newest first: changes of the fields whose past is kept, and activities."""
        kinds = self.book.rules.catalogue.objects[row.object]
        told: list[tuple[int, dict[str, Any]]] = [
            (at, {"kind": "change", "field": name, "value": as_json(kinds[name].type.value, value, zone), "source": by})
            for name, at, value, by in _changed(changes.read(conn, [row.id], self.book.needs[row.object].tracked))
            if name in kinds
        ]
        told += [
            (one.at, {"kind": one.kind, "actor": one.actor, "meeting": one.meeting})
            for one in activities.read(conn, [row.id])
        ]
        newest = sorted(told, key=lambda one: -one[0])[:200]
        return [{"at": shown(at, zone), **what} for at, what in newest]


def data_age(conn: Connection, sources: Sources, now: int, connection: str | None = None) -> int | None:
    """Seconds since the oldest of the connections (or the one named) was read; None before its first sync."""
    known = [row for row in connections.read(conn) if row.id in sources]
    read = [row.data_at for row in known if connection in (None, row.id)]
    return None if not read or None in read else max(0, (now - min(read)) // 1_000_000)


def _changed(rows: Iterable[Any]) -> Iterator[tuple[str, int, Any, str]]:
    """(field, at, value, source) of what differs from the value before it: to write the same again is no change."""
    last: dict[str, Any] = {}
    for _, name, at, _, value, source in sorted(rows, key=lambda row: (row[2], row[3])):
        if name not in last or last[name] != value:
            yield name, at, value, source
        last[name] = value


def _count(conn: Connection, connection: str, *, open_only: bool = False) -> int:
    return sum(records.count(conn, obj, connection, open_only=open_only) for obj in ("deal", "partner_deal", "lead"))


def _alert(row: Any) -> dict[str, Any]:
    names = (
        "opened_at",
        "warned_at",
        "breach_at",
        "breached_at",
        "snoozed_until",
        "ask_at",
        "hushed_until",
        "resolved_at",
    )
    times = {name: shown(getattr(row, name), "UTC") for name in names if getattr(row, name) is not None}
    told = {"id": row.id, "rule": row.rule_id, "episode": row.episode, "severity": row.severity, "state": row.state}
    more = {name: getattr(row, name) for name in ("cause", "snoozed_by", "snooze_reason", "hushed_by", "muted_by")}
    more |= {name: True for name in ("backlog", "shadow", "holdout") if getattr(row, name)}
    return {**told, **times, **{name: value for name, value in more.items() if value is not None}}


def _said(row: Any) -> dict[str, Any]:
    told = {"kind": row.kind, "rule": row.rule_id, "to": row.target, "state": row.state, "reason": row.reason}
    if row.state == notices.PENDING and row.not_before is not None:
        told["not_before"] = shown(row.not_before, "UTC")
    return {**told, "at": shown(row.told_at if row.told_at is not None else row.not_before or row.created_at, "UTC")}
