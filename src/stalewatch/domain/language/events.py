"""What the events are called from which the clocks of `each` rules start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stalewatch.domain.language.model import Words

_EVENTS: Final[Mapping[str, Words]] = {
    "meeting": {"en": "Meeting", "ja": "商談"},
    "proposal_sent": {"en": "Proposal sent", "ja": "提案書の送付"},
    "stage_regressed": {"en": "Stage moved back", "ja": "フェーズの後退"},
    "amount_decreased": {"en": "Amount decreased", "ja": "金額の減少"},
    "close_date_pushed": {"en": "Close date pushed", "ja": "完了予定日の延期"},
    "lead_handed_off": {"en": "Lead handed off", "ja": "リードの引き渡し"},
}


def event_title(event: str) -> Words:
    """What an event is called; one that a plugin brings, by its name."""
    return _EVENTS.get(event) or {"en": event.replace("_", " ").capitalize()}
