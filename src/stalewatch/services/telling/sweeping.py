"""Once an hour what was posted twice is taken back; each time whoever was forgotten is called.

A copy comes about where nobody could prevent it: a message that the history did not show in time and that was sent
again, or a process that was frozen between its last look at the lease and its request. What is ours is told by the
delivery's id that it carries, and by our own row of that delivery; everything else is left alone.

All of this counts in real time, as leases do: the other side's history knows no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.instants import DAY, HOUR, from_us, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.errors import NotifierError, SlowDown, TargetGone, WorkspaceDown
from stalewatch.sdk.notifier import Copy, Notifier, Receipt
from stalewatch.services.telling.outages import Outages
from stalewatch.store import audit, edits, outbox
from stalewatch.store.asleep import asleep
from stalewatch.store.engine import Database

SPAN: Final = 2 * DAY
"""How far back is looked."""
AGAIN: Final = HOUR
"""How long after a look the same destination is looked over again."""
AT_ONCE: Final = 20
"""Destinations of one run: the calls are few, because looking for a lost message goes through the same limit."""


@dataclass(slots=True)
class Swept:
    """What a sweep did: destinations looked over, copies taken back, sleeping destinations called for whom something
    waited, and what failed, a line each."""

    looked: int = 0
    removed: int = 0
    called: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Looks over what was sent through services that can be looked over."""

    db: Database
    clock: Clock
    speaking: Speaking
    notifier: Notifier
    is_stopping: Callable[[], bool] = lambda: False

    def run(self) -> Swept:
        """Look over the destinations whose hour has passed; of several workers each takes another one."""
        done = Swept(called=self._call_forgotten())
        try:
            for target in self._due():
                if self.is_stopping():
                    break
                if self._take(target):
                    self._sweep(target, done)
        except (SlowDown, WorkspaceDown) as error:  # the others have time
            done.errors.append(str(error))
        return done

    def _call_forgotten(self) -> int:
        """Let those be served for whom something waits and whom nothing would wake. Nobody should ever be found."""
        with self.db.read() as conn:
            found = asleep(conn, self._now)
        if found:
            with self.db.write() as conn:
                outbox.call(conn, dict.fromkeys(found, self._now))
        return len(found)

    def _due(self) -> list[str]:
        real = self.db.now()
        with self.db.read() as conn:
            due = outbox.to_sweep(conn, upto=real - AGAIN, since=real - SPAN)
            up = [one for one in due if self._can_look(one) and not self._outages.is_down(conn, self._service(one))]
        return up[:AT_ONCE]

    def _take(self, target: str) -> bool:
        real = self.db.now()
        with self.db.write() as conn:
            return outbox.take_sweep(conn, target, upto=real - AGAIN, at=real)

    def _sweep(self, target: str, done: Swept) -> None:
        since = self.db.now() - SPAN
        with self.db.read() as conn:
            sent = outbox.sent_since(conn, target, since)
        done.looked += 1
        try:
            for delivery, copies in self._copies(target, sent, since).items():
                done.removed += self._tidy(delivery, copies)
        except (SlowDown, WorkspaceDown):
            raise
        except NotifierError as error:
            done.errors.append(str(error))

    def _copies(self, target: str, sent: Sequence[Any], since: int) -> Mapping[str, list[Copy]]:
        """The deliveries of which more than one message stands there."""
        receipts = [Receipt(at=from_us(row.sent_at), handle=row.receipt) for row in sent if row.receipt]
        threads = [Receipt(at=from_us(row.sent_at), handle=thread) for row in sent if (thread := _thread(row))]
        found: defaultdict[str, list[Copy]] = defaultdict(list)
        for copy in self._service(target).copies(receipts, from_us(since), threads):
            found[copy.delivery].append(copy)
        return {delivery: copies for delivery, copies in found.items() if len(copies) > 1}

    def _tidy(self, delivery: str, copies: Sequence[Copy]) -> int:
        """Keep the message that was answered, else the first; take the others back unless they were answered, too."""
        kept = next((one for one in copies if one.is_answered), copies[0])
        target = self._keep(delivery, kept, len(copies))
        if target is None:
            return 0
        others = [one for one in copies if one is not kept and not one.is_answered]
        return sum(self._remove(target, one, kept) for one in others)

    def _remove(self, target: str, copy: Copy, kept: Copy) -> bool:
        """Take a copy back; False where the service lets nobody do that: then it stays."""
        try:
            self._service(target).remove(copy.receipt)
        except TargetGone:
            return False
        with self.db.write() as conn:
            audit.add(
                conn, at=self._now, actor="stalewatch", action="delivery.copy_removed", obj=copy.delivery,
                before=dict(copy.receipt.handle), after=dict(kept.receipt.handle),
            )  # fmt: skip
        return True

    def _keep(self, delivery: str, kept: Copy, many: int) -> str | None:
        """From now on the delivery is the message that is kept, before any other is taken back: a crash in between
        leaves a copy, and no delivery whose message is gone. None: it is not a delivery of ours that has arrived."""
        with self.db.write() as conn:
            row = outbox.by_id(conn, [delivery]).get(delivery)
            if row is None or row.state != DeliveryState.SENT:
                return None
            handle = dict(kept.receipt.handle)
            if row.receipt != handle:
                outbox.stands_at(conn, delivery, handle)
                edits.restate(conn, delivery, at=self._now)  # it may show older words than the one that goes
                outbox.call(conn, {row.target: self._now})
            audit.add(
                conn, at=self._now, actor="stalewatch", action="delivery.doubled", obj=delivery, before=row.receipt,
                after={"kept": handle, "copies": many},
            )  # fmt: skip
        return str(row.target)

    @property
    def _now(self) -> int:
        return to_us(self.clock.now())

    @property
    def _outages(self) -> Outages:
        return Outages(self.db, self.clock, self.speaking, self.notifier)

    def _service(self, target: str) -> Notifier:
        return self._outages.service_to(target)

    def _can_look(self, target: str) -> bool:
        return self._service(target).can_sweep


def _thread(row: Any) -> Mapping[str, Any] | None:
    """The handle of the message that a delivery answers to."""
    found = (row.body or {}).get("thread")
    return found if isinstance(found, Mapping) and found else None
