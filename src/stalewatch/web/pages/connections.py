"""`/connections`: how each connection stands. Whoever reads figures sees how old they are; admins see the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Path, Query, Request, Response

from stalewatch.delivery.wording import connection_words as say
from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import to_us
from stalewatch.services.operating.connection_list import ConnectionItem, troubled
from stalewatch.web.asking import Reading
from stalewatch.web.auth import Caller, needs
from stalewatch.web.connections import order_sync, standing
from stalewatch.web.desk import At
from stalewatch.web.figures import PATIENCE
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.paper import page

BAR: Final = 120
"""Units that a bar is wide."""
_FULL: Final = 0.8
"""A share of a quota from which its bar is coloured: the last fifth of a day is left to others."""

ConnectionId = Annotated[str, Path(max_length=200, description="Id of the connection.")]
Administering = Annotated[Caller, Depends(needs("admin"))]


class Bar(NamedTuple):
    """A share as a bar with its words; `full` in units of `BAR`."""

    name: str
    words: str
    full: float
    over: bool
    note: str


class Fact(NamedTuple):
    """A name and what stands beside it."""

    name: str
    figure: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One connection in words; what only admins see is empty for others."""

    id: str
    type: str
    tone: str
    mark: str
    state: str
    age: str
    facts: tuple[Fact, ...]
    error: str
    cure: str
    is_parked: bool
    fed: tuple[Bar, ...]
    quota: tuple[Bar, ...]
    left_out: tuple[Fact, ...]


class ConnectionsPage(Reading):
    """`GET /connections`"""


def connections_page(request: Request, desk: At, _asked: Annotated[ConnectionsPage, Query()]) -> Response:
    """How each connection stands: how old its data is, and for admins why, and what it feeds."""
    return _shown(request, desk, "")


def sync_page(request: Request, desk: At, caller: Administering, id: ConnectionId) -> Response:  # noqa: A002
    """Ask for a sync now, and show the connections with that said."""
    order_sync(desk, caller, id, full=False)
    said = desk.reader(request).words.gettext(
        "{connection} is read as soon as a worker comes by: within half a minute."
    )
    return _shown(request, desk, said.format(connection=clean(id)))


def _shown(request: Request, desk: At, said: str) -> Response:
    caller: Caller = request.state.caller
    reader, found = desk.reader(request), standing(request, desk, PATIENCE)
    is_admin = caller.principal.allows("admin")
    wrong = [one.id for one in troubled(found.items)]
    words = _Words(reader=reader, is_admin=is_admin)
    made = "" if found.data_age_seconds is None else as_of(found.as_of, found.data_age_seconds, reader)
    return page(
        request, "connections.html", here="connections", address=Address("/connections", Address.of(request).asked),
        sentence=say.standing(len(found.items), wrong, reader), scope=(made,), is_admin=is_admin, said=said,
        sheets=[words.sheet(one) for one in found.items], bar=BAR,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    reader: Reader
    is_admin: bool

    def sheet(self, one: ConnectionItem) -> Sheet:
        tone, mark = say.TONES[one.state]
        details = self.is_admin
        return Sheet(
            id=clean(one.id), type=clean(one.type), tone=tone, mark=mark, state=say.state(one.state, self.reader),
            age=say.age(one.data_age_seconds, self.reader), facts=tuple(self._facts(one)),
            error=clean(one.error or "") if details else "", cure=clean(one.cure or "") if details else "",
            is_parked=one.state == "parked",
            fed=tuple(self._fed(one)) if details else (), quota=tuple(self._quota(one)) if details else (),
            left_out=tuple(Fact(clean(why), self.reader.number(many)) for why, many in one.left_out.items())
            if details else (),
        )  # fmt: skip

    def _facts(self, one: ConnectionItem) -> Iterator[Fact]:
        words = self.reader.words
        yield Fact(words.gettext("Last read"), self._moment(one.last_sync_at))
        if one.too_old_after_seconds is not None:
            hours = self.reader.number(round(one.too_old_after_seconds / 3600, 1))
            yield Fact(words.gettext("Too old to judge by after"), words.gettext("{hours} h").format(hours=hours))
        if not self.is_admin:
            return
        yield Fact(words.gettext("Next read"), self._next(one))
        if one.last_sync is not None:
            yield Fact(words.gettext("The last reading brought"), self.reader.number(one.last_sync["records"]))
        for obj, many in one.records.items():
            yield Fact(say.kind(obj, self.reader), self._open(many["open"], many["total"]))
        yield Fact(words.gettext("Rules that can judge"), say.part(one.rules_judging, one.rules, self.reader))
        yield Fact(words.gettext("Written into the CRM"), self._writes(one.writeback))

    def _next(self, one: ConnectionItem) -> str:
        words = self.reader.words
        if one.running:
            return words.gettext("being read now")
        if one.asked:
            return words.gettext("asked for")
        return self._moment(one.next_sync_at)

    def _open(self, many: int, total: int) -> str:
        said = self.reader.words.gettext("{open} open of {total}")
        return said.format(open=self.reader.number(many), total=self.reader.number(total))

    def _writes(self, writeback: str) -> str:
        words = self.reader.words
        return {
            "none": words.pgettext("writeback", "nothing"),
            "notes": words.pgettext("writeback", "notes and tasks"),
            "fields": words.pgettext("writeback", "notes and fields"),
        }.get(writeback, writeback)

    def _fed(self, one: ConnectionItem) -> Iterator[Bar]:
        for obj, fed in one.coverage.items():
            lacks = [self._lacks(fed.unfed, fed.cannot_judge)] if fed.unfed else []
            if fed.lacking:
                needs_ = self.reader.words.gettext("Grant: {names}")
                lacks.append(needs_.format(names=self.reader.listed([clean(name) for name in fed.lacking])))
            said = say.part(fed.fed, fed.of, self.reader)
            yield Bar(say.kind(obj, self.reader), said, _width(fed.fed, fed.of), False, " · ".join(lacks))

    def _lacks(self, unfed: tuple[str, ...], rules: tuple[str, ...]) -> str:
        words = self.reader.words
        said = words.ngettext("{count} rule waits for {fields}", "{count} rules wait for {fields}", len(rules))
        return said.format(count=self.reader.number(len(rules)), fields=self.reader.listed(list(unfed)))

    def _quota(self, one: ConnectionItem) -> Iterator[Bar]:
        for name, used in one.quota.items():
            heard = self.reader.words.gettext("as of {when}").format(when=self._moment(used.heard_at))
            yield Bar(clean(name), say.part(used.used, used.allowed, self.reader), _width(used.used, used.allowed),
                      used.used >= _FULL * used.allowed, heard)  # fmt: skip

    def _moment(self, at: str | None) -> str:
        return "–" if at is None else moment(to_us(datetime.fromisoformat(at)), self.reader)


def _width(part: int, whole: int) -> float:
    return round(BAR * min(1.0, part / whole), 1) if whole else 0.0
