"""One step of an alert, row by row: the whole episode that comes of it, its timer, and what is said."""

from __future__ import annotations

from dataclasses import replace as replace_spec
from typing import Any

import pytest
from msgspec.structs import replace

from stalewatch.domain import episodes
from stalewatch.domain.alerts import (
    Alert,
    AlertState,
    Cause,
    Hush,
    Kind,
    Policy,
    Reading,
    Said,
    Step,
    fingerprint,
    message_key,
    policy_of,
)
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, HOUR
from stalewatch.domain.levels import Level
from tests.domain.calendar_builders import TOKYO, Told

NOW, ANCHOR, WARN, BREACH = 100 * DAY, 80 * DAY, 95 * DAY, 99 * DAY
KEEP, REOPEN = 2 * HOUR, 3 * DAY
LADDER = (Level(after=Duration(4, Unit.HOUR), to=("owner.manager",)),)
WARNED, BREACHED, REPEATED = (Said(Kind.WARN),), (Said(Kind.BREACH),), (Said(Kind.REPEAT, 1),)


def policy(**values: Any) -> Policy:
    return Policy(KEEP, lambda resolved: resolved + REOPEN, lambda moment: moment + 7 * HOUR, **values)


def clock(state: State, **values: Any) -> Reading:
    return Reading(
        **{"state": state, "anchor": ANCHOR, "warn_at": WARN, "breach_at": BREACH, "ran_since": ANCHOR, **values}
    )


def alert(**values: Any) -> Alert:
    """An open alert that was warned of, at another deadline than the clock's: what a step takes over shows."""
    given = {
        "fingerprint": "mark",
        "episode": 3,
        "state": AlertState.OPEN,
        "anchor": ANCHOR,
        "warn_at": 1,
        "breach_at": 2,
    }
    return Alert(**{**given, "opened_at": 90 * DAY, "warn_told": True, **values})


def late(**values: Any) -> Alert:
    """One whose breach was told."""
    return alert(**{"warn_at": WARN, "breach_at": BREACH, "breached_at": BREACH, "breach_told": True, **values})


def over(**values: Any) -> Alert:
    """A late one that resolved a day ago, and said so."""
    told = {
        "state": AlertState.RESOLVED,
        "resolved_at": NOW - DAY,
        "cause": Cause.SATISFIED,
        "resolved_since_told": True,
    }
    return late(**{**told, **values})


def goes(latest: Alert | None, now_says: Reading, how: Policy | None = None, now: int = NOW) -> Step:
    return episodes.step(latest, "mark", now_says, now, how or policy())


CURRENT: dict[str, Any] = {"anchor": ANCHOR, "warn_at": WARN, "breach_at": BREACH}
FADING: dict[str, Any] = {"state": AlertState.RESOLVING, "resolving_since": NOW, "due_at": NOW + KEEP}
AHEAD: dict[str, Any] = {"was_paused": True, "breach_at": NOW + 1}
"""A wait put the deadline ahead again."""
MOVED = clock(State.WATCHING, anchor=ANCHOR + 1)


# ------------------------------------------------------------------------------------------------ opening


@pytest.mark.parametrize("state", [one for one in State if one not in (State.AT_RISK, State.BREACHED)])
def test_nothing_opens_but_by_a_risk_or_a_breach(state: State) -> None:
    assert goes(None, clock(state)) == Step(None)
    assert goes(over(), clock(state)) == Step(over())


def test_what_opens_has_the_clocks_deadline_and_the_rules_ladder() -> None:
    opened = Alert("mark", 1, AlertState.OPEN, ANCHOR, WARN, BREACH, NOW, warn_told=True, ladder=LADDER)
    assert goes(None, clock(State.AT_RISK), policy(ladder=LADDER)) == Step(opened, WARNED)
    breached = replace(opened, warn_told=False, breached_at=NOW, breach_told=True)
    assert goes(None, clock(State.BREACHED), policy(ladder=LADDER)) == Step(breached, BREACHED)
    assert goes(None, clock(State.BREACHED), policy(ladder=LADDER, holdout=True)).alert == replace(
        breached, breach_told=False, holdout=True
    )
    assert goes(None, clock(State.AT_RISK), policy(shadow=True)) == Step(
        replace(opened, warn_told=False, ladder=(), shadow=True, state=AlertState.SHADOW)
    )


