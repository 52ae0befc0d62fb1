"""Words for the things of a rule file, as sentences of `messages.py` use them."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import FieldType, Words

SYNTAX: Final[tuple[tuple[str, Words, Words], ...]] = (
    (
        "unexpected end of stream",
        {"en": "a quote is not closed", "ja": "引用符が閉じていません"},
        {"en": "close it on this line", "ja": "この行で閉じてください"},
    ),
    (
        "',' or ']'",
        {"en": "a list `[` is not closed", "ja": "`[` が閉じていません"},
        {"en": "close it with `]`", "ja": "`]` で閉じてください"},
    ),
    (
        "',' or '}'",
        {"en": "a brace `{` is not closed", "ja": "`{` が閉じていません"},
        {"en": "close it with `}`", "ja": "`}` で閉じてください"},
    ),
    ("mapping values", {"en": "a second `:`; quote the text", "ja": "`:` が余分です。文は引用符で囲んでください"}, {}),
    (
        "cannot start any token",
        {"en": "this sign needs quotes", "ja": "この記号は引用符で囲んでください"},
        {"en": "quote the whole text", "ja": "文全体を引用符で囲んでください"},
    ),
    (
        "comment or line break",
        {"en": "`>` and `|` begin a block of text", "ja": "`>` と `|` は文章の始まりを表します"},
        {"en": "to compare, write `{more_than: 3}`", "ja": "比べるには `{more_than: 3}` と書いてください"},
    ),
    ("expected ':'", {"en": "a `:` is missing, or a space behind it", "ja": "`:` か、その後の空白がありません"}, {}),
    (
        "expected key",
        {"en": "something is left over, or badly indented", "ja": "余分な文字か、字下げの誤りがあります"},
        {"en": "line up keys that belong together", "ja": "並ぶキーの字下げを揃えてください"},
    ),
    (
        "expected '-'",
        {"en": "badly indented", "ja": "字下げが合っていません"},
        {"en": "line it up with the `-` above", "ja": "上の `-` に揃えてください"},
    ),
    (
        "document start",
        {"en": "a file holds one document", "ja": "一つのファイルに書ける文書は一つです"},
        {"en": "remove the `---`, or split the file", "ja": "`---` を消すか、ファイルを分けてください"},
    ),
    (
        "special character",
        {"en": "a control character", "ja": "制御文字があります"},
        {"en": "remove it", "ja": "削除してください"},
    ),
    (
        "complex key",
        {"en": "a key must be a word", "ja": "キーは語で書いてください"},
        {"en": "quote it if it is a text", "ja": "文なら引用符で囲んでください"},
    ),
    (
        "too deep",
        {"en": "indented deeper than the line above", "ja": "上の行より深く字下げされています"},
        {"en": "line it up with the key above", "ja": "上のキーに揃えてください"},
    ),
    (
        "",
        {"en": "the structure breaks here", "ja": "ここで構造が崩れています"},
        {"en": "look at quotes, brackets and indentation", "ja": "引用符、括弧、字下げを確かめてください"},
    ),
)
"""What libyaml says (a part of it), what we say instead, and the cure; the last row stands for all the rest."""

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
    "band": {"en": "a band", "ja": "区分"},
    "band_row": {"en": "a row of a band", "ja": "区分の行"},
    "score": {"en": "a score", "ja": "スコア"},
    "limit_row": {"en": "a row of `within`", "ja": "`within` の行"},
    "words": {"en": "a text", "ja": "文"},
    "field": {"en": "a field", "ja": "項目"},
    "catalogue": {"en": "a catalogue", "ja": "カタログ"},
    "text": {"en": "a text", "ja": "文字列"},
    "list": {"en": "a list", "ja": "リスト"},
    "mapping": {"en": "keys with values", "ja": "キーと値の組"},
    "rows": {"en": "a list of rows", "ja": "行のリスト"},
    "number": {"en": "a number", "ja": "数値"},
    "choice": {"en": "a choice", "ja": "選択肢"},
    "date": {"en": "a date", "ja": "日付"},
    "name": {"en": "a name", "ja": "名前"},
    "names": {"en": "names", "ja": "名前のリスト"},
}

OBJECT_WORDS: Final = {
    **dict.fromkeys(("opportunity", "opportunities", "商談", "案件", "取引"), "deal"),
    **dict.fromkeys(("prospect", "リード", "見込み客"), "lead"),
    **dict.fromkeys(("partner opportunity", "パートナー案件"), "partner_deal"),
}
"""What CRMs and people call the things that rules watch."""
