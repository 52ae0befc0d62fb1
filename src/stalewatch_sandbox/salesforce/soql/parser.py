"""Reads a query. Errors are Salesforce's: MALFORMED_QUERY, with the place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from stalewatch_sandbox.salesforce.errors import ApiError, in_query
from stalewatch_sandbox.salesforce.soql.lexer import Token, tokens, unquoted
from stalewatch_sandbox.salesforce.soql.nodes import (
    Aggregate,
    Any,
    Comparison,
    Condition,
    Every,
    Literal,
    Membership,
    Not,
    Order,
    Path,
    Query,
)

AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
_OPERATORS: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
_WORDS: Final = {"TRUE": True, "FALSE": False, "NULL": None}
_DEEPEST: Final = 40
_CLAUSES: Final = frozenset({"WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "FOR", "WITH", "USING"})


def parse(text: str) -> Query:
    """The tree of a query.

    Raises:
        ApiError: MALFORMED_QUERY.
    """
    reader = _Reader(text)
    query = reader.query()
    reader.end()
    return query


class _Reader:
    """Reads from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._next, self._depth = text, list(tokens(text)), 0, 0

    def query(self) -> Query:
        self._word("SELECT")
        selected = [self._selected()]
        while self._takes(","):
            selected.append(self._selected())
        self._word("FROM")
        source = self._path()
        if self._peek().kind == "name" and self._peek().text.upper() not in _CLAUSES:
            self._advance()  # an alias; fields with it are understood, as the object's own
            source = Path((*source.names, self._tokens[self._next - 1].text), source.at)
        where = self._condition() if self._takes("WHERE") else None
        groups = self._groups() if self._takes("GROUP") else ()
        order = self._order() if self._takes("ORDER") else ()
        limit = self._number() if self._takes("LIMIT") else None
        offset = self._number() if self._takes("OFFSET") else 0
        return Query(tuple(selected), source, where, groups, order, limit, offset or 0, self._text)

    def end(self) -> None:
        if self._peek().kind != "end":
            raise self._unexpected()

    # ------------------------------------------------------------------------------------------------- clauses

    def _selected(self) -> Path | Aggregate | Query:
        token = self._peek()
        if self._takes("("):
            nested = self.query()
            self._word(")")
            return nested
        if token.text.upper() in AGGREGATES and self._tokens[self._next + 1].text == "(":
            return self._aggregate()
        return self._path()

    def _aggregate(self) -> Aggregate:
        token = self._advance()
        self._word("(")
        path = None if self._peek().text == ")" else self._path()
        self._word(")")
        follower = self._peek()
        alias = self._advance().text if follower.kind == "name" and follower.text.upper() != "FROM" else None
        return Aggregate(token.text.upper(), path, alias, token.at)

    def _groups(self) -> tuple[Path, ...]:
        self._word("BY")
        groups = [self._path()]
        while self._takes(","):
            groups.append(self._path())
        return tuple(groups)

    def _order(self) -> tuple[Order, ...]:
        self._word("BY")
        orders = [self._one_order()]
        while self._takes(","):
            orders.append(self._one_order())
        return tuple(orders)

    def _one_order(self) -> Order:
        path = self._path()
        is_descending = self._takes("DESC")
        if not is_descending:
            self._takes("ASC")
        nulls_last = False
        if self._takes("NULLS"):
            nulls_last = self._takes("LAST")
            if not nulls_last:
                self._word("FIRST")
        return Order(path, is_descending, nulls_last)

    # ------------------------------------------------------------------------------------------------- conditions

    def _condition(self) -> Condition:
        """Conditions joined by AND or by OR; both at once need parentheses, as in Salesforce."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._unexpected()
        parts, joint = [self._single()], ""
        while self._peek().text.upper() in ("AND", "OR"):
            if joint and self._peek().text.upper() != joint:
                raise self._unexpected()
            joint = self._advance().text.upper()
            parts.append(self._single())
        self._depth -= 1
        if len(parts) == 1:
            return parts[0]
        return Every(tuple(parts)) if joint == "AND" else Any(tuple(parts))

    def _single(self) -> Condition:
        if self._takes("NOT"):
            return Not(self._single())
        if self._takes("("):
            inner = self._condition()
            self._word(")")
            return inner
        path, token = self._path(), self._advance()
        operator = token.text.upper()
        if operator in _OPERATORS or operator == "LIKE":
            return Comparison(path, "!=" if operator == "<>" else operator, self._literal())
        if operator == "NOT":
            self._word("IN")
            return self._membership(path, is_negated=True)
        if operator == "IN":
            return self._membership(path, is_negated=False)
        self._next -= 1
        raise self._unexpected()

    def _membership(self, path: Path, *, is_negated: bool) -> Membership:
        self._word("(")
        if self._peek().text.upper() == "SELECT":
            inner = self.query()
            self._word(")")
            return Membership(path, inner, is_negated)
        values = [self._literal()]
        while self._takes(","):
            values.append(self._literal())
        self._word(")")
        return Membership(path, tuple(values), is_negated)

    def _literal(self) -> Literal:
        token = self._advance()
        match token.kind:
            case "string":
                return Literal("string", unquoted(token, self._text), token.at)
            case "number":
                return Literal("number", float(token.text) if "." in token.text else int(float(token.text)), token.at)
            case "date" | "datetime":
                return self._moment(token)
            case "name":
                word = token.text.upper()
                if word in _WORDS:
                    return Literal("null" if word == "NULL" else "boolean", _WORDS[word], token.at)
                return Literal("span", word, token.at)
        self._next -= 1
        raise self._unexpected()

    def _moment(self, token: Token) -> Literal:
        try:
            if token.kind == "date":
                return Literal("date", date.fromisoformat(token.text), token.at)
            moment = datetime.fromisoformat(token.text).astimezone(UTC)
            return Literal("datetime", moment.replace(microsecond=0), token.at)
        except (ValueError, OverflowError):
            message = f"line 1:{token.at} no viable alternative at character '{token.text[0]}'"
            raise in_query("MALFORMED_QUERY", self._text, token.at, message) from None

    # ------------------------------------------------------------------------------------------------- words

    def _path(self) -> Path:
        token = self._advance()
        if token.kind != "name" or ":" in token.text:
            self._next -= 1
            raise self._unexpected()
        return Path(tuple(token.text.split(".")), token.at)

    def _number(self) -> int:
        token = self._advance()
        if not token.text.isdigit():
            self._next -= 1
            raise self._unexpected()
        return int(token.text)

    def _word(self, wanted: str) -> None:
        if not self._takes(wanted):
            raise self._unexpected()

    def _takes(self, wanted: str) -> bool:
        token = self._peek()
        if token.kind == "string" or token.text.upper() != wanted:
            return False
        self._next += 1
        return True

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._peek()
        if token.kind == "end":
            raise self._unexpected()
        self._next += 1
        return token

    def _unexpected(self) -> ApiError:
        token = self._peek()
        said = token.text if token.kind == "end" else f"'{token.text}'"
        return in_query("MALFORMED_QUERY", self._text, token.at, f"unexpected token: {said}")
