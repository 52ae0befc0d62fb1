"""Connections as lists show them: how they stand, what they feed, what they had to leave out, when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from stalewatch.domain.instants import SECOND
from stalewatch.domain.language.model import Catalogue, Origin
from stalewatch.services.judging.sources import Sources
from stalewatch.services.operating.connection_state import ConnectionState, State, states, worst
from stalewatch.services.operating.doctor_words import say
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.services.reporting.listing import shown
from stalewatch.services.rules.coverage import described
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.asked import is_asked
from stalewatch.settings import Connecting
from stalewatch.store import connections, records
from stalewatch.store.engine import Connection, Database

OBJECTS: Final = ("deal", "partner_deal", "lead")
TROUBLED: Final = frozenset({State.PARKED, State.NEEDS_PERSON, State.TOO_OLD, State.FAILING})
"""States in which something is wrong; one that was never read yet is only new."""


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the field catalogue a connection feeds for one kind of record.

    Attributes:
        fed, of: fields that CRMs can feed, and how many there are.
        unfed: those that decide a rule and that nothing feeds; cannot_judge: the rules that wait for them.
        lacking: permissions that would make the difference, by the CRM's own names.
    """

    fed: int
    of: int
    unfed: tuple[str, ...] = ()
    cannot_judge: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of the account as its CRM told them last, by everybody who calls it."""

    used: int
    allowed: int
    heard_at: str


class ConnectionItem(msgspec.Struct, frozen=True, kw_only=True):
    """One connection. Times are RFC 3339 in UTC, null where there is nothing yet.

    Attributes:
        data_age_seconds: since its data was read; too_old_after_seconds: nothing is judged by older data, null: never.
        last_sync: what the last sync that ended well brought: `records`, rows `left_out`, records `vanished`.
        next_sync_at: when it is read next, null while it is parked; asked: somebody asked for a sync that is not done.
        error: why the last reading failed; cure: what to do about the state it is in.
        records: per kind of record, how many there are, and how many of them are open.
        coverage: per kind of record, what of the field catalogue it feeds.
        rules_judging, rules: how many of how many rules on its records can judge.
        left_out: rows that could not be used, by reason. quota: by the CRM's name for it.
        writeback: what may be written into it: none, notes or fields.
    """

    id: str
    type: str
    state: str
    data_at: str | None
    data_age_seconds: int | None
    too_old_after_seconds: int | None
    last_sync_at: str | None
    last_sync: Mapping[str, int] | None
    next_sync_at: str | None
    running: bool
    asked: bool
    error: str | None
    cure: str | None
    failing_since: str | None
    records: Mapping[str, Mapping[str, int]]
    coverage: Mapping[str, Fed]
    rules_judging: int
    rules: int
    left_out: Mapping[str, int]
    quota: Mapping[str, Used]
    writeback: str


COLUMNS: Final = (
    *("id", "type", "state", "data_at", "data_age_seconds", "too_old_after_seconds", "last_sync_at", "next_sync_at"),
    *("error", "cure", "open_records", "rules_judging", "rules", "rows_left_out", "writeback"),
)
"""Columns of the list as CSV."""


class ConnectionListing(msgspec.Struct, frozen=True):
    """Every configured connection, in the order of the configuration; there is never another page."""

    items: tuple[ConnectionItem, ...]
    next: str | None
    total: int
    as_of: str
    data_age_seconds: int | None
    more: bool = False


Stock = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Per connection and kind of record, how many there are (`total`), and how many of them are `open`."""


def stock(db: Database, configured: Sequence[Connecting]) -> Stock:
    """How many records each connection has. It counts them all: about a second for a million.

    Raises:
        StoreError: the database cannot be asked.
    """
    with db.read() as conn:
        return {one.id: dict(_records(conn, one.id)) for one in configured}


def connections_listed(
    db: Database, book: Rulebook, configured: Sequence[Connecting], ages: Sources, now: int, *, stocked: Stock,
    language: str,
) -> ConnectionListing:  # fmt: skip
    """How every connection stands, without asking any CRM.

    Args:
        ages: from which their data is too old, in microseconds.
        stocked: what `stock` counted last; empty where it is not known.
        language: of what to do, "en" or "ja".

    Raises:
        StoreError: the database cannot be asked.
    """
    found = states(db, book, {one.id: one.type for one in configured}, ages, now)
    real = db.now()
    with db.read() as conn:
        rows = {row.id: row for row in connections.read(conn)}
        items = tuple(
            _item(conn, one, rows.get(one.id), own, stocked.get(one.id, {}), book.rules.catalogue, real, language)
            for one, own in zip(found, configured, strict=True)
        )
    known = [one.data_age for one in found]
    oldest = None if not known or None in known else max(age for age in known if age is not None) // SECOND
    return ConnectionListing(items, None, len(items), shown(now, "UTC"), oldest)


