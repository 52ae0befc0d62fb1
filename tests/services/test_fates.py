"""The short way to "nothing is said" leads where the tick's own step leads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Policy, Reading
from stalewatch.domain.deadlines import State
from stalewatch.services.judging.alert_rows import from_row
from stalewatch.services.previewing.fates import is_settled

NOW = 1_000
PAST, AHEAD = st.integers(1, NOW), st.integers(NOW + 1, 2 * NOW)
MOMENT = st.none() | PAST | AHEAD
SETTLED = st.fixed_dictionaries(
    {
        "fingerprint": st.just("f"), "episode": st.just(1), "anchor": st.just(1), "warn_at": st.just(2),
        "breach_at": PAST, "opened_at": PAST, "breached_at": PAST, "warn_told_at": st.none() | PAST,
        "repeats": st.just(0), "reopens": st.integers(0, 2), "resolved_since_told": st.just(False),
        "snoozes": st.just(0), "snoozed_until": st.none(), "ask_at": st.none(), "hushed_until": st.none(),
        "hushed_by": st.none(), "shadow": st.just(False),
        "holdout": st.booleans(), "muted_by": st.none() | st.just("other"), "resolving_since": st.none() | PAST,
        "resolved_at": st.none(), "cause": st.none(), "ladder": st.none(), "climbed": st.just(0),
        "counts_from": st.none() | PAST, "climb_at": st.none(), "due_at": MOMENT,
    }
)  # fmt: skip
"""What was told, or listed as backlog, and stands."""
ROWS = st.one_of(
    st.tuples(SETTLED, st.just({"state": "open", "backlog": False}), st.fixed_dictionaries({"breach_told_at": PAST})),
    st.tuples(
        SETTLED, st.just({"state": "backlog", "backlog": True}), st.fixed_dictionaries({"breach_told_at": MOMENT})
    ),
).map(lambda parts: SimpleNamespace(**parts[0], **parts[1], **parts[2]))


@given(row=ROWS, since=st.none() | PAST, muted_by=st.none() | st.just("other"))
def test_what_is_settled_says_nothing_and_is_no_new_backlog(row: Any, since: int | None, muted_by: str | None) -> None:
    assert is_settled(row, State.BREACHED)
    before = from_row(row)
    reading = Reading(State.BREACHED, 1, 2, row.breach_at, NOW)
    policy = Policy(10, lambda at: at + 10, lambda at: at, live_since=since, muted_by=muted_by, holdout=before.holdout)
    step = episodes.step(before, "f", reading, NOW, policy)
    assert step.says == ()
    assert step.alert is not None
    assert step.alert.backlog == before.backlog


def test_what_was_told_and_still_stands_is_settled() -> None:
    row = SimpleNamespace(
        state="open", shadow=False, snoozed_until=None, ask_at=None, breached_at=5, resolved_since_told=False,
        backlog=False, breach_told_at=5, hushed_until=None, climb_at=None,
    )  # fmt: skip
    assert is_settled(row, State.BREACHED)
    assert not is_settled(row, State.AT_RISK)
    for timer in ("snoozed_until", "hushed_until", "ask_at", "climb_at"):
        assert not is_settled(SimpleNamespace(**{**vars(row), timer: 7}), State.BREACHED), timer
