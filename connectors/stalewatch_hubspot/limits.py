"""What one portal allows: searches a second, calls in ten, calls a day, and the rests that it asks for.

They are the portal's, not a connection's: all who call it count together, through the pacer of the connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.pacing import Limit, Pacer, Usage, Wait
from stalewatch_hubspot.options import Options

SEARCH: Final = "search"
DAILY: Final = "daily"
SLOWER: Final = 4
"""Times as rare are the hourly looks while the day's calls come near the ceiling."""
_NEAR: Final = 0.75
"""Share of the ceiling from which work that can wait becomes rarer."""
_HEADERS: Final = ("x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining")
_DAY: Final = "day"
_FIRST: Final = 200
"""Calls after which a portal that does not say who it is will not do so any more."""


class Limits:
    """The limits of one portal, as far as they are known.

    Attributes:
        zone: of the portal, at whose midnight the daily limit begins anew; UTC until it is known.
    """

    def __init__(self, options: Options, pacer: Pacer, server_now: Callable[[], datetime]) -> None:
        self.zone = ZoneInfo("UTC")
        self._pacer, self._server_now, self._ceiling = pacer, server_now, options.quota_ceiling
        self._searches = Limit(SEARCH, max(1, int(options.searches)), 1.0)
        self._calls = Limit("burst", max(1, int(options.burst)), 10.0)
        self._account = f"hubspot:?{_mark(options)}"
        self._heard: tuple[Usage, date] | None = None
        self._early: list[Limit] = []

    def meet(self, portal: int, zone: ZoneInfo) -> None:
        """The portal has told who it is: from now on everybody who calls it counts together."""
        self.zone = zone
        if portal:
            self._account = f"hubspot:{portal}"
        early, self._early = self._early, []
        for limit in early:  # those that it took to find out are the portal's, too
            self._pacer.claim(self._account, limit)

    # ------------------------------------------------------------------------------------------------- the calls

    def claim(self, kind: str) -> Wait | None:
        """Count one call of a kind, or tell how long to wait. Raises TryLater."""
        limit = self._searches if kind == SEARCH else self._calls
        wait = self._pacer.claim(self._account, limit)
        if wait is None and self._account.startswith("hubspot:?") and len(self._early) < _FIRST:
            self._early.append(limit)
        return wait

    def rest(self, seconds: float) -> None:
        """Nobody calls this portal for so long. Raises TryLater."""
        self._pacer.rest(self._account, seconds)

    def spend_day(self) -> float:
        """The day's calls are spent: nobody calls until the portal's midnight, which is so many seconds away."""
        tomorrow = self._today() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, time(), self.zone).astimezone(UTC)
        seconds = max(0.0, (midnight - self._server_now()).total_seconds())
        self._pacer.rest(self._account, seconds, DAILY)
        return seconds

    # ------------------------------------------------------------------------------------------------- the quota

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take in how much of the day's calls is left; answers to searches do not tell."""
        allowed, left = (headers.get(name, "") for name in _HEADERS)
        if allowed.isdigit() and left.isdigit():
            usage = Usage(int(allowed) - int(left), int(allowed))
            self._heard = usage, self._today()
            self._pacer.hear(self._account, {_DAY: usage})

    @property
    def usage(self) -> Usage | None:
        """Calls used and allowed on this day of the portal, as anybody heard last; None while nobody did."""
        heard = self._heard or self._told()
        return heard[0] if heard is not None and heard[1] == self._today() else None

    @property
    def is_near(self) -> bool:
        """Whether work that can wait is to be done less often."""
        return self._reaches(_NEAR * self._ceiling)

    @property
    def is_tight(self) -> bool:
        """Whether work that can wait has to: others need what is left of the day."""
        return self._reaches(self._ceiling)

    def spare(self) -> None:
        """Leave a first reading alone while the day's calls are nearly spent: it can wait, other integrations cannot.

        Raises:
            TryLater: they are; the pages so far stand.
        """
        usage = self.usage
        if usage is not None and self.is_tight:
            raise TryLater(
                f"{usage.share:.0%} of the day's API calls are used; reading everything waits",
                after=timedelta(minutes=15), cure="Raise quota_ceiling of this connection if it must not wait.",
            )  # fmt: skip

    def _reaches(self, share: float) -> bool:
        usage = self.usage
        return usage is not None and usage.share >= share

    def _told(self) -> tuple[Usage, date] | None:
        told = self._pacer.quota(self._account)
        if told is None or _DAY not in told.usages:
            return None
        at = self._server_now() - timedelta(seconds=told.age)
        return told.usages[_DAY], at.astimezone(self.zone).date()

    def _today(self) -> date:
        return self._server_now().astimezone(self.zone).date()


def _mark(options: Options) -> str:
    """What stands for a portal that has not told who it is: the same for all who call it with the same credential."""
    auth = options.auth
    known = "\0".join((options.host.origin, auth.token, auth.client_id, auth.refresh_token))
    return hashlib.sha256(known.encode()).hexdigest()[:12]