@pytest.mark.parametrize(
    ("state", "live_since", "latest", "backlog"),
    [
        (State.BREACHED, None, None, False),
        (State.BREACHED, BREACH - 1, None, False),
        (State.BREACHED, BREACH, None, True),
        (State.AT_RISK, BREACH, None, False),
        (State.BREACHED, 0, None, False),
        (State.BREACHED, BREACH, over(resolved_at=BREACH, anchor=0), True),
        (State.BREACHED, BREACH, over(resolved_at=BREACH + 1, anchor=0), False),
        (State.BREACHED, BREACH, over(resolved_at=None, anchor=0), True),
        (State.BREACHED, BREACH, over(resolved_at=BREACH), True),
    ],
)
def test_what_was_late_before_the_rule_spoke_is_backlog(
    state: State, live_since: int | None, latest: Alert | None, backlog: bool
) -> None:
    step = goes(latest, clock(state), policy(live_since=live_since))
    assert step.alert is not None
    assert (step.alert.backlog, step.alert.state) == (backlog, AlertState.BACKLOG if backlog else AlertState.OPEN)
    assert bool(step.says) is not backlog


def test_the_same_trouble_within_its_time_is_the_same_story() -> None:
    again = clock(State.BREACHED, ran_since=NOW - DAY + REOPEN)
    told = late(reopens=1, resolved_since_told=False)
    assert goes(over(), again) == Step(told, (Said(Kind.REOPEN, 1),))
    assert goes(over(reopens=4), again) == Step(replace(told, reopens=5), (Said(Kind.REOPEN, 5),))
    afresh = Alert("mark", 4, AlertState.OPEN, ANCHOR, WARN, BREACH, NOW, breached_at=NOW, breach_told=True)
    for latest, reading in (
        (over(), clock(State.BREACHED, ran_since=NOW - DAY + REOPEN + 1)),
        (over(anchor=ANCHOR - 1), again),
        (over(cause=Cause.LOST), clock(State.BREACHED, ran_since=NOW)),
        (over(resolved_at=None), again),
    ):
        assert goes(latest, reading) == Step(afresh, BREACHED)
    by_condition = replace(again, by_condition=True)
    assert goes(over(anchor=ANCHOR - 1), by_condition).alert == told
    ended_unknown = goes(over(resolved_at=None), clock(State.BREACHED, ran_since=REOPEN))
    assert ended_unknown.alert == told, "an end that nobody noted lies at the very beginning"
    silent = goes(over(holdout=True), again, policy(shadow=True, holdout=True)).alert
    assert silent is not None
    assert (silent.shadow, silent.holdout) == (True, True)
    for spoken in (goes(over(holdout=True), again), goes(over(), again, policy(holdout=True))):
        assert spoken.alert == told


@pytest.mark.parametrize(
    ("cause", "ran_since", "anchor", "opens"),
    [
        (Cause.FALSE_ALARM, NOW - DAY, ANCHOR, False),
        (Cause.LOST, NOW - DAY, ANCHOR, False),
        (Cause.FALSE_ALARM, NOW - DAY + 1, ANCHOR, True),
        (Cause.FALSE_ALARM, NOW - DAY + 1, ANCHOR - 1, False),
        (Cause.SATISFIED, NOW - DAY, ANCHOR, True),
        (None, NOW - DAY, ANCHOR, True),
    ],
)
def test_a_persons_word_stands_while_the_clock_runs_on(
    cause: Cause | None, ran_since: int, anchor: int, opens: bool
) -> None:
    latest = over(cause=cause)
    step = goes(latest, clock(State.BREACHED, ran_since=ran_since, anchor=anchor))
    assert (step != Step(latest), bool(step.says)) == (opens, opens)
    undated = over(cause=Cause.LOST, resolved_at=None)
    assert goes(undated, clock(State.BREACHED, ran_since=0)) == Step(undated)
    assert goes(undated, clock(State.BREACHED, ran_since=1)) != Step(undated)


