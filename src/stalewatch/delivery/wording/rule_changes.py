"""What changed from one version of rules to the next, in words: "limit if Stage is Negotiation: 5bd → 4bd"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from stalewatch.delivery.wording.conditions_in_words import Speaker
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_in_words import parts_in_words
from stalewatch.delivery.wording.times import duration
from stalewatch.delivery.wording.untrusted import template
from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Rule, RuleSet, Words
from stalewatch.domain.language.versions import LimitChanged, ModeChanged, Part, Reworded, RuleChange

_WORDS: Final[dict[str, Words]] = {
    "added": {"en": "{id}: added ({title})", "ja": "{id}: 追加({title})"},
    "removed": {"en": "{id}: removed ({title})", "ja": "{id}: 削除({title})"},
    "renamed": {"en": "{id}: was {was}", "ja": "{id}: 旧ID {was}"},
    "became": {"en": "{id}: {what}: {old} → {new}", "ja": "{id}: {what}: {old} → {new}"},
    "nothing": {"en": "none", "ja": "なし"},
    "limit": {"en": "limit", "ja": "期限"},
    "limit_if": {"en": "limit if {condition}", "ja": "期限({condition}の場合)"},
    "limit_else": {"en": "limit otherwise", "ja": "期限(それ以外)"},
    "reordered": {
        "en": "{id}: the rows of its limit stand in another order",
        "ja": "{id}: 期限の行の順序が変わりました",
    },
    "watch": {"en": "watch", "ja": "監視"},
    "where": {"en": "where", "ja": "対象"},
    "start": {"en": "start", "ja": "開始"},
    "until": {"en": "until", "ja": "完了"},
    "pause": {"en": "pause", "ja": "休止"},
    "warn": {"en": "warn", "ja": "予告"},
    "severity": {"en": "severity", "ja": "重要度"},
    "mutes": {"en": "mutes", "ja": "抑制する対象"},
    "escalate": {"en": "escalate", "ja": "エスカレーション"},
    "title": {"en": "title", "ja": "題名"},
    "because": {"en": "because", "ja": "理由"},
    "message": {"en": "message", "ja": "文面"},
    "mode": {"en": "mode", "ja": "モード"},
    "beside": {"en": "also changed: {what}", "ja": "ほかの変更: {what}"},
}
_SPOKEN: Final = frozenset({"watch", "where", "start", "until", "pause", "warn"})


def changes_in_words(
    changes: Sequence[RuleChange], beside: Sequence[str], old: RuleSet, new: RuleSet, reader: Reader
) -> list[str]:
    """A line for each thing that differs."""
    lines = [line for change in changes for line in _lines(change, old, new, reader)]
    return [*lines, _say("beside", reader, what=", ".join(beside))] if beside else lines


def _lines(change: RuleChange, old: RuleSet, new: RuleSet, reader: Reader) -> Iterator[str]:
    before, after = change.old, change.new
    if before is None or after is None:
        rule = after or before
        if rule is not None:
            yield _say("added" if before is None else "removed", reader, id=rule.id, title=reader.pick(rule.title))
        return
    if change.was is not None:
        yield _say("renamed", reader, id=after.id, was=change.was)
    if any(isinstance(part, LimitChanged) and part.old == part.new for part in change.parts):
        yield _say("reordered", reader, id=after.id)
    words = parts_in_words(before, old, reader), parts_in_words(after, new, reader)
    for part in change.parts:
        said = _part(part, before, after, words, Speaker(after.watch, new, reader))
        if said is not None:
            what, was, now = said
            yield _say("became", reader, id=after.id, what=what, old=was, new=now)


def _part(
    part: Part, old: Rule, new: Rule, words: tuple[dict[str, str], dict[str, str]], speaker: Speaker
) -> tuple[str, str, str] | None:
    """What it is, what it said, and what it says; None where both read the same."""
    reader = speaker.reader
    match part:
        case LimitChanged(when=when, old=was, new=now):
            if was == now:
                return None
            if when is not None:
                label = _say("limit_if", reader, condition=speaker.condition(when))
            else:
                alone = len(old.within) == len(new.within) == 1
                label = _say("limit" if alone else "limit_else", reader)
            return label, _limit(was, reader), _limit(now, reader)
        case ModeChanged(old=before, new=after):
            return _say("mode", reader), before.value, after.value
        case _:
            return _reworded(part, words, reader)


def _reworded(
    part: Reworded, words: tuple[dict[str, str], dict[str, str]], reader: Reader
) -> tuple[str, str, str] | None:
    word, nothing = part.word, _say("nothing", reader)
    if word in _SPOKEN:
        was, now = (one.get(word, nothing) for one in words)
        return _say(word, reader), was, now
    was, now = (_plain(value, reader) or nothing for value in (part.old, part.new))
    return None if was == now else (_say(word, reader), was, now)


def _limit(length: Duration | None, reader: Reader) -> str:
    return _say("nothing", reader) if length is None else duration(length, reader)


def _plain(value: Any, reader: Reader) -> str:
    """A word of a rule that is neither a condition nor a duration: a name, a list of names, a text per language."""
    if isinstance(value, dict):
        text = value.get(reader.language) or next(iter(value.values()), "")
        return f"“{template(str(text))}”" if text else ""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _say(sentence: str, reader: Reader, /, **fillers: str) -> str:
    words = _WORDS[sentence]
    return words.get(reader.language, words["en"]).format(**fillers)
