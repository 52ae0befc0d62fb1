"""The switchboard: a fault is armed by the id of its case, and strikes the requests that it is about.

A catalogue gives, per case id, a function that makes the fault from its options. A fault may answer in place of the
server, alter what the server answered (late, cut, another body), or switch the server's own behaviour while armed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from stalewatch_sandbox.serving.exchange import Request, Response

Catalogue = Mapping[str, Callable[..., "Fault"]]


class UnknownCase(LookupError):
    """No fault of the catalogue has this id."""


def any_request(_: Request) -> bool:
    """Every request of a client; those inside of another one are part of it."""
    return _.inside is None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One behaviour of the catalogue.

    Attributes:
        on: which requests it is about, those inside of a composite included.
        instead: answers in place of the server.
        afterwards: alters what the server answered; its effects on the data stand.
        switch: changes the server when armed and returns the way back.
        times: how many requests it strikes unless told otherwise; None: all, until it is disarmed.
        stays: what arming it wrote is no lie but an edit like any other, and there is no way back.
    """

    on: Callable[[Request], bool] = any_request
    instead: Callable[[Request], Response] | None = None
    afterwards: Callable[[Request, Response], Response] | None = None
    switch: Callable[[], Callable[[], None]] | None = None
    times: int | None = None
    stays: bool = False


class Armed:
    """A fault that waits for its requests. `struck` counts those that it met."""

    def __init__(self, case: str, fault: Fault, times: int | None, after: int) -> None:
        self.case, self.fault, self.struck = case, fault, 0
        self._left, self._after = times, after
        self.undo: Callable[[], None] = _nothing

    @property
    def is_spent(self) -> bool:
        """It has struck as often as it was told to."""
        return self._left == 0

    def meets(self, request: Request) -> bool:
        """Whether it strikes this request; asking counts."""
        if self.is_spent or not self.fault.on(request):
            return False
        if self._after > 0:
            self._after -= 1
            return False
        if self._left is not None:
            self._left -= 1
        self.struck += 1
        return True


_USUAL: Final = -1


class Faults:
    """The armed faults of one server."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._armed: list[Armed] = []
        self._lock = Lock()

    def __iter__(self) -> Iterator[Armed]:
        return iter(list(self._armed))

    @property
    def cases(self) -> list[str]:
        """The ids that can be armed."""
        return sorted(self._catalogue)

    def arm(self, case: str, *, times: int | None = _USUAL, after: int = 0, **options: Any) -> Armed:
        """Arm a case: let `after` of its requests pass, then strike `times` of them (None: all).

        Raises:
            UnknownCase: the catalogue does not know it.
        """
        if case not in self._catalogue:
            raise UnknownCase(case)
        return self.arm_fault(case, self._catalogue[case](**options), times=times, after=after)

    def arm_fault(self, case: str, fault: Fault, *, times: int | None = _USUAL, after: int = 0) -> Armed:
        """Arm a fault of one's own, under a name."""
        armed = Armed(case, fault, fault.times if times == _USUAL else times, after)
        if fault.switch is not None:
            armed.undo = fault.switch()
        with self._lock:
            self._armed.append(armed)
        return armed

    def disarm(self, case: str | None = None) -> None:
        """Take a case back, or all; what it had switched is as before."""
        with self._lock:
            gone = [armed for armed in self._armed if case in (None, armed.case)]
            self._armed = [armed for armed in self._armed if armed not in gone]
        for armed in reversed(gone):
            armed.undo()

    def meeting(self, request: Request) -> list[Armed]:
        """The faults that strike this request, in the order in which they were armed."""
        if not self._armed:
            return []
        with self._lock:
            return [armed for armed in self._armed if armed.meets(request)]


def answer(faults: list[Armed], request: Request, handle: Callable[[Request], Response]) -> Response:
    """What comes of a request under these faults."""
    for armed in faults:
        if armed.fault.instead is not None:
            return armed.fault.instead(request)
    response = handle(request)
    for armed in faults:
        if armed.fault.afterwards is not None:
            response = armed.fault.afterwards(request, response)
    return response


def _nothing() -> None:
    """There is nothing to undo."""
