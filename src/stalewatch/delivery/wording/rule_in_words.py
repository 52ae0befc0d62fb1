"""A rule as people read it: where … start … within … until …, and the same as a formula (`rules explain`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from stalewatch.delivery.columns import width
from stalewatch.delivery.wording.conditions_in_words import Speaker
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration
from stalewatch.domain.durations import Duration
from stalewatch.domain.language.events import event_title
from stalewatch.domain.language.model import Combine, Each, Limit, Rule, RuleSet, Since, Start, Words
from stalewatch.domain.language.reads import rearming_fields

_WORDS: Final[dict[str, Words]] = {
    "watch": {"en": "Watch", "ja": "監視"},
    "watch_deal": {"en": "deal", "ja": "案件"},
    "watch_lead": {"en": "lead", "ja": "リード"},
    "watch_partner_deal": {"en": "partner deal", "ja": "パートナー案件"},
    "where": {"en": "Where", "ja": "対象"},
    "start": {"en": "Start", "ja": "開始"},
    "within": {"en": "Within", "ja": "期限"},
    "until": {"en": "Until", "ja": "完了"},
    "pause": {"en": "Pause", "ja": "休止"},
    "warn": {"en": "Warn", "ja": "予告"},
    "formula": {"en": "Formula", "ja": "計算"},
    "rearmed": {"en": "Re-armed", "ja": "再計算"},
    "latest_of": {"en": "the latest of {fields}", "ja": "{fields} のうち最も遅い時"},
    "earliest_of": {"en": "the earliest of {fields}", "ja": "{fields} のうち最も早い時"},
    "first_of": {"en": "the first of {fields} that is set", "ja": "{fields} のうち最初に入力されているもの"},
    "since": {"en": "when it became true that {condition}", "ja": "次が成り立った時: {condition}"},
    "each": {"en": "each {event}, with a clock of its own", "ja": "{event} ごと(それぞれに時計)"},
    "row": {"en": "{limit} if {condition}", "ja": "{condition}なら{limit}"},
    "rest": {"en": "otherwise {limit}", "ja": "それ以外は{limit}"},
    "pause_fields": {
        "en": "from {since} until {until}, at most {most}",
        "ja": "{since}から{until}まで(最長{most})",
    },
    "pause_while": {"en": "while {condition}, at most {most}", "ja": "{condition}の間(最長{most})"},
    "before": {"en": "{warn} before", "ja": "{warn}前"},
    "by": {"en": "a change of {fields}", "ja": "次の変更: {fields}"},
}


def rule_in_words(rule: Rule, rules: RuleSet, reader: Reader, choose: Iterable[str] = ()) -> list[str]:
    """The rule's sentence, its formula and its re-arming fields, a line each.

    Args:
        choose: the fields of `calendars.choose`.
    """
    parts = dict(_parts(rule, rules, reader))
    parts["formula"] = _formula(rule)
    parts["rearmed"] = _said("by", reader, fields=", ".join(rearming_fields(rule, rules, choose)))
    lines = [f"{rule.id} · {reader.pick(rule.title)} ({rule.pack}, {rule.severity})"]
    because = reader.pick(rule.because) if rule.because else ""
    lines += [f"  {because}"] if because else []
    labels = {name: _said(name, reader) for name in parts}
    widest = max(width(label) for label in labels.values())
    return [
        *lines,
        *(f"  {labels[name]}{' ' * (widest - width(labels[name]))}  {text}" for name, text in parts.items()),
    ]


def parts_in_words(rule: Rule, rules: RuleSet, reader: Reader) -> dict[str, str]:
    """The words of a rule that it has (watch, where, start, within, until, pause, warn), each in words."""
    return dict(_parts(rule, rules, reader))


def _parts(rule: Rule, rules: RuleSet, reader: Reader) -> Iterator[tuple[str, str]]:
    speaker = Speaker(rule.watch, rules, reader)
    yield "watch", _said(f"watch_{rule.watch}", reader)
    if rule.where is not None:
        yield "where", speaker.condition(rule.where)
    yield "start", _start(rule.start, speaker, reader)
    yield "within", "; ".join(_limit(limit, speaker, reader, alone=len(rule.within) == 1) for limit in rule.within)
    if rule.until is not None:
        yield "until", speaker.condition(rule.until)
    if rule.pause is not None:
        yield "pause", _pause(rule, speaker, reader)
    if rule.warn is not None:
        yield "warn", _said("before", reader, warn=duration(rule.warn, reader))


def _start(start: Start, speaker: Speaker, reader: Reader) -> str:
    match start:
        case Since(condition=condition):
            return _said("since", reader, condition=speaker.condition(condition))
        case Each(event=event):
            title = event_title(event)
            return _said("each", reader, event=title.get(reader.language, title["en"]).lower())
        case fields:
            names = [speaker.field(ref) for ref in fields.fields]
            return names[0] if len(names) == 1 else _said(fields.combine.value, reader, fields=reader.listed(names))


def _limit(limit: Limit, speaker: Speaker, reader: Reader, *, alone: bool) -> str:
    said = duration(limit.duration, reader)
    if limit.when is not None:
        return _said("row", reader, limit=said, condition=speaker.condition(limit.when))
    return said if alone else _said("rest", reader, limit=said)


def _pause(rule: Rule, speaker: Speaker, reader: Reader) -> str:
    pause = rule.pause
    if pause is None:
        return ""
    most = duration(pause.most, reader)
    if pause.condition is not None:
        return _said("pause_while", reader, condition=speaker.condition(pause.condition), most=most)
    since, until = (speaker.field(ref) if ref else "" for ref in (pause.since, pause.until))
    return _said("pause_fields", reader, since=since, until=until, most=most)


def _formula(rule: Rule) -> str:
    """The deadline as the calendar computes it; the same in every language."""
    limits = "/".join(dict.fromkeys(str(limit.duration) for limit in rule.within))
    pauses = ", pauses" if rule.pause else ""
    breach = f"breach_at = calendar.add({_anchor(rule.start)}, {limits}{pauses})"
    warn: Duration | None = rule.warn
    return breach if warn is None else f"{breach}; warn_at = calendar.sub(breach_at, {warn}{pauses})"


def _anchor(start: Start) -> str:
    match start:
        case Since():
            return "since(condition)"
        case Each(event=event):
            return f"each({event})"
        case fields:
            names = ", ".join(ref.name for ref in fields.fields)
            combine = {Combine.LATEST: "latest", Combine.EARLIEST: "earliest", Combine.FIRST: "first"}[fields.combine]
            return names if len(fields.fields) == 1 else f"{combine}({names})"


def _said(sentence: str, reader: Reader, /, **fillers: str) -> str:
    words = _WORDS[sentence]
    return words.get(reader.language, words["en"]).format(**fillers)
