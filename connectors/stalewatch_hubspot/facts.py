"""What is known of a portal: its stages, owners and properties, and what the token may not read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from stalewatch.sdk.records import Outcome
from stalewatch_hubspot.queries import Kind
from stalewatch_hubspot.rows import StageRow


class Stage(msgspec.Struct, frozen=True):
    """A stage of a pipeline of deals or leads.

    Attributes:
        ours: None if no mapping knows it.
        outcome: of the deals in it.
    """

    pipeline: str
    label: str
    ours: str | None
    outcome: Outcome = Outcome.OPEN


class Facts(msgspec.Struct, frozen=True):
    """What is kept with the cursor, so that a new process need not ask again.

    Attributes:
        read_at: milliseconds since 1970.
        stages, statuses: of deals and leads, by id. pipelines: of deals, id to ours or None.
        absent: properties that are mapped or usual and that the portal does not have, by kind.
        misfits: our fields that are mapped to a property that holds something else, by kind. several: those that
            are mapped to a list of which several may be ticked.
        refused: kinds that the token may not read, with the scope that it lacks.
        domains: of the owners' addresses.
        givers: owners in the teams that hand leads over.
    """

    read_at: int
    portal: int
    zone: str
    currency: str | None
    ui: str
    stages: dict[str, Stage]
    pipelines: dict[str, str | None]
    labels: dict[str, str]
    statuses: dict[str, Stage]
    absent: dict[str, list[str]]
    refused: dict[str, str]
    owners: list[str]
    domains: list[str]
    givers: list[str] = []
    misfits: dict[str, list[str]] = {}
    several: dict[str, list[str]] = {}

    @property
    def timezone(self) -> ZoneInfo:
        """The portal's zone; UTC if nobody knows its name."""
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def can_read(self, kind: Kind) -> bool:
        """Whether the token may read a kind."""
        return kind.name not in self.refused

    def feeding(self, kind: Kind, fields: Mapping[str, str]) -> dict[str, str]:
        """Those of our fields whose property is there and can feed them, with it."""
        absent, misfits = self.absent.get(kind.name, ()), self.misfits.get(kind.name, ())
        return {ours: theirs for ours, theirs in fields.items() if theirs not in absent and ours not in misfits}

    def there(self, kind: Kind, names: Iterable[str]) -> list[str]:
        """Those of these properties that the portal has, each once."""
        absent = self.absent.get(kind.name, ())
        return [name for name in dict.fromkeys(names) if name not in absent]


def outcome_of(stage: StageRow) -> Outcome:
    """How deals in a stage ended: its metadata says so, in texts, never its name."""
    certain = _number(stage.metadata.probability)
    told = stage.metadata.isClosed
    is_closed = certain in (0.0, 1.0) if told is None else str(told).casefold() == "true"
    return Outcome.OPEN if not is_closed else Outcome.WON if certain == 1.0 else Outcome.LOST


def _number(told: Any) -> float | None:
    try:
        return float(told)
    except (TypeError, ValueError):
        return None
