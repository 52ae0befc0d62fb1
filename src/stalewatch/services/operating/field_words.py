"""What is said of fields that nothing feeds, in English and Japanese: by `stalewatch fields` and by `doctor`."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words

WORDS: Final[dict[str, Words]] = {
    "unmapped": {"en": "not mapped", "ja": "対応付けがありません"},
    "absent": {"en": "{theirs} is not there, or hidden", "ja": "{theirs} がないか、見えません"},
    "misfit": {
        "en": "{theirs} is {theirs_type}, not {type}",
        "ja": "{theirs} は {theirs_type} で、{type} ではありません",
    },
    "forbidden": {"en": "may not be read: {lacking}", "ja": "読む権限がありません: {lacking}"},
    "unseen": {"en": "nothing is recorded there: {lacking}", "ja": "記録がありません: {lacking}"},
    "unread": {"en": "no active rule reads it", "ja": "有効なルールが使っていません"},
    "none": {"en": "the connection tells nothing of it", "ja": "この接続にはありません"},
    "loose": {
        "en": "{theirs} is a text; what is no {type} there cannot be read",
        "ja": "{theirs} は文字列です。{type} でない値は読めません",
    },
    "write": {"en": "map.{object}.fields: {{{ours}: {theirs}}}", "ja": "map.{object}.fields: {{{ours}: {theirs}}}"},
    "write_any": {
        "en": "map.{object}.fields: {{{ours}: a field of type {type}}}",
        "ja": "map.{object}.fields: {{{ours}: {type} の項目}}",
    },
    "grant": {"en": "grant {lacking}", "ja": "{lacking} を許可してください"},
    "misfits": {
        "en": "{ours} is mapped to {theirs}, which is {theirs_type}; it needs {type}, so nothing is read from it",
        "ja": "{ours} に対応付けた {theirs} は {theirs_type} です。{type} が必要なため、読み込みません",
    },
    "loosely": {
        "en": "{ours} is read out of the text {theirs}: where it is no {type}, rules cannot judge the record",
        "ja": "{ours} は文字列 {theirs} から読み取ります。{type} でない値の案件は判定できません",
    },
    "make_it": {
        "en": "map a field of type {type}, or make {theirs} one",
        "ja": "{type} の項目を対応付けるか、{theirs} の型を変えてください",
    },
    "values": {
        "en": "values of {theirs} that {ours} does not know: {values}; no rule takes them for one of ours",
        "ja": "{theirs} の値のうち {ours} に対応のないもの: {values}。ルールではどの値とも一致しません",
    },
    "map_values": {
        "en": 'map.{object}.values.{ours}: {{{value}: ["{theirs}"]}}',
        "ja": 'map.{object}.values.{ours}: {{{value}: ["{theirs}"]}}',
    },
}


def say(language: str, sentence: str, /, **fillers: object) -> str:
    """A sentence in a language."""
    return WORDS[sentence][language].format(**fillers)
