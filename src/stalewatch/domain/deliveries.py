"""The life of a delivery: one message on its way to one destination (delivery.md, "Notices and deliveries")."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DeliveryState(StrEnum):
    """Where a delivery stands. Everything after `unknown` is terminal but for an operator's retry."""

    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    REROUTED = "rerouted"
    DEAD = "dead"
    PARKED = "parked"

    @property
    def is_terminal(self) -> bool:
        return self not in (DeliveryState.HELD, DeliveryState.READY, DeliveryState.SENDING, DeliveryState.UNKNOWN)


class Event(StrEnum):
    """What can happen to a delivery."""

    RIPENED = "ripened"  # its time came
    EMPTIED = "emptied"  # everything it carried resolved first
    REPLACED = "replaced"  # a newer message for the same group
    CLAIMED = "claimed"  # intent committed, the request follows
    ACCEPTED = "accepted"  # the other side has it
    REFUSED = "refused"  # certainly not accepted; may be tried again
    SLOWED = "slowed"  # told to wait; not an attempt
    LOST = "lost"  # the outcome is not known
    FOUND = "found"  # a look shows that it arrived
    ABSENT = "absent"  # looks show that it did not arrive
    UNSEEABLE = "unseeable"  # nobody can look, and the route says: send it again
    ABANDONED = "abandoned"  # nobody can look, or the news is stale
    TARGET_GONE = "target_gone"  # this destination is permanently bad
    EXHAUSTED = "exhausted"  # attempts or age used up
    PAUSED = "paused"  # the workspace is dead; wait for its repair
    RETRIED = "retried"  # an operator said so


_S = DeliveryState
TRANSITIONS: Final = MappingProxyType(
    {
        (_S.HELD, Event.RIPENED): _S.READY,
        (_S.HELD, Event.EMPTIED): _S.CANCELLED,
        (_S.HELD, Event.REPLACED): _S.SUPERSEDED,
        (_S.READY, Event.EMPTIED): _S.CANCELLED,
        (_S.READY, Event.REPLACED): _S.SUPERSEDED,
        (_S.READY, Event.CLAIMED): _S.SENDING,
        (_S.READY, Event.TARGET_GONE): _S.REROUTED,
        (_S.READY, Event.EXHAUSTED): _S.DEAD,
        (_S.SENDING, Event.ACCEPTED): _S.SENT,
        (_S.SENDING, Event.REFUSED): _S.READY,
        (_S.SENDING, Event.SLOWED): _S.READY,
        (_S.SENDING, Event.LOST): _S.UNKNOWN,
        (_S.SENDING, Event.TARGET_GONE): _S.REROUTED,
        (_S.SENDING, Event.EXHAUSTED): _S.DEAD,
        (_S.SENDING, Event.PAUSED): _S.READY,
        (_S.UNKNOWN, Event.FOUND): _S.SENT,
        (_S.UNKNOWN, Event.ABSENT): _S.READY,
        (_S.UNKNOWN, Event.UNSEEABLE): _S.READY,
        (_S.UNKNOWN, Event.ABANDONED): _S.PARKED,
        (_S.UNKNOWN, Event.PAUSED): _S.READY,
        (_S.PARKED, Event.RETRIED): _S.READY,
        (_S.DEAD, Event.RETRIED): _S.READY,
    }
)
"""Every transition there is; what is not listed must not happen."""


def after(state: DeliveryState, event: Event) -> DeliveryState:
    """The state that follows.

    Raises:
        ValueError: if this cannot happen in this state.
    """
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise ValueError(f"a delivery that is {state} cannot be {event}")
    return following
