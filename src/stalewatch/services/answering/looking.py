"""Somebody looks at App Home, or asks by a command: who they are, in what they read, and whom they may see now."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.clock import Clock
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.services.access.hierarchy import below
from stalewatch.services.access.principals import Company
from stalewatch.services.answering.identity import Identities, Somebody, seen_by
from stalewatch.services.telling import acquainting
from stalewatch.store import habits
from stalewatch.store.engine import Database


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody who looks at a moment, with those who report to them then (`team`: ids of people)."""

    who: Somebody
    people: Directory
    reader: Reader
    now: int
    team: frozenset[str]

    @property
    def is_stranger(self) -> bool:
        """Nobody knows them: nothing of any deal is theirs to see."""
        return not self.who.keys and not self.who.answers_all

    @property
    def leads_others(self) -> bool:
        """There are others whose deals they may see."""
        return bool(self.team) or self.who.answers_all

    @property
    def may_see(self) -> frozenset[str] | None:
        """Whose records; None: everybody's."""
        seen = seen_by(self.who, self.people)
        return None if seen is None else seen.owners

    @property
    def own_targets(self) -> tuple[str, ...]:
        """What names them in message keys."""
        return tuple(one.target for one in self.people.people.values() if one.key in self.who.keys)


@dataclass(frozen=True, slots=True)
class Looking:
    """Tells who looks.

    Attributes:
        zone: of the project's own calendar (IANA), for people who have none.
        language: overrides everybody's; None: each person's own, else the project's.
    """

    db: Database
    clock: Clock
    speaking: Speaking
    identities: Identities
    zone: str
    language: str | None = None

    def at(self, user: str) -> Look:
        """Who somebody in Slack is, and whom they may see at this moment.

        Raises:
            NotifierError: Slack could not be asked.
        """
        now = to_us(self.clock.now())
        with self.db.read() as conn:
            company = Company.of(conn, self.speaking)
        who, people = self.identities.who(user, company), company.people
        self._get_to_know(user, people, now)
        language = self.language or who.language or self.speaking.language
        reader = Reader(language, self.clock.now(), who.zone or self.zone)
        return Look(who, people, reader, now, below(who.keys, company.reports))

    def _get_to_know(self, user: str, people: Directory, now: int) -> None:
        """What Slack said of them is good for their messages, too."""
        if any(one.alias == user for one in people.people.values()):
            return
        account = self.identities.account(user)
        if account is None or account.email is None or not account.is_fit:
            return
        with self.db.write() as conn:
            if acquainting.is_stale(habits.read(conn).get(account.email), now):
                acquainting.note(conn, [account.email], account, now)
