"""What others wrote is letters: no mark, mention, link or emoji of theirs is alive in ours (S21, S22)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.delivery.slack.mrkdwn import bold, code, cut, emphasized, escaped, link, struck, unmarked
from stalewatch_sandbox.slack.mrkdwn import rendered
from tests.delivery.slack.texts import NASTY, texts, units

TAG = re.compile(r"<[a-z/]")
HALF_AN_ESCAPE = re.compile(r"&(?!(?:amp|lt|gt);)")


def shown(text: str) -> str:
    return rendered(text, {"U1": "somebody"})


@pytest.mark.security
@settings(deadline=None)
@given(texts, st.sampled_from(["", "a ", "あ", "*", "(", "> "]), st.sampled_from(["", " b", "い", ")"]))
def test_s21_nothing_in_a_text_of_others_is_alive(text: str, before: str, after: str) -> None:
    """S21: whatever stands before and after it."""
    said = escaped(text)
    assert not TAG.search(shown(said))
    alone = TAG.findall(shown(before + after))
    assert TAG.findall(shown(before + said + after)) == alone
    assert "<" not in said
    assert ">" not in said


@pytest.mark.security
@pytest.mark.parametrize("text", NASTY)
def test_s21_known_attacks_stay_readable_and_dead(text: str) -> None:
    """S21: mentions, masked links, marks, emoji by name, overrides of the direction."""
    said = escaped(text)
    assert not TAG.search(shown(said))
    assert not any(hidden in said for hidden in "\u202e\u200b\u200d\u2066\ufeff\x00\n")
    letters = "".join(each for each in text if each.isalnum())
    assert "".join(each for each in re.sub(r"&(amp|lt|gt);", "", said) if each.isalnum()).startswith(letters[:50])


@pytest.mark.security
@settings(deadline=None)
@given(texts, st.integers(-5, 200))
def test_s22_a_text_is_cut_where_slack_counts_and_never_inside_an_escape(text: str, most: int) -> None:
    """S22: UTF-16 units after escaping; no half escape, half letter or open isolate is left."""
    for make in (escaped, bold, struck, code, emphasized, unmarked):
        said = make(text, most)
        assert units(said) <= max(0, most), make.__name__
        said.encode("utf-8")
        assert said.count("\u2068") == said.count("\u2069")
        if make is not unmarked:
            assert not HALF_AN_ESCAPE.search(said), make.__name__


@settings(deadline=None)
@given(texts)
def test_what_is_ours_is_one_mark_around_all_of_it(text: str) -> None:
    for make, tag in ((bold, "strong"), (struck, "s"), (code, "code")):
        said = make(text)
        assert (said == "") is (make(text, 5_000) == "")
        if said:
            assert shown(said).startswith(f"<{tag}>")
            assert shown(said).endswith(f"</{tag}>")
            assert len(TAG.findall(shown(said))) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*Acme*: no answer.", "<strong>Acme</strong>: no answer."),
        ("no answer from *Acme*", "no answer from <strong>Acme</strong>"),
        ("*ひかり食品*から返信がありません。", "<strong>ひかり食品</strong>から返信がありません。"),
        ("案件*ひかり*と*あおぞら*です", "案件<strong>ひかり</strong>と<strong>あおぞら</strong>です"),
        ("*a* *b*", "<strong>a</strong> <strong>b</strong>"),
        ("2 * 3 * 4", "2 ∗ 3 ∗ 4"),
        ("*a & <b>*!", "<strong>a &amp; &lt;b&gt;</strong>!"),
        ("*_a_*", "<strong>＿a＿</strong>"),
        ("snake_case stays", "snake_case stays"),
        ("at 10:30:45", "at 10∶30:45"),
        ("> not a quote", "＞ not a quote"),
        ("", ""),
    ],
)
def test_the_name_of_a_rules_sentence_is_bold(text: str, expected: str) -> None:
    assert shown(emphasized(text)).replace("\u200b", "") == expected


def test_struck_words_are_struck_whole() -> None:
    assert struck("*Acme*: no ~answer~ since `30 Oct`.") == "~Acme: no ∼answer∼ since '30 Oct'.~"


def test_a_cut_takes_an_accent_with_its_letter() -> None:
    assert cut("abcde\u0301\u0302f", 7) == "abcd…"
    assert cut("😀😀😀😀", 6) == "😀😀…"
    assert escaped("&&&&", 12) == "&amp;&amp;…"
    assert escaped("שלום " * 20, 40).count("\u2068") == 0


@pytest.mark.security
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "ftp://x.example", "https://x.example/a b", "https://x.example/|<!channel>",
        "//x.example",
        "https://x.example/\u202e", "", None, "https://x.example/" + "a" * 3_000,
    ],
)  # fmt: skip
def test_s21_only_plain_addresses_are_linked(url: str | None) -> None:
    """S21: no script, no markup and no novel in an address."""
    assert link(url, "Open") == ""


def test_a_link_says_our_words() -> None:
    said = link("https://crm.example/a?b=1&c=2", "Open > record")
    assert said == "<https://crm.example/a?b=1&amp;c=2|Open &gt; record>"
    assert 'href="https://crm.example/a?b=1&amp;c=2"' in shown(said)
