"""One org: who works in it, its records, and the edits that people make to them."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from threading import RLock
from typing import Any, Final

from stalewatch_sandbox.salesforce import consequences
from stalewatch_sandbox.salesforce.generated import Generated, Make
from stalewatch_sandbox.salesforce.ids import PREFIXES, long_id, record_id
from stalewatch_sandbox.salesforce.schema import Schema
from stalewatch_sandbox.salesforce.stock import LEAD_STATUSES, STAGES, TASK_STATUSES, Stage
from stalewatch_sandbox.salesforce.table import Row, Table
from stalewatch_sandbox.serving.clock import Clock

_OBJECT_OF: Final = {prefix: name for name, prefix in PREFIXES.items()}
INTEGRATION_USER: Final = "integration@sandbox.example.com"


class Org:
    """The records of one company, and everything that Salesforce does when they are edited.

    Edits happen now, unless a moment is named; they become visible at once, unless `commit_delay` says otherwise.

    Attributes:
        lock: held by whoever reads or edits.
        user: id of the integration user, who reads and writes for API clients.
        sees_all: whether that user has View All Data.
        hidden: ids of records that sharing hides from that user.
        blind_to: object and record in, whether that user cannot see it out.
        commit_delay: how long an edit stays invisible after the moment that is stamped on it.
        before_reading: called with the present before every request: what makes the world go on.
        purged: object, id and moment of records that are gone for good.
        validation: rules of the administrator; each may return a message that refuses a write.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock, self.lock = clock, RLock()
        self.schema = Schema(clock.now())
        self.tables: dict[str, Table] = {name: Table() for name in PREFIXES}
        self.stages: dict[str, Stage] = {stage.name: stage for stage in STAGES}
        self.hidden: set[str] = set()
        self.sees_all = True
        self.blind_to: tuple[Callable[[str, Row], bool], ...] = ()
        self.commit_delay = timedelta()
        self.validation: list[Callable[[str, Row], str | None]] = []
        self.before_reading: list[Callable[[datetime], object]] = []
        self.purged: list[tuple[str, str, datetime]] = []
        self.archived_on: dict[str, int] = {}
        self._numbers: Counter[str] = Counter()
        self._order = itertools.count()
        self._in_flight: list[tuple[datetime, int, str, Row]] = []
        self.user = ""
        self._open_for_business()

    # ------------------------------------------------------------------------------------------------- edits

    def insert(
        self, object_name: str, values: Mapping[str, Any], *, at: datetime | None = None, by: str | None = None
    ) -> str:
        """Create a record and return its id. `values` may hold fields that Salesforce sets, to date it back."""
        with self.lock:
            at, by = self._stamp(at), by or self.user
            row: Row = {"Id": self._next_id(object_name)}
            row |= {"CreatedDate": at, "CreatedById": by, "LastModifiedDate": at, "LastModifiedById": by}
            row |= {"SystemModstamp": at, "IsDeleted": False}
            row |= _in_utc(values)
            consequences.of_creation(self, object_name, row)
            self.put(object_name, row)
            consequences.after_creation(self, object_name, row)
            return str(row["Id"])

    def update(self, id_: str, values: Mapping[str, Any], *, at: datetime | None = None, by: str | None = None) -> None:
        """Change a record; Salesforce stamps it even if nothing is different.

        Raises:
            KeyError: there is no such record.
        """
        with self.lock:
            id_, at, by = id_ if len(id_) == 18 else long_id(id_), self._stamp(at), by or self.user
            object_name, before = self.object_of(id_), self.record(id_)
            values = _in_utc(values)
            row = before | {"LastModifiedDate": at, "LastModifiedById": by, "SystemModstamp": at} | values
            consequences.of_change(self, object_name, before, row, values)
            self.put(object_name, row)
            consequences.after_change(self, object_name, before, row)

    def make_up(self, object_name: str, count: int, make: Make, *, parent: str = "") -> None:
        """Let an object have so many more records, which take no memory; see `Generated`. It must have none yet.

        Args:
            parent: the field that says whose the n-th record is, if that is the n-th record of another object.
        """
        with self.lock:
            first = self._numbers[object_name] + 1
            self._numbers[object_name] += count
            self.tables[object_name] = Generated(object_name, count, make, parent=parent, first=first)

    def touch(self, id_: str, values: Mapping[str, Any] | None = None, *, at: datetime | None = None) -> None:
        """Salesforce itself changes a record: only SystemModstamp tells."""
        with self.lock:
            at = self._stamp(at)
            self.put(self.object_of(id_), self.record(id_) | {"SystemModstamp": at} | dict(values or {}))

    def recalculate(self, id_: str, values: Mapping[str, Any]) -> None:
        """Formula fields have other values; no stamp tells."""
        with self.lock:
            self.put(self.object_of(id_), self.record(id_) | dict(values))

    # ------------------------------------------------------------------------------------------------- reading

    def somebody(self) -> str:
        """The id of a user who is not the integration user."""
        return next(str(row["Id"]) for row in self.tables["User"] if row["Id"] != self.user)

    def counts(self) -> dict[str, int]:
        """How many records there are of each object, those in the bin left out."""
        with self.lock:
            tables = self.tables.items()
            return {name: sum(not row.get("IsDeleted") for row in table) for name, table in tables if len(table.rows)}

    def record(self, id_: str) -> Row:
        """A record with its latest values, visible or not.

        Raises:
            KeyError: there is no such record.
        """
        waiting = [(order, row) for _, order, _, row in self._in_flight if row["Id"] == id_]
        if waiting:
            return max(waiting, key=itemgetter(0))[1]
        return self.tables[self.object_of(id_)].rows[id_]

    def find(self, id_: str | None) -> Row | None:
        """A visible record, or None."""
        if id_ is None:
            return None
        table = self.tables.get(_OBJECT_OF.get(id_[:3], ""))
        return table.rows.get(id_) if table is not None else None

    def object_of(self, id_: str) -> str:
        """What an id is the id of.

        Raises:
            KeyError: its prefix belongs to no object.
        """
        return _OBJECT_OF[id_[:3]]

    def person_at(self, address: str) -> str | None:
        """Id of the contact, lead or user with an address."""
        for name in ("Contact", "Lead", "User"):
            for row in self.tables[name].equal("Email", (address,)):
                if not row.get("IsDeleted"):
                    return str(row["Id"])
        return None

    def is_visible(self, object_name: str, row: Row) -> bool:
        """Whether sharing shows a record to the integration user."""
        if row["Id"] in self.hidden or any(hides(object_name, row) for hides in self.blind_to):
            return False
        return self.sees_all or object_name != "Event" or not row.get("IsPrivate") or row.get("OwnerId") == self.user

    def put(self, object_name: str, row: Row) -> None:
        """Store a record as it is, once its commit is visible."""
        if self.commit_delay:
            visible = row["SystemModstamp"] + self.commit_delay
            heapq.heappush(self._in_flight, (visible, next(self._order), object_name, row))
        else:
            self.tables[object_name].put(row)

    def settle(self) -> datetime:
        """Let everything happen that is due by now, and return the present. Called before every request."""
        now = self.clock.now()
        for feed in self.before_reading:
            feed(now)
        while self._in_flight and self._in_flight[0][0] <= now:
            _, _, object_name, row = heapq.heappop(self._in_flight)
            self.tables[object_name].put(row)
        consequences.archive(self, now)
        return now

    # ------------------------------------------------------------------------------------------------- setting up

    def set_stages(self, stages: tuple[Stage, ...]) -> None:
        """An administrator changes the stages of opportunities."""
        with self.lock:
            at = self._stamp(None)
            for row in list(self.tables["OpportunityStage"]):
                self.tables["OpportunityStage"].remove(row["Id"])
            self.stages = {stage.name: stage for stage in stages}
            self.schema.set_values("Opportunity", "StageName", self.stages, at)
            for order, stage in enumerate(stages, 1):
                self.insert("OpportunityStage", consequences.stage_row(stage, order), at=at)

    def set_lead_statuses(self, statuses: tuple[str, ...]) -> None:
        """An administrator changes the statuses of leads."""
        with self.lock:
            at = self._stamp(None)
            for row in list(self.tables["LeadStatus"]):
                self.tables["LeadStatus"].remove(row["Id"])
            self.schema.set_values("Lead", "Status", statuses, at)
            for order, status in enumerate(statuses, 1):
                self.insert("LeadStatus", consequences.lead_status_row(status, order), at=at)

    def _open_for_business(self) -> None:
        self.user = self.insert(
            "User", {"Username": INTEGRATION_USER, "Email": INTEGRATION_USER, "LastName": "Integration"}
        )
        self.update(self.user, {"CreatedById": self.user, "LastModifiedById": self.user})
        self.insert("Organization", {
            "Name": "Sandbox", "TimeZoneSidKey": "Asia/Tokyo", "DefaultLocaleSidKey": "ja_JP",
            "LanguageLocaleKey": "ja", "OrganizationType": "Enterprise Edition", "IsSandbox": True,
        })  # fmt: skip
        self.set_stages(STAGES)
        self.set_lead_statuses(LEAD_STATUSES)
        for order, status in enumerate(TASK_STATUSES, 1):
            self.insert("TaskStatus", consequences.task_status_row(status, order))

    def _stamp(self, at: datetime | None) -> datetime:
        return (at or self.clock.now()).astimezone(UTC).replace(microsecond=0)

    def _next_id(self, object_name: str) -> str:
        self._numbers[object_name] += 1
        return record_id(object_name, self._numbers[object_name])


def _in_utc(values: Mapping[str, Any]) -> Row:
    """The same values, every moment in UTC: Salesforce keeps and tells no other zone."""
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in values.items()}
