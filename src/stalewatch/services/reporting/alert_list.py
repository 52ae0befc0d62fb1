"""Alerts as lists show them, whatever their state: one item per episode."""

from __future__ import annotations

from typing import Any

import msgspec

from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.judging.sources import Sources
from stalewatch.services.reporting.listing import shown
from stalewatch.services.reporting.reports import FIRST, Page, data_age
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alert_lists
from stalewatch.store.alert_lists import AlertFilters, AlertSort
from stalewatch.store.engine import Database
from stalewatch.store.visibility import Visible

__all__ = ("AlertFilters", "AlertItem", "AlertListing", "AlertSort", "alerts_listed")


class AlertItem(msgspec.Struct, frozen=True, kw_only=True):
    """One episode of one problem. Times are RFC 3339 with the offset of the record's own calendar.

    Attributes:
        since, due: what its clock counts from, and its limit.
        silent_until: nothing more is said before, because somebody claimed or acknowledged it, or worked on the record.
        cause: why it ended; null while it has not. acted_as: what somebody answered last.
        holdout: it is held out: nobody is told of it, so that what telling changes can be measured.
    """

    id: str
    state: str
    rule: str
    title: str
    severity: str
    episode: int
    record: str
    object: str
    name: str | None
    connection: str
    owner: str | None
    owner_name: str | None
    owner_email: str | None
    subject: str | None
    since: str | None
    due: str | None
    opened_at: str | None
    breached_at: str | None
    resolved_at: str | None
    cause: str | None
    silent_until: str | None
    snoozed_until: str | None
    snoozed_by: str | None
    snooze_reason: str | None
    acted_at: str | None
    acted_as: str | None
    muted_by: str | None
    holdout: bool


class AlertListing(msgspec.Struct, frozen=True):
    """A page of the list. `total` is exact up to 10,000, beyond that `more` is true."""

    items: tuple[AlertItem, ...]
    next: str | None
    total: int
    as_of: str
    data_age_seconds: int | None
    more: bool = False


def alerts_listed(
    db: Database, book: Rulebook, sources: Sources, filters: AlertFilters, now: int, *, visible: Visible | None,
    language: str = "en", sort: AlertSort = AlertSort.DUE, page: Page = FIRST,
) -> AlertListing:  # fmt: skip
    """The alerts that the filters let through.

    Args:
        language: of the rules' titles.

    Raises:
        CursorNotUnderstood: `page.after` does not belong to this list.
    """
    with db.read() as conn:
        rows = alert_lists.listed(
            conn, filters, visible=visible, sort=sort, falling=page.falling, limit=page.limit, after=page.after
        )
        zones = calendars_of(conn, book, {row.record_id: row.object for row in rows.rows})
        usual = book.calendars.default
        items = tuple(
            _item(row, _title(book, row.rule_id, language), zones.get(row.record_id, usual).spec.zone)
            for row in rows.rows
        )
        age = data_age(conn, sources, now)
    return AlertListing(items, rows.next, rows.total, shown(now, "UTC"), age, rows.more)


def _item(row: Any, title: str, zone: str) -> AlertItem:
    moments: dict[str, Any] = {
        name: None if (at := getattr(row, column)) is None else shown(at, zone)
        for name, column in {
            "since": "anchor", "due": "breach_at", "opened_at": "opened_at", "breached_at": "breached_at",
            "resolved_at": "resolved_at", "silent_until": "hushed_until", "snoozed_until": "snoozed_until",
            "acted_at": "acted_at",
        }.items()
    }  # fmt: skip
    same = ("id", "state", "severity", "episode", "object", "name", "connection", "owner", "owner_name", "owner_email")
    more = ("subject", "cause", "snoozed_by", "snooze_reason", "acted_as", "muted_by", "holdout")
    told = {name: getattr(row, name) for name in (*same, *more)}
    return AlertItem(rule=row.rule_id, title=title, record=row.record_id, **told, **moments)


def _title(book: Rulebook, rule: str, language: str) -> str:
    known = book.by_id.get(rule)
    return rule if known is None else known.title.get(language) or known.title.get("en") or rule
