"""Say what is to be said: one destination at a time, one message at a time, told once.

The destination is the leased row. Before a request leaves, its intent is committed; after a crash the next
worker finds it, looks whether the message arrived, and only then goes on. What the database cannot know (a
reply that was lost) is a state of its own and never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import SECOND, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.notifier import Notifier, Style
from stalewatch.services.alerting.people import directory
from stalewatch.services.judging.sources import Sources
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling import outages
from stalewatch.services.telling.composing import Composer
from stalewatch.services.telling.editing import Edit, Editing, rest
from stalewatch.services.telling.moving import Dispatched
from stalewatch.services.telling.preparing import Intent, Preparing
from stalewatch.services.telling.sending import Sending
from stalewatch.services.telling.settling import is_open
from stalewatch.store import leases, notices, outbox
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import ChangedMeanwhile, LeaseLost, StoreError
from stalewatch.store.leases import DESTINATIONS

PERSON: Final = "person:"
LOOK_AGAIN: Final = 15 * SECOND
"""After so long a destination is asked again whose notices wait for something else than the time."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is ripe through one notifier.

    Attributes:
        composer: puts notices into words.
        is_stopping: asked before each message; True ends the run and leaves the rest to the next worker.
    """

    db: Database
    clock: Clock
    book: Rulebook
    speaking: Speaking
    sources: Sources
    notifier: Notifier
    composer: Composer
    is_stopping: Callable[[], bool] = lambda: False

    def run(self) -> Dispatched:
        """Serve every destination that is due, until none is."""
        done = Dispatched()
        while not self.is_stopping():
            now = to_us(self.clock.now())
            with self.db.write() as conn:
                claimed = leases.claim(conn, DESTINATIONS, due=now, lease_us=self._sending.lease)
            if not claimed:
                break
            try:
                self._serve(claimed[0], now, done)
            except (LeaseLost, ChangedMeanwhile):
                continue  # another worker has it now
            except StoreError:
                raise
            except Exception as error:  # one message that breaks the notifier, or us, must not silence the others
                # Its lease runs out by itself, and the next claim finds out what became of it; in the end it is parked.
                done.errors.append(f"{claimed[0].target}: {type(error).__name__}: {error}")
        return done

    @property
    def _sending(self) -> Sending:
        return Sending(self.db, self.clock, self.speaking, self.notifier, self.composer)

    # ------------------------------------------------------------------------------------- one destination

    def _serve(self, place: Any, now: int, done: Dispatched) -> None:
        sending = self._sending
        if outages.is_service(place.target):
            sending.outages.check(place, now)
            return
        if sending.outages.joins(place, now):
            return
        with self.db.read() as conn:
            unfinished = outbox.unfinished(conn, place.target)
        for delivery in unfinished:
            if is_open(delivery) and not sending.settle(place, delivery, now, done):
                return
        prepared = self._prepare(place, now, done, self._quiet_until(place, now))
        if isinstance(prepared, Edit):
            Editing(self.book, sending).edit(place, prepared, now, done)
        elif prepared is not None:
            sending.send(place, *prepared, now, done)

    def _quiet_until(self, place: Any, now: int) -> int | None:
        """Until when a person is not to be disturbed; their service is asked only if something would be said now."""
        quiet = self.speaking.quiet
        if quiet is None or not quiet.respects_dnd or not place.target.startswith(PERSON):
            return None
        with self.db.read() as conn:
            people = directory(conn, self.speaking)
            chooser = Preparing(self.book, self._sending, self.sources).chooser(conn, people, place.target, now)
            ripe = notices.next_ripe(conn, place.target)
            is_due = (ripe is not None and ripe <= now) or bool(outbox.unfinished(conn, place.target))
        if not is_due or not chooser.may_go(Style.DIGEST):
            return None
        address = self.composer.address_of(people, place.target, chooser.person)
        self._sending.recall(place, address)
        until = self._sending.outages.service_to(place.target).quiet_until(address)
        return None if until is None or to_us(until) <= now else to_us(until)

    def _prepare(self, place: Any, now: int, done: Dispatched, quiet_until: int | None) -> Intent | Edit | None:
        """The next message with its intent, else a message to be edited; None: nothing may go now."""
        preparing, editing = Preparing(self.book, self._sending, self.sources), Editing(self.book, self._sending)
        with self.db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence, lease_us=self._sending.lease)
            people = directory(conn, self.speaking)
            chooser = replace(preparing.chooser(conn, people, place.target, now), quiet_until=quiet_until)
            found = preparing.next(conn, place, people, chooser, done)
            if isinstance(found, tuple):
                return found
            edit = editing.next(conn, people, chooser.person, place.target, now)
            if edit is None:
                rest(conn, place, found if found is not None else _ripens(conn, place.target, now))
            return edit


def _ripens(conn: Connection, target: str, now: int) -> int | None:
    """When something may be said to a target; what is ripe already waits for a tick or for fresh data."""
    ripe = notices.next_ripe(conn, target)
    return None if ripe is None else max(ripe, now + LOOK_AGAIN)
