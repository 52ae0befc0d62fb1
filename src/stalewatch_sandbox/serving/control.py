"""The same switchboard for other processes: HTTP endpoints under /__sandbox__/, which no ledger counts.

GET  /__sandbox__/          the time, the armed faults, the number of calls
GET  /__sandbox__/ledger    every call, without bodies
GET  /__sandbox__/records   how many records there are, by object
POST /__sandbox__/clock     {"now": "2026-04-01T09:00:00Z"} | {"advance": seconds} | {"speed": 60} | {"skew": seconds}
POST /__sandbox__/faults    {"arm": "SF15", "times": 1, "after": 7, "options": {}} | {"disarm": "SF15" or null}
POST /__sandbox__/reset     forgets the ledger and disarms every fault
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Faults
from stalewatch_sandbox.serving.ledger import Ledger

PREFIX: Final = "/__sandbox__"


class Control:
    """Answers what comes under the prefix."""

    def __init__(
        self, clock: Clock, faults: Faults, ledger: Ledger, records: Callable[[], Mapping[str, int]] = dict
    ) -> None:
        self._clock, self._faults, self._ledger = clock, faults, ledger
        self._verbs: dict[tuple[str, str], Callable[[Any], object]] = {
            ("GET", ""): lambda _: self._state(),
            ("GET", "records"): lambda _: dict(records()),
            ("GET", "ledger"): lambda _: [call.summary() for call in ledger],
            ("POST", "clock"): self._turn,
            ("POST", "faults"): self._arm,
            ("POST", "reset"): self._reset,
        }

    def handle(self, request: Request) -> Response:
        """Do what is asked; what cannot be done is told with 400."""
        verb = self._verbs.get((request.method, request.path[len(PREFIX) :].strip("/")))
        if verb is None:
            return Response.json({"error": "no such control"}, 404)
        try:
            return Response.json(verb(request.json() if request.body else {}))
        except (LookupError, TypeError, ValueError) as error:
            return Response.json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _state(self) -> dict[str, Any]:
        return {
            "now": self._clock.now().isoformat(),
            "armed": [{"case": armed.case, "struck": armed.struck} for armed in self._faults],
            "calls": len(self._ledger),
            "weight": self._ledger.weight(),
            "kinds": self._ledger.kinds(),
        }

    def _turn(self, wish: dict[str, Any]) -> dict[str, Any]:
        if "now" in wish:
            self._clock.set(datetime.fromisoformat(wish["now"]))
        if "advance" in wish:
            self._clock.advance(timedelta(seconds=wish["advance"]))
        if "speed" in wish:
            self._clock.run(wish["speed"])
        if "skew" in wish:
            self._clock.skew = timedelta(seconds=wish["skew"])
        return self._state()

    def _arm(self, wish: dict[str, Any]) -> dict[str, Any]:
        if "disarm" in wish:
            self._faults.disarm(wish["disarm"])
        else:
            given = {name: wish[name] for name in ("times", "after") if name in wish}
            self._faults.arm(wish["arm"], **given, **wish.get("options", {}))
        return self._state()

    def _reset(self, _: object) -> dict[str, Any]:
        self._ledger.reset()
        self._faults.disarm()
        return self._state()
