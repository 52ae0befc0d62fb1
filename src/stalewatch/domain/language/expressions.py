"""`expr: "a >= 3 and (b == 'x' or c is empty)"`: the escape hatch, lowered to the same nodes as mappings.

expression = all { "or" all }         all  = test { "and" test }      test = "not" test | comparison
comparison = sum [ op sum | ["not"] "in" "[" constants "]" | "is" ["not"] ("empty" | "set") ]
sum        = product { ("+" | "-") product }       product = factor { ("*" | "/") factor }
factor     = number | text | true | false | field | "-" factor | "(" expression ")"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.language.composing import MOST_LEVELS
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Condition,
    IsSet,
    Not,
    Ref,
)
from stalewatch.domain.language.nodes import Scalar, Span
from stalewatch.domain.language.operands import Operand, arithmetic, comparison, constant, one_of, truth
from stalewatch.domain.language.scope import CLOCK_WORDS, Scope
from stalewatch.domain.language.tokens import Kind, Token, tokenize

_COMPARE: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "empty", "set"})


class _Stop(Exception):
    """The expression cannot be read on; why has been reported."""


def parse_expression(node: Scalar, scope: Scope, findings: Findings) -> Condition | None:
    """The condition that an expression's text says; None, and findings, if it says none."""
    tokens = tokenize(node, findings)
    if tokens is None:
        return None
    before = len(findings.found)
    parser = _Parser(tokens, scope, findings)
    try:
        part = parser.either(0)
        parser.expect_end()
        condition = parser.condition(part)
    except _Stop:
        return None
    return condition if len(findings.found) == before else None


_Part = Condition | Operand
"""A parenthesis may hold either; which one shows only behind it."""


@dataclass(slots=True)
class _Parser:
    tokens: list[Token]
    scope: Scope
    findings: Findings
    at: int = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def accept(self, *texts: str) -> Token | None:
        """Take the next token if it is one of these words or signs."""
        token = self.token
        if token.kind in (Kind.NAME, Kind.SIGN) and token.text in texts:
            self.at += 1
            return token
        return None

    def unexpected(self) -> _Stop:
        token = self.token
        if token.kind is Kind.END:
            self.findings.report("ends_early", token.span, cure("expression_words"))
        elif token.kind is Kind.NAME and token.text in ("empty", "set"):
            self.findings.report("unexpected", token.span, cure("write", text=f"is {token.text}"), text=token.text)
        elif token.text == "(" and self.at and self.tokens[self.at - 1].kind is Kind.NAME:
            text = f"{self.tokens[self.at - 1].text}()"
            self.findings.report("no_such_operator", self.tokens[self.at - 1].span, cure("expression_words"), text=text)
        else:
            self.findings.report("unexpected", token.span, cure("expression_words"), text=token.text)
        return _Stop()

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.unexpected()

    def expect_end(self) -> None:
        if self.token.kind is not Kind.END:
            raise self.unexpected()

    def condition(self, part: _Part) -> Condition:
        """A part where a yes/no is needed: a comparison, or a yes/no field by itself."""
        return truth(part, self.findings) if isinstance(part, Operand) else part

    def operand(self, part: _Part, at: Span) -> Operand:
        """A part where a value is needed."""
        if isinstance(part, Operand):
            return part
        self.findings.report("unexpected", at, cure("expression_words"), text="(")
        raise _Stop

    def limit(self, depth: int) -> None:
        if depth > MOST_LEVELS:
            self.findings.report("too_deep", self.token.span, cure("flatten"), limit=MOST_LEVELS)
            raise _Stop

    def either(self, depth: int) -> _Part:
        self.limit(depth)
        first = self.both(depth)
        if self.token.text != "or" or self.token.kind is not Kind.NAME:
            return first
        parts = [self.condition(first)]
        while self.accept("or"):
            parts.append(self.condition(self.both(depth)))
        return AnyOf(tuple(parts))

    def both(self, depth: int) -> _Part:
        first = self.test(depth)
        if self.token.text != "and" or self.token.kind is not Kind.NAME:
            return first
        parts = [self.condition(first)]
        while self.accept("and"):
            parts.append(self.condition(self.test(depth)))
        return All(tuple(parts))

    def test(self, depth: int) -> _Part:
        negations = 0
        while self.accept("not"):
            negations += 1
        part = self.comparison(depth)
        if not negations:
            return part
        condition = self.condition(part)
        return Not(condition) if negations % 2 else Not(Not(condition))

    def comparison(self, depth: int) -> _Part:
        began = self.token.span
        left = self.sum(depth)
        if self.accept("is"):
            return self.emptiness(self.operand(left, began))
        if operator := self.accept(*_COMPARE):
            beside = self.token.span
            right = self.operand(self.sum(depth), beside)
            return comparison(operator.text, self.operand(left, began), right, self.scope, self.findings)
        negated = self.accept("not") is not None
        if self.accept("in"):
            return one_of(self.operand(left, began), self.constants(), negated, self.scope, self.findings)
        if negated:
            raise self.unexpected()
        return left

    def emptiness(self, operand: Operand) -> Condition:
        negated = self.accept("not") is not None
        word = self.accept("empty", "set")
        if word is None:
            raise self.unexpected()
        if operand.term is None:  # an unknown name, and that has been said
            raise _Stop
        if not isinstance(operand.term, Ref):
            self.findings.report("only_constants", operand.span, cure("some_field"))
            raise _Stop
        test = IsSet(operand.term)
        return test if (word.text == "set") is not negated else Not(test)

    def constants(self) -> list[Scalar]:
        self.expect("[")
        found = [self.constant()]
        while self.accept(","):
            found.append(self.constant())
        self.expect("]")
        return found

    def constant(self) -> Scalar:
        token = self.token
        if token.kind in (Kind.TEXT, Kind.NUMBER) or token.text in ("true", "false"):
            self.at += 1
            return token.scalar()
        raise self.unexpected()

    def sum(self, depth: int) -> _Part:
        return self.chain(("+", "-"), depth)

    def chain(self, signs: tuple[str, ...], depth: int) -> _Part:
        inner = signs == ("*", "/")
        began = self.token.span
        part = self.factor(depth) if inner else self.chain(("*", "/"), depth)
        while sign := self.accept(*signs):
            beside = self.token.span
            right = self.factor(depth) if inner else self.chain(("*", "/"), depth)
            left = self.operand(part, began)
            part = arithmetic(sign.text, left, self.operand(right, beside), self.findings)
        return part

    def factor(self, depth: int) -> _Part:
        if sign := self.accept("-"):
            self.limit(depth)
            zero = constant(Scalar(sign.span, "0", 0, True))
            return arithmetic("-", zero, self.operand(self.factor(depth + 1), sign.span), self.findings)
        if self.accept("("):
            part = self.either(depth + 1)
            self.expect(")")
            return part
        return self.value()

    def value(self) -> Operand:
        token = self.token
        if token.kind in (Kind.END, Kind.SIGN) or (token.kind is Kind.NAME and token.text in _KEYWORDS):
            raise self.unexpected()
        self.at += 1
        if token.kind is Kind.NAME and token.text not in ("true", "false"):
            return Operand(self.field(token), token.span)
        return constant(token.scalar())

    def field(self, token: Token) -> Ref | None:
        """The field of a name; a name with a parenthesis would be a call, and there are none."""
        called = self.token.text == "("
        if called and token.text not in CLOCK_WORDS:
            raise self.unexpected()
        ref = self.scope.ref(token.text, token.span, self.findings)
        if called:
            raise _Stop
        return ref
