"""Rules that say nothing on a connection, because it cannot tell what they read: the operator hears of each once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from stalewatch.delivery.operators import CannotJudge
from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch.services.coverage import judgeable
from stalewatch.services.rulebook import Rulebook
from stalewatch.services.tick import operator_notice
from stalewatch.store import connections, facts, notices, outbox, records
from stalewatch.store.engine import Connection, Database

KIND: Final = "cannot_judge"
"""Notices of this kind are `cannot_judge:<connection>`."""
Fed = Mapping[str, Collection[str]]
"""Per object the catalogue fields that a connection feeds, as its last sync found it."""


def note(db: Database, book: Rulebook, connection: str, fed: Fed | None, now: int) -> bool:
    """Compare with what the operator knows; True if there is news: a rule that cannot judge there any more, or yet.

    A rule that judges again is forgotten, so that it is news if that ends. Nothing is said before the first sync.
    """
    if fed is None:
        return False
    blind = sorted(_missing(book, fed))
    key = f"{KIND}:{connection}"
    with db.read() as conn:
        known = facts.read(conn, key)
    if blind == (known or []):
        return False
    news = set(blind) - set(known or ())
    with db.write() as conn:
        facts.write(conn, key, blind)
        if news:
            notices.add(conn, [operator_notice(key, len(news), now)])
            outbox.call(conn, {"operator": now})
    return bool(news)


def news(conn: Connection, book: Rulebook, connection: str) -> CannotJudge | None:
    """What cannot be judged on a connection as it is now; None if by now everything can."""
    stored = connections.one(conn, connection)
    missing = _missing(book, (stored.coverage if stored else None) or {})
    if not missing:
        return None
    watched = {book.by_id[rule].watch for rule in missing}
    titles = {
        name: book.rules.catalogue.objects[book.by_id[rule].watch][name].title or {"en": name}
        for rule, names in missing.items()
        for name in names
    }
    return CannotJudge(
        connection,
        fields=tuple(title for _, title in sorted(titles.items())),
        rules=tuple(book.by_id[rule].title for rule in sorted(missing)),
        records=sum(records.count(conn, obj, connection, open_only=True) for obj in watched),
    )


def _missing(book: Rulebook, fed: Fed) -> Mapping[str, tuple[str, ...]]:
    """Per rule in force that cannot judge there, the fields that nothing feeds."""
    told = {obj: [FieldInfo(ours=name, theirs="", type="") for name in names] for obj, names in fed.items()}
    missing = judgeable(book.rules, Description(fields=told)).missing
    return {rule: names for rule, names in missing.items() if rule in book.by_id}
