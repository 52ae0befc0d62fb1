"""Every state that a page or a command shows has words, in both languages; and the sentences around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from stalewatch.delivery.wording import connection_words, record_words, work_words
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.write_words import NOT_WRITTEN
from stalewatch.domain.alerts import Kind
from stalewatch.domain.deadlines import State
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.explain import Explanation
from stalewatch.domain.writebacks import WriteState
from tests.delivery.tellings import NOW, at, sato

FINE = {WriteState.DONE, DeliveryState.SENT, DeliveryState.CANCELLED, DeliveryState.SUPERSEDED, DeliveryState.REROUTED}
"""These wait for nobody, so no list shows them."""


def reader(language: str = "en") -> Reader:
    return sato(language).reads(NOW)


def work(kind: str) -> Callable[[str, Reader], str]:
    return lambda state, reader: work_words.what(kind, state, reader)


STATES: list[tuple[str, Callable[[str, Reader], str], Iterable[str]]] = [
    ("deadlines", record_words.state, [state.word for state in State]),
    ("what was said", record_words.said, [kind.value for kind in Kind]),
    ("connections", connection_words.state, connection_words.TONES),
    ("objects", connection_words.kind, ["deal", "partner_deal", "lead"]),
    ("deliveries", work("delivery"), [state.value for state in DeliveryState if state not in FINE]),
    ("writes", work("write"), [*(state.value for state in WriteState if state not in FINE), "parked"]),
    ("why nothing is written", lambda reason, reader: work_words.why("write", reason, reader), NOT_WRITTEN),
]


@pytest.mark.parametrize(("say", "names"), [case[1:] for case in STATES], ids=[case[0] for case in STATES])
def test_every_state_has_words_of_its_own(say: Callable[[str, Reader], str], names: Iterable[str]) -> None:
    for language in ("en", "ja"):
        said = [say(name, reader(language)) for name in names]
        assert len(set(said)) == len(said), said
        assert not any("_" in words for words in said)
    assert not {say(name, reader()) for name in names} & {say(name, reader("ja")) for name in names}
    assert say("of_tomorrow", reader()) == "of_tomorrow"  # what a newer process wrote is shown as it is


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        ("notice", "held", "held back"),
        ("connection", "parked", "connection set aside"),
        ("answer", "parked", "answer set aside"),
        ("figures", "parked", "figures of days set aside"),
        ("chore", "parked", "daily work set aside"),
        ("record", "parked", "record set aside"),
        ("destination", "paused", "service is down"),
        ("destination", "parked", "destination set aside"),
    ],
)
def test_work_that_waits_is_called_by_what_it_is(kind: str, state: str, said: str) -> None:
    assert work_words.what(kind, state, reader()) == said


def test_why_it_waits_is_the_first_line_of_what_went_wrong() -> None:
    said = {
        ("delivery", "parked_by_hand"): "set aside by hand",
        ("delivery", "Slack is down\nTraceback"): "Slack is down",
        ("connection", ""): "",
        ("write", "the CRM said no"): "the CRM said no",
    }
    assert {asked: work_words.why(*asked, reader()) for asked in said} == said


def test_a_destination_is_shown_without_its_kind() -> None:
    assert [work_words.place(one) for one in ("person:sato@x", "channel:#sales", "mail:a@b", "other:x")] == [
        "sato@x", "#sales", "a@b", "other:x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "troubled", "said"),
    [
        (0, [], "No connection is configured"),
        (1, [], "The connection is well"),
        (3, [], "All 3 connections are well"),
        (3, ["sf"], "sf needs a look"),
        (3, ["sf", "hs"], "sf and hs need a look"),
    ],
)
def test_how_connections_stand_is_one_sentence(total: int, troubled: list[str], said: str) -> None:
    assert connection_words.standing(total, troubled, reader()) == said


def test_data_is_as_old_as_its_largest_unit() -> None:
    ages = [None, 59, 60, 3_599, 3_600, 2 * 86_400 - 1, 2 * 86_400]
    assert [connection_words.age(seconds, reader()) for seconds in ages] == [
        "not read yet", "just read", "1 minute old", "59 minutes old", "1 hour old", "47 hours old", "2 days old",
    ]  # fmt: skip


def clock(state: str, title: str = "Customer went silent", **more: Any) -> Explanation:
    usual: dict[str, Any] = {"limit": Duration(10, Unit.BUSINESS_DAY), "zone": "Asia/Tokyo"}
    return Explanation(rule_id=title, rule_title={"en": title}, state=state, **{**usual, **more})


@pytest.mark.parametrize(
    ("is_open", "clocks", "said"),
    [
        (False, [clock("breached")], "It is closed; nothing is counted any more."),
        (True, [], "No limit is running."),
        (True, [clock("paused", due=at("11-24 18:00")), clock("watching")], "No limit is running."),
        (True, [clock("breached"), clock("at_risk", due=at("11-24 18:00"))],
         "1 limit has passed: Customer went silent."),
        (True, [clock("breached"), clock("breached", "Too long")],
         "2 limits have passed: Customer went silent and Too long."),
        (True, [clock("watching", "Later", due=at("11-28 18:00")), clock("at_risk", "First", due=at("11-24 18:00"))],
         "Nothing is late. Next: First, due 24 Nov 18:00."),
    ],
)  # fmt: skip
def test_whether_anything_is_wrong_with_a_record_is_one_sentence(
    is_open: bool, clocks: list[Explanation], said: str
) -> None:
    assert record_words.answer(is_open, clocks, reader()) == said


def test_only_a_clock_that_runs_says_how_far_it_is() -> None:
    assert record_words.distance(clock("breached"), 4, reader()) == " · 4 bd over"
    assert record_words.distance(clock("at_risk"), -2, reader()) == " · 2 bd left"
    assert record_words.distance(clock("paused"), 4, reader()) == ""
    assert record_words.distance(clock("breached"), None, reader()) == ""
    assert record_words.distance(clock("breached", limit=None), 4, reader()) == ""
