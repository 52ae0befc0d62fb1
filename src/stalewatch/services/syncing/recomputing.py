"""Judge again what other rules have judged, or what was judged when a connection could tell other things."""

from __future__ import annotations

from stalewatch.clock import Clock
from stalewatch.domain.instants import to_us
from stalewatch.services.alerting.ruled import Ruled
from stalewatch.services.judging import arming, in_force
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.stopping import Progress
from stalewatch.store import clocks, facts, records
from stalewatch.store.engine import Database


def recompute(db: Database, clock: Clock, book: Rulebook, connection: str, progress: Progress) -> int:
    """Judge again every record of a connection whose clocks were computed by other rules; returns how many.

    Piece by piece, each in a transaction of its own: whoever is killed half-way leaves the rest to the next who
    looks. Only when nothing is left does time pass for the connection again.

    Raises:
        Stopped: `progress` raised it, between two pieces.
        RulesMoved: other rules were put in force; whoever has them goes on.
    """
    done, after = _take_up(db, clock, book, connection), ""
    while True:
        with db.write() as conn:
            in_force.require(conn, book.version)
            stale = clocks.stale(conn, connection, book.version, arming.PIECE, after=after)
            if not stale and not after:
                clocks.settle(conn, connection, book.version)
                return done
            clocks.share(conn, connection)
            now, fed = to_us(clock.now()), coverage(conn)
            objects, ruled = records.objects(conn, stale), Ruled.of(conn, book, stale)
            for obj in sorted(set(objects.values()).intersection(book.objects)):
                mine = [record for record in stale if objects[record] == obj]
                arming.judge(conn, book, obj, mine, fed, now)
            clocks.delete(conn, [record for record in stale if objects.get(record) not in book.objects])
            ruled.note(conn, connection, now)
        done += len(stale)
        after = stale[-1] if stale else ""  # the last look is at all of them
        progress(done, None)


def _take_up(db: Database, clock: Clock, book: Rulebook, connection: str) -> int:
    """Judge the records of objects that no rule watched before: they have no clocks that could be out of date."""
    key, done = f"watched:{connection}", 0
    with db.read() as look:
        known = facts.read(look, key)
        for obj in (obj for obj in book.objects if obj not in (known or ())):
            for piece in records.column_chunks(look, obj, ["id"], connection=connection, size=arming.PIECE):
                judged = {row[0] for row in clocks.stored(look, piece["id"])}
                ids = [record for record in piece["id"] if record not in judged]
                with db.write() as conn:
                    in_force.require(conn, book.version)
                    clocks.share(conn, connection)
                    done += arming.judge(conn, book, obj, ids, coverage(conn), to_us(clock.now())).records
    if known != list(book.objects):
        with db.write() as conn:
            facts.write(conn, key, list(book.objects))
    return done
