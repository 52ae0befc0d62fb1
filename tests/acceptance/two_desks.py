"""Both CRMs at once, small enough to be broken by hand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from stalewatch.sdk.connector import Connector
from stalewatch_salesforce.transport import Pace as SalesforcePace
from stalewatch_sandbox.hubspot.company import Owner, Stage
from stalewatch_sandbox.hubspot.credentials import READ_ALL
from stalewatch_sandbox.hubspot.kinds import DEALS
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from tests.connectors.hubspot.portals import SATO, Patience, Story
from tests.connectors.salesforce.desk import Desk

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
OLD: Final = 40 * DAY
PATIENT: Final = 30.0
"""Real seconds for which a CRM is waited for that is only slow, because the machine is."""


@dataclass
class Waiting(Patience):
    """Seconds that pass with the CRMs' clock, and when a connector waits for something.

    Attributes:
        real: seconds for which new connectors wait for a piece of an answer: a CRM may be slow as the machine is.
    """

    clock: Clock = field(default_factory=lambda: Clock(NOW))
    waited: float = 0.0
    real: float = PATIENT

    def monotonic(self) -> float:
        return self.clock.now().timestamp() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


class Crm(ABC):
    """One CRM with a seller and a customer.

    Attributes:
        id: of the connection.
        faults: breaks it, by case.
        outages: what can be wrong with all of it, by name.
        absurd: values in its own words that no deal can have.
    """

    id: str
    faults: Any
    outages: Mapping[str, Callable[[], Any]]
    absurd: Mapping[str, Any]

    @abstractmethod
    def connector(self) -> Connector:
        """A connector as a new process makes it."""

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """What stands in stalewatch.yaml for it."""

    @abstractmethod
    def deal(self, name: str, **more: Any) -> str:
        """A deal in the proposal stage for 10 days, 40 days old; its id."""

    @abstractmethod
    def hears(self, deal: str, at: datetime) -> None:
        """The customer writes."""

    @abstractmethod
    def seller_leaves(self) -> None:
        """Whoever owns everything here is no user any more."""

    @abstractmethod
    def moves_to_a_strange_stage(self, deal: str) -> None:
        """A stage that nobody mapped is made, and the deal put there."""

    @abstractmethod
    def hides_mails(self) -> None:
        """The token may not read mails any more, or there are none to be read."""

    @abstractmethod
    def touch(self, *deals: str) -> None:
        """Somebody saves these deals without a change."""

    @abstractmethod
    def delete(self, deal: str) -> None:
        """For good, so that nothing says so."""

    def mends(self) -> None:
        """Whatever is wrong ends."""
        self.faults.disarm()


class InSalesforce(Crm):
    """Sato sells, Tanaka manages."""

    id = "sf"
    absurd: Mapping[str, Any] = {"Amount": 10**17}

    def __init__(self, sandbox: SalesforceSandbox, waiting: Waiting) -> None:
        self.desk, self.faults, self._waiting = Desk(sandbox), sandbox.faults, waiting
        arm = partial(partial, sandbox.faults.arm)
        self.outages = {
            "down": arm("SF25", how="reset", times=None), "maintenance": arm("SF24", status=200, times=None),
            "truncated": arm("SF25", how="json", times=None), "silent": arm("SF26"), "quota": arm("SF12"),
            "revoked": arm("SF16"),
        }  # fmt: skip

    def connector(self) -> Connector:
        waiting = self._waiting
        pace = SalesforcePace(read=waiting.real, monotonic=waiting.monotonic, sleep=waiting.sleep, jitter=lambda: 0.0)
        return self.desk.connector(pace, reads={"deal": ["stage"]})

    def options(self) -> dict[str, Any]:
        return self.desk.options()

    def deal(self, name: str, **more: Any) -> str:
        made = self.desk.deal(name, at=NOW - OLD, **more)
        self.desk.org.update(made, {"StageName": "Proposal/Price Quote"}, at=NOW - timedelta(days=10))
        return made

    def hears(self, deal: str, at: datetime) -> None:
        self.desk.mail(deal, at=at)

    def seller_leaves(self) -> None:
        self.desk.org.update(self.desk.seller, {"IsActive": False})

    def moves_to_a_strange_stage(self, deal: str) -> None:
        self.desk.org.update(deal, {"StageName": "Waiting for Godot"})

    def hides_mails(self) -> None:
        self.faults.arm("SF46")

    def touch(self, *deals: str) -> None:
        for deal in deals:
            self.desk.org.touch(deal)

    def delete(self, deal: str) -> None:
        removal.delete(self.desk.org, deal, at=self.desk.ago())
        self.desk.org.hidden.add(deal)


class InHubSpot(Crm):
    """Sato sells."""

    id = "hs"
    absurd: Mapping[str, Any] = {"amount": "1" + "0" * 17}
    _words: Mapping[str, Any] = {"deal": {"stages": {"proposal": ["presentationscheduled"]}}}

    def __init__(self, server: HubSpotServer, waiting: Waiting) -> None:
        self.story, self.faults, self._waiting = Story(server, waiting), server.board.faults, waiting
        server.api.limits.allowance.burst = server.api.limits.allowance.searches = None
        self._sato = Owner(number=int(SATO), user=99, email="sato@other.example", first_name="Hana", last_name="Sato")
        server.portal.add_owner(self._sato)
        arm = partial(partial, self.faults.arm)
        self.outages = {
            "down": arm("reset", times=None), "maintenance": arm("html", times=None),
            "truncated": arm("cut", times=None), "silent": arm("silent", times=None), "quota": arm("HS16"),
            "revoked": arm("HS22", times=None),
        }  # fmt: skip

    def connector(self) -> Connector:
        return self.story.connector(pace={"read": self._waiting.real}, map=self._words)

    def options(self) -> dict[str, Any]:
        return self.story.options(map=self._words, limits={"searches": 1_000, "burst": 10_000})

    def deal(self, name: str, **more: Any) -> str:
        made = self.story.deal(name, at=NOW - OLD, **more)
        self.story.portal.update("deals", made, {"dealstage": "presentationscheduled"}, at=NOW - timedelta(days=10))
        return made

    def hears(self, deal: str, at: datetime) -> None:
        self.story.mail(deal, at=at)

    def seller_leaves(self) -> None:
        self._sato.is_archived = True

    def moves_to_a_strange_stage(self, deal: str) -> None:
        portal = self.story.portal
        [default] = portal.pipelines(DEALS)
        strange = Stage(id="godot", label="Waiting for Godot")
        portal.set_pipelines("deals", [replace(default, stages=(*default.stages, strange))])
        portal.update("deals", deal, {"dealstage": strange.id})

    def hides_mails(self) -> None:
        self.faults.arm("HS24")

    def touch(self, *deals: str) -> None:
        for deal in deals:
            self.story.portal.touch("deals", deal)

    def delete(self, deal: str) -> None:
        self.story.portal.erase("deals", deal)

    def mends(self) -> None:
        super().mends()
        self.story.server.api.credentials.add_token(self.story.server.token, READ_ALL)
