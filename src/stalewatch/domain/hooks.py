"""Who is told by a webhook, and the events of an alert's life that they are told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2s
from typing import Any, Final, NamedTuple

PREFIX: Final = "hook:"
"""What the targets and addresses of webhooks begin with."""


class EventType(StrEnum):
    """What happened to an alert."""

    OPENED = "alert.opened"  # and opened again, with a higher `n`
    WARNED = "alert.warned"
    BREACHED = "alert.breached"
    RESOLVED = "alert.resolved"
    ACTED = "alert.acted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One entry of `webhooks:`.

    Attributes:
        secrets: each signs; two while one replaces the other.
        events: the types that are told; empty: all.
        allow_custom_host: it may lead into a private network, and do without TLS.
    """

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    events: frozenset[EventType] = frozenset()
    allow_custom_host: bool = False

    @property
    def target(self) -> str:
        """Its destination, which is another one when the address is."""
        return f"{PREFIX}{blake2s(self.url.encode(), digest_size=5).hexdigest()}"

    def wants(self, event: EventType) -> bool:
        """Whether it is told of events of this type."""
        return not self.events or event in self.events


class Happened(NamedTuple):
    """One event of an alert; `n` counts how often it opened, and is 0 for what happens once or has a moment."""

    type: EventType
    at: int
    n: int = 0

    def id_of(self, alert: str) -> str:
        """The event's id, the same whenever it is looked at."""
        mark = self.at if self.type is EventType.ACTED else self.n
        return f"evt_{blake2s(f'{alert}|{self.type}|{mark}'.encode(), digest_size=12).hexdigest()}"


def happened(alert: Any, now: int) -> Iterator[Happened]:
    """Everything that has happened to an alert, as its row tells; nothing of one that speaks to nobody."""
    if alert.shadow or alert.holdout or alert.backlog:
        return
    times = 1 + alert.reopens
    yield Happened(EventType.OPENED, alert.opened_at if times == 1 else alert.updated_at or now, times)
    if alert.warn_told_at is not None:
        yield Happened(EventType.WARNED, alert.warn_told_at)
    if alert.breached_at is not None:
        yield Happened(EventType.BREACHED, alert.breached_at)
    if alert.acted_at is not None:
        yield Happened(EventType.ACTED, alert.acted_at)
    if alert.resolved_at is not None and alert.state == "resolved":
        yield Happened(EventType.RESOLVED, alert.resolved_at, times)
