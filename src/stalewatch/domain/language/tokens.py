"""The words of an expression, each knowing where it stands. There are no calls, patterns, attributes or loops."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nearest import narrow
from stalewatch.domain.language.nodes import Scalar, Span
from stalewatch.domain.language.scalars import resolve

MOST_TOKENS: Final = 1000


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    TEXT = auto()
    NAME = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One word. `text` is as written, for a TEXT without its quotes."""

    kind: Kind
    text: str
    span: Span

    def scalar(self) -> Scalar:
        """The constant that this token is, as a node."""
        if self.kind is Kind.TEXT:
            return Scalar(self.span, self.text, self.text, False)
        return Scalar(self.span, self.text, resolve(self.text), True)


_WORD = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?(?![\w.]))"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign>==|!=|<=|>=|[<>()\[\],+*/-])"
)
_REFUSED = re.compile(r"&&|\|\||\*\*|//|=>|=~|:=|[^\s\w]|\w+", re.ASCII)


def tokenize(node: Scalar, findings: Findings) -> list[Token] | None:
    """The tokens of an expression, with an END; None, and a finding, where it stops making sense."""
    text, at, tokens = node.text, 0, list[Token]()
    while at < len(text):
        token, after = _next(node, at, findings)
        if after < 0:
            return None
        if token is not None:
            tokens.append(token)
        if len(tokens) > MOST_TOKENS:
            findings.report("too_long", node, cure("flatten"), limit=MOST_TOKENS)
            return None
        at = after
    tokens.append(Token(Kind.END, "", node.end))
    return tokens


def _next(node: Scalar, at: int, findings: Findings) -> tuple[Token | None, int]:
    """The token at an offset and where the next begins; -1 after an error."""
    text = node.text
    if text[at] in "'\"":
        return _text(node, at, findings)
    if narrow(text[at]) != text[at]:
        remedy = cure("write", text=narrow(text[at]).strip() or "␣")
        findings.report("full_width_expr", node.part(at, 1), remedy, char=text[at])
        return None, -1
    found = _WORD.match(text, at)
    if found is None or (found[0] in ("*", "/") and text[at : at + 2] in ("**", "//")):
        _refuse(node, at, findings)
        return None, -1
    if found.lastgroup == "space":
        return None, found.end()
    kind = Kind[str(found.lastgroup).upper()]
    return Token(kind, found[0], node.part(at, len(found[0]))), found.end()


def _text(node: Scalar, at: int, findings: Findings) -> tuple[Token | None, int]:
    """A text in single or double quotes; a quote inside is written twice."""
    quote = node.text[at]
    found = re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*){quote}").match(node.text, at)
    if found is None:
        rest = len(node.text) - at
        findings.report("unclosed_text", node.part(at, rest), cure("close_text", quote=quote))
        return None, -1
    span = node.part(at, len(found[0]))
    return Token(Kind.TEXT, found[1].replace(quote * 2, quote), span), found.end()


def _refuse(node: Scalar, at: int, findings: Findings) -> None:
    found = _REFUSED.match(node.text, at)
    text = found[0] if found else node.text[at]
    if text in ("=", "=>", "=~"):
        findings.report("single_equals", node.part(at, len(text)), cure("double_equals"))
        return
    instead = {"&&": "and", "||": "or", "!": "not"}.get(text)
    remedy = cure("write", text=instead) if instead else cure("expression_words")
    findings.report("no_such_operator", node.part(at, len(text)), remedy, text=text)
