"""What the operator reads: how much it concerns and the one thing to do."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.delivery.news import (
    CannotJudge,
    ConnectionFailed,
    Doubted,
    GivenUp,
    News,
    Noisy,
    StormHeld,
    Undelivered,
)
from stalewatch.delivery.operators import compose_operator
from stalewatch.sdk.notifier import Message, Style
from tests.delivery.tellings import NOW, at, sato

SILENCE = {"en": "Customer went silent", "ja": "お客様からの返信なし"}
MAIL = {"en": "E-mails", "ja": "メール"}


def operator(*news: News, language: str = "en", **more: Any) -> Message:
    recipient = sato(language, target="operator", address="#revops", key=None)
    message = compose_operator(news, delivery="o", recipient=recipient, now=NOW, **more)
    assert message is not None
    return message


@pytest.mark.parametrize(
    ("news", "headline", "cure"),
    [
        (StormHeld(412, 1_800), "412 messages are held back", "`stalewatch work release`"),
        (ConnectionFailed("hs", "the token was revoked."), "hs cannot be read", "Nothing is judged on old data"),
        (CannotJudge("hs", (MAIL,), (SILENCE,), 412), "hs: E-mails cannot be read", "`stalewatch doctor`"),
        (Undelivered(1), "1 message reached nobody", "`stalewatch work ls`"),
    ],
)
def test_each_kind_of_news_names_its_cure(news: News, headline: str, cure: str) -> None:
    message = operator(news)
    [entry] = message.entries
    assert (message.title, entry.headline, message.style) == (headline, headline, Style.OPERATOR)
    assert cure in entry.body
    translated = operator(news, language="ja").entries[0]
    assert translated.headline != headline
    assert translated.body != entry.body


def test_a_failed_connection_says_since_when_and_what_to_do() -> None:
    failed = ConnectionFailed("hs", "the token was revoked", "connect it again", since=at("11-20 08:00"))
    assert operator(failed).entries[0].body == (
        "The token was revoked, since 20 Nov 08:00. Nothing is judged on old data; what was known stays."
        " Connect it again"
    )


def test_rules_that_cannot_judge_are_named() -> None:
    blind = CannotJudge("hs", (MAIL, {"en": "Agenda"}), (SILENCE, {"en": "No agenda"}), 412)
    assert (
        operator(blind)
        .entries[0]
        .body.startswith("412 records are not judged for “Customer went silent” and “No agenda” until")
    )


def test_hs24_the_scope_that_is_missing_is_named() -> None:
    one = CannotJudge("hs", (MAIL,), (SILENCE,), 412, ("sales-email-read",))
    known = {"hs": "hubspot"}
    assert operator(one, kinds=known).title == "HubSpot (hs): E-mails cannot be read, scope sales-email-read is missing"
    assert operator(one, kinds=known).entries[0].body == (
        "412 records are not judged for “Customer went silent” until it is granted. `stalewatch doctor` says how."
    )
    assert operator(one, language="ja", kinds=known).title == (
        "HubSpot(hs):メールを読み込めません(権限 sales-email-read がありません)"
    )
    two = CannotJudge("hs", (MAIL,), (SILENCE,), 412, ("a.read", "b.read"))
    assert operator(two).title == "hs: E-mails cannot be read, scopes a.read and b.read are missing"


@pytest.mark.parametrize(
    ("connection", "kind", "name"),
    [
        ("hs", "hubspot", "HubSpot (hs)"),
        ("HubSpot", "hubspot", "HubSpot"),
        ("x", "my_crm", "x"),
        ("x", "", "x"),
    ],
)
def test_a_connection_is_called_by_what_it_is(connection: str, kind: str, name: str) -> None:
    for news in (ConnectionFailed(connection, "it is down"), Doubted(connection, 3)):
        assert operator(news, kinds={connection: kind}).title.startswith(name)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_reached_nobody_has_a_page(language: str) -> None:
    for news in (Undelivered(2), GivenUp(1, 2)):
        message = operator(StormHeld(30, 100), news, url="https://sw.example/", language=language)
        assert message.url == "https://sw.example/undelivered"
        assert message.link in ("Open what was not delivered", "届かなかったお知らせを開く")
    assert operator(StormHeld(30, 100), url="https://sw.example").url == "https://sw.example"


@pytest.mark.parametrize(
    ("why", "english", "japanese"),
    [
        ("not_true", "Mostly the data were wrong:", "多くはデータの誤りでした。"),
        ("handled", "Mostly it was done where the CRM does not show it:", "多くはCRMに現れない形で対応済みでした。"),
        ("not_useful", "Mostly it did not fit the deal:", "多くは案件に合っていませんでした。"),
    ],
)
def test_a_rule_that_cries_wolf_says_what_helps_against_it(why: str, english: str, japanese: str) -> None:
    noisy = Noisy("ghosted", SILENCE, 9, 20, why)
    [entry] = operator(noisy).entries
    assert entry.headline == "“Customer went silent” is often a false alarm: 9 of 20"
    assert entry.body.startswith(english)
    assert "`stalewatch rules promote ghosted --to shadow`" in entry.body
    [entry] = operator(noisy, language="ja").entries
    assert (entry.headline, entry.body[: len(japanese)]) == (
        "「お客様からの返信なし」は誤検知が目立ちます(20件中9件)",
        japanese,
    )


def test_several_pieces_of_news_are_one_message() -> None:
    message = operator(StormHeld(30, 100), Doubted("hs", 2), url="https://sw.example/health")
    assert message.title == "stalewatch needs your eye"
    assert len(message.entries) == 2
    assert message.link == "Open the dashboard"


def test_no_news_is_no_message() -> None:
    assert compose_operator([], delivery="o", recipient=sato(), now=NOW) is None


def test_the_crms_own_words_cannot_break_out() -> None:
    body = operator(ConnectionFailed("h\ns", "*bad*\x1b[31m https://evil.example\n")).entries[0].body
    assert body.startswith("∗bad∗ [31m https:∕∕evil.example. ")


def test_a_message_that_begins_with_the_name_of_a_file_leaves_it_as_it_is() -> None:
    file = operator(ConnectionFailed("export", "report.csv: the column Amount is missing")).entries[0].body
    assert file.startswith("report.csv: the column")
    assert (
        operator(ConnectionFailed("hs", "the token was revoked.")).entries[0].body.startswith("The token was revoked.")
    )
