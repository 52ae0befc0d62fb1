"""What a CRM text can do to our sentences: nothing, and it stays readable."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.untrusted import clean, printable, safe_url
from stalewatch.delivery.wording.values import Filled
from stalewatch.domain.alerts import Kind
from stalewatch.domain.language.model import FieldType
from stalewatch.sdk.notifier import Message
from tests.delivery.tellings import NOW, sato, settled, told, warned

ISOLATES = "\u2068\u2069"
VILLAINS = [
    "*", "**", "_", "`", "~", "<", ">", "|", "&", "{", "}", "\n", "\r", "\t", "\0", "\x1b[31m", "\x1b]8;;", "\x9b",
    "\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\u00ad", "\ufeff", "\u2028", "\u3164", "\U000e0041", "\ud800",
    "http://evil.example", "<https://evil.example|Login>", "<!channel>", "[x](https://evil.example)", "{limit}",
    "שלום", "🦊", "👨‍👩‍👧", "é" * 3, "Z̴̛͎", "長",
]  # fmt: skip
crm_text = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(VILLAINS), max_size=30).map("".join))


def all_texts(message: Message) -> list[str]:
    entries = [text for one in message.entries for text in (one.headline, one.body, one.section, *one.chips)]
    return [message.title, *entries, *message.footer]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hikari Foods – 基幹システム更改", "Hikari Foods – 基幹システム更改"),
        ("  two\r\nlines\tand more ", "two lines and more"),
        ("*bold*", "\u2217bold\u2217"),
        ("a\u202eb\u200bc\ufeff", "abc"),
        ("https://evil.example", "https:∕∕evil.example"),
        ("שלום", "\u2068שלום\u2069"),
        ("\ud83d", "\ufffd"),
        ("a\x1b[31mred", "a [31mred"),
        ("e" + "\u0301" * 50 + "!", "é" + "\u0301" * 3 + "!"),
        ("A & B <C>", "A & B <C>"),
        ("", ""),
    ],
)
def test_text_is_kept_readable(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_long_name_is_cut_at_a_letter() -> None:
    assert clean("x" * 32_000) == "x" * 119 + "…"
    assert clean("x" * 118 + "e\u0323\u0323" + "y" * 9, limit=120)[-1] == "…"
    assert len(clean("🦊" * 4_000)) == 120


@given(crm_text)
def test_no_text_has_a_control_character_a_mark_a_link_or_a_line_break(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= 122
    assert "*" not in shown
    assert "://" not in shown
    assert not [
        each for each in shown if each not in ISOLATES and unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    assert shown.count(ISOLATES[0]) == shown.count(ISOLATES[1]) <= 1
    assert clean(shown) == shown
    shown.encode("utf-8")


@given(crm_text, crm_text, st.sampled_from(["en", "ja"]))
def test_no_text_changes_the_form_of_a_message(name: str, value: str, language: str) -> None:
    def compose(name: str, value: str) -> list[Message | None]:
        more: dict[str, Any] = {
            "name": name,
            "owner": "somebody",
            "owner_name": value,
            "message": {"en": "*{name}*: {partner} is late since {since}, *look*.", "ja": "*{name}* {partner}"},
            "values": {"partner": Filled(FieldType.TEXT, value)},
        }
        passed: dict[str, Any] = {"kind": Kind.ESCALATE, "team": value, "unanswered": 5}
        tellings = [told(**more), warned(**more), settled("d2", **more)]
        options: dict[str, Any] = {"delivery": "x", "recipient": sato(language), "now": NOW}
        return [
            compose_digest(tellings, backlog=tellings, **options),
            compose_immediate(tellings[:1], why="because", **options),
            compose_digest([told(record, **{**more, **passed}) for record in ("d5", "d6")], **options),
            compose_digest(
                [told("d7", **more), told("d8", **{**more, "owner_name": "Mori", "team": value})],
                group_by=("team", "owner"),
                **options,
            ),
        ]

    for hostile, harmless in zip(compose(name, value), compose("Acme", "Acme"), strict=True):
        assert hostile is not None
        assert harmless is not None
        for text, model in zip(all_texts(hostile), all_texts(harmless), strict=True):
            assert "\n" not in text
            assert "\x1b" not in text
            assert "://" not in text
            assert text.count("*") == model.count("*")
            assert [bold for _, bold in bold_parts(text)] == [bold for _, bold in bold_parts(model)]


@pytest.mark.security
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "text",
    [
        *("{{7*7}}", "{deal.__class__.__mro__}", "{x.__class__}", "{0}", "{}", "{name}", "{due}", "{name!r:>99}"),
        *("%s %(name)s %d", "${PATH}", "<%= 7*7 %>", "{% raw %}", "#{7*7}", "{\x00name}", "{na\u200bme}", "a\x1b[31mb"),
    ],
)
def test_s26_a_name_that_is_a_template_is_told_letter_by_letter(text: str, language: str) -> None:
    more: dict[str, Any] = {
        "name": text,
        "owner": "somebody",
        "owner_name": text,
        "message": {"en": "*{name}*: {partner}, since {since}.", "ja": "*{name}*:{partner}({since})"},
        "values": {"partner": Filled(FieldType.TEXT, text)},
    }
    options: dict[str, Any] = {"delivery": "x", "recipient": sato(language), "now": NOW}
    tellings = [told(**more), settled("d2", **more)]
    handed = [told(**more, kind=Kind.ESCALATE, team=text, unanswered=5), told("d3", **more, kind=Kind.ESCALATE)]
    summed_up = compose_digest(handed, **options)
    assert summed_up is not None
    assert clean(text) in summed_up.title
    for message in (compose_digest(tellings, **options), compose_immediate(tellings[:1], why="because", **options)):
        assert message is not None
        assert clean(text) in message.entries[0].headline
        assert message.entries[0].body.count(clean(text)) == 1
        assert "49" not in " ".join(all_texts(message))
        assert "class '" not in " ".join(all_texts(message))


@pytest.mark.parametrize("url", ["https://crm.example/d/1?a=b#c", "http://localhost:8080/x"])
def test_a_plain_address_is_a_link(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:alert(1)", "https://a b", "https://x|y", "https://x\n", "https://x>", "//x", "ftp://x"],
)
def test_anything_else_is_none(url: str | None) -> None:
    assert safe_url(url) is None


@given(crm_text)
def test_what_is_printed_is_one_line_that_no_terminal_obeys(text: str) -> None:
    assert not [each for each in printable(text) if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")]
