"""The rules of simulated companies, as their RevOps edit them; each is compiled once for all seeds of a process."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Final

import numpy as np

from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.hours import Quiet
from stalewatch.domain.instants import to_day
from stalewatch.domain.language.model import Mode
from stalewatch.domain.levels import Ladders
from stalewatch.domain.policies import Judging, Speaking, StormGuard
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Style
from stalewatch.services.rules.rulebook import Rulebook
from tests.services.world import TOKYO, rulebook

QUIET_FROM, QUIET_TO = 8 * 60, 19 * 60
CALENDARS: Final = (
    TOKYO,
    replace(TOKYO, name="london", zone="Europe/London", holidays="GB", closed=()),
    replace(TOKYO, name="new-york", zone="America/New_York", holidays="US", closed=()),
    Spec("lord-howe", "Australia/Lord_Howe", 9 * 60, 18 * 60, frozenset(range(5)), None, ()),
)
RULES: Final = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: quiet
    title: {en: Quiet, ja: 静か}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 12d
    pause: {until: hold_until, from: hold_set_at, max: 60d}
    warn: 4d
    severity: critical
    mutes: [no-step]
  - id: no-step
    title: {en: No next step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: 2bd
    severity: warning
  - id: dwelling
    title: {en: Long in its stage, ja: 滞留}
    watch: deal
    start: stage_entered_at
    within: [{stage: proposal, is: 9bd}, {is: 40bh}]
    warn: 2bd
    severity: warning
"""
EDITIONS: Final = (
    RULES,
    RULES.replace("within: 12d", "within: 8bd").replace("within: 2bd", "within: 3bd"),
    RULES.replace("warn: 4d", "warn: 1d").replace("{is: 40bh}", "{is: 30bh}"),
    RULES + "exceptions:\n  - {rules: [dwelling], where: {stage: discovery}, until: 2026-11-05, because: fair}\n",
)
"""Other limits, warnings and units; an exception. All of them read the same fields."""


@cache
def is_business_day(calendar: int, day: date) -> bool:
    """Whether one of the calendars works on a date."""
    return bool(Calendar(CALENDARS[calendar]).is_business_day(np.array([to_day(day)]))[0])


@cache
def book(calendar: int, edition: int, age_hours: int) -> Rulebook:
    """One edition of the rules, by one of the calendars."""
    judging = Judging(
        mode=Mode.LIVE, rollout=None, storm_guard=StormGuard(share=0.9, at_least=8), currency="JPY", ladders=Ladders(),
        max_data_age=Duration(age_hours, Unit.HOUR),
    )  # fmt: skip
    return rulebook(EDITIONS[edition], judging=judging, calendars=Calendars.single(Calendar(CALENDARS[calendar])))


@cache
def speaking(style: Style) -> Speaking:
    """Everybody hears by day, critical matters at once or with the rest; who cannot be reached is heard of in sales."""
    at_once = Route(
        name="grave", to=("owner", "#sales"), style=style, matches=lambda facts: facts.get("severity") == "critical"
    )
    return Speaking(
        routes=(at_once, Route(name="all", to=("owner",))), quiet=Quiet(QUIET_FROM, QUIET_TO),
        operator_channel="#revops",
    )  # fmt: skip
