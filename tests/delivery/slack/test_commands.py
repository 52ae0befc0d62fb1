"""What people type behind `/stalewatch`, in two languages and in haste; and what Slack tells of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.slack.commands import FURTHEST, WEEK, Asked, Commanded, Word, of_form, of_payload, understood
from stalewatch.delivery.slack.interactions import Other
from stalewatch.domain.durations import Duration, Unit

USED = {
    "user_id": "U1", "channel_id": "C1", "text": "due soon", "trigger_id": "1.2", "command": "/stalewatch",
    "response_url": "https://hooks.slack.com/commands/T/1/x", "token": "legacy", "team_id": "T",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "word", "within"),
    [
        ("", Word.MINE, WEEK),
        ("  Mine ", Word.MINE, WEEK),
        ("自分", Word.MINE, WEEK),
        ("一覧", Word.MINE, WEEK),
        ("due soon", Word.SOON, WEEK),
        ("DUE　SOON", Word.SOON, WEEK),  # a full-width space
        ("soon 14d", Word.SOON, Duration(14, Unit.DAY)),
        ("due soon 5bd", Word.SOON, Duration(5, Unit.BUSINESS_DAY)),
        ("due soon 2 weeks", Word.SOON, Duration(2, Unit.WEEK)),
        ("まもなく", Word.SOON, WEEK),
        ("まもなく １４日", Word.SOON, Duration(14, Unit.DAY)),
        ("もうすぐ 3営業日", Word.SOON, Duration(3, Unit.BUSINESS_DAY)),
        ("まもなく2週間", Word.SOON, Duration(2, Unit.WEEK)),
        ("team", Word.TEAM, WEEK),
        ("チーム", Word.TEAM, WEEK),
        ("ﾁｰﾑ", Word.TEAM, WEEK),
        ("help", Word.HELP, WEEK),
        ("？", Word.HELP, WEEK),
        ("ヘルプ", Word.HELP, WEEK),
        ("soon 0d", None, WEEK),
        ("soon 999d", None, WEEK),
        ("soon 14w", None, WEEK),
        ("soon 3h", None, WEEK),
        ("team 7d", None, WEEK),
        ("soon 7d please", None, WEEK),
        ("delete everything", None, WEEK),
        ("<!channel>", None, WEEK),
    ],
)
def test_what_is_meant(text: str, word: Word | None, within: Duration) -> None:
    assert understood(text) == Asked(word=word, within=within)


@pytest.mark.fuzz
@given(st.text(max_size=60) | st.from_regex(r"(soon|due soon|まもなく) ?[0-9]{1,4} ?(d|bd|w|日|days)"))
def test_whatever_is_typed_is_understood_or_not_and_looks_no_further_than_a_quarter(text: str) -> None:
    asked = understood(text)
    assert asked.within.amount * (7 if asked.within.unit is Unit.WEEK else 1) <= FURTHEST
    assert asked.within == WEEK or asked.word is Word.SOON


def test_a_command_is_read_from_either_door() -> None:
    body = urlencode(USED).encode()
    meant = Commanded(user="U1", channel="C1", text="due soon", trigger="1.2", answer_to=USED["response_url"])
    assert of_form(body) == of_payload(USED) == meant


@pytest.mark.parametrize(
    "payload", [None, [], "x", {"user_id": 7}, {"text": "mine"}, {"ssl_check": "1", "token": "legacy"}]
)
def test_what_is_no_command_asks_nothing(payload: Any) -> None:
    assert isinstance(of_payload(payload), Other)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"ssl_check=1&token=x", b"&".join([b"a=1"] * 40), b"user_id=U1"])
def test_what_is_no_form_of_a_command_asks_nothing(body: bytes) -> None:
    assert isinstance(of_form(body), Other)


def test_a_novel_behind_the_command_is_cut() -> None:
    command = of_payload({**USED, "text": "x" * 10_000})
    assert isinstance(command, Commanded)
    assert len(command.text) == 200
