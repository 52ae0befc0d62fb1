"""What must not stand in a log, a traceback or an error message: secrets, addresses of people, amounts of money.

One place that every line goes through before it leaves. Secrets that are known by their text are struck wherever they
stand; others are known by their form, as libraries write them at DEBUG: headers, parameters of addresses, JSON. An
address becomes a mark that is the same for one address as long as the process runs, so that lines can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2s
from secrets import token_bytes
from typing import Final

STARS: Final = "***"
_SHORTEST: Final = 6
"""A secret of fewer characters would be struck out of words."""
_KEYS: Final = (
    r"access_token|refresh_token|id_token|bot_token|app_token|client_secret|signing_secret|api_?key|private_key|password"
    r"|passwd|secret|assertion|authorization|x-api-key|cookie|set-cookie|csrf|hapikey|sid|token"
)
_FORMS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (r"\b(bearer)(\s+)[\w.~+/=!-]{6,}", rf"\1\2{STARS}"),
        (r"\b(basic)(\s+)[\w+/=]{12,}", rf"\1\2{STARS}"),
        # b'Authorization', b'…' as httpcore writes it, "access_token": "…" of JSON, and headers of a dict
        (rf"""(["'](?:{_KEYS})["']\s*[:,=]\s*b?)(["'])(?:(?!\2).)*\2""", rf"\1\2{STARS}\2"),
        (rf"((?:[?&;]|\b)(?:{_KEYS})=)[^\s&'\"<>;,)]+", rf"\1{STARS}"),
        (r"([?&](?:code|state)=)[^\s&'\"<>]+", rf"\1{STARS}"),
        (r"(://)[^/\s:@]+:[^/\s@]+@", rf"\1{STARS}@"),
        (r"\b(?:xox[a-z]|xapp|xwfp)-[\w-]{6,}", STARS),
        (r"\b(?:swt_|whsec_|ghp_|sk_live_)[\w+/=-]{6,}", STARS),
        (r"\bpat-[a-z]{2}\d-[\w-]{8,}", STARS),
        (r"\b00D\w{9,15}![\w.]+", STARS),
        (r"\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*", STARS),
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", STARS),
        (r"\bRow \(.*", f"Row {STARS}"),  # what was read from the database, as SQLAlchemy writes it
        (r"(/(?:l|p)/)[\w.~-]{16,}", rf"\1{STARS}"),
    )
)
_BETWEEN: Final = r"[,.\u00a0_ ]"
_NUMBER: Final = rf"\d+(?:{_BETWEEN}{{1,3}}\d+)*"
_FIRST: Final = rf"(?<!\d)(?<!\d{_BETWEEN})(?<!\d{_BETWEEN}{{2}})(?<!\d{_BETWEEN}{{3}})"
"""Before the first digit of a number: of a thousand figures after each other only one is the beginning."""
_MONEY: Final = re.compile(
    rf"(?:[¥$€£₩￥]\s?{_NUMBER}[MKBk万億]?|\b(?:JPY|USD|EUR|GBP|CNY|KRW|AUD|CAD|CHF)\s?{_NUMBER}"
    rf"|{_FIRST}{_NUMBER}\s?(?:円|万円|億円|JPY\b|USD\b|EUR\b|GBP\b|CNY\b|KRW\b))"
)
_AMOUNT: Final = re.compile(
    r"""(["']?\b(?=\w*?amount)\w+\b["']?\s*[:=]\s*["']?(?:Decimal\(["'])?)-?\d[\d.,]*""", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"[\w.+'%-]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+")
"""No mailbox's name is longer (RFC 5321, 4.5.3.1.1). Without an end, a long word would be read from each letter."""


class Redactor:
    """Strikes what must not be seen out of texts."""

    def __init__(self) -> None:
        self._salt = token_bytes(16)
        self._known: re.Pattern[str] | None = None
        self._texts: set[str] = set()

    def knows(self, secrets: Iterable[str]) -> None:
        """Strike these texts from now on, wherever they stand."""
        self._texts |= {text.strip() for text in secrets if len(text.strip()) >= _SHORTEST}
        longest = sorted(self._texts, key=lambda text: (-len(text), text))
        self._known = re.compile("|".join(map(re.escape, longest))) if longest else None

    def __call__(self, text: str) -> str:
        """The text as it may be seen."""
        if self._known is not None:
            text = self._known.sub(STARS, text)
        for form, put in _FORMS:
            text = form.sub(put, text)
        text = _AMOUNT.sub(rf"\1{STARS}", _MONEY.sub(STARS, text))
        return _ADDRESS.sub(self._mark, text)

    def _mark(self, found: re.Match[str]) -> str:
        digest = blake2s(found[0].lower().replace("%40", "@").encode(), key=self._salt, digest_size=3)
        return f"<address {digest.hexdigest()}>"


redacted: Final = Redactor()
"""The one of this process: of its log, and of what the command line says of a fault."""
