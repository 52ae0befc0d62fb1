"""Rules that cannot judge: because a connection does not tell what they read, or because some records do not.

The operator hears of each once, and again if it ended and begins anew; reps hear nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from stalewatch.delivery.news import CannotJudge
from stalewatch.domain.entries import Entry
from stalewatch.domain.instants import from_us
from stalewatch.domain.language.reads import excepting_fields, fields_read
from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.services.judging.sources import lacking
from stalewatch.services.rules.coverage import described, judgeable
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, connections, facts, notices, outbox, records
from stalewatch.store.engine import Connection, Database

UNFED: Final = "cannot_judge"
UNREADABLE: Final = "unreadable"
"""Notices of these kinds are `<kind>:<connection>`."""
Fed = Mapping[str, Collection[str]]
"""Per object the catalogue fields that a connection feeds, as its last sync found it."""
Missing = Mapping[str, tuple[str, ...]]
"""Per rule the fields for want of which it cannot judge."""


def note_unfed(db: Database, book: Rulebook, connection: str, fed: Fed | None, now: int) -> bool:
    """Compare what a connection tells with what the operator knows; True if there is news. None: not synced yet."""
    return False if fed is None else _note(db, f"{UNFED}:{connection}", _unfed(book, fed, now), now)


def note_unreadable(db: Database, book: Rulebook, connection: str, now: int) -> bool:
    """The same for what single open records do not tell: a stage that nobody mapped, a value that cannot be so."""
    with db.read() as conn:
        found, _ = _unreadable(conn, book, connection, now)
    return _note(db, f"{UNREADABLE}:{connection}", {name for names in found.values() for name in names}, now)


def unfed(conn: Connection, book: Rulebook, connection: str, now: int) -> CannotJudge | None:
    """What cannot be judged on a connection as it is now; None if by now everything can."""
    stored = connections.one(conn, connection)
    missing = _unfed(book, (stored.coverage if stored else None) or {}, now)
    watched = {book.by_id[rule].watch for rule in missing}
    many = sum(_unjudged(conn, book, connection, obj, missing, now) for obj in watched)
    told = lacking(conn, connection)
    scopes = {
        scope
        for rule, names in missing.items()
        for name in names
        for scope in told.get(described(book.by_id[rule].watch), {}).get(name, ())
    }
    return _news(book, connection, missing, many, tuple(sorted(scopes)))


def unreadable(conn: Connection, book: Rulebook, connection: str, now: int) -> CannotJudge | None:
    """What cannot be judged of single records as they are now; None if by now everything can."""
    return _news(book, connection, *_unreadable(conn, book, connection, now))


def _note(db: Database, key: str, blind: Iterable[str], now: int) -> bool:
    """Remember what is missing; whatever was not missing before is news."""
    found = sorted(blind)
    with db.read() as conn:
        known = facts.read(conn, key) or []
    if found == known:
        return False
    news = set(found) - set(known)
    with db.write() as conn:
        facts.write(conn, key, found)
        if news:
            notices.add(conn, [operator_notice(key, len(news), now)])
            outbox.call(conn, {"operator": now})
    return bool(news)


def _news(
    book: Rulebook, connection: str, missing: Missing, many: int, scopes: tuple[str, ...] = ()
) -> CannotJudge | None:
    if not missing:
        return None
    objects = book.rules.catalogue.objects
    titles = {
        name: objects[book.by_id[rule].watch][name].title or {"en": name}
        for rule, names in missing.items()
        for name in names
    }
    return CannotJudge(
        connection,
        fields=tuple(title for _, title in sorted(titles.items())),
        rules=tuple(book.by_id[rule].title for rule in sorted(missing)),
        records=many,
        scopes=scopes,
    )


def _unfed(book: Rulebook, fed: Fed, now: int) -> Missing:
    told = {obj: [FieldInfo(ours=name, theirs="", type="") for name in names] for obj, names in fed.items()}
    missing = judgeable(book.rules, Description(fields=told), from_us(now).date()).missing
    return {rule: names for rule, names in missing.items() if rule in book.by_id}


def _unjudged(conn: Connection, book: Rulebook, connection: str, obj: str, missing: Missing, now: int) -> int:
    """Open records that these rules cannot judge: all, unless nothing but exceptions are in the dark."""
    mine = {rule: names for rule, names in missing.items() if book.by_id[rule].watch == obj}
    if any(fields_read(book.by_id[rule], book.rules).judged.intersection(names) for rule, names in mine.items()):
        return records.count(conn, obj, connection, open_only=True)
    ids = records.column_chunks(conn, obj, ["id"], connection=connection, open_only=True)
    return sum(len(_unclear(conn, piece["id"], mine, now)) for piece in ids)


def _unclear(conn: Connection, ids: Collection[str], rules: Collection[str], now: int) -> dict[str, set[str]]:
    """Of these records those for which nobody can tell whether an exception holds, with the rules that it silences."""
    found: dict[str, set[str]] = {}
    for record, entries in clocks.entries(conn, ids, list[Entry]).items():
        for entry in entries:
            if entry.rule in rules and entry.unclear_until is not None and entry.unclear_until > now:
                found.setdefault(record, set()).add(entry.rule)
    return found


def _unreadable(conn: Connection, book: Rulebook, connection: str, now: int) -> tuple[Missing, int]:
    """The rules that cannot judge some open record, and how many records that are."""
    missing: dict[str, set[str]] = {}
    total, today = 0, from_us(now).date()
    for obj in book.objects:
        watching = [rule for rule in book.by_id.values() if rule.watch == obj]
        judged = {rule.id: fields_read(rule, book.rules).judged for rule in watching}
        excepting = {rule.id: excepting_fields(rule, book.rules, today) for rule in watching}
        for names, ids in records.unreadable(conn, obj, connection):
            hit = _hit(judged, names)
            blind = set(ids) if hit else set()
            perhaps = _hit(excepting, names)
            for record, rules in _unclear(conn, ids, perhaps, now).items() if perhaps else ():
                blind.add(record)
                hit |= {rule: hit.get(rule, frozenset()) | perhaps[rule] for rule in rules}
            for rule, unread in hit.items():
                missing.setdefault(rule, set()).update(unread)
            total += len(blind)
    return {rule: tuple(sorted(names)) for rule, names in missing.items()}, total


def _hit(reads: Mapping[str, frozenset[str]], names: Collection[str]) -> dict[str, frozenset[str]]:
    """The rules that read some of these fields, and which of them."""
    return {rule: read.intersection(names) for rule, read in reads.items() if not read.isdisjoint(names)}
