"""What stands below a deal or a lead: the two things that are done most, the rest behind "⋯".

What each of them does is in services/answering, a file each.
"""

from __future__ import annotations

import gettext
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.sdk.notifier import Action

MEET, HOLD, SNOOZE, LOST = "meet", "hold", "snooze", "lost"
LOSS_CHECK, FALSE_ALARM, WHY = "loss_check", "false_alarm", "why"
_DEAL: Final = ((MEET, HOLD), (SNOOZE, LOST, LOSS_CHECK, FALSE_ALARM))
_LEAD: Final = ((MEET, SNOOZE), (FALSE_ALARM,))
"""Shown, and behind "⋯"; a lead is neither held nor lost, and nobody asks it why."""


def actions(alert: str, obj: str, reader: Reader, *, alone: bool = False) -> tuple[Action, ...]:
    """What a reader can do about an alert of a deal, a partner's deal or a lead (`obj`).

    Args:
        alone: the message is about nothing else: "why" then stands beside the others, as the last and quietest.
    """
    shown, tucked = _LEAD if obj == "lead" else _DEAL
    names = labels(reader.words)
    quiet = reader.words.gettext("Why am I seeing this?") if alone else names[WHY]
    return (
        *(Action(kind=kind, label=names[kind], alert=alert) for kind in shown),
        *(Action(kind=kind, label=names[kind], alert=alert, in_menu=True) for kind in tucked),
        Action(kind=WHY, label=quiet, alert=alert, in_menu=not alone),
    )


def labels(words: gettext.NullTranslations) -> dict[str, str]:
    """What is written on each, by its kind."""
    return {
        MEET: words.pgettext("button", "Next meeting booked"),
        HOLD: words.pgettext("button", "On hold until…"),
        SNOOZE: words.gettext("Snooze"),
        LOST: words.pgettext("button", "Lost"),
        LOSS_CHECK: words.pgettext("button", "Send loss check"),
        FALSE_ALARM: words.pgettext("button", "False alarm"),
        WHY: words.gettext("Why?"),
    }