# ------------------------------------------------------------------------------------------------ going on


def test_what_cannot_be_judged_stays_and_its_timer_is_spent() -> None:
    assert goes(None, clock(State.CANNOT_JUDGE)) == Step(None)
    assert goes(late(due_at=NOW), clock(State.CANNOT_JUDGE)) == Step(late())
    assert goes(late(due_at=NOW + 1), clock(State.CANNOT_JUDGE)) == Step(late(due_at=NOW + 1))


@pytest.mark.parametrize(
    ("latest", "reading", "then", "says"),
    [
        (alert(), clock(State.AT_RISK), alert(**CURRENT), ()),
        (alert(warn_told=False), clock(State.AT_RISK), alert(**CURRENT), WARNED),
        (alert(warn_told=False, breach_told=True), clock(State.AT_RISK),
         alert(**CURRENT, warn_told=False, breach_told=True), ()),
        (alert(), clock(State.BREACHED), late(breached_at=NOW), BREACHED),
        (late(), clock(State.BREACHED), late(), ()),
        (late(state=AlertState.RESOLVING, resolving_since=5, cause=Cause.SATISFIED), clock(State.BREACHED), late(), ()),
        # a wait that ends puts the deadline ahead: not late any more, and the same story
        (late(), clock(State.AT_RISK, **AHEAD), late(breached_at=None, breach_at=NOW + 1), ()),
        (late(), clock(State.AT_RISK, was_paused=True, breach_at=NOW), late(breach_at=NOW), ()),
        (late(), clock(State.WATCHING, **AHEAD), late(breached_at=None, breach_at=NOW + 1), ()),
        (alert(ask_at=NOW - 1, due_at=NOW), clock(State.WATCHING, **AHEAD),
         alert(**{**CURRENT, "breach_at": NOW + 1}), ()),
        # what a person did ends, and what is late then is asked again
        (late(snoozed_until=NOW, state=AlertState.SNOOZED), clock(State.BREACHED), late(repeats=1), REPEATED),
        (late(snoozed_until=NOW + 1, repeats=2), clock(State.BREACHED),
         late(snoozed_until=NOW + 1, state=AlertState.SNOOZED, repeats=2, due_at=NOW + 1), ()),
        (late(hushed_until=NOW, hushed_by=Hush.CLAIMED, repeats=1), clock(State.BREACHED),
         late(repeats=2), (Said(Kind.REPEAT, 2),)),
        (late(hushed_until=NOW + 1, hushed_by=Hush.CLAIMED), clock(State.BREACHED),
         late(hushed_until=NOW + 1, hushed_by=Hush.CLAIMED, state=AlertState.CLAIMED, due_at=NOW + 1), ()),
        (late(hushed_until=NOW + 1, hushed_by=Hush.ACKNOWLEDGED), clock(State.BREACHED),
         late(hushed_until=NOW + 1, hushed_by=Hush.ACKNOWLEDGED, due_at=NOW + 1), ()),
        (late(hushed_by=Hush.CLAIMED), clock(State.BREACHED), late(), ()),
        (alert(snoozed_until=NOW), clock(State.AT_RISK), alert(**CURRENT), ()),
        # after a wait it is asked at the close of the day, and a risk does not wait for that
        (late(ask_at=NOW + 8 * HOUR), clock(State.BREACHED), late(ask_at=NOW + 7 * HOUR, due_at=NOW + 7 * HOUR), ()),
        (late(ask_at=NOW + 1), clock(State.BREACHED), late(ask_at=NOW + 1, due_at=NOW + 1), ()),
        (late(ask_at=NOW), clock(State.BREACHED), late(repeats=1), REPEATED),
        (alert(warn_told=False, ask_at=NOW + 1), clock(State.AT_RISK), alert(**CURRENT), WARNED),
        # its deadline had moved after its breach was told: breached anew, it is asked again at once
        (late(breached_at=None, ask_at=NOW + 1), clock(State.BREACHED), late(breached_at=NOW, repeats=1),
         REPEATED),
        (alert(ask_at=NOW + 1), clock(State.BREACHED),
         alert(**CURRENT, breached_at=NOW, ask_at=NOW + 1, due_at=NOW + 1), ()),
    ],
)  # fmt: skip
def test_trouble_that_holds(latest: Alert, reading: Reading, then: Alert, says: tuple[Said, ...]) -> None:
    assert goes(latest, reading) == Step(then, says)


