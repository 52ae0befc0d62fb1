"""When somebody does not want to be disturbed, as Slack knows it: asked seldom, and never in the way of a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stalewatch.delivery.slack.client import SlackClient
from stalewatch.delivery.slack.errors import ScopeMissing
from stalewatch.delivery.slack.places import Places
from stalewatch.sdk.errors import NotifierError, SlowDown

FRESH: Final = timedelta(minutes=5)
"""How long it counts that somebody may be disturbed."""
REFUSED: Final = timedelta(hours=1)
"""How long nobody is asked about after Slack said that the app may not ask, or not now."""


class DoNotDisturb:
    """Asks `dnd.info`. Without the scope dnd:read everybody may be disturbed.

    What people switch on by hand ("pause notifications") Slack shows to themselves alone; an app sees their schedule.
    Where an answer names such a pause all the same, it counts.
    """

    def __init__(self, client: SlackClient, places: Places, now: Callable[[], datetime]) -> None:
        self._client, self._places, self._now = client, places, now
        self._told: dict[str, tuple[datetime, datetime | None]] = {}
        self._silent_until: datetime | None = None

    def until(self, address: str) -> datetime | None:
        """The end of the time in which the person at an address is not to be disturbed now; None: they may be."""
        now = self._now()
        if self._silent_until is not None and now < self._silent_until:
            return None
        try:
            user = self._places.person(address)
            return self._of(user, now) if user is not None else None
        except ScopeMissing:
            self._silent_until = now + REFUSED
        except SlowDown as error:
            self._silent_until = now + error.after
        except NotifierError:  # sending meets the same trouble and knows what to do about it
            pass
        return None

    def _of(self, user: str, now: datetime) -> datetime | None:
        known = self._told.get(user)
        if known is None or now >= known[0]:
            answer = self._client.call("dnd.info", user=user)
            ends = quiet_until(answer, now)
            self._told[user] = known = (ends or _good_until(answer, now), ends)
        return known[1]


def quiet_until(answer: Mapping[str, Any], now: datetime) -> datetime | None:
    """The end of all spans of an answer of `dnd.info` that hold now or follow without a gap; None: none holds."""
    ends, spans = now, _spans(answer)
    while (longer := max((end for start, end in spans if start <= ends < end), default=None)) is not None:
        ends = longer
    return ends if ends > now else None


def _spans(answer: Mapping[str, Any]) -> list[tuple[datetime, datetime]]:
    begins, ends = _moment(answer.get("next_dnd_start_ts")), _moment(answer.get("next_dnd_end_ts"))
    found = [(begins, ends)] if answer.get("dnd_enabled") is True and begins and ends else []
    if answer.get("snooze_enabled") is True and (paused := _moment(answer.get("snooze_endtime"))):
        found.append((datetime.min.replace(tzinfo=UTC), paused))
    return found


def _good_until(answer: Mapping[str, Any], now: datetime) -> datetime:
    """Until when nobody is asked again: not beyond the beginning of the next span."""
    begins = [start for start, _ in _spans(answer) if start > now]
    return min([now + FRESH, *begins])


def _moment(said: Any) -> datetime | None:
    """A moment of an answer; None for everything that is none (Slack says 1 for "never")."""
    if not isinstance(said, int | float) or isinstance(said, bool) or not 1 < said < 10**11:
        return None
    return datetime.fromtimestamp(said, UTC)
