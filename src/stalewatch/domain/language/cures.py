"""Every cure that `rules check` can offer for a rule file, in English and Japanese; the problems: messages.py."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words

CURES: Final[dict[str, Words]] = {
    "did_you_mean": {"en": "did you mean `{name}`?", "ja": "`{name}` の間違いですか?"},
    "did_you_mean_placeholder": {"en": "did you mean {{{name}}}?", "ja": "{{{name}}} の間違いですか?"},
    "one_of": {"en": "one of: {names}", "ja": "使える値: {names}"},
    "one_of_theirs": {
        "en": "one of: {names}; `stalewatch sync` learns a changed list",
        "ja": "使える値: {names}。選択肢を変えた場合は `stalewatch sync` を実行してください",
    },
    "write": {"en": "write `{text}`", "ja": "`{text}` と書いてください"},
    "quote": {"en": 'quote it: "{text}"', "ja": '引用符で囲んでください: "{text}"'},
    "quote_number": {
        "en": 'quote it ("{text}"), or write {number}',
        "ja": '文字なら引用符で囲み("{text}")、数なら {number} と書いてください',
    },
    "write_it_out": {
        "en": "write the value out; `use:` copies whole rules",
        "ja": "値をそのまま書いてください(ルール全体の写しは `use:`)",
    },
    "remove_tag": {"en": "remove it; quotes make a text", "ja": "削除してください。文字列にするには引用符を使います"},
    "said": {"en": "{text}", "ja": "{text}"},
    "add_space": {"en": "add a space", "ja": "空白を入れてください"},
    "spaces": {"en": "use spaces", "ja": "半角スペースを使ってください"},
    "keep_one": {"en": "keep one; the other is on line {line}", "ja": "一つにしてください(もう一つは {line} 行目)"},
    "keep_one_here": {
        "en": "keep one; the other is at column {column}",
        "ja": "一つにしてください(もう一つは {column} 文字目)",
    },
    "keep_one_at": {"en": "the other is at {place}", "ja": "もう一つは {place} にあります"},
    "split_file": {"en": "split it into several files", "ja": "複数のファイルに分けてください"},
    "flatten": {"en": "write it with fewer levels", "ja": "段を減らしてください"},
    "begin_with": {"en": "begin the file with `{key}: 1`", "ja": "ファイルの先頭に `{key}: 1` と書いてください"},
    "add_word": {"en": "add `{key}:`", "ja": "`{key}:` を追加してください"},
    "condition_example": {
        "en": "write `field: value`, for example `{{stage: proposal}}`",
        "ja": "`項目: 値` の形で書いてください(例: `{{stage: proposal}}`)",
    },
    "empty_or_set": {"en": "write `empty` or `set`", "ja": "`empty` か `set` と書いてください"},
    "list_fields": {
        "en": "`stalewatch fields` lists the fields",
        "ja": "項目の一覧は `stalewatch fields` で見られます",
    },
    "unit": {
        "en": "write `{number}d` or `{number}bd` (calendar days / business days)",
        "ja": "`{number}d` か `{number}bd` と書いてください(暦日 / 営業日)",
    },
    "duration_example": {
        "en": "write 14d, 10bd, 24h, 4bh, 30m or 2w",
        "ja": "14d、10bd、24h、4bh、30m、2w、10営業日 のように書いてください",
    },
    "retention_example": {
        "en": "write 730d, 26w or 7y; `off` keeps for ever",
        "ja": "730d、26w、7y のように書いてください(`off` は消さない)",
    },
    "at_least_characters": {
        "en": "at least {many} characters, at random",
        "ja": "{many} 文字以上の乱数を使ってください",
    },
    "at_least_days": {"en": "at least {days}d", "ja": "{days}d 以上にしてください"},
    "zero_duration": {"en": "`0bd` means the same business day", "ja": "当日中は `0bd` と書きます"},
    "shorter_warn": {"en": "use {text} or less", "ja": "{text} 以下にしてください"},
    "remove_key": {"en": "remove `{key}:`", "ja": "`{key}:` を外してください"},
    "use_since": {
        "en": "did you mean `since:`? it starts the clock when a condition becomes true",
        "ja": "`since:`(条件が成り立った時から)を使いますか?",
    },
    "start_example": {
        "en": "a field, latest_of, earliest_of, first_of, since or each",
        "ja": "項目名、latest_of、earliest_of、first_of、since、each のどれかを書いてください",
    },
    "add_by": {"en": "for example `by: stage`", "ja": "例: `by: stage`"},
    "remove_row": {"en": "remove it, or move it up", "ja": "削除するか、上に移してください"},
    "double_equals": {"en": "write `==` to compare", "ja": "比較は `==` と書きます"},
    "close_text": {"en": "close it with {quote}", "ja": "{quote} で閉じてください"},
    "expression_words": {
        "en": "and, or, not, comparisons, in, is empty, is set, + - * /",
        "ja": "使えるもの: and、or、not、比較、in、is empty、is set、+ - * /",
    },
    "without_quotes": {
        "en": "write the number without quotes: {number}",
        "ja": "引用符なしの数で書いてください: {number}",
    },
    "without_commas": {
        "en": "write the number without commas: {number}",
        "ja": "数はカンマなしで書いてください: {number}",
    },
    "write_keys": {"en": "write `key: value`", "ja": "`キー: 値` の形で書いてください"},
    "write_list": {"en": "write a list: `[a, b]`", "ja": "`[a, b]` のようなリストで書いてください"},
    "write_rule": {"en": "a rule begins with `- id: its-name`", "ja": "ルールは `- id: 名前` で始めます"},
    "row_example": {
        "en": "a row is `{{stage: proposal, is: 15bd}}`",
        "ja": "行は `{{stage: proposal, is: 15bd}}` の形で書いてください",
    },
    "write_pause": {
        "en": "write `{{until: hold_until, from: hold_set_at, max: 60d}}`",
        "ja": "`{{until: hold_until, from: hold_set_at, max: 60d}}` と書いてください",
    },
    "write_row": {"en": "write `{{name: {text}}}`", "ja": "`{{name: {text}}}` と書いてください"},
    "one_text": {"en": "write one text", "ja": "文字列を一つ書いてください"},
    "one_name": {"en": "write one name", "ja": "名前を一つ書いてください"},
    "another_name": {"en": "choose another name", "ja": "別の名前にしてください"},
    "in_until": {"en": "move it to `until:`", "ja": "`until:` に移してください"},
    "its_fields": {
        "en": "name the fields it is computed from",
        "ja": "計算のもとになる項目を書いてください",
    },
    "time_fields": {
        "en": "name a date or a time, such as created_at",
        "ja": "created_at のような日付か日時の項目を書いてください",
    },
    "choice_fields": {
        "en": "name a choice such as stage, or a band",
        "ja": "stage のような選択肢の項目か、区分(bands)を書いてください",
    },
    "number_fields": {"en": "name a number such as amount", "ja": "amount のような数値の項目を書いてください"},
    "some_field": {"en": "name a field of the record", "ja": "データの項目を書いてください"},
    "list_has": {"en": "it has: {names}", "ja": "あるのは: {names}"},
    "list_empty": {"en": "the list is empty", "ja": "一覧は空です"},
    "fewer_days": {"en": "at most 100 years", "ja": "上限は100年です"},
    "whole_duration": {
        "en": "whole numbers only; take a smaller unit, such as 36h",
        "ja": "整数だけが使えます。36h のように小さな単位で書いてください",
    },
    "months": {
        "en": "months differ in length: write days or weeks, such as {days}d",
        "ja": "月の長さは一定ではありません。{days}d のように日か週で書いてください",
    },
    "write_number": {"en": "write a number", "ja": "数で書いてください"},
    "write_date": {"en": "write a date: 2026-03-31", "ja": "日付を書いてください: 2026-03-31"},
    "true_or_false": {"en": "write true or false", "ja": "true か false と書いてください"},
    "clock": {
        "en": "time enters only as start + within: start the clock at a field",
        "ja": "時間は start + within で表します。項目から時計を始めてください",
    },
    "exception_until": {"en": "add `until: 2026-09-30`", "ja": "`until: 2026-09-30` のように追加"},
    "remove_exception": {"en": "remove it, or move the date", "ja": "削除するか、日付を延ばしてください"},
    "pause_from": {"en": "add `from: hold_set_at`", "ja": "`from: hold_set_at` を追加してください"},
    "pause_max": {"en": "add `max: 60d`", "ja": "`max: 60d` を追加してください"},
    "pause_one": {"en": "`until` with `from`, or `while`", "ja": "`until` と `from`、または `while` を使ってください"},
    "add_language": {"en": "add `{key}:`", "ja": "`{key}:` を追加してください"},
    "placeholders": {
        "en": "a field, or one of: {names}",
        "ja": "項目名か、次のどれか: {names}",
    },
    "remove_mute": {"en": "remove one `mutes:` entry", "ja": "どれか一つの `mutes:` を外してください"},
    "include_it": {"en": "add it to the files, or correct the name", "ja": "ファイルを加えるか、名前を直してください"},
    "letters": {
        "en": "use letters, digits, `-` and `_`, at most 64",
        "ja": "文字・数字・`-`・`_` で64文字以内にしてください",
    },
}
