"""A world poured into a portal: all that has happened by a moment, and later on what has happened since."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter

from stalewatch.sdk.records import Actor
from stalewatch_sandbox.accounts import Contact
from stalewatch_sandbox.happenings import Happening
from stalewatch_sandbox.hubspot.naming import LEAD_PIPELINE, furnish, lead_stage_id
from stalewatch_sandbox.hubspot.scribe import Logging, Scribe
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.leads import Lead
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.pipeline import World

_Step = tuple[datetime, int, Opportunity | Lead, Happening | Callable[[], object]]


class Feed:
    """Goes through a world in order of time.

    Attributes:
        scribe: knows the portal's ids.
        leads: id in the world to id in the portal.
    """

    def __init__(self, server: HubSpotServer, world: World, logging: Logging = Logging.ALWAYS) -> None:
        furnish(server.portal, world.home)
        self.scribe = Scribe(server.portal, world.people, logging)
        self.leads: dict[str, str] = {}
        self._portal = server.portal
        steps = chain(self._of_deals(world), self._of_leads(world))
        self._steps = sorted(steps, key=itemgetter(0, 1))
        self._done = 0

    @property
    def moment(self) -> datetime:
        """When the next thing happens; the end of time if nothing does."""
        return self._steps[self._done][0] if self._done < len(self._steps) else datetime.max.replace(tzinfo=UTC)

    def advance(self, moment: datetime) -> int:
        """Let everything happen that has happened by a moment; returns how much that was. The past stays."""
        before = self._done
        if self.moment <= moment:
            with self._portal.lock, _uncollected():
                while self.moment <= moment:
                    self._next()
                    self._done += 1
        return self._done - before

    def _next(self) -> None:
        _, _, subject, what = self._steps[self._done]
        if isinstance(subject, Opportunity) and not callable(what):
            self.scribe.write(subject, what)
        elif callable(what):
            what()

    def _of_deals(self, world: World) -> Iterator[_Step]:
        for deal in world.deals:
            for place, happening in enumerate(deal.life):
                yield happening.at, place, deal, happening

    def _of_leads(self, world: World) -> Iterator[_Step]:
        for lead in world.leads:
            moments = {lead.created_at, lead.mql_at, lead.handed_off_at, lead.decided_at} - {None}
            for at in sorted(moment for moment in moments if moment is not None):
                yield at, 0, lead, self._stood(lead, at)
            if lead.first_touch_at is not None:
                yield lead.first_touch_at, 1, lead, self._touched(lead, lead.first_touch_at)

    def _stood(self, lead: Lead, at: datetime) -> Callable[[], object]:
        """Write what a lead looks like at a moment at which it changes."""

        def write() -> None:
            state = lead.state_at(at)
            if state is None:
                return
            properties: dict[str, object] = {
                "hs_pipeline": LEAD_PIPELINE, "hs_pipeline_stage": lead_stage_id(state.status), "mql_at": state.mql_at,
                "hubspot_owner_id": self.scribe.owners[state.owner] if state.owner else None,
                "handed_off_at": state.handed_off_at, "unconverted_reason": state.unconverted_reason,
            }  # fmt: skip
            if state.handed_off_at:
                properties |= dict(lead.facts)
            if lead.id in self.leads:
                self._portal.update("leads", self.leads[lead.id], properties, at=at)
            else:
                self._create(lead, properties)

        return write

    def _create(self, lead: Lead, properties: dict[str, object]) -> None:
        said = {
            "hs_lead_name": lead.name, "hs_lead_source": lead.source, "company_name": lead.company,
            "icp_fit": lead.icp_fit,
        }  # fmt: skip
        self.leads[lead.id] = self._portal.create("leads", properties | said, at=lead.created_at)
        contact = self.scribe.contact((lead.id, lead.email), _contact(lead), lead.company, lead.created_at)
        self._portal.associate("leads", self.leads[lead.id], "contacts", contact)

    def _touched(self, lead: Lead, at: datetime) -> Callable[[], object]:
        def write() -> None:
            id_ = self.scribe.log(
                "email", Actor.SELLER, at, owner=lead.owner.id, about=lead.company, contact=_contact(lead)
            )
            self._portal.associate("emails", id_, "leads", self.leads[lead.id])
            contact = self.scribe.contact((lead.id, lead.email), _contact(lead), lead.company, at)
            self._portal.associate("emails", id_, "contacts", contact)

        return write


def load_world(server: HubSpotServer, world: World, as_of: datetime, logging: Logging = Logging.ALWAYS) -> Feed:
    """Pour a world into a portal as of a moment. The feed goes on from there: move the clock, then `advance` it.

    Raises:
        ValueError: if `as_of` has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError(f"a world is loaded as of a moment with a time zone: {as_of.isoformat()}")
    feed = Feed(server, world, logging)
    feed.advance(as_of)
    return feed


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: everything that is made here stays."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _contact(lead: Lead) -> Contact:
    return Contact(lead.id, lead.name, lead.email, "")