def test_a_wait_holds_everything_until_the_close_of_the_day_on_which_it_ends() -> None:
    paused = clock(State.PAUSED, paused_until=NOW + DAY, breach_at=NOW + 2 * DAY)
    fading = late(state=AlertState.RESOLVING, resolving_since=5, cause=Cause.SATISFIED, due_at=NOW)
    waiting = late(state=AlertState.WAITING, breach_at=NOW + 2 * DAY, breached_at=None, ask_at=NOW + DAY + 7 * HOUR)
    assert goes(fading, paused) == Step(waiting)
    assert goes(late(warn_at=1, breach_at=2), clock(State.PAUSED)) == Step(late(state=AlertState.WAITING))
    moved = goes(late(), clock(State.PAUSED, anchor=7)).alert
    assert moved == late(state=AlertState.WAITING, anchor=7), "whatever it counts from by then"


def test_what_is_silent_climbs_and_counts_without_a_word() -> None:
    for silent, named in (("shadow", AlertState.SHADOW), ("holdout", AlertState.OPEN)):
        step = goes(alert(holdout=silent == "holdout"), clock(State.BREACHED), policy(**{silent: True}))
        assert step == Step(alert(**CURRENT, breached_at=NOW, state=named, **{silent: True}))
    assert goes(alert(shadow=True, holdout=True), clock(State.BREACHED)) == Step(late(breached_at=NOW), BREACHED)
    assert goes(alert(), clock(State.BREACHED), policy(holdout=True)) == Step(late(breached_at=NOW), BREACHED)


@pytest.mark.parametrize(
    ("latest", "state", "live_since", "backlog"),
    [
        (alert(opened_at=BREACH), State.BREACHED, BREACH, True),
        (alert(opened_at=BREACH + 1), State.BREACHED, BREACH, False),
        (alert(opened_at=BREACH), State.BREACHED, BREACH - 1, False),
        (alert(opened_at=BREACH), State.AT_RISK, BREACH, False),
        (alert(opened_at=BREACH), State.BREACHED, None, False),
        (late(opened_at=BREACH), State.BREACHED, BREACH, False),
    ],
)
def test_what_opened_and_was_late_before_its_rule_spoke_becomes_backlog(
    latest: Alert, state: State, live_since: int | None, backlog: bool
) -> None:
    step = goes(latest, clock(state), policy(live_since=live_since))
    assert step.alert is not None
    assert step.alert.backlog is backlog
    assert not (backlog and step.says)


def test_of_two_rules_one_speaks_and_the_other_keeps_its_word() -> None:
    muted = goes(alert(due_at=NOW), clock(State.BREACHED), policy(muted_by="louder"))
    assert muted == Step(alert(**CURRENT, breached_at=NOW, muted_by="louder"))
    asleep = goes(late(snoozed_until=NOW), clock(State.BREACHED), policy(muted_by="louder"))
    assert asleep == Step(late(snoozed_until=NOW, muted_by="louder")), "its timer rang: the record is looked at anyway"
    assert goes(muted.alert, clock(State.BREACHED)) == Step(late(breached_at=NOW), BREACHED)
    assert goes(late(), clock(State.BREACHED), policy(muted_by="louder")) == Step(late(muted_by="louder"))


