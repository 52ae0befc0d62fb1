"""The stalled list as it is sent, kept from one reader to the next: exactly what would be worked out again.

Nothing here is believed for a span of time. The database counts up a version in the transaction that changes anything
the list shows, and each request reads it: as long as it stands, a page that was answered before is answered again. When
it has risen, the page is read anew, and only those records are put into words of which the stamp is another one, or of
which time alone would now say something else (`Lasting.until`). What is kept is bounded; the least recently asked goes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from stalewatch.services.judging.sources import Sources
from stalewatch.services.reporting import stalling
from stalewatch.services.reporting.reports import Reports
from stalewatch.services.reporting.stalling import Page
from stalewatch.store import stalled
from stalewatch.store.engine import Connection
from stalewatch.store.reports import Filters
from stalewatch.store.visibility import Visible

WORDS: Final = 48 * 1024 * 1024
"""Bytes of records in words that are kept: some 30,000 of them."""
PAGES: Final = 32 * 1024 * 1024
"""Bytes of whole pages that are kept."""
_encode = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """A page of the stalled list, as somebody asks for it who sees this much."""

    filters: Filters
    visible: Visible | None
    page: Page
    language: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it is sent, without what each answer says anew (as of when it is).

    Attributes:
        items: a JSON array.
        digest: of the items, of `next` and of the total: the same for the same page.
        version: of the database, by which it was read.
        since, until: the moments between which it says what would be said.
    """

    items: bytes
    next: str | None
    total: int
    more: bool
    digest: bytes
    version: int
    since: int
    until: int

    def holds(self, version: int, now: int) -> bool:
        """Whether it would be the same if it were worked out again."""
        return self.version == version and self.since <= now < self.until

    @property
    def size(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class _Words:
    """One record in words; `due` is the earliest of the breaches for which it was listed."""

    stamp: int
    due: int
    since: int
    until: int
    text: bytes
    digest: bytes

    def holds(self, head: Any, now: int) -> bool:
        return self.stamp == head.stamp and self.due == head.breach_at and self.since <= now < self.until

    @property
    def size(self) -> int:
        return len(self.text)


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=_Sized)


class Bounded(Generic[K, V]):
    """So many bytes of things; who was not asked for longest makes room. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._things: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """What is kept under a key."""
        with self._lock:
            found = self._things.get(key)
            if found is not None:
                self._things.move_to_end(key)
            return found

    def put(self, key: K, thing: V) -> None:
        """Keep it, in place of what was there."""
        with self._lock:
            before = self._things.pop(key, None)
            self._size += thing.size - (before.size if before is not None else 0)
            self._things[key] = thing
            while self._size > self._most:
                _, oldest = self._things.popitem(last=False)
                self._size -= oldest.size


class Pulse(NamedTuple):
    """What every request asks first.

    Attributes:
        access: another number after anything changed that decides who may see what.
        version: another number after anything changed that a stalled list may show.
        data_at: when the connection that was read longest ago was read; None: one of them never was.
    """

    access: int
    version: int
    data_at: int | None

    def data_age(self, now: int) -> int | None:
        """Seconds since then."""
        return None if self.data_at is None else max(0, (now - self.data_at) // 1_000_000)


class Fresh(NamedTuple):
    """A page that was just read, how things stood before that, and when it was."""

    sheet: Sheet
    felt: Pulse
    at: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The stalled list of one project by the same rules, in one process; `reports` are its readers by language."""

    reports: dict[str, Reports]
    _sheets: Bounded[Asked, Sheet] = field(default_factory=lambda: Bounded(PAGES))
    _words: Bounded[tuple[str, str], _Words] = field(default_factory=lambda: Bounded(WORDS))

    def sheet(self, asked: Asked, version: int, now: int) -> Sheet | None:
        """The page, if it is kept and holds; costs microseconds."""
        found = self._sheets.get(asked)
        return found if found is not None and found.holds(version, now) else None

    def read(self, asked: Asked, version: int, now: int) -> Sheet:
        """The page, worked out from what is stored and kept for the next who asks.

        Args:
            version: as `pulse` told it before.

        Raises:
            CursorNotUnderstood: the page begins nowhere in this list.
            StoreError: the database cannot be read.
        """
        with self.reports[asked.language].db.read() as conn:
            heads = stalling.heads(conn, asked.filters, asked.visible, asked.page)
            words = self._in_words(conn, asked, heads.rows, now)
        digest = blake2b(digest_size=16)
        for one in words:
            digest.update(one.digest)
        digest.update(_encode((heads.next, heads.total)))
        until = min((one.until for one in words), default=2**63)
        items = b"[" + b",".join(one.text for one in words) + b"]"
        sheet = Sheet(items, heads.next, heads.total, heads.more, digest.digest(), version, now, until)
        self._sheets.put(asked, sheet)
        return sheet

    def renewed(self, asked: Asked, now: int) -> Fresh:
        """The page as things stand: what is kept, if that holds by now, else worked out.

        Raises:
            CursorNotUnderstood, StoreError: as `read`.
        """
        felt = pulse(self.reports[asked.language])
        return Fresh(self.sheet(asked, felt.version, now) or self.read(asked, felt.version, now), felt, now)

    def _in_words(self, conn: Connection, asked: Asked, heads: Sequence[Any], now: int) -> list[_Words]:
        """These records in words, those of which nothing is kept that holds put into words anew."""
        language, reports = asked.language, self.reports[asked.language]
        known = {head.id: self._words.get((language, head.id)) for head in heads}
        found = {id_: one for id_, one in known.items() if one is not None}
        stale = [head for head in heads if head.id not in found or not found[head.id].holds(head, now)]
        gone = {head.id for head in stale}
        for one in stalling.lasting(conn, reports.book, language, asked.filters, stale, now) if stale else ():
            text = _encode(one.item)
            digest = blake2b(text, digest_size=16).digest()
            words = _Words(one.head.stamp, one.head.breach_at, now, one.until, text, digest)
            found[one.head.id] = words
            gone.remove(one.head.id)
            self._words.put((language, one.head.id), words)
        return [found[head.id] for head in heads if head.id not in gone]


def pulse(reports: Reports) -> Pulse:
    """How things stand at this moment; costs microseconds."""
    felt = stalled.pulse(reports.db)
    return Pulse(felt.access, felt.version, _oldest(felt.read_at, reports.sources))


def _oldest(read_at: Sequence[tuple[str, int | None]], sources: Sources) -> int | None:
    mine = [at for connection, at in read_at if connection in sources]
    known = [at for at in mine if at is not None]
    return min(known) if mine and len(known) == len(mine) else None
