"""A false alarm: the episode ends, and it counts against the rule (`answers`)."""

from __future__ import annotations

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Cause
from stalewatch.services.answering.acts import FalseAlarm
from stalewatch.services.answering.matter import Done, Matter


def dismiss(matter: Matter, _: FalseAlarm) -> Done:
    """The same clock says nothing more; when it begins anew, that is another story."""
    over = episodes.dismiss(matter.alert, Cause.FALSE_ALARM, matter.now)
    return Done(alert=over.alert or matter.alert, dropped=Cause.FALSE_ALARM.value)
