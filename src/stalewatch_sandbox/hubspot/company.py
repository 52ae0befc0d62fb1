"""What a portal knows besides records: its account, its owners and their teams, its pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch_sandbox.hubspot.errors import Json
from stalewatch_sandbox.hubspot.values import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose portal it is; `zone` is an IANA name, at whose midnight the daily limit begins anew.

    `screens` is the host of its pages. There are none here, so its name leads nowhere: not to a portal of somebody's.
    """

    portal: int = 21_800_100
    screens: str = "app.hubspot.example"
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"

    def body(self, now: datetime) -> Json:
        """As account-info shows it."""
        local = now.astimezone(ZoneInfo(self.zone))
        offset = local.utcoffset()
        return {
            "portalId": self.portal,
            "accountType": "STANDARD",
            "timeZone": self.zone,
            "companyCurrency": self.currency,
            "additionalCurrencies": [],
            "utcOffset": local.isoformat()[-6:],
            "utcOffsetMilliseconds": int(offset.total_seconds() * 1000) if offset else 0,
            "uiDomain": self.screens,
            "dataHostingLocation": "na1",
        }


@dataclass(slots=True, kw_only=True)
class Owner:
    """Somebody who can own records; `number` is not the number of their user."""

    number: int
    email: str
    first_name: str
    last_name: str
    user: int
    teams: tuple[tuple[str, str], ...] = ()
    created: int = 0
    modified: int = 0
    is_archived: bool = False

    def body(self) -> Json:
        """As the owners API shows it."""
        teams = [{"id": id_, "name": name, "primary": not place} for place, (id_, name) in enumerate(self.teams)]
        body: Json = {
            "id": str(self.number),
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.is_archived else self.user,
            "userIdIncludingInactive": self.user,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.modified),
            "archived": self.is_archived,
        }
        return body | {"teams": teams} if teams else body


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of a pipeline; a closed one with probability 1 is won."""

    id: str
    label: str
    probability: float = 0.5
    is_closed: bool = False
    lead_state: str = ""

    @property
    def is_won(self) -> bool:
        """Closed, and certain."""
        return self.is_closed and self.probability == 1

    def body(self, place: int) -> Json:
        """As the pipelines API shows it: everything in the metadata is a string."""
        metadata = {"isClosed": str(self.is_closed).lower(), "probability": str(float(self.probability))}
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": place,
            "metadata": {"leadState": self.lead_state} if self.lead_state else metadata,
            "createdAt": stamp(0),
            "updatedAt": stamp(0),
            "archived": False,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Stages in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]

    def body(self, place: int) -> Json:
        """As the pipelines API shows it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": place,
            "stages": [stage.body(number) for number, stage in enumerate(self.stages)],
            "createdAt": stamp(0),
            "updatedAt": stamp(0),
            "archived": False,
        }


def stages(*said: tuple[str, str, float]) -> tuple[Stage, ...]:
    """Stages from (id, label, probability); 1 and 0 are closed."""
    return tuple(Stage(id=id_, label=label, probability=p, is_closed=p in (0, 1)) for id_, label, p in said)


STOCK_DEALS: Final[Sequence[Pipeline]] = (
    Pipeline(
        id="default",
        label="Sales Pipeline",
        stages=stages(
            ("appointmentscheduled", "Appointment Scheduled", 0.2),
            ("qualifiedtobuy", "Qualified To Buy", 0.4),
            ("presentationscheduled", "Presentation Scheduled", 0.6),
            ("decisionmakerboughtin", "Decision Maker Bought-In", 0.8),
            ("contractsent", "Contract Sent", 0.9),
            ("closedwon", "Closed Won", 1),
            ("closedlost", "Closed Lost", 0),
        ),
    ),
)
"""What every portal begins with."""
STOCK_LEADS: Final[Sequence[Pipeline]] = (
    Pipeline(
        id="lead-pipeline-id",
        label="Lead pipeline",
        stages=(
            Stage(id="new-stage-id", label="New", lead_state="NEW"),
            Stage(id="attempting-stage-id", label="Attempting", lead_state="IN_PROGRESS"),
            Stage(id="connected-stage-id", label="Connected", lead_state="IN_PROGRESS"),
            Stage(id="qualified-stage-id", label="Qualified", lead_state="QUALIFIED", is_closed=True, probability=1),
            Stage(id="unqualified-stage-id", label="Disqualified", lead_state="UNQUALIFIED", is_closed=True),
        ),
    ),
)
