"""A message as blocks: it reads as it should, and stays within Slack's limits whatever the data says (S21, S22)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.operators import StormHeld, Undelivered, compose_operator
from stalewatch.delivery.slack.blocks import blocks_of, buttons_of
from stalewatch.delivery.slack.words import summary, whole
from stalewatch.delivery.telling import Telling
from stalewatch.sdk.notifier import Action, Entry, Message, Style
from stalewatch_sandbox.slack.blocks import ALL_TEXT, block_findings, length_of
from tests.delivery.slack.texts import NASTY, texts, units
from tests.delivery.slack.workspace import SATO, Stage, message
from tests.delivery.tellings import NOW, sato, settled, told, warned
from tests.patience import PATIENCE

actions = st.builds(Action, kind=st.sampled_from(["snooze", "why", "lost"]), label=texts, alert=st.text(max_size=40))
entries = st.builds(
    Entry,
    record=st.just("c:1"),
    headline=texts,
    body=texts,
    chips=st.lists(texts, max_size=8),
    url=st.one_of(st.none(), texts, st.just("https://crm.example/d?a=1&b=2")),
    resolved=st.booleans(),
    section=st.one_of(st.just(""), texts),
    struck=st.one_of(st.just(""), texts),
    note=st.one_of(st.just(""), texts),
    actions=st.lists(actions, max_size=6),
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message: none, some or many entries of any text."""
    some = draw(st.lists(entries, max_size=4))
    return message(
        title=draw(texts),
        entries=tuple(some * draw(st.sampled_from([1, 1, 2, 4, 15]))),
        footer=tuple(draw(st.lists(texts, max_size=4))),
        style=draw(st.sampled_from(Style)),
        language=draw(st.sampled_from(["en", "ja"])),
        url=draw(st.one_of(st.none(), texts, st.just("https://sw.example/mine"))),
        link=draw(texts),
    )


any_message = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


def strings(thing: Any) -> Iterator[str]:
    """Every text in blocks that a reader sees."""
    if isinstance(thing, dict):
        text = thing.get("text")
        yield from [text] if isinstance(text, str) else strings(list(thing.values()))
    elif isinstance(thing, list):
        for one in thing:
            yield from strings(one)


@pytest.mark.security
@any_message
@given(messages(), st.booleans())
def test_s21_s22_blocks_are_valid_and_harmless_whatever_the_data_says(said: Message, with_buttons: bool) -> None:
    """S21, S22: by slack_sdk's validators, by the simulated Slack's rules, and by the limits of a message."""
    made = blocks_of(said, with_buttons=with_buttons)
    assert_valid(made)
    assert_harmless(said, made)


def assert_valid(made: list[dict[str, Any]]) -> None:
    """50 blocks, 3,000 characters in a text, 13,000 in all, and every rule of Block Kit."""
    for block in Block.parse_all(made):
        block.validate_json()
    assert list(block_findings(made, 50)) == []
    assert length_of(made) <= ALL_TEXT
    assert sum(map(units, strings(made))) <= 13_000
    assert all(units(text) <= 3_000 for text in strings(made))
    json.dumps(made, ensure_ascii=False).encode()


def assert_harmless(said: Message, made: list[dict[str, Any]]) -> None:
    """`<` begins our own links and nothing else; nothing is parsed that is not meant as markup."""
    for text in strings(made):
        without_links = re.sub(r"<https?://[^<>|]+\|[^<>]+>", "", text)
        assert "<" not in without_links
        assert ">" not in without_links
    assert all(one["verbatim"] is True for one in mrkdwn(made))
    for text in (summary(said), whole(said)):
        assert text
        assert not re.search("[<>]", text)
        assert units(text) <= 12_002


def mrkdwn(thing: Any) -> list[dict[str, Any]]:
    if isinstance(thing, dict):
        inner = [found for value in thing.values() for found in mrkdwn(value)]
        return [thing, *inner] if thing.get("type") == "mrkdwn" else inner
    return [found for one in thing for found in mrkdwn(one)] if isinstance(thing, list) else []


