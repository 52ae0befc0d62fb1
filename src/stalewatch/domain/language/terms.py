"""Words for the things of a rule file, as sentences of `messages.py` use them."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import FieldType, Words

SYNTAX: Final[tuple[tuple[str, Words], ...]] = (
    ("unexpected end of stream", {"en": "a quote is not closed", "ja": "引用符が閉じていません"}),
    ("',' or ']'", {"en": "a list `[` is not closed", "ja": "`[` が閉じていません"}),
    ("',' or '}'", {"en": "a brace `{` is not closed", "ja": "`{` が閉じていません"}),
    ("mapping values", {"en": "a second `:`; quote the text", "ja": "`:` が余分です。文は引用符で囲んでください"}),
    ("cannot start any token", {"en": "this sign needs quotes", "ja": "この記号は引用符で囲んでください"}),
    ("expected ':'", {"en": "a `:` is missing, or a space behind it", "ja": "`:` か、その後の空白がありません"}),
    ("expected key", {"en": "something is left over, or badly indented", "ja": "余分な文字か、字下げの誤りがあります"}),
    ("expected '-'", {"en": "badly indented", "ja": "字下げが合っていません"}),
    ("document start", {"en": "a file holds one document", "ja": "一つのファイルに書ける文書は一つです"}),
    ("special character", {"en": "a control character", "ja": "制御文字があります"}),
    ("complex key", {"en": "a key must be a word", "ja": "キーは語で書いてください"}),
    ("", {"en": "the structure breaks here", "ja": "ここで構造が崩れています"}),
)
"""What libyaml says (a part of it), and what we say instead; the last row stands for all the rest."""

TYPES: Final[dict[FieldType, Words]] = {
    FieldType.TEXT: {"en": "text", "ja": "文字列"},
    FieldType.PERSON: {"en": "person", "ja": "担当者"},
    FieldType.CHOICE: {"en": "choice", "ja": "選択肢"},
    FieldType.INT: {"en": "number", "ja": "数値"},
    FieldType.MONEY: {"en": "money", "ja": "金額"},
    FieldType.BOOL: {"en": "yes/no", "ja": "yes/no"},
    FieldType.DATE: {"en": "date", "ja": "日付"},
    FieldType.DATETIME: {"en": "date and time", "ja": "日時"},
}

THINGS: Final[dict[str, Words]] = {
    "rule": {"en": "a rule", "ja": "ルール"},
    "file": {"en": "a rule file", "ja": "ルールファイル"},
    "exception": {"en": "an exception", "ja": "例外"},
    "pause": {"en": "a pause", "ja": "休止"},
    "band": {"en": "band", "ja": "区分"},
    "band_row": {"en": "a row of a band", "ja": "区分の行"},
    "score": {"en": "score", "ja": "スコア"},
    "limit_row": {"en": "a row of `within`", "ja": "`within` の行"},
    "words": {"en": "a text", "ja": "文"},
    "field": {"en": "a field", "ja": "項目"},
    "catalogue": {"en": "a catalogue", "ja": "カタログ"},
    "text": {"en": "a text", "ja": "文字列"},
    "list": {"en": "a list", "ja": "リスト"},
    "mapping": {"en": "keys with values", "ja": "キーと値の組"},
    "rows": {"en": "a list of rows", "ja": "行のリスト"},
    "number": {"en": "a number", "ja": "数値"},
    "date": {"en": "a date", "ja": "日付"},
    "name": {"en": "a name", "ja": "名前"},
    "names": {"en": "names", "ja": "名前のリスト"},
}
