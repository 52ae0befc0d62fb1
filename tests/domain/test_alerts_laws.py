"""Whatever happens to an alert, it tells each thing once, and its timer never rings in vain."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Alert, AlertState, Kind, Policy, Reading, message_key
from stalewatch.domain.deadlines import State
from stalewatch.domain.instants import DAY, HOUR

Moment = tuple[int, State, int, bool, bool, bool, int | None]

moments = st.tuples(
    st.sampled_from([1, HOUR, 2 * HOUR, DAY, 5 * DAY]),  # time passes
    st.sampled_from([state for state in State]),  # noqa: C416
    st.sampled_from([0, 0, 0, 3 * DAY]),  # the anchor
    st.booleans(),  # a wait moved the deadline
    st.booleans(),  # in shadow
    st.booleans(),  # muted
    st.one_of(st.none(), st.sampled_from([HOUR, 4 * DAY])),  # somebody snoozes
)


def policy(*, shadow: bool, muted: bool, live_since: int | None) -> Policy:
    return Policy(
        keep_for=2 * HOUR,
        reopens_until=lambda resolved: resolved + 3 * DAY,
        close_of_day=lambda moment: moment - moment % DAY + 18 * HOUR + (DAY if moment % DAY >= 18 * HOUR else 0),
        live_since=live_since,
        shadow=shadow,
        muted_by="louder" if muted else None,
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(moments, max_size=25), st.booleans(), st.sampled_from([None, 0, 10 * DAY]))
def test_each_thing_is_told_once_and_no_timer_rings_in_vain(
    story: list[Moment],
    by_condition: bool,
    live_since: int | None,
) -> None:
    now, ran_since, anchor_before = 100 * DAY, 100 * DAY, -1
    latest: Alert | None = None
    keys: list[str] = []
    for passed, state, shift, paused, shadow, muted, snoozes in story:
        now += passed
        anchor = 90 * DAY + shift
        runs = state in (State.WATCHING, State.AT_RISK, State.BREACHED, State.PAUSED)
        if anchor != anchor_before or not runs:
            ran_since, anchor_before = now, anchor if runs else -1
        until = now + DAY if state is State.PAUSED else None
        clock = Reading(state, anchor, now - 1, now - 1, ran_since, until, paused, by_condition)
        how = policy(shadow=shadow, muted=muted, live_since=live_since)
        before = latest
        outcome = episodes.step(latest, "mark", clock, now, how)
        latest = outcome.alert
        if latest is None:
            assert outcome.says == ()
            continue
        assert latest.due_at is None or latest.due_at > now
        begins_anew = latest.is_over and state in (State.AT_RISK, State.BREACHED)  # one step ends, the next opens
        assert begins_anew or not episodes.step(latest, "mark", clock, now, how).says, "told again in the same moment"
        keys += [message_key("mark", latest.episode, said, "sato") for said in outcome.says]
        if shadow:
            assert all(said.kind is Kind.RESOLVE for said in outcome.says)
        if muted and not latest.is_over:
            assert outcome.says == ()
        if before is not None:
            assert latest.episode - before.episode in (0, 1)
        if snoozes is not None and not latest.is_over:
            latest = episodes.snooze(latest, now + snoozes, how)
            assert latest.state is AlertState.SNOOZED
    assert len(keys) == len(set(keys)), keys


@settings(max_examples=200, deadline=None)
@given(st.lists(moments, max_size=25))
def test_what_cannot_be_judged_changes_nothing_and_says_nothing(story: list[Moment]) -> None:
    now = 100 * DAY
    latest: Alert | None = None
    for passed, state, shift, paused, shadow, muted, _ in story:
        now += passed
        how = policy(shadow=shadow, muted=muted, live_since=None)
        clock = Reading(state, 90 * DAY + shift, now, now, now, None, paused)
        blind = episodes.step(latest, "mark", structs.replace(clock, state=State.CANNOT_JUDGE), now, how)
        assert blind.says == ()
        same = (
            blind.alert if blind.alert is None or latest is None else structs.replace(blind.alert, due_at=latest.due_at)
        )
        assert same == latest
        latest = episodes.step(blind.alert, "mark", clock, now, how).alert
