"""The hubspot connector: which part of the work is due, and where a pull goes on."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Collection, Generator, Iterator
from contextlib import closing
from itertools import chain as joined
from typing import ClassVar, Final

from msgspec.structs import replace

from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.writing import Change, Written
from stalewatch_hubspot.absence import (
    arrival,
    concerns_leads,
    is_awaited,
    lacked,
    missing_at,
    returned,
    still_lost,
    without,
)
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.coverage import describe
from stalewatch_hubspot.cycle import Cycle, Window
from stalewatch_hubspot.doctor import findings
from stalewatch_hubspot.errors import MissingScope
from stalewatch_hubspot.gathering import Gatherer, Piece
from stalewatch_hubspot.limits import SLOWER
from stalewatch_hubspot.loading import Loader
from stalewatch_hubspot.looking import Looker
from stalewatch_hubspot.memory import Bonds, notebook
from stalewatch_hubspot.options import read_options
from stalewatch_hubspot.place import DAY, HOUR, MINUTE, Arrival, Load, Place, parse, to_ms
from stalewatch_hubspot.portal import Portal, look
from stalewatch_hubspot.queries import DEALS, LEADS
from stalewatch_hubspot.reconcile import Reconcile
from stalewatch_hubspot.transport import Pace, Transport
from stalewatch_hubspot.wants import read_wants
from stalewatch_hubspot.writable import writing_of
from stalewatch_hubspot.writing import Writer

OVERLAP: Final = 10 * MINUTE
LONG_OVERLAP: Final = 2 * HOUR


class HubSpotConnector(Connector):
    """Reads one portal."""

    type: ClassVar[str] = "hubspot"

    def __init__(self, settings: ConnectionSettings, pace: Pace | None = None) -> None:
        """`pace` says how long to wait for what; tests bring their own."""
        self._settings = settings
        self._options = read_options(settings)
        self._wants = read_wants(settings.reads, self._options)
        self.transport = Transport(self._options, settings, pace)
        self._api = Api(self.transport)
        self._portal: Portal | None = None
        self._roles: OrderedDict[str, str] = OrderedDict()
        self._bonds: Bonds | None = None
        self._asked: set[str] = set()
        self._searched: set[str] = set()

    # -------------------------------------------------------------------------------------------- describe, check

    def describe(self) -> Description:
        """Tell what the portal feeds; it is asked once a day.

        Raises:
            TryLater: it does not answer.
            NeedsReconnect: it refuses the token.
        """
        return self.describe_at(None)

    def describe_at(self, cursor: Cursor | None) -> Description:
        """The same of what was read up to a cursor: what came back and was not read anew yet feeds nothing.

        Raises:
            TryLater, NeedsReconnect, BadCursor: as `describe` and `pull`.
        """
        place = parse(cursor)
        missing = place.missing if place is not None and place.setup == self._options.digest else {}
        with closing(self.transport):
            known = self._portal if self._portal and self._portal.samples else None
            portal = without(self._looked(known, is_awaiting=is_awaited(place)), missing)
            told = describe(portal, self._options, self._wants)
            if not self._options.writes:
                return told
            return dataclasses.replace(told, writing=writing_of(self._api, self._options))

    def check(self) -> list[Finding]:
        """Look at everything anew and tell what was found."""
        with closing(self.transport):
            return findings(self._looked, self.transport, self._options, self._wants)

    def _looked(self, known: Portal | None = None, *, is_awaiting: bool = False) -> Portal:
        """The portal as it is now, or as it was known if that is not a day ago: an hour, while something is awaited."""
        now = to_ms(self.transport.server_now())
        if known is not None:
            self.transport.limits.meet(known.facts.portal, known.facts.timezone)
        if known is None or (
            abs(now - known.facts.read_at) >= (HOUR if is_awaiting else DAY) and not self.transport.limits.is_tight
        ):
            known = look(self._api, self._options, self._wants, now, None if known is None else known.facts)
            known = Portal(
                replace(known.facts, read_at=to_ms(self.transport.server_now())),
                known.people, known.samples, known.properties,
            )  # fmt: skip
        self._portal = known
        self.transport.limits.meet(known.facts.portal, known.facts.timezone)
        return known

    # ------------------------------------------------------------------------------------------------ writing back

    def write_back(self, change: Change) -> Written:
        """Write a change with one request; raises as the SDK says."""
        with closing(self.transport):
            return Writer(self._api, self._options).write(change)

    def written(self, change: Change) -> Written | None:
        """Look what became of a change whose answer was lost; raises as the SDK says."""
        with closing(self.transport):
            return Writer(self._api, self._options).look(change)

    # ------------------------------------------------------------------------------------------------------- pull

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        """Yield what changed since `cursor`, in pages; the open deals whole if there is none.

        Raises:
            TryLater: a passing fault, or the token may read less than it could; pages yielded so far stand.
            NeedsReconnect: the token is refused.
            BadCursor: begin again without a cursor.
        """
        with closing(self.transport):
            yield from self._pull(None if full else parse(cursor))

    def _pull(self, before: Place | None) -> Iterator[Page]:
        self.transport.lost = 0.0
        is_same = before is not None and before.setup == self._options.digest
        known = self._portal or (Portal(before.facts) if before and is_same else None)
        portal = self._looked(known, is_awaiting=is_awaited(before))
        try:
            if before is None or not is_same or self._kinds(portal) - {*before.kinds, *before.missing}:
                yield from self._load(portal, None)
            elif before.load is not None:
                yield from self._load(portal, before)
            else:
                place = yield from self._cycle(portal, before)
                yield from self._arrive(place)
        except MissingScope as error:
            self._portal = None  # what may be read has changed: look again before anything is concluded
            raise TryLater(error.what, cure=error.cure) from error

    def _kinds(self, portal: Portal) -> set[str]:
        gatherer = self._gatherer(portal)
        leads = {LEADS.name} if gatherer.reads_leads else set()
        return {DEALS.name} | leads | {kind.name for kind in gatherer.kinds}

    def _gatherer(self, portal: Portal, missing: Collection[str] = ()) -> Gatherer:
        currency = self._settings.currency
        return Gatherer(self._api, portal.facts, self._options, self._wants, currency, self._roles, missing)

    # ------------------------------------------------------------------------------------------------------- load

    def _load(self, portal: Portal, before: Place | None) -> Iterator[Page]:
        book, now = notebook(before), self._server_ms()
        missing = missing_at(before, portal.facts, now) if before else dict.fromkeys(sorted(lacked(portal.facts)), 0)
        gatherer = self._gatherer(portal, before.missing if before else missing)
        load = before.load if before and before.load else Load(self._server_ms())
        self._bonds, book.bonds.is_partial = book.bonds, load.last != "0" and not book.bonds.deals
        place = Place(
            setup=self._options.digest, facts=portal.facts, kinds=sorted(self._kinds(portal)), load=load,
            people_at=before.people_at if before else 0, missing=missing,
        )  # fmt: skip
        place = replace(place, **book.stored(load.began))
        if place.people_at < portal.facts.read_at and portal.people:
            place = replace(place, people_at=portal.facts.read_at)
            yield Page(cursor=place.cursor(), people=portal.people)
        loader = Loader(gatherer, book.bonds, is_resumed=load.last != "0")
        self.transport.limits.spare()
        for kind, piece, last in loader.pieces(load, leads=gatherer.reads_leads):
            book.planned.note(piece.activities)
            place = replace(place, load=Load(load.began, kind, last), **book.stored(load.began))
            place = self._lost(place, gatherer, now)
            yield piece.page(place.cursor(), total=loader.total)
            self.transport.limits.spare()
        done = replace(place, load=None, hi=load.began, hourly=load.began, nightly=load.began)
        is_whole = load == Load(load.began) and loader.is_whole
        open_ids = frozenset(loader.open_ids) if is_whole else None
        yield Page(cursor=done.cursor(), open_ids=open_ids, rejected=loader.odd(), findings=[])

    # -------------------------------------------------------------------------------------- what can be read again

    def _arrive(self, place: Place) -> Iterator[Page]:
        """Read anew what was read without something that is there again, and only then count that as known."""
        now, portal = self._server_ms(), Portal(place.facts)
        names = returned(place, now)
        if not names or self.transport.limits.is_tight:
            return
        gatherer, book, arriving = (
            self._gatherer(portal, place.missing),
            notebook(place, self._bonds),
            arrival(place, names),
        )
        self._bonds, loader = book.bonds, Loader(gatherer, book.bonds, is_resumed=True)
        leads = gatherer.reads_leads and concerns_leads(names)
        for kind, piece, last in loader.pieces(Load(now, arriving.kind, arriving.last), leads=leads):
            book.planned.note(piece.activities)
            place = replace(place, arriving=Arrival(names, kind, last), **book.stored(now))
            place = self._lost(place, gatherer, now)
            yield piece.page(place.cursor())
            self.transport.limits.spare()
        left = {name: since for name, since in place.missing.items() if name not in names or name in gatherer.lost}
        kinds = sorted({*place.kinds, *self._kinds(portal)})
        done = replace(place, missing=left, arriving=None, kinds=kinds)
        yield Page(cursor=done.cursor(), rejected=loader.odd())

    def _lost(self, place: Place, gatherer: Gatherer, now: int) -> Place:
        """The place with what went away while it was read: the portal is asked anew before the next pull."""
        if not gatherer.lost:
            return place
        self._portal = None
        return replace(place, missing=place.missing | dict.fromkeys(sorted(gatherer.lost), now))

    # ------------------------------------------------------------------------------------------------------ cycle

    def _cycle(self, portal: Portal, before: Place) -> Generator[Page, None, Place]:
        gatherer, book = self._gatherer(portal, before.missing), notebook(before, self._bonds)
        self._bonds = book.bonds
        now, limits = self._server_ms(), self.transport.limits
        is_hourly = not limits.is_tight and now - before.hourly >= HOUR * (SLOWER if limits.is_near else 1)
        is_nightly = not limits.is_tight and now - before.nightly >= DAY
        if portal.people and before.people_at < portal.facts.read_at:
            missing = missing_at(before, portal.facts, now)
            before = replace(before, people_at=portal.facts.read_at, facts=portal.facts, missing=missing)
            yield Page(cursor=before.cursor(), people=portal.people)
        low = min(before.hi - LONG_OVERLAP, before.hourly - HOUR) if is_hourly else before.hi - OVERLAP
        busy = () if is_hourly else before.busy
        window = Window(low, self._server_ms, before=before.hi, busy=busy)
        cycle, reconcile = Cycle(gatherer, book, window), Reconcile(gatherer, book.bonds)
        looker = Looker(gatherer, book, reconcile, self._settings.due_soon, self.transport.server_now)
        looking = looker.pieces(is_hourly=is_hourly, is_nightly=is_nightly)
        for piece in joined(cycle.pieces(), looking):
            if not self._is_known(portal, gatherer, piece):
                return (yield from self._cycle(self._looked(), before))
            book.planned.note(piece.activities)
            yield piece.page(before.cursor())
        after = replace(
            before, hi=cycle.end, facts=portal.facts, hourly=cycle.end if is_hourly else before.hourly,
            nightly=cycle.end if is_nightly else before.nightly, busy=cycle.busy,
            missing=missing_at(before, portal.facts, cycle.end), **book.stored(cycle.end),
        )  # fmt: skip
        noticed = reconcile.findings() if is_nightly else None
        yield Page(cursor=after.cursor(), open_ids=reconcile.open_ids, findings=noticed)
        self._searched = still_lost(self._searched, gatherer.lost)
        return after

    def _is_known(self, portal: Portal, gatherer: Gatherer, piece: Piece) -> bool:
        """Whether all owners, stages and properties are known; the portal is asked anew once for each that is not.

        A property that is shown again and lost again is one that is not known again."""
        facts = portal.facts
        owners = {deal.owner for deal in piece.deals if deal.owner} if "owners" not in facts.refused else set[str]()
        strangers = (owners - set(facts.owners)) | gatherer.deals.strangers
        fresh = strangers - self._asked - {""}
        lost = gatherer.lost - self._searched
        self._asked |= fresh
        self._searched |= lost
        return not fresh and not lost

    def _server_ms(self) -> int:
        return to_ms(self.transport.server_now())
