"""Two records that the CRM made one: what stalewatch keeps of the old one goes over to the one that stands for it.

A problem that both had goes on as one: its other alert ends as merged, and what was told of either counts for both, so
that nobody is told twice. The ids of alerts stay, and so a button on an old message acts on the new record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from stalewatch.domain import episodes
from stalewatch.domain.alerts import AlertState, Cause
from stalewatch.services.alerting import outdated
from stalewatch.services.judging import holds
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, audit, changes, clocks, merges, notices, records
from stalewatch.store.engine import Connection

Row = dict[str, Any]
_OPEN_NOTICES = (notices.PENDING, notices.HELD)
_KEPT = frozenset({
    *("on_hold", "hold_until", "hold_set_at", "hold_reason", "wait_count", "loss_check_sent_at"),
    *("last_partner_report_at", "report_reason_to_propose", "report_phase", "report_champion_activity"),
})  # fmt: skip
"""Columns that stalewatch fills itself."""
_SAID_OR_TO_BE = (*_OPEN_NOTICES, notices.CLAIMED, notices.TOLD)


def unite(conn: Connection, book: Rulebook, connection: str, told: Mapping[str, str], now: int) -> dict[str, set[str]]:
    """Give what belongs to old records to new ones; returns those that have to be judged again, per object.

    What went over before stays as it is. An old record whose heir nobody knows is gone, and nothing more.

    Args:
        told: old id to new id, as the CRM says them.
    """
    asked = _straight({f"{connection}:{old}": f"{connection}:{new}" for old, new in told.items()})
    beyond = merges.known(conn, set(asked.values()))  # of a new one that became another meanwhile, that one
    asked = {old: last for old, new in asked.items() if (last := beyond.get(new, new)) != old}
    objects = records.objects(conn, {*asked, *asked.values()})
    done = merges.known(conn, asked)
    merged = {old: new for old, new in asked.items() if old in objects and new in objects and done.get(old) != new}
    lost = records.mark_gone(conn, [old for old in asked if old not in merged and old not in done], now)
    clocks.wake(conn, connection, dict.fromkeys(lost, now))
    by_heir: dict[str, list[str]] = defaultdict(list)
    for old, new in merged.items():
        by_heir[new].append(old)
    for new, olds in sorted(by_heir.items()):
        _Union(conn, book, new, objects[new], olds, now).complete()
    touched: dict[str, set[str]] = {}
    for new in by_heir:
        touched.setdefault(objects[new], set()).add(new)
    return touched


def _straight(merged: Mapping[str, str]) -> dict[str, str]:
    """Each old record with the one at the end of its chain of merges; who goes round in a circle is nobody's heir."""
    found: dict[str, str] = {}
    for old in merged:
        new, seen = merged[old], {old}
        while new in merged and new not in seen:
            seen.add(new)
            new = merged[new]
        if new not in merged:
            found[old] = new
    return found


