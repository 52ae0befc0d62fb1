"""Until when somebody is not to be disturbed, as Slack's answer says it; asked seldom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.slack.dnd import quiet_until
from stalewatch.sdk.connector import Level
from tests.delivery.slack.workspace import NINE, SATO, Stage

MINUTES = st.integers(-3_000, 3_000)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def answer(begins: float, ends: float, *, paused: float | None = None, enabled: bool = True) -> dict[str, Any]:
    """What `dnd.info` says of a span, and of a pause, in minutes from nine."""
    said: dict[str, Any] = {
        "dnd_enabled": enabled, "next_dnd_start_ts": int(at(begins).timestamp()),
        "next_dnd_end_ts": int(at(ends).timestamp()), "snooze_enabled": paused is not None,
    }  # fmt: skip
    return said if paused is None else said | {"snooze_endtime": int(at(paused).timestamp())}


@pytest.mark.parametrize(
    ("said", "until"),
    [
        (answer(-60, 30), 30), (answer(0, 30), 30), (answer(1, 30), None), (answer(-60, 0), None),
        (answer(-60, 30, enabled=False), None), (answer(600, 900, paused=20), 20), (answer(20, 90, paused=20), 90),
        (answer(-10, 20, paused=90), 90), (answer(600, 900, paused=-5), None), ({}, None),
        ({"dnd_enabled": True}, None),
        ({"dnd_enabled": True, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}, None),
        ({"dnd_enabled": True, "next_dnd_start_ts": "soon", "next_dnd_end_ts": [9]}, None),
        ({"snooze_enabled": True, "snooze_endtime": 10**40}, None),
        ({"snooze_enabled": True, "snooze_endtime": True}, None),
    ],
)  # fmt: skip
def test_every_form_of_an_answer(said: dict[str, Any], until: float | None) -> None:
    assert quiet_until(said, NINE) == (None if until is None else at(until))


@given(MINUTES, MINUTES, st.none() | MINUTES, st.booleans())
def test_what_is_said_lies_ahead_and_nothing_holds_then(
    begins: int, ends: int, paused: int | None, enabled: bool
) -> None:
    said = answer(begins, ends, paused=paused, enabled=enabled)
    found = quiet_until(said, NINE)
    if found is not None:
        assert found > NINE
        assert quiet_until(said, found) is None


def rests(stage: Stage, begins: float, ends: float) -> None:
    stage.server.workspace.users[stage.sato].dnd = at(begins), at(ends)


def test_the_answer_holds_for_five_minutes_or_until_its_end(stage: Stage) -> None:
    notifier = stage.notifier()
    assert notifier.quiet_until(SATO) is None
    rests(stage, -60, 30)
    assert notifier.quiet_until(SATO) is None, "asked a moment ago"
    stage.clock.advance(timedelta(minutes=5))
    for _ in range(3):
        assert notifier.quiet_until(SATO) == at(30)
    assert stage.calls("dnd.info") == 2
    stage.clock.advance(timedelta(minutes=25))
    assert notifier.quiet_until(SATO) is None


def test_it_is_asked_again_when_the_next_span_begins(stage: Stage) -> None:
    notifier = stage.notifier()
    rests(stage, 2, 30)
    assert notifier.quiet_until(SATO) is None
    stage.clock.advance(timedelta(minutes=2))
    assert notifier.quiet_until(SATO) == at(30)


@pytest.mark.parametrize("address", ["#revops", "nobody@acme.example", "no address", "C0123456"])
def test_a_channel_and_a_stranger_are_never_at_rest(stage: Stage, address: str) -> None:
    assert stage.notifier().quiet_until(address) is None
    assert stage.requests("dnd.info") == 0


def test_doctor_says_that_nobody_is_asked_about(stage: Stage) -> None:
    tokens = stage.server.api.tokens
    tokens[stage.server.token] = (tokens[stage.server.token] | {"channels:read", "channels:join"}) - {"dnd:read"}
    said = [(one.level, one.message) for one in stage.notifier().examine() if one.subject == "scopes"]
    assert said == [(Level.OK, "all are granted; without dnd:read nobody's do not disturb is seen")]
