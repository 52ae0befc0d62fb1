"""The door: who comes in with a token or a session, and which records they may see, at every request anew.

Nothing is believed for longer than a request. What was worked out is kept together with the number that rises in the
transaction that changes people, roles or tokens (`store/versions.py`), and each request reads that number: as long as
it stands, what is kept is what would be worked out again. So a token that is revoked, or a rep who has another manager,
counts at the next request, in every process (security, S3, S10).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import MINUTE
from stalewatch.domain.policies import Speaking
from stalewatch.services.access import tokens
from stalewatch.services.access.principals import Company, Principal, Visible
from stalewatch.services.access.tokens import Token
from stalewatch.services.alerting.people import named
from stalewatch.store import tokens as stored
from stalewatch.store import versions
from stalewatch.store.engine import Database

_NOTED_EVERY: Final = 5 * MINUTE
_MOST_NAMES: Final = 1_000
"""Names that somebody asked for and that are kept."""
_NOBODY: Final = Company(Directory(), frozenset(), {})
"""What a token that is nobody's is judged by."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who has come in.

    Attributes:
        visible: what they see now; None: every record.
        token: with which they came, if they did.
    """

    principal: Principal
    visible: Visible | None
    token: Token | None = None

    def is_good_at(self, now: int) -> bool:
        """Whether its token, if it has one, has not expired."""
        ends = self.token.expires_at if self.token else None
        return ends is None or now < ends


@dataclass(slots=True)
class _Known:
    """What was worked out while the number stood."""

    number: int
    company: Company | None = None
    tokens: dict[str, Admission] = field(default_factory=dict)
    people: dict[str, Admission | None] = field(default_factory=dict)
    called: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Door:
    """Lets people in, in one process; `speaking` has what the file says of people and admins."""

    db: Database
    speaking: Speaking
    _known: _Known = field(default_factory=lambda: _Known(-1))
    _noted: dict[str, int] = field(default_factory=dict)

    def by_token(self, text: str, now: int) -> Admission | None:
        """Whoever shows this token; None for one that is unknown, misspelt, revoked or expired, or whose owner left."""
        if not tokens.looks_like_one(text):
            return None
        known, digest = self._look(), tokens.digest(text)
        found = known.tokens.get(digest) or self._of_token(known, digest, now)
        return found if found is not None and found.is_good_at(now) else None

    def again(self, digest: str, number: int, now: int) -> Admission | None:
        """Whoever came in with the token of this digest before, if nothing has changed since and it has not expired;
        `number` is what `versions.access` says after they came. None: ask `by_token`, which may know more."""
        found = self._known.tokens.get(digest) if self._known.number == number else None
        return found if found is not None and found.is_good_at(now) else None

    def by_session_token(self, identity: str, now: int) -> Admission | None:
        """Whoever began their session with the token of this id, as it is worth now."""
        known = self._look()
        with self.db.read() as conn:
            row = stored.by_id(conn, identity, now)
        return None if row is None else self._admitted(known, tokens.of_row(row))

    def by_address(self, email: str) -> Admission | None:
        """Whoever signed in with this address; None: nobody of ours, or somebody who has left."""
        known, address = self._look(), email.strip().lower()
        if address not in known.people:
            company = self._company(known)
            who = company.person(address)
            known.people[address] = None if who is None else Admission(who, company.visible(who))
        return known.people[address]

    def called(self, text: str) -> frozenset[str]:
        """The ids of the people whom a text names (an address, a name or an id, or else a piece of a name)."""
        known = self._look()
        if text not in known.called:
            if len(known.called) >= _MOST_NAMES:
                known.called.clear()
            known.called[text] = named(self._company(known).people, text)
        return known.called[text]

    def is_to_be_noted(self, token: Token, now: int) -> bool:
        """Whether the use of a token is to be written down: every five minutes at most."""
        before = self._noted.get(token.id, token.last_used_at)
        if before is not None and now - _NOTED_EVERY < before <= now:
            return False
        self._noted[token.id] = now
        return True

    def _of_token(self, known: _Known, digest: str, now: int) -> Admission | None:
        with self.db.read() as conn:
            row = stored.by_hash(conn, digest, now)
        if row is None or not compare_digest(row.hash, digest):
            return None
        admission = self._admitted(known, tokens.of_row(row))
        if admission is not None:
            known.tokens[digest] = admission
        return admission

    def _admitted(self, known: _Known, token: Token) -> Admission | None:
        company = _NOBODY if token.person is None else self._company(known)
        who = token.principal(company)
        return None if who is None else Admission(who, company.visible(who), token)

    def _look(self) -> _Known:
        """What is known, or nothing yet if anything has changed; the number is read before what it stands for."""
        number, known = versions.access(self.db), self._known
        if known.number != number:
            self._known = known = _Known(number)
        return known

    def _company(self, known: _Known) -> Company:
        if known.company is None:
            with self.db.read() as conn:
                known.company = Company.of(conn, self.speaking)
        return known.company
