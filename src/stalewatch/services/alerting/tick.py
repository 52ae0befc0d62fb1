"""Let time pass: look at every record whose clock or alert has something due, and write down what that means.

A tick reads only what is due (an index range per connection), so its cost follows what happens and not what
exists. Alerts and the notices they cause are written in the transaction that looked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stalewatch.clock import Clock
from stalewatch.domain.alerts import Kind
from stalewatch.domain.instants import NEVER, SECOND, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.readings import Faces
from stalewatch.domain.steps import Moved, Watched
from stalewatch.services.alerting import awaited, due, held_out, outdated
from stalewatch.services.alerting.announcing import CHECKING, Announcer
from stalewatch.services.alerting.guarding import Guard, operator_notice
from stalewatch.services.alerting.route_facts import RouteFacts, columns_asked
from stalewatch.services.alerting.trails import Trail
from stalewatch.services.alerting.watching import is_inherited, watch
from stalewatch.services.alerting.ways import Ways
from stalewatch.services.judging import arming, collecting, evidence, holds, in_force
from stalewatch.services.judging.alert_rows import alert_id, keep
from stalewatch.services.judging.golive import live_since
from stalewatch.services.judging.sources import Sources, believed, coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, notices, outbox, waits
from stalewatch.store.engine import Connection, Database
from stalewatch.store.pulse import pulse

__all__ = ("LOOKED_EVERY", "PAGE", "Ticked", "operator_notice", "tick")

PAGE = 5_000
"""Records of one transaction: so many that reaching the disk costs little of it, and a writer waits half a second."""
LOOKED_EVERY = 60 * SECOND
"""A connection at which nothing is due gets its watermark moved at least this often."""
APART = 60 * SECOND
"""The clocks of two workers may differ by so much; what is further ahead was written under a later `--now`."""


@dataclass(slots=True)
class Ticked:
    """What a tick did.

    Attributes:
        looked: records that had something due.
        opened, resolved: alerts.
        news: those that were opened, without what was late before its rule began to speak.
        backlog: alerts that were late before their rule began to speak, also those that were open by its old limit.
        said: notices written.
        stormed: notices held by the storm guard.
        not_judged: connections that were left alone because their data is too old or not there yet.
    """

    looked: int = 0
    opened: int = 0
    news: int = 0
    resolved: int = 0
    backlog: int = 0
    said: int = 0
    stormed: int = 0
    not_judged: list[str] = field(default_factory=list)


def tick(db: Database, clock: Clock, book: Rulebook, speaking: Speaking, sources: Sources) -> Ticked:
    """Look at everything that is due by now.

    Raises:
        RulesMoved: other rules were put in force; the pages before that stand.
    """
    done, now = Ticked(), to_us(clock.now())
    with db.read() as conn:
        rows = pulse(conn, now, CHECKING, held_out.KEY)
        ready, done.not_judged = believed(rows, sources, now)
        if not _is_anything_due(rows, ready, book, now):
            return done
        since = live_since(conn, book, rows)
    if any(_is_wait_over(row, now) for row in rows[:1]):
        _end_waits(db, book, sorted(since), now)
    if any(_is_share_another(row, book) for row in rows[:1]):
        held_out.follow(db, book.judging.holdout, now)
    guard = Guard(db, book, now, any(row.held for row in rows[:1]))
    guard.count([row for row in rows if row.id in ready])
    late, ways = {row.id for row in rows if _is_late(row, now)}, Ways.of(db, speaking)
    for connection in ready:
        if connection in since:
            _Tick(db, book, ways, now, done, guard, late).connection(connection, since[connection], clock)
    done.stormed = guard.decide()
    return done


def _is_anything_due(rows: Sequence[Any], ready: Collection[str], book: Rulebook, now: int) -> bool:
    """Most ticks find nothing: one statement has told them so. What is the same in every row stands in the first.

    The day of a wait comes, however old the data of its connection is: nothing is told by it.
    """
    if any(_is_wait_over(row, now) or _is_share_another(row, book) for row in rows[:1]):
        return True
    mine = [row for row in rows if row.id in ready]
    return any(row.held or _is_late(row, now) for row in mine)


def _is_late(row: Any, now: int) -> bool:
    return _has_work(row.seen, row.timer or (row.edge is not None and row.edge <= now), now)


def _is_wait_over(row: Any, now: int) -> bool:
    return row.wait is not None and row.wait <= now


def _is_share_another(row: Any, book: Rulebook) -> bool:
    return held_out.is_another(row.said, book.judging.holdout)


def _has_work(seen: int | None, due: bool, now: int) -> bool:
    return seen is None or seen == clocks.BEGINNING or seen > now or now - seen > LOOKED_EVERY or due


class _Tick:
    """One tick over one connection; at those in `late` something is known to be due, so that nobody looks first."""

    def __init__(
        self, db: Database, book: Rulebook, ways: Ways, now: int, done: Ticked, guard: Guard, late: Collection[str]
    ) -> None:
        self.db, self.book, self.ways, self.now, self.done, self.guard = db, book, ways, now, done, guard
        self.late = late
        self.asked = columns_asked(book, ways.speaking)

    def connection(self, connection: str, since: Mapping[str, int], clock: Clock) -> None:
        """Page after page, each in a transaction of its own, until nothing is due.

        A record that is due again right after it was looked at waits for the next tick: no fault of ours may spin.
        """
        with Trail(self.db, f"tick:{connection}", PAGE, self.now) as trail:
            self._walk(connection, since, clock, trail)

    def _walk(self, connection: str, since: Mapping[str, int], clock: Clock, trail: Trail) -> None:
        before: list[str] = []
        is_late = connection in self.late
        while (is_late or self._has_work(connection)) and trail.begin():
            is_late = False
            named = due.named(self.db, connection, self.now, trail)
            with collecting.seldom(), self.db.write() as conn:
                in_force.require(conn, self.book.version)
                seen = clocks.lock(conn, connection)
                if self.now < seen <= to_us(clock.now()) + APART:
                    return  # another worker has looked since we did, at all that we would
                if seen > self.now:  # somebody tried a later `--now` before
                    clocks.rewind(conn, connection, self.now)
                    seen = self.now
                edges, rings = due.first(conn, connection, self.now, seen, trail.size)
                ids = sorted((edges + rings)[: trail.size])
                if not ids:
                    clocks.advance(conn, connection, self.now, since=seen)
                    trail.end(conn)
                    return
                if ids == before:
                    return
                if named and ids != named:  # another worker was quicker
                    continue
                rings_again = self._page(conn, ids, since, NEVER if seen == clocks.BEGINNING else seen)
                # Nobody stores clocks of this connection meanwhile, and those of a page are set beyond now.
                is_all = len(edges) < trail.size and not rings and not rings_again
                if is_all or not due.is_any(conn, connection, self.now, seen):
                    if _has_work(seen, False, self.now):
                        clocks.advance(conn, connection, self.now, since=seen)
                    trail.end(conn)
                    return
                trail.passed(conn, len(ids))
                before = ids

    def _has_work(self, connection: str) -> bool:
        """A look without a lock: who finds nothing writes nothing."""
        with self.db.read() as conn:
            seen = clocks.watermark(conn, connection)
            return _has_work(seen, due.is_any(conn, connection, self.now, seen), self.now)

    def _page(self, conn: Connection, ids: Sequence[str], since: Mapping[str, int], seen: int) -> bool:
        """Look at records that have something due; whether a timer of theirs rings again already."""
        watched, rows, stored = watch(conn, self.book, ids, since, self.asked)
        if over := [row for row in rows.values() if self._is_meeting_over(row)]:
            self._end_meetings(conn, over)
            watched, rows, stored = watch(conn, self.book, ids, since, self.asked)
        faces = Faces.of([clock for each in watched for clock in each.clocks], self.now)
        facts = RouteFacts.read(conn, self.book, self.ways.speaking, rows.values())
        announcer = Announcer(self.ways, facts, self.now, seen, self.guard.holds(len(ids)))
        steps = self.book.steps.take_all(watched, faces)
        moved = [(one, stored.get(one.alert.fingerprint)) for one in steps]
        new = keep(conn, moved, {record: rows[record].connection for record in rows}, self.now)
        self._announce(conn, announcer, moved, rows)
        handed_over = [old.id for one, old in moved if old is not None and one.says and is_inherited(old, rows)]
        outdated.ask(conn, [*outdated.changed((old, one.alert) for one, old in moved), *handed_over], self.now)
        self._rearm(conn, ids, watched, faces, rows, {one.record.id for one in steps if one.begins_anew})
        self.done.looked += len(watched)
        self.done.opened += len(new)
        self.done.news += sum(not row["backlog"] for row in new)
        return any(one.alert.due_at is not None and one.alert.due_at <= self.now for one in steps)

    def _is_meeting_over(self, row: Any) -> bool:
        ends = getattr(row, "meeting_ends_at", None)
        return ends is not None and ends <= self.now

    def _end_meetings(self, conn: Connection, over: Sequence[Any]) -> None:
        """A planned meeting that is over changes its record by itself: its evidence is folded and judged anew."""
        for obj in sorted({row.object for row in over}):
            mine = [row.id for row in over if row.object == obj]
            evidence.refresh(conn, self.book, obj, mine, self.now)
            awaited.end(conn, self.book, mine, self.now)
            arming.judge(conn, self.book, obj, mine, coverage(conn), self.now)

    def _announce(
        self, conn: Connection, announcer: Announcer, moved: Sequence[tuple[Moved, Any]], rows: Mapping[str, Any]
    ) -> None:
        said = []
        over = {alert_id(one.alert): one for one, _ in moved if one.alert.is_over}
        self.done.resolved += len(over)
        earlier = notices.of_alerts(conn, over, (notices.PENDING, notices.HELD, notices.CLAIMED, notices.TOLD))
        waiting = [row.key for row in earlier if row.state in (notices.PENDING, notices.HELD)]
        notices.drop(conn, waiting, "resolved")
        for key, one in over.items():
            told = [row for row in earlier if row.alert_id == key and row.key not in set(waiting)]
            said += announcer.settle(one, told)
        for one, before in moved:
            row = rows[one.record.id]
            for what in one.says:
                if what.kind is not Kind.RESOLVE:
                    said += announcer.say(one, what, row, None if before is None else before.due_at)
            self._call_off(conn, one, before, rows)
            if before is not None and one.says and is_inherited(before, rows):
                said += announcer.hand_over(one, notices.of_alerts(conn, [before.id], (notices.TOLD,)))
            if one.alert.backlog and (before is None or not before.backlog):
                self.done.backlog += 1
                said += announcer.note_backlog(one, row)
        self.done.said += notices.add(conn, said)
        outbox.call(conn, _calls(said))

    def _call_off(self, conn: Connection, one: Moved, before: Any, rows: Mapping[str, Any]) -> None:
        """What was to be said to the last owner, of a rule that fell silent, or by an old limit, is said no more."""
        if before is None:
            return
        shadow = one.alert.shadow and not before.shadow
        late = one.alert.backlog and not before.backlog
        if shadow or late or (one.says and is_inherited(before, rows)):
            waiting = notices.of_alerts(conn, [alert_id(one.alert)], (notices.PENDING, notices.HELD))
            reason = "shadow" if shadow else "backlog" if late else "owner_changed"
            notices.drop(conn, [row.key for row in waiting], reason)

    def _rearm(
        self, conn: Connection, ids: Sequence[str], watched: Sequence[Watched], faces: Faces, rows: Mapping[str, Any],
        anew: Collection[str],
    ) -> None:  # fmt: skip
        """Set every record's next edge beyond now; a record that is gone has no clocks until it comes back.

        One in `anew` is due in the next moment: what ended here has begun again already.
        """
        clocks.delete(conn, sorted(set(ids) - {each.id for each in watched if not each.is_gone}))
        moments = arming.ahead(faces, [len(each.clocks) for each in watched], self.book.live)
        ahead = []
        for each, (edge, breach) in zip(watched, moments, strict=True):
            if not each.is_gone:
                ends = getattr(rows[each.id], "meeting_ends_at", None)
                later = self.now + 1 if each.id in anew else ends if ends is not None and ends > self.now else None
                first = edge if later is None else arming.earliest(edge, later)
                ahead.append({"record_id": each.id, "next_at": first, "breach_at": breach})
        clocks.rearm(conn, ahead)


def _end_waits(db: Database, book: Rulebook, connections: Sequence[str], now: int) -> None:
    """Let the deals go on whose day to wait for has come."""
    with db.read() as conn:
        due = waits.next_due(conn)
    while due is not None and due <= now:
        with db.write() as conn:
            in_force.require(conn, book.version)
            for connection in connections:
                clocks.share(conn, connection)
            holds.lapse(conn, book, now)
            due = waits.next_due(conn)


def _calls(said: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """When each destination has something to send, as far as is known now."""
    calls: dict[str, int] = {}
    for row in said:
        if row["state"] == notices.PENDING:
            calls[row["target"]] = min(row["not_before"], calls.get(row["target"], row["not_before"]))
    return calls
