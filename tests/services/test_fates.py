"""The short way to "nothing is said" leads where the tick's own step leads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain import episodes
from stalewatch.domain.alerts import AlertState, Policy, Reading
from stalewatch.domain.deadlines import State
from stalewatch.services.judging.alert_rows import from_row
from stalewatch.services.previewing.fates import is_settled

NOW = 1_000
PAST, AHEAD = st.integers(1, NOW), st.integers(NOW + 1, 2 * NOW)
MOMENT = st.none() | PAST | AHEAD
ROWS = st.builds(
    SimpleNamespace,
    fingerprint=st.just("f"), episode=st.just(1), state=st.sampled_from([one.value for one in AlertState]),
    anchor=st.just(1), warn_at=st.just(2), breach_at=PAST, opened_at=PAST, breached_at=st.none() | PAST,
    warn_told_at=st.none() | PAST, breach_told_at=st.none() | PAST, repeats=st.just(0), reopens=st.integers(0, 2),
    resolved_since_told=st.booleans(), snoozes=st.just(0), snoozed_until=MOMENT, ask_at=MOMENT, backlog=st.booleans(),
    shadow=st.booleans(), muted_by=st.none() | st.just("other"), resolving_since=st.none() | PAST,
    resolved_at=st.none() | PAST, cause=st.none(), due_at=MOMENT,
)  # fmt: skip


@given(row=ROWS, since=st.none() | PAST, muted_by=st.none() | st.just("other"))
def test_what_is_settled_says_nothing_and_is_no_new_backlog(row: Any, since: int | None, muted_by: str | None) -> None:
    reading = Reading(State.BREACHED, 1, 2, row.breach_at, NOW)
    policy = Policy(10, lambda at: at + 10, lambda at: at, live_since=since, muted_by=muted_by)
    if is_settled(row, State.BREACHED):
        before = from_row(row)
        step = episodes.step(before, "f", reading, NOW, policy)
        assert step.says == ()
        assert step.alert is not None
        assert step.alert.backlog == before.backlog


def test_what_was_told_and_still_stands_is_settled() -> None:
    row = SimpleNamespace(
        state="open", shadow=False, snoozed_until=None, ask_at=None, breached_at=5, resolved_since_told=False,
        backlog=False, breach_told_at=5,
    )  # fmt: skip
    assert is_settled(row, State.BREACHED)
    assert not is_settled(row, State.AT_RISK)
