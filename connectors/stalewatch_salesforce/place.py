"""The cursor: where a pull stands, in the server's time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from stalewatch.sdk.connector import ConnectionSettings, Cursor
from stalewatch.sdk.errors import BadCursor
from stalewatch_salesforce.bulk import Ticket
from stalewatch_salesforce.harvest import State

_VERSION: Final = 1
_REVISION: Final = 4
"""Raised when the same org would be read as other records; everything is then read again."""
_OWN: Final = (
    "map", "partner_deals", "own_domains", "currency", "count_automatic_replies", "count_called_off_meetings",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a pull stands.

    Attributes:
        digest: of what decides how rows are read; with another one everything is read again.
        since: the server's time when the newest window that is over, or the backfill, began.
        left: chains that are not read to their end: of the backfill, or of the window that began at `begun`;
            None if there is neither.
        jobs: bulk jobs of the backfill by object; None if it has none.
        begun: the server's time when that window began; None of the backfill.
        hourly, nightly, computed: when relations, ids and formulas were last looked at.
        missing: what rows were read without: objects and fields ("Task", "Opportunity.Pain__c") that could not be
            read, with Salesforce's words if it refused them in spite of its describe. Once they can be, what they
            belong to is read from its beginning.
        arriving: where that stands.
        domains: those of our users' addresses.
        rates: changes with the exchange rates by which amounts were read; empty: one currency.
    """

    digest: str
    since: datetime
    hourly: datetime
    nightly: datetime
    computed: datetime
    left: State | None = None
    begun: datetime | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    arriving: State = field(default_factory=dict)
    jobs: Mapping[str, Ticket] | None = None
    domains: frozenset[str] = field(default_factory=frozenset)
    rates: str = ""

    def cursor(self) -> Cursor:
        """The same as JSON."""
        told: dict[str, Any] = {
            "v": _VERSION, "digest": self.digest, "since": self.since.isoformat(), "hourly": self.hourly.isoformat(),
            "nightly": self.nightly.isoformat(), "computed": self.computed.isoformat(), "domains": sorted(self.domains),
            "missing": dict(sorted(self.missing.items())),
        }  # fmt: skip
        if self.rates:
            told["rates"] = self.rates
        if self.left is not None:
            told["left"] = _told(self.left)
        if self.begun is not None:
            told["begun"] = self.begun.isoformat()
        if self.arriving:
            told["arriving"] = _told(self.arriving)
        if self.jobs is not None:
            told["jobs"] = {name: ticket.told() for name, ticket in self.jobs.items()}
        return told

    @property
    def is_beginning(self) -> bool:
        """Everything is being read for the first time, or again."""
        return self.left is not None and self.begun is None

    def moved(self, **changes: Any) -> Place:
        """The place after a step."""
        return replace(self, **changes)


def beginning(digest: str, at: datetime, left: State, missing: Mapping[str, str]) -> Place:
    """Nothing is read yet."""
    return Place(digest=digest, since=at, hourly=at, nightly=at, computed=at, left=left, missing=missing)


def parse(cursor: Cursor) -> Place:
    """Read a stored cursor.

    Raises:
        BadCursor: it is none of ours.
    """
    try:
        if cursor["v"] != _VERSION:
            raise ValueError("of another version")
        left, begun, jobs = cursor.get("left"), cursor.get("begun"), cursor.get("jobs")
        return Place(
            digest=str(cursor["digest"]),
            since=_time(cursor["since"]),
            hourly=_time(cursor["hourly"]),
            nightly=_time(cursor["nightly"]),
            computed=_time(cursor.get("computed", cursor["nightly"])),
            left=None if left is None else _state(left),
            begun=None if begun is None else _time(begun),
            missing={str(name): str(words) for name, words in cursor.get("missing", {}).items()},
            arriving=_state(cursor.get("arriving", {})),
            jobs=None if jobs is None else {str(name): _ticket(one) for name, one in jobs.items()},
            domains=frozenset(map(str, cursor["domains"])),
            rates=str(cursor.get("rates", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadCursor(f"the stored position cannot be read ({error})") from error


def digest_of(settings: ConnectionSettings) -> str:
    """Changes when the same rows would be read as other records."""
    options = {key: value for key, value in settings.options.items() if key in _OWN}
    told = [_VERSION, _REVISION, options, settings.currency, settings.catalogue]
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:16]


def _time(told: str) -> datetime:
    at = datetime.fromisoformat(told)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def _told(state: State) -> dict[str, list[list[str]]]:
    return {name: [list(one) for one in bounds] for name, bounds in state.items()}


def _state(told: Mapping[str, list[list[str]]]) -> State:
    return {str(name): [_bounds(one) for one in some] for name, some in told.items()}


def _ticket(told: list[Any]) -> Ticket:
    job, locator, failures = told
    return Ticket(str(job), str(locator), int(failures))


def _bounds(told: list[str]) -> list[str]:
    after, until, *times = map(str, told)
    if times:
        since, before = times
        _time(since)
        if before:
            _time(before)
    return [after, until, *times]
