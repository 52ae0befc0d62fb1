"""What a property held before, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from stalewatch_hubspot.rows import Change
from stalewatch_hubspot.values import maybe


def oldest_first(history: Sequence[Change]) -> Iterator[tuple[datetime, str]]:
    """When a property took which value; HubSpot tells the newest first, and not always in order."""
    dated = [(at, change.value or "") for change in reversed(history) if (at := maybe(change.timestamp)) is not None]
    yield from sorted(dated, key=lambda pair: pair[0])
