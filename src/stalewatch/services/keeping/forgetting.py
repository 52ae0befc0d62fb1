"""Erase somebody: everywhere in one transaction, in the log through its narrow door, and for the syncs to come.

The address, the names and the ids under which CRMs and the messenger know them become pseudonyms that all begin alike,
so that a deal still has an owner and a figure its group. What was said to them is emptied; what they could do is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final
from urllib.parse import quote

from stalewatch.clock import Clock
from stalewatch.domain.erasing import Kind, Needle, is_long_enough, kind_of
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.services.alerting.people import override_for
from stalewatch.store import audit, audit_doors, erasing, tombstones
from stalewatch.store.engine import Connection, Database

LONG_ENOUGH: Final = 8
"""Characters from which on a CRM's id is looked for by itself; a shorter one only behind its connection (`crm:12`)."""
AUDIT: Final = "audit"


@dataclass(frozen=True, slots=True)
class Known:
    """What stalewatch knows somebody by: every text as it is looked for, and what it is."""

    address: str
    texts: tuple[tuple[Kind, str], ...]
    keys: tuple[str, ...]
    members: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """Under which messages were for them."""
        return tuple(f"{way}:{name}" for way in ("person", "mail") for name in (self.address, *self.names, *self.keys))


@dataclass(frozen=True, slots=True)
class Traces:
    """What would be erased.

    Attributes:
        rows: per table how many rows speak of them; the log's are under "audit".
        owned: how many open deals and leads they own.
        is_configured: whether stalewatch.yaml names them, which is not ours to change.
    """

    known: Known
    rows: dict[str, int]
    owned: int
    is_configured: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased; `pseudonym` is how all that stands in the place of the person begins."""

    pseudonym: str
    rows: dict[str, int]


@dataclass(slots=True)
class _Pseudonyms:
    """Pseudonyms of one person; none is a part of another."""

    base: str = field(default_factory=lambda: f"erased-{token_hex(5)}")
    given: int = 0

    def next(self) -> str:
        self.given += 1
        return f"{self.base}-{self.given:02}"


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Looks for somebody, and erases them."""

    db: Database
    clock: Clock
    speaking: Speaking

    def look(self, address: str, also: Collection[str] = ()) -> Traces:
        """What there is of somebody.

        Args:
            also: further names and ids of theirs that no CRM told us.
        """
        with self.db.look() as conn:
            known = self._known(conn, address, also)
            needles = [Needle(kind, text, "…") for kind, text in known.texts]
            rows = erasing.holding(conn, needles)
            logged = {text for one in needles for text in audit_doors.texts(conn, one.text) if one.pattern.search(text)}
            owned = erasing.owned(conn, known.keys)
        if logged:
            rows[AUDIT] = len(logged)
        is_configured = known.address in self.speaking.people or known.address in self.speaking.admins
        return Traces(known, rows, owned, is_configured)

    def erase(self, address: str, *, actor: str, also: Collection[str] = ()) -> Forgotten:
        """Erase them, and write SQLite's file anew so that nothing is left in its free pages.

        Args:
            actor: who asks for it, for the log.

        Raises:
            StoreError: the database is busy; nothing was erased, or all of it but the free pages.
        """
        now, made = to_us(self.clock.now()), _Pseudonyms()
        with self.db.write() as conn:
            known = self._known(conn, address, also)
            needles = [_needle(conn, kind, text, made) for kind, text in known.texts]
            tombstones.add(conn, needles, now)
            erasing.dismiss(conn, addresses=[known.address], members=known.members, ids=known.keys)
            erasing.silence(conn, known.targets, now)
            rows = erasing.sweep(conn, needles)
            erasing.settle_ids(conn, [one.pseudonym for one in needles if one.kind is Kind.ID])
            longest = sorted(needles, key=lambda one: -len(one.text))
            logged = sum(_in_the_log(conn, needle, made, actor, now) for needle in longest)
            rows |= {AUDIT: logged} if logged else {}
            audit.add(conn, at=now, actor=actor, action="person.forget", obj=made.base, after=rows)
        self.db.compact()
        return Forgotten(made.base, rows)

    def _known(self, conn: Connection, address: str, also: Collection[str]) -> Known:
        address = address.strip().lower()
        found = erasing.people_at(conn, address)
        told = [row.name for row in found if row.name and row.name.lower() != address]
        names = tuple(dict.fromkeys(name for one in told for name in _orders(one) if is_long_enough(name)))
        override = override_for(self.speaking, address, told[0] if told else "")
        members = dict.fromkeys([*erasing.members_at(conn, address), *([override.slack] if override.slack else ())])
        texts = [(Kind.ADDRESS, address), (Kind.ADDRESS, quote(address)), *((kind_of(name), name) for name in names)]
        texts += [(Kind.ID, one.external_id if len(one.external_id) >= LONG_ENOUGH else one.id) for one in found]
        texts += [(Kind.ID, f"person:{name}") for name in told]
        texts += [(Kind.ID, member) for member in members]
        texts += [(Kind.ADDRESS if "@" in one else kind_of(one), one.strip()) for one in also if one.strip()]
        keys = tuple(row.id for row in found)
        return Known(address, tuple(dict.fromkeys(texts)), keys, tuple(members), tuple(dict.fromkeys(told)))


def _orders(name: str) -> Iterator[str]:
    """A name of two words is also written the other way round."""
    yield name
    words = name.split()
    if len(words) == 2:
        yield " ".join(reversed(words))


def _needle(conn: Connection, kind: Kind, text: str, made: _Pseudonyms) -> Needle:
    """What somebody is looked for by; who was erased before is the same pseudonym again."""
    before = tombstones.pseudonym_of(conn, kind, text)
    if before is not None:
        return Needle(kind, text, before)
    # What is a key of ours stays one: the name of its connection, or of the way to a person, goes first.
    way, colon, _ = text.partition(":") if kind is Kind.ID else ("", "", "")
    return Needle(kind, text, f"{way}{colon}{made.next()}" if colon else made.next())


def _in_the_log(conn: Connection, needle: Needle, made: _Pseudonyms, actor: str, now: int) -> int:
    """Every spelling of it becomes a pseudonym of its own: the log's door looks whether each can be taken back."""
    texts = audit_doors.texts(conn, needle.text)
    spellings = {found[0] for text in texts for found in needle.pattern.finditer(text)}
    done = 0
    for spelling in sorted(spellings):
        is_new = spelling == needle.text and made.base in needle.pseudonym
        pseudonym = needle.pseudonym if is_new else made.next()
        exact = Needle(needle.kind, spelling, pseudonym)

        def put_in(text: str, exact: Needle = exact) -> str:
            return _exactly(exact, text)

        done += audit_doors.pseudonymise(conn, spelling, pseudonym, put=put_in, at=now, actor=actor)
    return done


def _exactly(needle: Needle, text: str) -> str:
    """Only this spelling, and where it stands alone."""
    return needle.pattern.sub(lambda found: needle.pseudonym if found[0] == needle.text else found[0], text)


__all__ = ["AUDIT", "LONG_ENOUGH", "Forgetting", "Forgotten", "Known", "Traces"]
