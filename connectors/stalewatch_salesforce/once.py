"""Calls that change something: they go out again only after an answer that surely had no effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from stalewatch.sdk.errors import Refused, WriteUnknown
from stalewatch_salesforce.errors import Broken, Fault, Next
from stalewatch_salesforce.transport import Reply, Transport

T = TypeVar("T")
LOCKED: Final = "UNABLE_TO_LOCK_ROW"
"""Somebody else is writing the same row; nothing of ours was done."""
CHANGED: Final = 412
_NOT_ALLOWED: Final = frozenset({
    "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "FIELD_INTEGRITY_EXCEPTION",
})  # fmt: skip
"""Codes that come with 403 and say no to this one write, not to the whole connection."""


def once(
    transport: Transport, method: str, path: str, parse: Callable[[Reply], T], body: Mapping[str, Any], *,
    deadline: float, headers: Mapping[str, str] | None = None,
) -> T:  # fmt: skip
    """Make a call that has an effect, and read its answer.

    Raises:
        Refused: it had none; in Salesforce's own words, and with the fields that they name.
        TryLater, NeedsReconnect: it had none.
        WriteUnknown: no answer came, or one that says nothing of what was done.
    """
    content, token, is_renewed = msgspec.json.encode(body), transport.session.token(), False
    for pause in (*transport.pace.pauses, None):
        try:
            return transport.attempt(method, path, parse, token, content, headers or {}, deadline, "write")
        except Broken as broken:
            fault = broken.fault
        if fault.next is Next.RENEW and not is_renewed:
            token, is_renewed = transport.session.instead_of(token), True
        elif fault.code == LOCKED or fault.next is Next.CALM:
            transport.wait(pause, deadline, fault)
        elif fault.next is Next.RETRY:
            raise WriteUnknown(f"Salesforce did not answer properly ({fault.status}): {fault.message}")
        elif fault.next is Next.REFUSED or fault.code in _NOT_ALLOWED:
            raise refusal(fault)
        else:
            raise transport.give_up(fault)
    raise transport.give_up(fault)


def refusal(fault: Fault) -> Refused:
    """The error for a write that was refused: what Salesforce said, as it said it."""
    error = Refused(fault.message, fields=fault.fields, code=fault.code)
    error.__dict__["fault"] = fault
    return error


def status_of(error: Exception) -> int:
    """The status behind an error that `once` raised, 0 if there is none."""
    fault: Any = error.__dict__.get("fault")
    return fault.status if isinstance(fault, Fault) else 0
