"""Texts that a CRM may hold, among them those that somebody wrote to harm."""

from __future__ import annotations

from hypothesis import strategies as st

NASTY = (
    "<!channel>", "<!here|all>", "<@U1>", "<#C1>", "<!subteam^S1>", "<!date^1^{date}^https://evil.example|now>",
    "<https://evil.example|Login>", "https://evil.example/login", "evil.example", "&lt;!channel&gt;", "&amp;lt;", "*x*",
    "_x_", "~x~", "`x`", "```x```", "*_~`x`~_*", "a_b_c _d_", ":white_check_mark:", ":+1::skin-tone-2:", "> quote",
    ">>> quote", "\u202egnp.exe\u202c", "zero\u200bwidth\u200dhere\ufeff", "\u2066\u2067\u2068x", "a\x00b\x1b[31m",
    "one\r\ntwo\ttab\u2028three", "שלום *bold*", "e\u0301" * 50 + "\u0301" * 500, "😀" * 4_000, "x" * 32_000,
    "長" * 32_000, "&" * 32_000, "<" * 32_000, "*a" * 16_000, "👩‍👩‍👧‍👦" * 100, "🇯🇵" * 100,
    "* *", "**", "*", "_", "~", "`", "",
)  # fmt: skip

pieces = st.one_of(
    st.sampled_from([text[:40] for text in NASTY]),
    st.text(max_size=12),
    st.text(alphabet="*_~`<>&:|@#! \u2068\u2069\u202e\u0301aあ1-😀", max_size=20),
)
texts = st.one_of(
    st.lists(pieces, max_size=6).map("".join),
    st.lists(pieces, max_size=6).map(" ".join),
    st.sampled_from([text for text in NASTY if len(text) <= 4_000]),
    st.builds(lambda text, times: text * times, pieces, st.integers(1, 300)),
)
"""Anything: short and long, with marks side by side and inside of each other."""


def units(text: str) -> int:
    """How long Slack finds a text: in UTF-16, of which an emoji takes two."""
    return len(text.encode("utf-16-le")) // 2