def test_a_level_is_climbed_when_its_time_has_come_and_a_word_starts_the_time_anew() -> None:
    told = late(ladder=LADDER, counts_from=NOW - 4 * HOUR)
    assert goes(told, clock(State.BREACHED)) == Step(replace(told, climbed=1), (Said(Kind.ESCALATE, 1, LADDER[0]),))
    early = goes(told, clock(State.BREACHED), now=NOW - 1).alert
    assert early == replace(told, climb_at=NOW, due_at=NOW)
    assert goes(told, clock(State.AT_RISK, was_paused=True)).says == (), "what is not late climbs nothing"
    asked = goes(replace(told, snoozed_until=NOW), clock(State.BREACHED))
    assert asked == Step(replace(told, repeats=1, counts_from=None), REPEATED)
    warned = goes(alert(warn_told=False, ladder=LADDER, counts_from=NOW), clock(State.AT_RISK))
    assert warned.alert is not None
    assert warned.alert.counts_from == NOW, "a warning starts nothing"


# ------------------------------------------------------------------------------------------------ ending


@pytest.mark.parametrize(
    ("latest", "reading", "cause"),
    [
        (late(), clock(State.SATISFIED), Cause.SATISFIED),
        (late(), clock(State.EXCEPTED), Cause.EXCEPTED),
        (late(), clock(State.NO_CLOCK), Cause.NO_LONGER_APPLIES),
        (late(), clock(State.NO_CLOCK, by_condition=True), Cause.SATISFIED),
        (late(), clock(State.NOT_APPLICABLE), Cause.NO_LONGER_APPLIES),
        (late(), clock(State.NOT_APPLICABLE, by_condition=True), Cause.NO_LONGER_APPLIES),
        (late(), clock(State.WATCHING), Cause.DEADLINE_MOVED),
        (late(), clock(State.AT_RISK), Cause.DEADLINE_MOVED),
        (late(), MOVED, Cause.RE_ANCHORED),
        (late(), replace(MOVED, was_paused=True), Cause.RE_ANCHORED),
        (late(), replace(MOVED, was_paused=True, state=State.AT_RISK), Cause.RE_ANCHORED),
        (late(cause=Cause.RULE_CHANGED), clock(State.SATISFIED), Cause.RULE_CHANGED),
    ],
)
def test_trouble_that_is_gone_fades_for_a_while_and_its_cause_is_named(
    latest: Alert, reading: Reading, cause: Cause
) -> None:
    fading = goes(replace(latest, ask_at=NOW + 9), reading)
    assert fading == Step(replace(latest, **FADING, cause=cause))
    assert fading.alert is not None
    assert goes(fading.alert, reading, now=NOW + KEEP - 1) == fading
    ended = late(state=AlertState.RESOLVED, resolved_at=NOW + KEEP, cause=cause, resolved_since_told=True)
    assert goes(fading.alert, reading, now=NOW + KEEP) == Step(
        replace(ended, resolving_since=NOW), (Said(Kind.RESOLVE, 1),)
    )


def test_a_closed_deal_is_over_at_once_and_keeps_nothing_that_waits() -> None:
    busy = late(
        due_at=5, snoozed_until=6, ask_at=7, hushed_until=8, hushed_by=Hush.CLAIMED, counts_from=9, climb_at=10,
        muted_by="louder", reopens=2,
    )  # fmt: skip
    ended = late(state=AlertState.RESOLVED, cause=Cause.CLOSED, resolved_at=NOW, resolved_since_told=True, reopens=2)
    assert goes(busy, clock(State.CLOSED)) == Step(ended, (Said(Kind.RESOLVE, 3),))
    quiet = episodes.end(alert(warn_told=False), Cause.MERGED, NOW)
    assert quiet == Step(alert(warn_told=False, state=AlertState.RESOLVED, cause=Cause.MERGED, resolved_at=NOW))
    assert episodes.end(late(shadow=True), Cause.MERGED, NOW).says == ()
    assert episodes.end(alert(), Cause.MERGED, NOW).says == (Said(Kind.RESOLVE, 1),)


