"""What is true of a deal at a moment: what whoever reads the simulated CRMs has to find out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.troubles import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One deal at one moment. Times are UTC.

    Attributes:
        owner: id of the seller.
        last_customer_action_at: their last mail or call, or the end of the last meeting; a mail of ours is none.
        next_meeting_at: the beginning of the earliest meeting that is booked and not over.
        stakeholders: how many people of the customer are known.
        trouble: the one thing that is wrong with it.
    """

    deal: str
    owner: str
    outcome: Outcome
    stage: str
    stage_entered_at: datetime
    last_customer_action_at: datetime | None
    last_seller_action_at: datetime | None
    seller_touches_since_customer: int
    last_meeting_at: datetime | None
    next_meeting_at: datetime | None
    close_date_pushes: int
    stakeholders: int
    trouble: Trouble


def truth_of(deal: Opportunity, moment: datetime) -> Truth | None:
    """The truth about a deal at a moment; None before it was created."""
    state = deal.state_at(moment)
    if state is None or state.stage_entered_at is None:
        return None
    return Truth(
        deal=deal.id,
        owner=state.owner,
        outcome=state.outcome,
        stage=state.stage,
        stage_entered_at=state.stage_entered_at,
        last_customer_action_at=state.last_customer_action_at,
        last_seller_action_at=state.last_seller_action_at,
        seller_touches_since_customer=state.seller_touches_since_customer,
        last_meeting_at=state.last_meeting_at,
        next_meeting_at=state.next_meeting_at,
        close_date_pushes=state.close_date_pushes,
        stakeholders=len(state.people),
        trouble=deal.trouble_at(moment),
    )
