"""Judge again what other rules have judged, or what was judged when a connection could tell other things."""

from __future__ import annotations

from collections.abc import Sequence

from stalewatch.clock import Clock
from stalewatch.domain.instants import to_us
from stalewatch.services.alerting.ruled import Ruled
from stalewatch.services.alerting.trails import Trail
from stalewatch.services.judging import arming, in_force
from stalewatch.services.judging.sources import coverage
from stalewatch.services.judging.standing import PIECE
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.stopping import Progress
from stalewatch.store import clocks, facts, records, trails
from stalewatch.store.engine import Connection, Database


def recompute(db: Database, clock: Clock, book: Rulebook, connection: str, progress: Progress) -> int:
    """Judge again every record of a connection whose clocks were computed by other rules; returns how many.

    Piece by piece, each in a transaction of its own: whoever is killed half-way leaves the rest to the next who
    looks, who takes smaller pieces until the record that ends processes is known and set aside (`Trail`). Only when
    nothing is left does time pass for the connection again.

    Raises:
        Stopped: `progress` raised it, between two pieces.
        RulesMoved: other rules were put in force; whoever has them goes on.
    """
    with Trail(db, f"judge:{connection}", PIECE, to_us(clock.now())) as trail:
        return _take_up(db, clock, book, connection) + _again(db, clock, book, connection, trail, progress)


def _again(
    db: Database, clock: Clock, book: Rulebook, connection: str, trail: Trail, progress: Progress
) -> int:  # fmt: skip
    done, after = 0, ""
    while trail.begin():
        named = _named(db, book, connection, after) if trail.is_alone else []
        for record in named:
            trail.name(record)
        with db.write() as conn:
            in_force.require(conn, book.version)
            stale = clocks.stale(conn, connection, book.version, trail.size, after=after)
            if not stale and not after:
                clocks.settle(conn, connection, book.version)
                trail.end(conn)
                break
            if named and stale != named:  # another process was quicker
                continue
            _judge(conn, book, connection, stale, to_us(clock.now()))
            trail.passed(conn, len(stale))
        done += len(stale)
        after = stale[-1] if stale else ""  # the last look is at all of them
        progress(done, None)
    return done


def _named(db: Database, book: Rulebook, connection: str, after: str) -> list[str]:
    with db.read() as conn:
        return clocks.stale(conn, connection, book.version, 1, after=after)


def _judge(conn: Connection, book: Rulebook, connection: str, stale: Sequence[str], now: int) -> None:
    clocks.share(conn, connection)
    aside, fed = trails.aside(conn), coverage(conn)
    objects, ruled = records.objects(conn, stale), Ruled.of(conn, book, stale)
    for obj in sorted(set(objects.values()).intersection(book.objects)):
        mine = [record for record in stale if objects[record] == obj and record not in aside]
        arming.judge(conn, book, obj, mine, fed, now)
    clocks.delete(conn, [record for record in stale if objects.get(record) not in book.objects])
    clocks.silence(conn, aside.intersection(stale), book.version)
    ruled.note(conn, connection, now)


def _take_up(db: Database, clock: Clock, book: Rulebook, connection: str) -> int:
    """Judge the records of objects that no rule watched before: they have no clocks that could be out of date."""
    key, done = f"watched:{connection}", 0
    with db.read() as look:
        known = facts.read(look, key)
        for obj in (obj for obj in book.objects if obj not in (known or ())):
            for piece in records.column_chunks(look, obj, ["id"], connection=connection, size=PIECE):
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