@pytest.mark.security
@pytest.mark.parametrize(
    ("text", "count"), [("😀" * 4_000, 46), ("&" * 32_000, 46), ("*a" * 16_000, 46), ("*a" * 16_000, 10)]
)
def test_s22_the_longest_of_everything_fits(text: str, count: int) -> None:
    """S22: every field of every entry at once."""
    full = Entry(
        record="c:1", headline=f"a{text}", body=text, chips=(text,) * 7, url="https://crm.example/" + "d" * 500,
        section=text, struck=text, note=text, actions=(Action(kind="snooze", label=text, alert="a1"),),
    )  # fmt: skip
    said = message(
        title=text, entries=(full, replace(full, section="b")) * (count // 2) or (full,), footer=(text,) * 4,
        url="https://sw.example/mine", link=text,
    )  # fmt: skip
    for with_buttons in (True, False):
        made = blocks_of(said, with_buttons=with_buttons)
        assert_valid(made)
        assert_harmless(said, made)


@pytest.mark.security
def test_s21_deals_with_harmful_names_are_delivered_and_harmless(stage: Stage) -> None:
    """S21: through the whole pipeline to the page that a reader sees."""
    notifier = stage.notifier()
    for number, name in enumerate(NASTY):
        said = compose_digest([told(name=name)], delivery=f"d{number}", recipient=sato(), now=NOW)
        assert said is not None
        notifier.send(said)
    page = shown(stage)
    assert not re.search(r'class="mention|<em>|<a [^>]*evil|<blockquote|<s>|<pre', page)
    assert len(stage.posts()) == len(NASTY)


def test_ten_deals_with_buttons_are_far_from_the_limit() -> None:
    deals = [told(f"d{number}", name=f"Deal {number}") for number in range(12)]
    said = compose_digest(deals, delivery="d", recipient=sato(), now=NOW, list_url="https://sw.example")
    assert said is not None
    made = blocks_of(said, with_buttons=True)
    assert len(made) < 30
    assert sum(block["type"] == "actions" for block in made) == 11


def test_what_does_not_fit_is_counted() -> None:
    many = tuple(Entry(record=f"c:{n}", headline=f"Deal {n}", body="b", actions=(_snooze(n),)) for n in range(60))
    made = blocks_of(message(entries=many, footer=("f",)), with_buttons=True)
    shown_ones = sum(block["type"] == "actions" for block in made)
    [more] = [block for block in made if block["block_id"] == "more"]
    assert more["elements"][0]["text"] == f"+{60 - shown_ones} more"
    assert len(made) <= 50


def _snooze(number: int) -> Action:
    return Action(kind="snooze", label="Snooze", alert=f"a{number}")


def test_buttons_say_what_they_do_and_to_which_alert() -> None:
    said = compose_digest([told(), settled("d2")], delivery="d", recipient=sato("ja"), now=NOW)
    assert said is not None
    [block] = [block for block in blocks_of(said, with_buttons=True) if block["type"] == "actions"]
    *shown_ones, menu = block["elements"]
    assert [(one["action_id"], one["text"]["text"], one["value"]) for one in shown_ones] == [
        ("stalewatch.meet", "次回商談を登録", "alert-d1-ghosted"),
        ("stalewatch.hold", "保留…", "alert-d1-ghosted"),
    ]
    assert (menu["type"], menu["action_id"]) == ("overflow", "stalewatch.more")
    assert [(one["text"]["text"], one["value"]) for one in menu["options"]] == [
        ("あとで", "snooze:alert-d1-ghosted"), ("失注", "lost:alert-d1-ghosted"),
        ("失注確認を送る", "loss_check:alert-d1-ghosted"), ("誤検知", "false_alarm:alert-d1-ghosted"),
        ("なぜ", "why:alert-d1-ghosted"),
    ]  # fmt: skip


def test_an_immediate_message_ends_with_why_and_a_lead_offers_what_makes_sense_of_a_lead() -> None:
    def shown_ones(telling: Telling) -> list[str]:
        said = compose_immediate([telling], delivery="d", recipient=sato(), now=NOW)
        [block] = [block for block in blocks_of(said, with_buttons=True) if block["type"] == "actions"]
        return [one["text"]["text"] if one["type"] == "button" else "⋯" for one in block["elements"]]

    assert shown_ones(told()) == ["Next meeting booked", "On hold until…", "⋯", "Why am I seeing this?"]
    assert shown_ones(told(object="lead")) == ["Next meeting booked", "Snooze", "False alarm", "Why am I seeing this?"]


def test_a_menu_has_five_things_at_most_and_what_has_no_room_in_it_stands_beside_it() -> None:
    actions = [Action(kind=f"k{n}", label=f"K{n}", alert="a" * (10 if n else 150), in_menu=True) for n in range(20)]
    [first, menu, *others] = buttons_of(actions)
    assert (first["type"], first["value"]) == ("button", "a" * 150)
    assert [one["action_id"] for one in others] == ["stalewatch.k6", "stalewatch.k7", "stalewatch.k8"]
    assert [one["value"].partition(":")[0] for one in menu["options"]] == ["k1", "k2", "k3", "k4", "k5"]
    assert [one["type"] for one in buttons_of(actions[:2])] == ["button", "button"], "one thing is no menu"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("text", ["長" * 32_000, "😀" * 4_000, "<!channel>&" * 500])
def test_ten_deals_with_all_their_buttons_stay_within_the_limits_whatever_they_are_called(
    language: str, text: str
) -> None:
    said = compose_digest(
        [told(f"d{n}", name=text, message={"en": text}) for n in range(10)], delivery="d", recipient=sato(language),
        now=NOW, list_url="https://sw.example/mine",
    )  # fmt: skip
    assert said is not None
    made = blocks_of(said, with_buttons=True)
    assert sum(block["type"] == "actions" for block in made) == 11, "no deal without its buttons"
    assert len(made) <= 50
    assert length_of(made) <= 13_000
    assert list(block_findings(made, 50)) == []
    for block in Block.parse_all(made):
        block.validate_json()


def test_where_nobody_hears_answers_no_button_is_drawn() -> None:
    said = compose_digest([told()], delivery="d", recipient=sato(), now=NOW, list_url="https://sw.example/mine")
    assert said is not None
    made = blocks_of(said, with_buttons=False)
    assert not any(block["type"] == "actions" for block in made)
    assert "<https://sw.example/mine|Open my list>" in list(strings(made))


def test_block_ids_are_the_same_after_an_edit() -> None:
    entry = Entry(record="c:1", headline="Acme", body="b", actions=(_snooze(1),))
    before = blocks_of(message(entries=(entry, entry)), with_buttons=True)
    after = blocks_of(message(entries=(entry, entry), footer=("f",), title="Other"), with_buttons=True)
    ids = [block["block_id"] for block in before]
    assert len(set(ids)) == len(ids)
    assert [block["block_id"] for block in after][: len(ids)] == ids


def test_an_edited_entry_shows_what_held_and_how_it_stands() -> None:
    was = "*Hikari*: no answer."
    entry = Entry(record="c:1", headline="✅ Hikari Foods", body="", struck=was, note="Meeting booked", resolved=True)
    [_, section] = blocks_of(message(entries=(entry,)), with_buttons=True)
    assert section["text"]["text"] == "*✅ Hikari Foods*\n~Hikari: no answer.~\nMeeting booked"


def test_a_long_title_is_no_header() -> None:
    [block] = blocks_of(message(title="長" * 151, entries=()), with_buttons=True)
    assert (block["type"], block["text"]["type"]) == ("section", "mrkdwn")


def test_a_message_of_nothing_visible_still_says_who_wrote_it() -> None:
    nothing = message(title="\u200b", entries=())
    assert blocks_of(nothing, with_buttons=True) == []
    assert (summary(nothing), whole(nothing)) == ("stalewatch", "stalewatch")


# ----------------------------------------------------------------------------------------- as readers see it


def shown(stage: Stage) -> str:
    page = httpx.get(f"{stage.server.url}/", params={"channel": stage.dm, "as": stage.sato}, timeout=PATIENCE).text
    return page[page.index("<main") :]


def lines(page: str) -> list[str]:
    """What the page says, a line for each piece."""
    broken = re.sub(r"</?(?:div|button|hr|br|form|span|p|a)\b[^>]*>", "\n", page)
    plain = html.unescape(re.sub(r"<[^>]+>", "", broken))
    return [line.strip() for line in plain.split("\n") if line.strip()]


def morning(language: str) -> Message:
    """What Sato reads at nine."""
    said = compose_digest(
        [
            told(url="https://crm.example/d1"), warned(), warned("d3", name="Kumo & Co <Tokyo>"),
            settled("d4", name="Aozora"),
        ],
        delivery=f"d-{language}", recipient=sato(language), now=NOW, still_open=12, list_url="https://sw.example/mine",
    )  # fmt: skip
    assert said is not None
    return said


BUTTONS = {
    "en": ["Next meeting booked", "On hold until…", "⋯", "Snooze", "Lost", "Send loss check", "False alarm", "Why?"],
    "ja": ["次回商談を登録", "保留…", "⋯", "あとで", "失注", "失注確認を送る", "誤検知", "なぜ"],
}
READ = {
    "en": [
        "2 deals need a next step from you · ¥24.8M",
        "1. Hikari Foods · ¥12.4M · Proposal, 31 business days",
        "No answer since 30 Oct. Customer went silent: 4 bd over No next meeting: 2 days left",
        "Open the record", *BUTTONS["en"], "Soon",
        "2. Kumo & Co <Tokyo> · ¥12.4M · Proposal, 31 business days",
        "2 days left, until 22 Nov, before “No next meeting”.",
        *BUTTONS["en"], "Settled: ✅ Aozora (done)", "Still open: 12", "Open my list",
    ],
    "ja": [
        "次の一歩が必要な案件が2件あります · 2,480万円",
        "1. Hikari Foods · 1,240万円 · 提案(31営業日)",
        "10月30日から反応がありません。 お客様からの返信なし 4営業日超過 次回商談なし あと2日",
        "レコードを開く", *BUTTONS["ja"], "まもなく期限",
        "2. Kumo & Co <Tokyo> · 1,240万円 · 提案(31営業日)",
        "「次回商談なし」まであと2日です(期限 11月22日)。",
        *BUTTONS["ja"], "解決済み:✅ Aozora(対応済み)", "対応待ち(お知らせ済み):12件", "一覧を開く",
    ],
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_digest_reads_like_a_note_from_a_colleague(stage: Stage, language: str) -> None:
    stage.notifier().send(morning(language))
    read = [re.sub(r"[\s\u3000]+", " ", line) for line in lines(shown(stage))]
    expected = [re.sub(r"[\s\u3000]+", " ", line) for line in READ[language]]
    start = read.index(expected[0])
    assert read[start : start + len(expected)] == expected


def test_a_notification_names_the_deals(stage: Stage) -> None:
    stage.notifier().send(morning("en"))
    assert stage.posts()[0].text.split("\n")[:2] == [
        "2 deals need a next step from you · ¥24.8M",
        "Hikari Foods · ¥12.4M · Proposal, 31 business days",
    ]


def test_an_immediate_message_says_its_deal_once(stage: Stage) -> None:
    said = compose_immediate(
        [told(url="https://crm.example/d1")],
        delivery="i",
        recipient=sato(),
        now=NOW,
        why="the customer wrote on 30 Oct",
    )
    stage.notifier().send(said)
    read = lines(shown(stage))
    assert sum("Hikari Foods" in line for line in read) == 1
    assert "Why you see this: the customer wrote on 30 Oct" in read
    assert read.count("Open the record") == 1


def test_the_operator_reads_what_to_do(stage: Stage) -> None:
    said = compose_operator(
        [StormHeld(40, 400), Undelivered(3)],
        delivery="o",
        recipient=sato(address=SATO),
        now=NOW,
        url="https://sw.example",
    )
    assert said is not None
    stage.notifier().send(said)
    read = " ".join(lines(shown(stage)))
    assert "40 messages are held back" in read
    assert "'stalewatch work ls'" in read