class _Union:
    """One record that takes over what others had."""

    def __init__(self, conn: Connection, book: Rulebook, new: str, obj: str, olds: Sequence[str], now: int) -> None:
        self.conn, self.book, self.new, self.object, self.olds, self.now = conn, book, new, obj, olds, now
        [self.row] = records.read_by_ids(conn, obj, [new])
        self.before = records.read_by_ids(conn, obj, olds)

    def complete(self) -> None:
        """All of it, in the transaction of the page that told of it."""
        merged = dict.fromkeys(self.olds, self.new)
        merges.move_alerts(self.conn, merged, {self.new: self.object}, self.now)
        self._alerts()
        merges.move_waits(self.conn, merged)
        merges.move_answers(self.conn, merged)
        merges.move_writebacks(self.conn, merged, {self.new: self.object})
        merges.move_activities(self.conn, merged)
        self._history()
        self._own_fields()
        holds.refresh(self.conn, self.book, [self.new], self.now)
        merges.mark(self.conn, merged, self.now)
        clocks.delete(self.conn, self.olds)
        for old in self.olds:
            self._note(old, {"into": self.new})
        self._note(self.new, {"from": list(self.olds)})

    def _note(self, record: str, said: Mapping[str, Any]) -> None:
        audit.add(self.conn, at=self.now, actor="stalewatch", action="record.merged", obj=record, after=said)

    # ------------------------------------------------------------------------------------------------- alerts

    def _alerts(self) -> None:
        """Of each problem one alert stays open; the next tick looks at it with the clock of the new record."""
        problems: dict[tuple[str, str | None], list[Any]] = defaultdict(list)
        for row in merges.alerts_of(self.conn, [self.new]):
            if row.state != AlertState.RESOLVED:
                problems[row.rule_id, row.subject].append(row)
        for rows in problems.values():
            if len(rows) > 1:
                self._one_of(max(rows, key=self._claim), rows)
        rows = [row.id for mine in problems.values() for row in mine]
        outdated.ask(self.conn, rows, self.now)
        standing = [row.id for row in alerts.open_for(self.conn, [self.new])]
        alerts.ring(self.conn, standing, self.now)

    def _claim(self, row: Any) -> tuple[bool, bool, bool, int]:
        """What was told to the present owner goes on rather than what somebody else heard, or nobody."""
        was_told = row.breach_told_at is not None or row.warn_told_at is not None
        is_theirs = was_told and row.told is not None and row.told.get("owner") == self.row.owner
        return is_theirs, row.breach_told_at is not None, row.warn_told_at is not None, -row.opened_at

    def _one_of(self, kept: Any, rows: Sequence[Any]) -> None:
        """End all of these but one, which counts as told, as snoozed and as passed on what any of them was."""
        others = [row for row in rows if row.id != kept.id]
        asleep = max(rows, key=lambda row: row.snoozed_until or 0)
        hushed = max(rows, key=lambda row: row.hushed_until or 0)
        values: Row = {
            "warn_told_at": _first(row.warn_told_at for row in rows),
            "breach_told_at": _first(row.breach_told_at for row in rows),
            "counts_from": _first(row.counts_from for row in rows),
            "climb_at": None,
            **{name: max(getattr(row, name) for row in rows) for name in ("repeats", "reopens", "snoozes", "climbed")},
            **{name: getattr(asleep, name) for name in ("snoozed_until", "snoozed_by", "snooze_reason", "snooze_ends")},
            **{name: getattr(hushed, name) for name in ("hushed_until", "hushed_by")},
            "state": asleep.state if asleep.snoozed_until else kept.state,
            "updated_at": self.now,
        }
        alerts.update(self.conn, [{"id": kept.id, "version": kept.version, **values}])
        alerts.update(self.conn, [self._ended(row) for row in others])
        for row in others:
            self._notices(row.id, kept.id)

    def _ended(self, row: Any) -> Row:
        over = episodes.end(from_row(row), Cause.MERGED, self.now).alert
        return {"id": row.id, "version": row.version, **changing(over or from_row(row), row, self.now)}

    def _notices(self, ended: str, kept: str) -> None:
        """What was still to be said of the one that ended is said of the other, unless that was or will be said."""
        there = {(row.kind, row.target) for row in notices.of_alerts(self.conn, [kept], _SAID_OR_TO_BE)}
        waiting = notices.of_alerts(self.conn, [ended], _OPEN_NOTICES)
        notices.drop(self.conn, [row.key for row in waiting if (row.kind, row.target) in there], Cause.MERGED.value)
        merges.give_notices(self.conn, [row.key for row in waiting if (row.kind, row.target) not in there], kept)

    # ------------------------------------------------------------------------------------- history, own fields

    def _history(self) -> None:
        """The past of each field before the new record has one of its own: of the old one that ended where this begins.

        Two pasts of one field are never mixed: nobody ever saw a record that went to and fro between them.
        """
        found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for row in merges.fields_changed(self.conn, [self.new, *self.olds]):
            found[row.field][row.record_id].append(row)
        given: list[Row] = []
        for name, pasts in found.items():
            own, now = pasts.get(self.new, []), self._present(name)
            candidates = [pasts[old] for old in self.olds if old in pasts]
            chosen = next((past for past in candidates if past[-1].value == now), candidates[0] if candidates else [])
            earlier = [row for row in chosen if not own or row.at < own[0].at]
            given += [{**row._mapping, "record_id": self.new} for row in earlier]
            if earlier and not own and earlier[-1].value != now:
                given.append({**earlier[-1]._mapping, "record_id": self.new, **self._seen(now)})
        changes.add(self.conn, given)

    def _seen(self, value: Any) -> Row:
        return {"at": self.now, "ordinal": 0, "value": value, "source": "seen", "seen_at": self.now}

    def _present(self, name: str) -> Any:
        return getattr(self.row, name) if name in self.row._fields else (self.row.fields or {}).get(name)

    def _own_fields(self) -> None:
        """What no CRM says (a hold, how often it was put off) goes over; the new one is as old here as the oldest."""
        fed = coverage(self.conn).get(self.row.connection, {})
        ours = self.book.rules.catalogue.objects[self.object].keys() - set(
            fed.get("lead" if self.object == "lead" else "deal", ())
        )
        columns = sorted(ours & records.column_names(self.object) & _KEPT)
        rows = [self.row, *self.before]
        values = {name: _most([getattr(row, name, None) for row in rows]) for name in columns}
        texts = {name: value for row in rows for name, value in (row.fields or {}).items() if name in ours}
        first = _first(row.first_seen_at for row in rows)
        more = {"first_seen_at": first, "fields": {**texts, **(self.row.fields or {})} or None}
        records.update(self.conn, self.object, [{"id": self.new, **values, **more}])


def _first(moments: Iterable[int | None]) -> int | None:
    return min((one for one in moments if one is not None), default=None)


def _most(values: Collection[Any]) -> Any:
    """Of several values the later or greater one; of texts the first that there is."""
    there = [value for value in values if value is not None]
    if not there or isinstance(there[0], str | list | dict):
        return there[0] if there else None
    return max(there)
