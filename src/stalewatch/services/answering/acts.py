"""What a person may answer to a nudge, in our words; what each of them brings about is in the file of its name.

    hold = Hold(until=date(2026, 12, 1), who="Ms Mori", reason="budget committee", evidence="mail of 19 Nov")
    answer(conn, office, alert_id, hold, actor="sato@acme.example", now=...)

Moments are microseconds since the epoch, days are dates of the deal's own calendar. What was typed comes as it was
typed: it is tidied and checked where the answer is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Until(StrEnum):
    """What ends a snooze or a wait; one that ends by an event still has a day by which it ends in any case."""

    DATE = "date"
    CUSTOMER = "customer_reply"
    MEETING = "meeting_over"


class LossTag(StrEnum):
    """Why a deal was lost, as the people who lost it see it."""

    BUDGET = "budget"
    PRIORITY = "priority"
    TIMING = "timing"
    COMPETITOR = "competitor"
    NO_DECISION = "no_decision"
    SILENT = "silent"
    OTHER = "other"


class Mistake(StrEnum):
    """What is wrong with a false alarm."""

    NOT_TRUE = "not_true"  # the data are wrong: it is not so
    HANDLED = "handled"  # it is done already, where the CRM does not see it
    NOT_USEFUL = "not_useful"  # it is true, and the rule does not fit this deal


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """ "I have seen it": nothing more is said for three business days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """ "I am at it": nothing more is said for 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Not now.

    Attributes:
        until: the moment at which it is asked again; with an event the latest such moment.
        reason: what is waited for.
    """

    until: int
    reason: str
    ends: Until = Until.DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet:
    """The next meeting is booked: it goes to the CRM where that is allowed, and is expected to show up there."""

    starts_at: int
    ends_at: int
    agenda: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The deal waits for its customer: the days do not count.

    Attributes:
        until: the day that the customer named; with an event the last day.
        who: who said so.
        reason: what is waited for. evidence: where it stands: a mail, a call, a minute.
    """

    until: date
    who: str
    reason: str
    evidence: str
    ends: Until = Until.DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose:
    """The deal is lost."""

    tag: LossTag
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCheck:
    """The customer is asked whether it still matters; `language` is that of the mail, "en" or "ja"."""

    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarm:
    """It should not have been said."""

    why: Mistake
    note: str = ""


Act = Acknowledge | Claim | Snooze | Meet | Hold | Lose | LossCheck | FalseAlarm

NAMES: Final[Mapping[type[Act], str]] = {
    Acknowledge: "acknowledge", Claim: "claim", Snooze: "snooze", Meet: "meet", Hold: "hold", Lose: "lost",
    LossCheck: "loss_check", FalseAlarm: "false_alarm",
}  # fmt: skip
"""What each is called in the audit log ("alert.hold") and in the table `answers`."""

ACTED: Final[Mapping[type[Act], str]] = {
    Acknowledge: "acknowledged", Claim: "claimed", Snooze: "snoozed", Meet: "next_meeting_booked", Hold: "on_hold",
    Lose: "marked_lost", LossCheck: "loss_check_sent",
}  # fmt: skip
"""What `acted:` in stalewatch.yaml calls them, and `alerts.acted_as`; a false alarm is no act."""


def name_of(act: Act) -> str:
    """What an answer is called."""
    return NAMES[type(act)]
