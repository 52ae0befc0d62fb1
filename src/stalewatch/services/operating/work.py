"""Work that waits for a person's word: what is held back, what is unfinished, what was set aside.

`release` lets it go on, `retry` sends it once more, `park` sets it aside, `drop` says that it will never be said; all
of it is written down in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.deliveries import DeliveryState, Event, after
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import UNDELIVERED, ladders, route_for
from stalewatch.domain.writebacks import WriteEvent, WriteState
from stalewatch.domain.writebacks import after as written_after
from stalewatch.services.alerting import trails
from stalewatch.services.alerting.people import directory
from stalewatch.services.alerting.route_facts import RouteFacts
from stalewatch.services.reporting.pieces import ENDED, INSIDE, NOT_WRITTEN, Kind, Piece, to_park, waiting_for_a_word
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling import outages
from stalewatch.store import audit, leases, notices, outbox, records, writebacks
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import CONNECTIONS, DESTINATIONS, WRITEBACKS

BY_HAND: Final = "dropped_by_hand"
PARKED_BY_HAND: Final = "parked_by_hand"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages that wait for their time. `messages` is how many will be sent, `notices` how much they carry."""

    style: str
    until: int
    reason: str
    messages: int
    notices: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of a word: pieces that went on, or will never be said, and those to which it could not be done."""

    done: tuple[Piece, ...] = ()
    refused: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one project.

    Attributes:
        actor: who gives the word, for the audit log; because: why, in their own words.
    """

    db: Database
    clock: Clock
    book: Rulebook
    speaking: Speaking
    actor: str = "command line"
    because: str = ""

    def pieces(self) -> list[Piece]:
        """Everything that waits for a person, held notices first, each group the oldest first."""
        with self.db.read() as conn:
            return waiting_for_a_word(conn)

    def waiting(self) -> list[Waiting]:
        """What only waits for its time, the soonest first."""
        with self.db.read() as conn:
            rows = notices.waiting(conn, to_us(self.clock.now()))
        return [Waiting(row.style, row.not_before, row.reason or "", row.messages, row.many) for row in rows]

    def release(self, pieces: Collection[Piece]) -> Moved:
        """Let these go on: what was held may be said, what was given up is tried again, what was set aside works."""
        return self._each(pieces, "work.release", self._release)

    def drop(self, pieces: Collection[Piece]) -> Moved:
        """Say these never. A message that may be on its way already, or a connection, cannot be dropped."""
        return self._each(pieces, "work.drop", self._drop)

    def retry(self, pieces: Collection[Piece]) -> Moved:
        """Do these once more: messages that were given up, or of which nobody knows whether they arrived; writes that
        were not made; records that ended the processes that judged them."""
        return self._each(pieces, "work.retry", self._retry)

    def park(self, names: Collection[str]) -> Moved:
        """Set these aside until `release`: connections and destinations by their names, messages of unknown fate."""
        return self._each(self._to_park(names), "work.park", self._park)

    # ------------------------------------------------------------------------------------------- one piece

    def _each(self, pieces: Collection[Piece], action: str, act: Callable[[Connection, Piece, int], bool]) -> Moved:
        """One transaction for all: either every piece that can be moved is, or an error leaves everything as it was."""
        now, done, refused = to_us(self.clock.now()), [], []
        said = {"because": self.because} if self.because else None
        with self.db.write() as conn:
            for piece in pieces:
                if not act(conn, piece, now):
                    refused.append(piece)
                    continue
                done.append(piece)
                before = {"state": piece.state, "why": piece.why}
                audit.add(conn, at=now, actor=self.actor, action=action, obj=piece.key, before=before, after=said)
        return Moved(tuple(done), tuple(refused))

    def _release(self, conn: Connection, piece: Piece, now: int) -> bool:
        match piece.kind:
            case Kind.NOTICE:
                return self._release_notice(conn, piece, now)
            case Kind.DELIVERY | Kind.RECORD:
                return self._retry(conn, piece, now)
            case Kind.WRITE:
                return leases.unpark(conn, WRITEBACKS, piece.key, now) or self._write_again(conn, piece, now)
            case Kind.DESTINATION:
                if piece.state == "paused":
                    return outages.resume(conn, piece.why, now, actor=self.actor) > 0
                return leases.unpark(conn, DESTINATIONS, piece.key, now)
            case Kind.CONNECTION | Kind.ANSWER | Kind.FIGURES | Kind.CHORE:
                return leases.unpark(conn, {**INSIDE, Kind.CONNECTION: CONNECTIONS}[piece.kind], piece.key, now)

    def _retry(self, conn: Connection, piece: Piece, now: int) -> bool:
        if piece.kind is Kind.WRITE:
            return self._write_again(conn, piece, now)
        if piece.kind is Kind.RECORD:
            return trails.let_go(conn, piece.key)
        if piece.kind is not Kind.DELIVERY or piece.state not in ENDED:
            return False
        self._move(conn, piece, Event.RETRIED, now, attempts=0, looks=0, look_at=None, not_before=now)
        outbox.call(conn, {piece.target: now})
        return True

    def _move(self, conn: Connection, piece: Piece, event: Event, now: int, **values: Any) -> None:
        """One transition of a delivery, with the audit row that each of them has, whoever makes it."""
        following = after(DeliveryState(piece.state), event).value
        outbox.move(conn, piece.key, piece.state, following, at=now, **values)
        audit.add(
            conn, at=now, actor=self.actor, action=f"delivery.{event.value}", obj=piece.key,
            before=piece.state, after=following,
        )  # fmt: skip

    def _to_park(self, names: Collection[str]) -> list[Piece]:
        with self.db.read() as conn:
            return [*to_park(conn, names)]

    def _park(self, conn: Connection, piece: Piece, now: int) -> bool:
        match piece.kind:
            case Kind.CONNECTION:
                return leases.park(conn, CONNECTIONS, piece.key)
            case Kind.DESTINATION:
                return leases.park(conn, DESTINATIONS, piece.key)
            case Kind.DELIVERY if piece.state == DeliveryState.UNKNOWN:
                self._move(conn, piece, Event.ABANDONED, now, look_at=None, looks=0, reason=PARKED_BY_HAND)
                return True
            case _:
                return False

    def _write_again(self, conn: Connection, piece: Piece, now: int) -> bool:
        """What the CRM refused, or what was given up, is tried once more; the record must be as it was seen."""
        if piece.state not in NOT_WRITTEN:
            return False
        following = written_after(WriteState(piece.state), WriteEvent.RETRIED).value
        return writebacks.set_state(
            conn, piece.key, piece.state, following, due_at=now, asked_at=now, attempts=0, reason=None, error=None,
            ended_at=None,
        )  # fmt: skip

    def _write_never(self, conn: Connection, piece: Piece, now: int) -> bool:
        """What may have reached the CRM is found out about first; what ended is only put out of sight."""
        following = WriteState.GIVEN_UP.value if piece.state == WriteState.ASKED else piece.state
        if piece.state != WriteState.ASKED and piece.state not in writebacks.TROUBLED:
            return False
        return writebacks.set_state(
            conn, piece.key, piece.state, following, due_at=None, ended_at=now, reason=writebacks.DROPPED
        )

    def _release_notice(self, conn: Connection, piece: Piece, now: int) -> bool:
        """What reached nobody is routed anew, by the people and channels that are known now."""
        target = piece.target
        if target == UNDELIVERED:
            target = self._target(conn, piece)
            if target == UNDELIVERED or not notices.readdress(conn, [piece.key], target):
                return False
        elif not notices.release(conn, [piece.key]):
            return False
        row = notices.by_key(conn, [piece.key])[piece.key]
        outbox.call(conn, {target: max(row.not_before or now, 0)})
        return True

    def _target(self, conn: Connection, piece: Piece) -> str:
        row = notices.by_key(conn, [piece.key])[piece.key]
        rule = self.book.by_id.get(row.rule_id or "")
        obj = records.objects(conn, [row.record_id]).get(row.record_id) if row.record_id else None
        found = records.read_by_ids(conn, obj, [row.record_id]) if obj else []
        if not found:
            return UNDELIVERED
        record = found[0]
        facts = RouteFacts.read(conn, self.book, self.speaking, [record])
        route = route_for(self.speaking.routes, facts.of(row.rule_id or "", rule, record))
        rungs = ladders(route, record.owner, directory(conn, self.speaking), team=record.team)
        return next((rung[0].target for rung in rungs if rung[0].target != UNDELIVERED), UNDELIVERED)

    def _drop(self, conn: Connection, piece: Piece, now: int) -> bool:
        if piece.kind is Kind.NOTICE:
            return notices.drop(conn, [piece.key], BY_HAND) > 0
        if piece.kind is Kind.WRITE:
            return self._write_never(conn, piece, now)
        if piece.kind is not Kind.DELIVERY:
            return False
        carried = [row.key for row in notices.of_deliveries(conn, [piece.key]) if row.state == notices.CLAIMED]
        if piece.state in (DeliveryState.HELD, DeliveryState.READY):
            self._move(conn, piece, Event.EMPTIED, now, reason=BY_HAND)
        elif piece.state not in ENDED:
            return False  # it may have arrived: dispatch finds that out first
        notices.give_back(conn, carried)
        notices.drop(conn, carried, BY_HAND)
        return True
