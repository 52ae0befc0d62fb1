"""The hubspot connector: which part of the work is due, and where a pull goes on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing
from typing import ClassVar, Final

import msgspec

from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import TryLater
from stalewatch_hubspot.api import Api, chunks
from stalewatch_hubspot.coverage import describe, findings
from stalewatch_hubspot.cycle import Cycle, Window
from stalewatch_hubspot.errors import MissingScope
from stalewatch_hubspot.gathering import Gatherer, Piece
from stalewatch_hubspot.loading import BLOCK, Loader
from stalewatch_hubspot.memory import Bonds, Seen
from stalewatch_hubspot.options import read_options
from stalewatch_hubspot.place import DAY, HOUR, MINUTE, Load, Place, parse, to_ms
from stalewatch_hubspot.portal import Portal, look
from stalewatch_hubspot.queries import DEALS, LEADS
from stalewatch_hubspot.reconcile import Reconcile
from stalewatch_hubspot.transport import Pace, Transport
from stalewatch_hubspot.wants import read_wants

OVERLAP: Final = 10 * MINUTE
LONG_OVERLAP: Final = 2 * HOUR
_RECENT: Final = 15 * MINUTE


class HubSpotConnector(Connector):
    """Reads one portal."""

    type: ClassVar[str] = "hubspot"

    def __init__(self, settings: ConnectionSettings, pace: Pace | None = None) -> None:
        """`pace` says how long to wait for what; tests bring their own."""
        self._settings = settings
        self._options = read_options(settings)
        self._wants = read_wants(settings.reads, self._options)
        self.transport = Transport(self._options, settings.now, pace)
        self._api = Api(self.transport)
        self._portal: Portal | None = None
        self._roles: OrderedDict[str, str] = OrderedDict()
        self._bonds: Bonds | None = None
        self._doubt: str | None = None

    # -------------------------------------------------------------------------------------------- describe, check

    def describe(self) -> Description:
        """Tell what the portal feeds; it is asked once a day.

        Raises:
            TryLater: it does not answer.
            NeedsReconnect: it refuses the token.
        """
        with closing(self.transport):
            portal = self._looked(self._portal if self._portal and self._portal.samples else None)
        return describe(portal, self._options, self._wants)

    def check(self) -> list[Finding]:
        """Look at everything anew and tell what was found."""
        with closing(self.transport):
            return findings(self._looked, self.transport, self._options, self._wants, self._doubt)

    def _looked(self, known: Portal | None = None) -> Portal:
        """The portal as it is now, or as it was known if that is not a day ago."""
        now = to_ms(self.transport.server_now())
        if known is None or abs(now - known.facts.read_at) >= DAY:
            known = look(self._api, self._options, self._wants, now)
            known = Portal(
                msgspec.structs.replace(known.facts, read_at=to_ms(self.transport.server_now())),
                known.people, known.samples,
            )  # fmt: skip
        self._portal = known
        self.transport.zone = known.facts.timezone
        return known

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
        self.transport.cycle_ends = float("inf")
        is_same = before is not None and before.setup == self._options.digest
        portal = self._looked(self._portal or (Portal(before.facts) if before and is_same else None))
        try:
            if before is None or not is_same or self._kinds(portal) - set(before.kinds):
                yield from self._load(portal, None)
            elif before.load is not None:
                yield from self._load(portal, before)
            else:
                self.transport.cycle_ends = self.transport.pace.monotonic() + self.transport.pace.cycle
                yield from self._cycle(portal, before)
        except MissingScope as error:
            self._portal = None  # what may be read has changed: look again before anything is concluded
            raise TryLater(error.what, cure=error.cure) from error

    def _kinds(self, portal: Portal) -> set[str]:
        gatherer = self._gatherer(portal)
        leads = {LEADS.name} if gatherer.reads_leads else set()
        return {DEALS.name} | leads | {kind.name for kind in gatherer.kinds}

    def _gatherer(self, portal: Portal) -> Gatherer:
        settings = self._settings
        return Gatherer(self._api, portal.facts, self._options, self._wants, settings.currency, self._roles)

    # ------------------------------------------------------------------------------------------------------- load

    def _load(self, portal: Portal, before: Place | None) -> Iterator[Page]:
        gatherer = self._gatherer(portal)
        began = to_ms(self.transport.server_now())
        load = before.load if before and before.load else Load(began)
        bonds = self._bonds = Bonds(before.bonds if before else "")
        place = Place(
            setup=self._options.digest, facts=portal.facts, kinds=sorted(self._kinds(portal)), load=load,
            people_at=before.people_at if before else 0, bonds=bonds.stored(),
        )  # fmt: skip
        if place.people_at < portal.facts.read_at and portal.people:
            place = msgspec.structs.replace(place, people_at=portal.facts.read_at)
            yield Page(cursor=place.cursor(), people=portal.people)
        loader = Loader(gatherer, bonds, is_resumed=load.last != "0")
        if load.kind == DEALS.name:
            for piece, last in loader.deals(load.last):
                place = msgspec.structs.replace(place, load=Load(load.began, DEALS.name, last), bonds=bonds.stored())
                yield piece.page(place.cursor(), total=loader.total)
        if gatherer.reads_leads:
            for piece, last in loader.leads(load.last if load.kind == LEADS.name else "0"):
                place = msgspec.structs.replace(place, load=Load(load.began, LEADS.name, last))
                yield piece.page(place.cursor())
        done = msgspec.structs.replace(
            place, load=None, hi=load.began, hourly=load.began, nightly=load.began, bonds=bonds.stored()
        )
        is_whole = load == Load(load.began)
        open_ids = frozenset(loader.open_ids) if is_whole and loader.is_whole else None
        yield Page(cursor=done.cursor(), open_ids=open_ids, rejected=loader.odd())

    # ------------------------------------------------------------------------------------------------------ cycle

    def _cycle(self, portal: Portal, before: Place) -> Iterator[Page]:
        seen, bonds = Seen(before.seen), Bonds(before.bonds)
        if not before.bonds and self._bonds is not None:
            bonds = self._bonds
        self._bonds = bonds
        now = to_ms(self.transport.server_now())
        is_hourly, is_nightly = now - before.hourly >= HOUR, now - before.nightly >= DAY
        if portal.people and before.people_at < portal.facts.read_at:
            before = msgspec.structs.replace(before, people_at=portal.facts.read_at, facts=portal.facts)
            yield Page(cursor=before.cursor(), people=portal.people)
        gatherer = self._gatherer(portal)
        window = Window(before.hi - (LONG_OVERLAP if is_hourly else OVERLAP), self._server_ms)
        cycle = Cycle(gatherer, bonds, seen, window)
        for piece in cycle.pieces():
            if not self._is_known(portal, gatherer, piece):
                yield from self._again(before)
                return
            yield piece.page(before.cursor())
        if is_hourly:
            yield from self._late(gatherer, bonds, before)
        open_ids = None
        if is_nightly:
            reconcile = Reconcile(gatherer, bonds)
            for piece in reconcile.pieces():
                yield piece.page(before.cursor())
            open_ids, self._doubt = reconcile.open_ids, reconcile.doubt
        after = msgspec.structs.replace(
            before, hi=cycle.end, seen=seen.stored(cycle.end), bonds=bonds.stored(), facts=portal.facts,
            hourly=cycle.end if is_hourly else before.hourly, nightly=cycle.end if is_nightly else before.nightly,
        )  # fmt: skip
        yield Page(cursor=after.cursor(), open_ids=open_ids)

    def _late(self, gatherer: Gatherer, bonds: Bonds, before: Place) -> Iterator[Page]:
        """Open deals that were associated with something while no date moved, read whole."""
        loader = Loader(gatherer, bonds, is_resumed=True)
        changed = loader.late(sorted(bonds.deals))
        for part in chunks(changed, BLOCK):
            rows = gatherer.api.read(DEALS, part, gatherer.deal_properties).rows
            for piece, _ in loader.whole(rows) if rows else ():
                yield piece.page(before.cursor())

    def _is_known(self, portal: Portal, gatherer: Gatherer, piece: Piece) -> bool:
        """Whether everybody and every stage that deals name was told of; if not, the portal is asked anew, once."""
        facts = portal.facts
        if self._server_ms() - facts.read_at < _RECENT or "owners" in facts.refused:
            return True
        owners = {deal.owner for deal in piece.deals if deal.owner}
        return owners <= set(facts.owners) and not gatherer.deals.strangers - {""}

    def _again(self, before: Place) -> Iterator[Page]:
        yield from self._cycle(self._looked(), before)

    def _server_ms(self) -> int:
        return to_ms(self.transport.server_now())