def test_only_a_persons_word_dismisses() -> None:
    for word in (Cause.LOST, Cause.FALSE_ALARM):
        assert episodes.dismiss(late(), word, NOW) == episodes.end(late(), word, NOW)
    with pytest.raises(ValueError, match="satisfied is nobody's verdict"):
        episodes.dismiss(late(), Cause.SATISFIED, NOW)


def test_an_alert_stands_while_its_clock_says_so_or_nobody_can_tell() -> None:
    late_by = {state: episodes.is_late_by(alert(), clock(state)) for state in State}
    assert {state for state, says in late_by.items() if says} == {State.PAUSED, State.AT_RISK, State.BREACHED}
    stands = {state for state in State if episodes.stands(alert(), clock(state))}
    assert stands == {State.PAUSED, State.AT_RISK, State.BREACHED, State.CANNOT_JUDGE}
    assert not episodes.stands(late(), clock(State.AT_RISK))


def test_what_other_rules_call_no_trouble_ends_in_a_while() -> None:
    assert episodes.overruled(late(ask_at=5), NOW, KEEP) == late(**FADING, cause=Cause.RULE_CHANGED)


# ------------------------------------------------------------------------------------------------ what governs


def test_a_policy_counts_by_the_records_calendar() -> None:
    tokyo = Told.of(TOKYO)
    how = policy_of(tokyo.calendar, Duration(90, Unit.MINUTE), Duration(2, Unit.BUSINESS_DAY))
    assert how.keep_for == 90 * 60 * 1_000_000
    saturday = tokyo.us("2026-03-07 10:00")
    assert tokyo.wall(how.reopens_until(saturday)) == "2026-03-10 18:00"
    assert tokyo.wall(how.close_of_day(saturday)) == "2026-03-07 18:00"
    for amount, unit, at in (
        (1, Unit.BUSINESS_DAY, "2026-03-09 09:00"),  # in the morning of the day, so that its digest carries it
        (3, Unit.HOUR, "2026-03-07 13:00"),
        (2, Unit.BUSINESS_HOUR, "2026-03-09 11:00"),
        (0, Unit.DAY, "2026-03-07 10:00"),  # never before the moment that it counts from
    ):
        assert tokyo.wall(how.climb(saturday, Duration(amount, unit))) == at
    for value in (how.reopens_until(saturday), how.close_of_day(saturday), how.climb(saturday, Duration(1, Unit.DAY))):
        assert type(value) is int, "whole microseconds, none of numpy's"
    evening = Told.of(replace_spec(TOKYO, opens=0, closes=24 * 60))
    until_midnight = policy_of(evening.calendar, Duration(0, Unit.HOUR), Duration(0, Unit.DAY))
    climbs = until_midnight.climb(evening.us("2026-03-09 10:00"), Duration(1, Unit.DAY))
    assert evening.wall(climbs) == "2026-03-10 00:00", "a day that ends at midnight is not the next one"


def test_the_identity_of_a_problem_is_its_rule_and_record_and_stays_so_for_ever() -> None:
    """Stored identities are compared with these: what is written here may never change."""
    plain = "4b2757967d8fa8d90f0c87b3112ac1ca"
    assert fingerprint("t", "quiet", "deal", "sf:1", None) == plain
    assert fingerprint("t", "quiet", "deal", "sf:1", "") == plain
    assert fingerprint("t", "quiet", "deal", "sf:1", "contact") == "40ace5b31b80c68a701146b1c7aee0c3"
    assert fingerprint("t", "quiet", "deal", "sf:\ud800é", None) == "fc5a81904070cdf4435278263c7f02e6"
    assert message_key("mark", 2, Said(Kind.REPEAT, 3), "person:sato") == "mark:2:repeat:3:person:sato"
