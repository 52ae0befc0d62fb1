"""A world poured into an org: all that has happened by a moment, and from then on what happens as the clock moves."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import Any, Final

from stalewatch.sdk.records import Actor
from stalewatch_sandbox.happenings import Happening
from stalewatch_sandbox.leads import Lead
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.pipeline import World
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.naming import STATUSES, own_field
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.salesforce.scribe import Scribe

_Step = tuple[datetime, int, Callable[[], object]]
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Feed:
    """Goes through a world in order of time; every change is stamped with its own moment.

    Attributes:
        scribe: knows the org's ids.
        leads: id in the world to id in the org.
    """

    def __init__(self, org: Org, world: World) -> None:
        self.scribe = Scribe(org, world.people)
        self.leads: dict[str, str] = {}
        self._org = org
        self._queue = org.insert("Group", {"Name": "Marketing", "DeveloperName": "Marketing", "Type": "Queue"})
        with _uncollected():
            self._steps = sorted(chain(self._of_deals(world), self._of_leads(world)), key=itemgetter(0, 1))
        self._done = 0

    @property
    def moment(self) -> datetime:
        """When the next thing happens; the end of time if nothing does."""
        return self._steps[self._done][0] if self._done < len(self._steps) else _NEVER

    def advance(self, moment: datetime) -> int:
        """Let everything happen that has happened by a moment; returns how much that was. The past stays."""
        before = self._done
        if self.moment <= moment:
            with self._org.lock, _uncollected():
                while self.moment <= moment:
                    self._steps[self._done][2]()
                    self._done += 1
        return self._done - before

    def _of_deals(self, world: World) -> Iterator[_Step]:
        for deal in world.deals:
            for place, (at, together) in enumerate(groupby(deal.life, key=attrgetter("at"))):
                yield at, place, _write(self.scribe, deal, tuple(together))

    def _of_leads(self, world: World) -> Iterator[_Step]:
        for lead in world.leads:
            steps = (
                (lead.created_at, self._create), (lead.mql_at, self._qualify), (lead.handed_off_at, self._hand_off),
                (lead.first_touch_at, self._greet), (lead.decided_at, self._decide),
            )  # fmt: skip
            for place, (at, what) in enumerate(steps):
                if at is not None:
                    yield at, place, _do(what, lead, at)

    # ------------------------------------------------------------------------------------------------- leads

    def _create(self, lead: Lead, at: datetime) -> None:
        given, _, family = lead.name.rpartition(" ")
        self.leads[lead.id] = self._org.insert("Lead", {
            "Name": lead.name, "FirstName": given or None, "LastName": family, "Company": lead.company,
            "Email": lead.email, "LeadSource": lead.source, "OwnerId": self._queue, own_field("icp_fit"): lead.icp_fit,
            "Status": STATUSES["new"],
        }, at=at)  # fmt: skip

    def _qualify(self, lead: Lead, at: datetime) -> None:
        self._update(lead, at, {"Status": STATUSES["mql"], own_field("mql_at"): at})

    def _hand_off(self, lead: Lead, at: datetime) -> None:
        facts = {own_field(name): value for name, value in lead.facts}
        self._update(lead, at, {"OwnerId": self.scribe.users[lead.owner.id], own_field("handed_off_at"): at} | facts)

    def _greet(self, lead: Lead, at: datetime) -> None:
        """The first touch: a call for one half, a mail for the other."""
        row, owner = self._org.record(self.leads[lead.id]), self._org.record(self.scribe.users[lead.owner.id])
        if int(lead.id[-1]) % 2:
            self.scribe.call(None, row["Id"], owner, Actor.SELLER, at)
        else:
            self.scribe.mail(None, row, owner, Actor.SELLER, at, subject=f"Your request, {lead.company}")

    def _decide(self, lead: Lead, at: datetime) -> None:
        if lead.ends_as == "sql":
            removal.convert(self._org, self.leads[lead.id], at=at)
        else:
            reason = {own_field("unconverted_reason"): lead.unconverted_reason}
            self._update(lead, at, {"Status": STATUSES[lead.ends_as]} | reason)

    def _update(self, lead: Lead, at: datetime, values: dict[str, Any]) -> None:
        self._org.update(self.leads[lead.id], values, at=at, by=self.scribe.users[lead.owner.id])


def load_world(sandbox: SalesforceSandbox, world: World, as_of: datetime) -> Feed:
    """Pour a world into a sandbox as of a moment, to which its clock is set; the world goes on as the clock does.

    Raises:
        ValueError: if `as_of` has no time zone.
    """
    sandbox.clock.set(as_of)
    feed = Feed(sandbox.org, world)
    feed.advance(as_of)
    sandbox.org.before_reading.append(feed.advance)
    return feed


def _write(scribe: Scribe, deal: Opportunity, together: Sequence[Happening]) -> Callable[[], None]:
    return lambda: scribe.write(deal, together)


def _do(what: Callable[[Lead, datetime], None], lead: Lead, at: datetime) -> Callable[[], None]:
    return lambda: what(lead, at)


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
