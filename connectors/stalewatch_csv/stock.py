"""The values that a new Salesforce org or HubSpot portal comes with: stages, and which of them end a deal."""

from __future__ import annotations

from typing import Final

from stalewatch.sdk.records import Outcome
from stalewatch_csv.headings import plain

_STAGES: Final = {
    "qualification": ("Prospecting", "Qualification", "Appointment Scheduled", "見込み確認"),
    "first_meeting": ("First Meeting", "初回商談"),
    "discovery": ("Discovery", "Needs Analysis", "Value Proposition", "Qualified To Buy", "課題ヒアリング"),
    "proposal": ("Proposal", "Proposal/Price Quote", "Presentation Scheduled", "提案"),
    "evaluation": ("Evaluation", "Id. Decision Makers", "Perception Analysis", "Decision Maker Bought-In", "比較検討"),
    "approval": ("Approval", "決裁"),
    "negotiation": ("Negotiation", "Negotiation/Review", "Contract Sent", "条件交渉"),
}
_FORECASTS: Final = {
    "omitted": ("Omitted", "Not forecasted"),
    "pipeline": ("Pipeline",),
    "best_case": ("Best Case", "Best case"),
    "commit": ("Commit", "Most Likely"),
}
_WON: Final = ("Closed Won", "closedwon", "Won", "受注", "成約", "成立")
_LOST: Final = ("Closed Lost", "closedlost", "Lost", "失注", "不成立")
_ENDS: Final = ("won", "lost", "closed", "受注", "失注", "成約", "成立", "クローズ", "完了")
"""A stage with one of these words in it that is none of the above may have ended: only `map` can decide that."""

WORDS: Final = {
    name: {plain(theirs): ours for ours, words in table.items() for theirs in words}
    for name, table in {"stage": _STAGES, "forecast_category": _FORECASTS}.items()
}
"""Per field, their word as it is compared to ours."""

_OUTCOMES: Final = {plain(word): Outcome.WON for word in _WON} | {plain(word): Outcome.LOST for word in _LOST}


def outcome_of(stage: str) -> Outcome | None:
    """How a deal in that stage stands; None if its name sounds like an end without being a known one, or is empty."""
    word = plain(stage)
    known = _OUTCOMES.get(word)
    if known is not None:
        return known
    return None if not word or any(end in word for end in _ENDS) else Outcome.OPEN
