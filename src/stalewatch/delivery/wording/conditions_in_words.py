"""A condition as people read it: "Stage is Proposal or Negotiation, and Amount is at least 3,000,000"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.values import choice
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Compare,
    Condition,
    Contains,
    Entered,
    Field,
    FieldType,
    IsSet,
    Literal,
    Not,
    OneOf,
    Ref,
    RuleSet,
    Term,
    Words,
)
from stalewatch.domain.language.scope import rule_scope

_COMPARED: Final[dict[str, Words]] = {
    "==": {"en": "{left} is {right}", "ja": "{left}が{right}"},
    "!=": {"en": "{left} is not {right}", "ja": "{left}が{right}以外"},
    "<": {"en": "{left} is below {right}", "ja": "{left}が{right}未満"},
    "<=": {"en": "{left} is at most {right}", "ja": "{left}が{right}以下"},
    ">": {"en": "{left} is more than {right}", "ja": "{left}が{right}より大きい"},
    ">=": {"en": "{left} is at least {right}", "ja": "{left}が{right}以上"},
}
_ORDERED_TIMES: Final[dict[str, Words]] = {
    "<": {"en": "{left} is before {right}", "ja": "{left}が{right}より前"},
    ">": {"en": "{left} is after {right}", "ja": "{left}が{right}より後"},
}
_SAID: Final[dict[str, Words]] = {
    "one_of": {"en": "{left} is {right}", "ja": "{left}が{right}"},
    "none_of": {"en": "{left} is none of {right}", "ja": "{left}が{right}のどれでもない"},
    "contains": {"en": "{left} contains “{right}”", "ja": "{left}に「{right}」を含む"},
    "set": {"en": "{left} is filled in", "ja": "{left}が入力済み"},
    "empty": {"en": "{left} is empty", "ja": "{left}が空"},
    "entered": {"en": "{left} was entered since the start", "ja": "{left}が開始後に入力された"},
    "not": {"en": "not ({left})", "ja": "({left})ではない"},
    "and": {"en": " and ", "ja": "、かつ"},
    "or": {"en": " or ", "ja": "、または"},
    "or_value": {"en": " or ", "ja": "か"},
    "always": {"en": "always", "ja": "常に"},
    "never": {"en": "never", "ja": "なし"},
    "yes": {"en": "yes", "ja": "はい"},
    "no": {"en": "no", "ja": "いいえ"},
}


@dataclass(frozen=True)
class Speaker:
    """Says conditions on the records of one object, with the titles of its fields."""

    watch: str
    rules: RuleSet
    reader: Reader

    def condition(self, condition: Condition) -> str:
        """The condition as a clause."""
        match condition:
            case All(parts=parts):
                return self._joined(parts, "and", "always")
            case AnyOf(parts=parts):
                return self._joined(parts, "or", "never")
            case Not(part=IsSet(ref=ref)):
                return self._say(_SAID["empty"], left=self.field(ref))
            case Not(part=part):
                return self._say(_SAID["not"], left=self.condition(part))
            case Compare(op=op, left=left, right=right):
                return self._compared(op, left, right)
            case _:
                return self._of_a_field(condition)

    def _of_a_field(self, condition: OneOf | Contains | IsSet | Entered) -> str:
        match condition:
            case OneOf(ref=ref, values=values, negated=negated):
                listed = self._say(_SAID["or_value"]).join(self._literal(value, ref) for value in values)
                return self._say(_SAID["none_of" if negated else "one_of"], left=self.field(ref), right=listed)
            case Contains(ref=ref, text=text):
                return self._say(_SAID["contains"], left=self.field(ref), right=text)
            case IsSet(ref=ref):
                return self._say(_SAID["set"], left=self.field(ref))
            case _:
                return self._say(_SAID["entered"], left=self.field(condition.ref))

    def field(self, ref: Ref) -> str:
        """The field's title, or its name where it has none."""
        known = self._fields.get(ref.name)
        return self.reader.pick(known.title) if known is not None and known.title else ref.name

    @cached_property
    def _fields(self) -> Mapping[str, Field]:
        rules = self.rules
        return rule_scope(self.watch, rules.catalogue, rules.bands.values(), rules.scores.values()).fields

    def _joined(self, parts: Sequence[Condition], word: str, nothing: str) -> str:
        if not parts:
            return self._say(_SAID[nothing])
        said = [self.condition(part) for part in parts]
        if len(said) > 1:
            said = [
                f"({text})" if isinstance(part, All | AnyOf) and len(part.parts) > 1 else text
                for part, text in zip(parts, said, strict=True)
            ]
        return self._say(_SAID[word]).join(said)

    def _compared(self, op: str, left: Term, right: Term) -> str:
        times = isinstance(left, Ref) and left.type.is_time
        words = _ORDERED_TIMES[op] if times and op in _ORDERED_TIMES else _COMPARED[op]
        of = left if isinstance(left, Ref) else None
        return self._say(words, left=self._term(left, None), right=self._term(right, of))

    def _term(self, term: Term, of: Ref | None) -> str:
        match term:
            case Ref():
                return self.field(term)
            case Literal():
                return self._literal(term, of)
            case _:
                return f"({self._term(term.left, None)} {term.op} {self._term(term.right, None)})"

    def _literal(self, literal: Literal, of: Ref | None) -> str:
        value = literal.value
        if isinstance(value, bool):
            return self._say(_SAID["yes" if value else "no"])
        if isinstance(value, float):
            return self.reader.number(value)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, date):
            return value.isoformat()
        known = self._fields.get(of.name) if of is not None else None
        if literal.type is FieldType.CHOICE:
            return choice(value, known.value_titles.get(value, {}) if known else {}, self.reader)
        return f"“{value}”"

    def _say(self, words: Words, **fillers: str) -> str:
        return words.get(self.reader.language, words["en"]).format(**fillers)
