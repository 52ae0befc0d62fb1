"""Rules that cannot judge: because a connection does not tell what they read, or because some records do not.

The operator hears of each once, and again if it ended and begins anew; reps hear nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from stalewatch.delivery.operators import CannotJudge
from stalewatch.domain.language.reads import fields_read
from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch.services.alerting.tick import operator_notice
from stalewatch.services.judging.sources import lacking
from stalewatch.services.rules.coverage import described, judgeable
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import connections, facts, notices, outbox, records
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
    return False if fed is None else _note(db, f"{UNFED}:{connection}", _unfed(book, fed), now)


def note_unreadable(db: Database, book: Rulebook, connection: str, now: int) -> bool:
    """The same for what single open records do not tell: a stage that nobody mapped, a value that cannot be so."""
    with db.read() as conn:
        found, _ = _unreadable(conn, book, connection)
    return _note(db, f"{UNREADABLE}:{connection}", {name for names in found.values() for name in names}, now)


def unfed(conn: Connection, book: Rulebook, connection: str) -> CannotJudge | None:
    """What cannot be judged on a connection as it is now; None if by now everything can."""
    stored = connections.one(conn, connection)
    missing = _unfed(book, (stored.coverage if stored else None) or {})
    watched = {book.by_id[rule].watch for rule in missing}
    many = sum(records.count(conn, obj, connection, open_only=True) for obj in watched)
    told = lacking(conn, connection)
    scopes = {
        scope
        for rule, names in missing.items()
        for name in names
        for scope in told.get(described(book.by_id[rule].watch), {}).get(name, ())
    }
    return _news(book, connection, missing, many, tuple(sorted(scopes)))


def unreadable(conn: Connection, book: Rulebook, connection: str) -> CannotJudge | None:
    """What cannot be judged of single records as they are now; None if by now everything can."""
    return _news(book, connection, *_unreadable(conn, book, connection))


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


def _unfed(book: Rulebook, fed: Fed) -> Missing:
    told = {obj: [FieldInfo(ours=name, theirs="", type="") for name in names] for obj, names in fed.items()}
    missing = judgeable(book.rules, Description(fields=told)).missing
    return {rule: names for rule, names in missing.items() if rule in book.by_id}


def _unreadable(conn: Connection, book: Rulebook, connection: str) -> tuple[Missing, int]:
    """The rules that cannot judge some open record, and how many records that are."""
    missing: dict[str, set[str]] = {}
    total = 0
    for obj in book.objects:
        judged = {id_: fields_read(rule, book.rules).judged for id_, rule in book.by_id.items() if rule.watch == obj}
        for names, many in records.unreadable(conn, obj, connection):
            hit = {rule: read.intersection(names) for rule, read in judged.items() if not read.isdisjoint(names)}
            for rule, unread in hit.items():
                missing.setdefault(rule, set()).update(unread)
            total += many if hit else 0
    return {rule: tuple(sorted(names)) for rule, names in missing.items()}, total
