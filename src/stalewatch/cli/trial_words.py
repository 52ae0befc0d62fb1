"""The words of `rules preview` and `rules diff`, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.instants import SECOND
from stalewatch.domain.language.model import Words

_WORDS: Final[dict[str, Words]] = {
    "stands": {
        "en": "{late} late now, {at_risk} at risk, {soon} more late within {span} – of {judged} open records",
        "ja": "現在超過 {late} 件、予告中 {at_risk} 件、{span}以内にさらに {soon} 件超過(進行中 {judged} 件のうち)",
    },
    "would": {
        "en": "If these rules spoke from now on: {news} would be news to {people} people, {backlog} would be backlog"
        " (one line each in the digest), {quiet} would not be mentioned again.",
        "ja": "これらのルールが今から通知する場合: 新しい知らせ {news} 件({people} 人宛て)、以前からの超過 {backlog} 件"
        "(ダイジェストに1行ずつ)、改めて知らせないもの {quiet} 件。",
    },
    "no_rollout": {
        "en": "`rollout: off`: what is late already is news at once, and nothing is backlog.",
        "ja": "`rollout: off` のため、すでに超過しているものもすべて直ちに知らせます。",
    },
    "at_most": {
        "en": "A rule that has just begun to speak tells an owner of at most {most} a day at first.",
        "ja": "通知を始めたばかりのルールは、当初、担当者ごとに1日 {most} 件までです。",
    },
    "silent": {
        "en": "Not live now, so nobody is told yet: {rules}",
        "ja": "まだ稼働していない(誰にも知らせない)ルール: {rules}",
    },
    "storm": {
        "en": "So much would break at once that the storm guard would hold it until `stalewatch work release`.",
        "ja": "一度に多数が超過するため、ストームガードが `stalewatch work release` まで保留します。",
    },
    "cannot": {
        "en": "{rule}: {count} cannot be judged ({fields})",
        "ja": "{rule}: {count} 件は判定できません({fields})",
    },
    "cannot_date": {"en": "a date beyond the calendar", "ja": "カレンダー外の日付"},
    "cannot_field": {"en": "{field} cannot be read", "ja": "{field} を読み取れません"},
    "too_old": {
        "en": "{connection}: {count} open records are not judged, its data is too old ({age}); --now with an earlier"
        " moment judges as of then",
        "ja": "{connection}: データが古いため進行中 {count} 件を判定していません({age})。"
        "--now で過去の時点を指定できます",
    },
    "never_read": {
        "en": "{connection}: never read yet; `stalewatch run --once` reads it",
        "ja": "{connection}: まだ読み込んでいません。`stalewatch run --once` で読み込みます",
    },
    "more": {"en": "+{count} more: --all lists them", "ja": "ほか {count} 件(--all ですべて表示)"},
    "alerts": {"en": "+{added} / −{removed} alerts", "ja": "アラート +{added} / −{removed}"},
    "no_difference": {
        "en": "No difference: both versions say the same of {judged} open records",
        "ja": "違いはありません(進行中 {judged} 件)",
    },
    "of_records": {"en": "On {judged} open records.", "ja": "進行中 {judged} 件で比較。"},
    "turned": {"en": "{what}: {count}", "ja": "{what}: {count} 件"},
    "due_earlier": {"en": "Due earlier: {count}", "ja": "期限が早まる: {count} 件"},
    "due_later": {"en": "Due later: {count}", "ja": "期限が遅くなる: {count} 件"},
    "farthest": {"en": "; the farthest {name} ({rule}), {old} → {new}", "ja": "(最大: {name}({rule})、{old} → {new})"},
    "newly_late": {"en": "Newly late", "ja": "新たに超過"},
    "newly_at_risk": {"en": "Newly at risk", "ja": "新たに予告"},
    "no_longer_late": {"en": "No longer late", "ja": "超過でなくなる"},
    "no_longer_at_risk": {"en": "No longer at risk", "ja": "予告でなくなる"},
    "late": {"en": "late", "ja": "超過"},
    "at_risk": {"en": "at risk", "ja": "予告中"},
    "soon": {"en": "soon", "ja": "まもなく"},
    "news": {"en": "news", "ja": "知らせる"},
    "backlog": {"en": "backlog", "ja": "一覧のみ"},
    "quiet": {"en": "not again", "ja": "知らせない"},
    "nobody": {"en": "no owner", "ja": "担当者なし"},
    "none": {"en": "none", "ja": "なし"},
    "OWNERS": {"en": "By owner", "ja": "担当者別"},
    "CASES": {"en": "Most urgent first", "ja": "緊急順"},
    "RULES": {"en": "By rule", "ja": "ルール別"},
    "CHANGED": {"en": "What changed in the rules", "ja": "ルールの変更点"},
    "MOVED": {"en": "Who is affected", "ja": "影響を受けるもの"},
    "OWNER": {"en": "OWNER", "ja": "担当者"},
    "RECORD": {"en": "DEAL", "ja": "案件"},
    "WHY": {"en": "WHY", "ja": "理由"},
    "STANDS": {"en": "STANDS", "ja": "状態"},
    "LATE": {"en": "LATE", "ja": "超過"},
    "AT_RISK": {"en": "AT RISK", "ja": "予告中"},
    "SOON": {"en": "WITHIN {span}", "ja": "{span}以内"},
    "NEWS": {"en": "NEWS", "ja": "知らせる"},
    "BACKLOG": {"en": "BACKLOG", "ja": "一覧のみ"},
    "TOLD": {"en": "TOLD", "ja": "通知"},
    "AMOUNT": {"en": "AMOUNT", "ja": "金額"},
    "RULE": {"en": "RULE", "ja": "ルール"},
    "MODE": {"en": "MODE", "ja": "モード"},
    "BLIND": {"en": "CANNOT JUDGE", "ja": "判定不可"},
    "ADDED": {"en": "+", "ja": "+"},
    "REMOVED": {"en": "−", "ja": "−"},
    "WHAT": {"en": "WHAT", "ja": "変化"},
    "OLD_DUE": {"en": "WAS DUE", "ja": "旧期限"},
    "NEW_DUE": {"en": "IS DUE", "ja": "新期限"},
    "EARLIER": {"en": "EARLIER", "ja": "早まる"},
    "LATER": {"en": "LATER", "ja": "遅くなる"},
}


def say(sentence: str, reader: Reader, /, **fillers: object) -> str:
    """A sentence of this page; numbers among the fillers get the language's separators."""
    words = _WORDS[sentence]
    told = {name: reader.number(one) if isinstance(one, int) else one for name, one in fillers.items()}
    return words.get(reader.language, words["en"]).format(**told)


def data_as_of(ages: Mapping[str, int | None], when: str, reader: Reader) -> list[str]:
    """When it was judged, and how old the data of the oldest connection was; a line for each never read.

    Args:
        ages: microseconds per connection; None: never read.
        when: RFC 3339.
    """
    known = [age for age in ages.values() if age is not None]
    lines = [as_of(when, max(known) // SECOND, reader)] if known else []
    return lines + [say("never_read", reader, connection=name) for name, age in ages.items() if age is None]
