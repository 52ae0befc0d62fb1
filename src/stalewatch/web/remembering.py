"""Questions of the stalled list by their words and their token: who asks the same again is understood at once.

What a question means stays as it is while the same rules are in force; what its answer is, and whether whoever asks may
still have it, is asked every time (`shortcut.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.types import Scope

from stalewatch.services.access import tokens
from stalewatch.services.access.door import Admission
from stalewatch.services.reporting.kept import Asked

MOST: Final = 2_000
"""Questions that are remembered; then all of them are forgotten."""
LONGEST: Final = 3_000
"""Characters of a question that is remembered: one that begins at a cursor has some hundred."""
_BEARER: Final = b"Bearer "


class Words(NamedTuple):
    """All of a request that decides what is asked, by whom, in which language; the token by its digest."""

    path: str
    query: bytes
    token: str
    accept: bytes
    language: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """A page, as somebody asks for it who was admitted so, and sees what they see then."""

    admission: Admission
    asked: Asked


class Questions:
    """What is remembered."""

    def __init__(self) -> None:
        self._known: dict[Words, Question] = {}

    def known(self, words: Words) -> Question | None:
        """What was meant the last time."""
        return self._known.get(words)

    def note(self, words: Words, question: Question) -> None:
        """Remember what is meant."""
        if sum(map(len, words)) > LONGEST:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[words] = question


def words_of(scope: Scope) -> Words | None:
    """The words of a request; None if it has a cookie, no token, or a field twice that may stand there once."""
    token = accept = language = None
    for name, value in scope["headers"]:
        if name == b"authorization" and token is None:
            token = value
        elif name == b"accept" and accept is None:
            accept = value
        elif name == b"accept-language" and language is None:
            language = value
        elif name in _ONCE:
            return None
    if token is None or not token.startswith(_BEARER) or not token.isascii():
        return None
    digest = tokens.digest(token[len(_BEARER) :].decode())
    return Words(scope["path"], scope["query_string"], digest, accept or b"", language or b"")


_ONCE: Final = frozenset({b"authorization", b"accept", b"accept-language", b"cookie"})
