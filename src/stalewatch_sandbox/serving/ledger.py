"""What clients did: every call that a simulated server saw, in order. Tests and call budgets are counted here."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final

from stalewatch_sandbox.serving.exchange import Request, Response

_KEPT: Final = (
    "accept-encoding", "content-type", "if-modified-since", "if-unmodified-since", "sforce-query-options", "user-agent",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call.

    Attributes:
        at: when it came, by the simulated clock.
        headers: those of interest; never a credential.
        token: a fingerprint of the credential, so that a new one can be told from an old one.
        seconds: how long the server took before the first byte.
        weight: API calls that the CRM counts.
        faults: the cases that were at work.
        connection: which TCP connection it came on, counted from 1.
    """

    number: int
    at: datetime
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    token: str
    body: bytes
    status: int
    sent: int
    seconds: float
    weight: int
    kind: str
    faults: tuple[str, ...]
    connection: int

    def summary(self) -> dict[str, Any]:
        """As JSON, without the body."""
        told = asdict(self)
        del told["body"]
        return told | {"at": self.at.isoformat()}


class Ledger:
    """Every call since the start or the last reset."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: list[Call] = []

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def note(
        self, request: Request, response: Response, *, at: datetime, seconds: float, faults: tuple[str, ...],
        connection: int,
    ) -> Call:  # fmt: skip
        """Write a call down."""
        with self._lock:
            call = Call(
                number=len(self._calls) + 1,
                at=at,
                method=request.method,
                path=request.path,
                query=request.query,
                headers={name: value for name in _KEPT if (value := request.header(name)) is not None},
                token=_fingerprint(request.header("authorization")),
                body=request.body,
                status=response.status,
                sent=len(response.body),
                seconds=seconds,
                weight=response.weight,
                kind=response.kind,
                faults=faults,
                connection=connection,
            )
            self._calls.append(call)
            return call

    def where(self, kind: str | None = None, wanted: Callable[[Call], bool] = lambda _: True) -> list[Call]:
        """The calls of one kind, or all, that are wanted."""
        return [call for call in self if kind in (None, call.kind) and wanted(call)]

    def weight(self) -> int:
        """API calls that the CRM counted."""
        return sum(call.weight for call in self)

    def kinds(self) -> Counter[str]:
        """How many calls of each kind."""
        return Counter(call.kind for call in self)

    def busiest(self, kind: str, seconds: float = 1.0) -> int:
        """The most calls of one kind within any span of so many seconds of simulated time."""
        times = sorted(call.at.timestamp() for call in self.where(kind))
        first = most = 0
        for last, at in enumerate(times):
            while at - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._calls.clear()


def _fingerprint(credential: str | None) -> str:
    return hashlib.sha256(credential.encode()).hexdigest()[:12] if credential else ""
