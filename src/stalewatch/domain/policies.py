"""What stalewatch.yaml decides about judging and speaking, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Final

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.forecasting import Weighting
from stalewatch.domain.hours import Quiet
from stalewatch.domain.language.model import Mode, Rule, Severity
from stalewatch.domain.levels import Ladders
from stalewatch.domain.routing import EVERYTHING_ELSE, MAIL, MAILTO, OPERATOR, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozing:
    """`defaults.snooze`: the longest snooze, how often per episode, and whether it needs a reason."""

    longest: Duration = Duration(10, Unit.BUSINESS_DAY)  # noqa: RUF009  # immutable
    times: int = 2
    reason_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """`defaults.rollout`: for `grace` after a rule went live, at most `most` new alerts per owner, rule and day."""

    grace: Duration = Duration(5, Unit.BUSINESS_DAY)  # noqa: RUF009
    most: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StormGuard:
    """`storm_guard`: more than this share (0..1) of the judged open records at once, and at least so many."""

    share: float = 0.2
    at_least: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """`holdout`: a share (0..1) of the alerts stays silent, so that what speaking does can be measured.

    Attributes:
        rules: ids and packs of the rules that are measured; empty: all of them.
        critical: whether critical alerts may stay silent, too.
    """

    share: float
    rules: frozenset[str] = frozenset()
    critical: bool = False

    def measures(self, rule: Rule) -> bool:
        """Whether some of the rule's alerts stay silent, so that what its others bring about can be measured."""
        if rule.severity is Severity.CRITICAL and not self.critical:
            return False
        return not self.rules or not self.rules.isdisjoint({rule.id, rule.pack})

    def silences(self, rule: Rule, fingerprint: str) -> bool:
        """Whether this problem is one of the silent ones: always the same answer for the same problem and share."""
        if not self.measures(rule):
            return False
        place = int(blake2s(fingerprint.encode(), digest_size=6, person=b"holdout").hexdigest(), 16)
        return place < self.share * 2**48


ACTS: Final = (
    *("snoozed", "next_meeting_booked", "on_hold", "acknowledged", "claimed", "loss_check_sent", "marked_lost"),
    "crm_changed",
)
"""What `acted:` may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How alerts live.

    Attributes:
        tenant: part of every fingerprint; one database serves one tenant.
        mode: of rules that neither `modes` nor they themselves name: new ones start in shadow.
        modes: by pack or rule id.
        rollout, storm_guard, holdout: None is `off`.
        ladders: who hears next of what nobody acts on.
        acted: the acts (of `ACTS`) after which an alert is silent for a while.
        max_data_age: older data of a connection that ages is not judged.
        forecast: what a deal of each category counts for.
    """

    tenant: str = "default"
    keep_for: Duration = Duration(2, Unit.HOUR)  # noqa: RUF009
    reopen_within: Duration = Duration(3, Unit.BUSINESS_DAY)  # noqa: RUF009
    warn: Duration | None = None
    mode: Mode = Mode.SHADOW
    modes: Mapping[str, Mode] = field(default_factory=dict)
    snoozing: Snoozing = field(default_factory=Snoozing)
    rollout: Rollout | None = field(default_factory=Rollout)
    storm_guard: StormGuard | None = field(default_factory=StormGuard)
    holdout: Holdout | None = None
    ladders: Ladders = field(default_factory=Ladders)
    acted: frozenset[str] = frozenset(ACTS)
    max_data_age: Duration = Duration(2, Unit.HOUR)  # noqa: RUF009
    currency: str = "USD"
    forecast: Weighting = field(default_factory=Weighting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One entry of `people:`; it fills and overrides what the CRM says of the person with this address."""

    slack: str | None = None
    manager: str | None = None
    team: str | None = None
    language: str | None = None
    zone: str | None = None
    by_mail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """Who is told what, when and how often.

    Attributes:
        routes: first match wins.
        quiet: None is `off`.
        immediate_per_day, escalations_per_day: ceilings per person and local date, the latter of escalations that are
            told one by one; what is beyond them goes into the digest, and there into its sums.
        language: of people who have none of their own, "en" or "ja".
        people: by lower-case e-mail address (or name, where a CRM has no addresses).
        channels: team -> channel.
        names_suffice: people without an address can be told by name (the console can).
        by_email: e-mail can be sent: to whom routes or `people:` name for it, and as the last way to reach somebody.
        mail_first: there is no messenger, so that everybody with an address is told by e-mail.
        public_url: where the dashboard is reached; without it messages carry no links.
        admins: addresses of those who see every record and answer for it, in lower case.
    """

    routes: tuple[Route, ...] = (EVERYTHING_ELSE,)
    quiet: Quiet | None = None
    immediate_per_day: int = 3
    escalations_per_day: int = 5
    language: str = "en"
    people: Mapping[str, Override] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    operator_channel: str | None = None
    operator_email: str | None = None
    names_suffice: bool = False
    by_email: bool = False
    mail_first: bool = False
    public_url: str | None = None
    admins: frozenset[str] = frozenset()

    def mail_of(self, target: str) -> str | None:
        """The `mailto:` address of a target that is reached by e-mail; None for every other one."""
        if target.startswith(MAIL):
            return f"{MAILTO}{target.removeprefix(MAIL)}"
        has_channel = self.operator_channel is not None or (self.names_suffice and not self.mail_first)
        if target != OPERATOR or has_channel or not self.by_email or self.operator_email is None:
            return None
        return f"{MAILTO}{self.operator_email}"
