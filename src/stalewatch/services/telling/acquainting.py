"""Get to know those who are about to be told something: their language and zone, as they set them in the messenger.

What was told is kept, so that composing asks nobody: a day where somebody was found, an hour where nobody was. What
cannot be asked now is asked again with the next message; until then people are written to as they were before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from stalewatch.clock import Clock
from stalewatch.domain.directory import Person
from stalewatch.domain.instants import DAY, HOUR, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.errors import NotifierError
from stalewatch.services.alerting.people import directory
from stalewatch.store import habits, notices
from stalewatch.store.engine import Connection, Database

FOUND_FOR: Final = DAY
MISSED_FOR: Final = HOUR
"""Microseconds for which somebody found, and somebody not found, is not asked about again."""
AT_ONCE: Final = 20
"""People who are looked up in one go: Slack allows fifty such questions a minute."""
_SOME_DAY: Final = 10**17
"""More microseconds than any instant has: whoever is to be told something, whenever that may be."""


class Known(Protocol):
    """What the messenger tells of somebody."""

    @property
    def id(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def zone(self) -> str | None: ...


Ask = Callable[[str], Known | None]
"""Asks the messenger about an address; None: nobody has it. Raises a NotifierError if it could not be asked."""


@dataclass(frozen=True, slots=True)
class Acquainting:
    """Asks about people of one project."""

    db: Database
    clock: Clock
    speaking: Speaking
    ask: Ask

    def run(self) -> int:
        """Ask about those who wait to be told something; returns about how many. A messenger that fails ends it."""
        now = to_us(self.clock.now())
        with self.db.read() as conn:
            asked = list(self._unknown(conn, now))[:AT_ONCE]
        for number, address in enumerate(asked):
            try:
                told = self.ask(address)
            except NotifierError:  # the messages themselves will meet, and tell, what is wrong
                return number
            with self.db.write() as conn:
                note(conn, [address], told, now)
        return len(asked)

    def _unknown(self, conn: Connection, now: int) -> Iterator[str]:
        waiting = set(notices.targets(conn, _SOME_DAY))
        known = habits.read(conn)
        for person in directory(conn, self.speaking).people.values():
            address = address_of(person)
            if person.active and person.target in waiting and address and is_stale(known.get(address), now):
                waiting.discard(person.target)
                yield address


def address_of(person: Person) -> str | None:
    """What the messenger is asked about a person by: the id that `people:` names, else their e-mail address."""
    return person.alias or person.email


def is_stale(known: Any, now: int) -> bool:
    """Whether somebody has to be asked about (again); `known` is a row of `habits` or None."""
    if known is None or known.asked_at is None:
        return True
    return bool(now - known.asked_at >= (FOUND_FOR if known.member else MISSED_FOR))


def note(conn: Connection, addresses: Collection[str], told: Known | None, now: int) -> None:
    """Keep what was told of the person at these addresses; None: nobody is there."""
    said: dict[str, str | None] = {"member": None, "language": None, "zone": None}
    if told is not None:
        said = {"member": told.id or None, "language": told.language, "zone": told.zone}
    habits.note(conn, [{"address": one, **said, "asked_at": now} for one in addresses])
