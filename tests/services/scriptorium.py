"""A company whose CRM is a dictionary into which one can write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from stalewatch.domain.instants import to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.errors import Conflict, TryLater
from stalewatch.sdk.writing import Change, Fields, Lost, Wish, Written
from stalewatch.services.writing.asking import ask
from stalewatch.services.writing.moving import Target, Wrote
from stalewatch.services.writing.writes import Writes
from stalewatch.store import audit, records, writebacks
from tests.databases import opened
from tests.services.world import Memory, World, deal, rulebook

RULES = """\
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: slow
    title: {en: Slow, ja: 遅い}
    watch: deal
    start: created_at
    within: 90d
"""
CALL = Fields(next_step="Call Mori")


class Pen(Memory):
    """The same CRM, into which one can write; `faults` happen before the write, `losses` after it.

    It `compares` versions only where a story asks for it.
    """

    timeout_seconds = 0.2
    settle_after_seconds = 0.0

    def __init__(self, catalogue: Mapping[str, Any], now: Callable[[], Any]) -> None:
        super().__init__(catalogue)
        self._now = now
        self.taken: list[Change] = []
        self.faults: list[Exception] = []
        self.losses: list[Exception] = []
        self.is_blind = False
        self.compares = False

    def write_back(self, change: Change) -> Written:
        if self.faults:
            raise self.faults.pop(0)
        shown, seen = self.deals[change.record].modified_at, change.seen_version
        if self.compares and isinstance(change.wish, Fields | Lost) and shown and seen and shown > seen:
            raise Conflict("somebody changed it", now={}, version=shown)
        self.taken.append(change)
        if self.losses:
            raise self.losses.pop(0)
        return self._receipt(change)

    def written(self, change: Change) -> Written | None:
        if self.is_blind:
            raise TryLater("nobody answers")
        return self._receipt(change) if change.id in [one.id for one in self.taken] else None

    def _receipt(self, change: Change) -> Written:
        is_own = isinstance(change.wish, Fields | Lost)
        before = {"NextStep": "Wait"} if is_own else {}
        return Written(version=self._now() if is_own else None, ref=change.record, before=before, answer="204")


class Office(World):
    """A world whose CRM may be written."""

    def __post_init__(self) -> None:
        super().__post_init__()
        names = {obj: list(fields) for obj, fields in self.book.rules.catalogue.objects.items()}
        self.crm: Pen = Pen(names, self.clock.now)
        self.allowed = Writeback.FIELDS

    def asks(self, wish: Wish = CALL, name: str = "acme", **more: Any) -> str:
        with self.db.write() as conn:
            [row] = records.read_by_ids(conn, "deal", [f"crm:{name}"])
            return ask(conn, self.allowed, row, wish, actor="sato@acme.example", now=self.us, **more)

    def writes(self) -> Wrote:
        return Writes(self.db, self.clock, {"crm": Target(connect=lambda: self.crm, allowed=self.allowed)}).run()

    def state(self, write: str) -> tuple[str, str | None]:
        with self.db.read() as conn:
            row = writebacks.one(conn, write)
        assert row is not None
        return row.state, row.reason

    def acts(self, action: str) -> list[Any]:
        with self.db.read() as conn:
            return [row for row in audit.read(conn) if row.action == action]


@contextmanager
def open_office(url: str) -> Iterator[Office]:
    """An office with two deals, on a database that is closed in the end."""
    office = Office(opened(url), rulebook(RULES))
    acme, zen = deal("acme", next_step="Wait", modified_at=office.clock.now() - timedelta(days=2)), deal("zen")
    office.has(acme, zen)
    rows = [
        {
            "id": f"crm:{one.id}", "connection": "crm", "external_id": one.id, "object": "deal", "name": one.name,
            "owner": "crm:sato", "is_open": True, "next_step": one.fields.get("next_step"),
            "modified_at": None if one.modified_at is None else to_us(one.modified_at),
            "first_seen_at": office.us, "seen_at": office.us,
        }
        for one in (acme, zen)
    ]  # fmt: skip
    with office.db.write() as conn:  # as a sync leaves it, in a tenth of the time
        records.upsert_deals(conn, rows)
    try:
        yield office
    finally:
        office.db.dispose()