def troubles(db: Database, configured: Sequence[Connecting], ages: Sources, now: int) -> int:
    """With how many connections something is wrong."""
    return sum(one in TROUBLED for one in worst(db, [own.id for own in configured], ages, now).values())


def troubled(items: Iterable[ConnectionItem]) -> list[ConnectionItem]:
    """The connections with which something is wrong."""
    return [one for one in items if State(one.state) in TROUBLED]


def connections_as_csv(items: Iterable[ConnectionItem]) -> str:
    """The connections as CSV, a line each; what stands in tables of its own is summed up."""
    return table_as_csv(COLUMNS, (_row(one) for one in items))


def _row(item: ConnectionItem) -> Mapping[str, object]:
    plain = {name: getattr(item, name, None) for name in COLUMNS}
    many = sum(one["open"] for one in item.records.values())
    return plain | {"open_records": many, "rows_left_out": sum(item.left_out.values())}


def _item(
    conn: Connection, found: ConnectionState, row: Any, own: Connecting, stocked: Mapping[str, Mapping[str, int]],
    catalogue: Catalogue, real: int, language: str,
) -> ConnectionItem:  # fmt: skip
    error, cure = _error(found, language)
    return ConnectionItem(
        id=found.id, type=found.type, state=found.state.value,
        data_at=_shown(found.data_at), data_age_seconds=_seconds(found.data_age),
        too_old_after_seconds=_seconds(found.most_age),
        last_sync_at=_shown(found.last_sync_at), last_sync=None if row is None else row.counts,
        next_sync_at=None if row is None or row.parked_at is not None else _shown(row.due_at),
        running=row is not None and row.lease_until > real, asked=is_asked(conn, found.id),
        error=error, cure=cure, failing_since=_shown(found.failing_since),
        records=stocked, coverage=dict(_coverage(found, catalogue)),
        rules_judging=found.judging, rules=found.rules, left_out=found.left_out,
        quota={
            name: Used(used=one.used, allowed=one.allowed, heard_at=shown(one.heard_at, "UTC"))
            for name, one in found.quota.items()
        },
        writeback=own.writeback.value,
    )  # fmt: skip


def _records(conn: Connection, connection: str) -> Iterator[tuple[str, Mapping[str, int]]]:
    for obj in OBJECTS:
        many = records.count(conn, obj, connection)
        if many:
            yield obj, {"total": many, "open": records.count(conn, obj, connection, open_only=True)}


def _coverage(found: ConnectionState, catalogue: Catalogue) -> Iterator[tuple[str, Fed]]:
    """Per kind of record that the connection describes; what partner deals lack stands with them."""
    for obj, fed in found.fed.items():
        fields = catalogue.objects.get(obj, {})
        feedable = sum(one.origin in (Origin.CRM, Origin.DERIVED) for one in fields.values())
        blind = [one for watch, one in found.blind.items() if described(watch) == obj]
        yield obj, Fed(
            fed=min(fed, feedable), of=feedable,
            unfed=tuple(sorted({name for one in blind for name in one.fields})),
            cannot_judge=tuple(sorted({rule for one in blind for rule in one.rules})),
            lacking=tuple(dict.fromkeys(scope for one in blind for scope in one.lacking)),
        )  # fmt: skip


def _error(found: ConnectionState, language: str) -> tuple[str | None, str | None]:
    """Why it could not be read, and what to do about it: what the CRM's connector says goes first."""
    what, _, told = (found.error or "").partition("\n  ")
    if found.state is State.PARKED:
        return what or say(language, "parked"), "stalewatch work release"
    cures = {
        State.NEEDS_PERSON: "stalewatch doctor",
        State.TOO_OLD: say(language, "read_more", connection=found.id),
        State.NEVER_READ: say(language, "sync_it", connection=found.id),
    }
    return what or None, told.strip() or cures.get(found.state)


def _shown(moment: int | None) -> str | None:
    return None if moment is None else shown(moment, "UTC")


def _seconds(age: int | None) -> int | None:
    return None if age is None else age // SECOND
