"""What is sent with an answer to an alert."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from stalewatch.services.answering.acts import LossTag, Mistake, Until
from stalewatch.web.asking import plain

Words = Annotated[str, Field(max_length=500), AfterValidator(plain)]


def _instant(moment: datetime) -> datetime:
    if not 1 < moment.year < 9999:  # the years in which every zone has a date
        raise ValueError("no calendar reaches this moment")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_instant)]
_ENDS = "What ends it: the moment itself, or before it the customer's reply, or the end of the next meeting."


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Acknowledging(_Body):
    """Nothing is needed."""


class MeetingBooked(_Body):
    """The next meeting, as it was agreed."""

    starts_at: Moment = Field(description="RFC 3339, with offset.", examples=["2026-04-22T10:00:00+09:00"])
    ends_at: Moment | None = Field(None, description="An hour later if it is not said.")
    agenda: Words = Field(description="What it is about.", examples=["Contract: terms and start"])


class Claiming(_Body):
    """With or without the meeting that was booked."""

    meeting: MeetingBooked | None = Field(
        None, description="The next meeting is booked: the CRM is told, if it may be."
    )


class Snoozing(_Body):
    """How long nothing more shall be said of an alert, and why."""

    until: Moment = Field(description="RFC 3339, with offset.", examples=["2026-04-20T09:00:00+09:00"])
    reason: Words = Field("", description="What the owner waits for.", examples=["The customer decides on the 20th."])
    ends: Until = Field(Until.DATE, description=_ENDS)


class Holding(_Body):
    """For what the deal waits, until when, and who says so."""

    until: date = Field(description="The day that the customer named.", examples=["2026-05-11"])
    who: Words = Field("", description="Who said so.", examples=["Ms Mori, head of purchasing"])
    reason: Words = Field("", description="What is waited for.", examples=["Their budget committee"])
    evidence: Words = Field("", description="Where that stands.", examples=["Mail of 14 April"])
    ends: Until = Field(Until.DATE, description=_ENDS)


class Losing(_Body):
    """Why the deal was lost."""

    tag: LossTag = Field(description="The reason, in one word.", examples=["budget"])
    note: Words = Field("", description="The reason in words; needed for `other`.")


class CheckingLoss(_Body):
    """In which language the customer is asked."""

    language: Literal["en", "ja"] | None = Field(None, description="Of the mail; the project's if it is not said.")


class RaisedFalsely(_Body):
    """What is wrong with it."""

    why: Mistake = Field(
        description="`not_true`: it is not so; `handled`: it is done, where the CRM does not see it; `not_useful`: it "
        "is true, and the rule does not fit this deal.",
        examples=["handled"],
    )
    note: Words = Field("", description="More about it.")
