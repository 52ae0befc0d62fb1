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
_HEAD: Final = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
"""
_QUIET: Final = """\
  - id: quiet
    title: {en: Quiet, ja: 静か}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 12d
    pause: {until: hold_until, from: hold_set_at, max: 60d}
    warn: 4d
    severity: critical
"""
_NO_STEP: Final = """\
  - id: no-step
    title: {en: No next step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: 2bd
    severity: warning
"""
_DWELLING: Final = """\
  - id: dwelling
    title: {en: Long in its stage, ja: 滞留}
    watch: deal
    start: stage_entered_at
    within: [{stage: proposal, is: 9bd}, {is: 40bh}]
    warn: 2bd
    severity: warning
"""
PACKS: Final = (
    f"{_HEAD}{_QUIET}    mutes: [no-step]\n{_NO_STEP}{_DWELLING}",
    f"{_HEAD}{_QUIET}", f"{_HEAD}{_NO_STEP}", f"{_HEAD}{_DWELLING}",
)  # fmt: skip
"""All of the rules, for a company; or one, for a tiny one."""
EDITIONS: Final = 4


def edited(pack: str, edition: int) -> str:
    """Other limits, warnings and units; an exception. All of them read the same fields."""
    match edition:
        case 1:
            return pack.replace("within: 12d", "within: 8bd").replace("within: 2bd", "within: 3bd")
        case 2:
            return pack.replace("warn: 4d", "warn: 1d").replace("{is: 40bh}", "{is: 30bh}")
        case 3 if "id: dwelling" in pack:
            silenced = "{rules: [dwelling], where: {stage: discovery}, until: 2026-11-05, because: fair}"
            return f"{pack}exceptions:\n  - {silenced}\n"
        case _:
            return pack


@cache
def is_business_day(calendar: int, day: date) -> bool:
    """Whether one of the calendars works on a date."""
    return bool(_calendar(calendar).is_business_day(np.array([to_day(day)]))[0])


@cache
def _calendar(number: int) -> Calendar:
    return Calendar(CALENDARS[number])


@cache
def book(calendar: int, edition: int, age_hours: int, pack: int = 0) -> Rulebook:
    """One edition of one of the packs, by one of the calendars."""
    judging = Judging(
        mode=Mode.LIVE, rollout=None, storm_guard=StormGuard(share=0.9, at_least=8), currency="JPY", ladders=Ladders(),
        max_data_age=Duration(age_hours, Unit.HOUR),
    )  # fmt: skip
    calendars = Calendars.single(_calendar(calendar))
    return rulebook(edited(PACKS[pack], edition), judging=judging, calendars=calendars)


@cache
def speaking(style: Style, *, alone: bool = False) -> Speaking:
    """Everybody hears by day, critical matters at once or with the rest; also in sales, unless somebody is alone."""
    at_once = Route(
        name="grave", to=("owner",) if alone else ("owner", "#sales"), style=style,
        matches=lambda facts: facts.get("severity") == "critical",
    )  # fmt: skip
    return Speaking(
        routes=(at_once, Route(name="all", to=("owner",))), quiet=Quiet(QUIET_FROM, QUIET_TO),
        operator_channel="#revops",
    )  # fmt: skip
