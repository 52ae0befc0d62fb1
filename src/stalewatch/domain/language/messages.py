"""Every sentence that `rules check` can say, in English and Japanese. The codes are those of docs/rules.md."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from stalewatch.domain.language.model import Words


class Severity(StrEnum):
    """An error keeps a file from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """One sentence about what is wrong; `{names}` are filled in."""

    code: str
    en: str
    ja: str
    severity: Severity = Severity.ERROR


_WARN = Severity.WARNING

PROBLEMS: Final[dict[str, Problem]] = {
    # ------------------------------------------------------------------------------------------- the file
    "not_yaml": Problem("SW001", "not YAML: {what}", "YAML として読めません: {what}"),
    "glued": Problem(
        "SW001", "not YAML: a `:` needs a space behind it", "YAML として読めません: `:` の後に空白が必要です"
    ),
    "tab": Problem("SW002", "a tab cannot indent", "字下げにタブは使えません"),
    "full_width": Problem("SW003", "`{char}` is a full-width character", "`{char}` は全角文字です"),
    "comma_split": Problem(
        "SW004", "a comma split the text: `{key}` stands alone", "カンマで文が切れています: `{key}` だけが残りました"
    ),
    "duplicate_key": Problem("SW005", "`{key}` is here twice", "`{key}` が二つあります"),
    "anchor": Problem("SW006", "anchors (`&`) are refused", "アンカー(`&`)は使えません"),
    "alias": Problem("SW006", "aliases (`*`) are refused", "エイリアス(`*`)は使えません"),
    "tag": Problem("SW006", "tags are refused: `{tag}`", "タグは使えません: `{tag}`"),
    "too_large": Problem("SW007", "the file is larger than {limit} KB", "ファイルが大きすぎます(上限 {limit} KB)"),
    "too_deep": Problem("SW007", "nested deeper than {limit} levels", "入れ子が深すぎます(上限 {limit} 段)"),
    "too_long": Problem("SW007", "an expression of more than {limit} words", "式が長すぎます(上限 {limit} 語)"),
    "no_version": Problem("SW100", "the line `{key}: 1` is missing", "`{key}: 1` の行がありません"),
    "wrong_version": Problem(
        "SW100", "`{found}` is not a version that we read", "バージョン `{found}` には対応していません"
    ),
    # -------------------------------------------------------------------------------------------- the shape
    "unknown_key": Problem("SW101", "unknown key `{name}` in {thing}", "{thing}に `{name}` というキーはありません"),
    "missing_word": Problem("SW102", "{thing} has no `{key}:`", "{thing} に `{key}:` がありません"),
    "not_a_condition": Problem("SW103", "this is not a condition", "条件として読めません"),
    "condition_null": Problem("SW103", "`{field}` is compared with nothing", "`{field}` と比べる値がありません"),
    "entered_elsewhere": Problem(
        "SW103", "`entered` can only stand in `until`", "`entered` は `until` の中でだけ使えます"
    ),
    "entered_computed": Problem(
        "SW103", "{field} is computed; only a field can be entered", "{field} は計算値なので `entered` には使えません"
    ),
    "unknown_field": Problem("SW104", "{object} has no field `{name}`", "{object} に項目 `{name}` はありません"),
    "unknown_value": Problem("SW105", "`{name}` is not a value of {field}", "`{name}` は {field} の値ではありません"),
    "not_in_list": Problem("SW105", "`{name}` is not in the list `{key}`", "`{name}` は `{key}` の一覧にありません"),
    "unknown_comparison": Problem("SW106", "unknown comparison `{name}`", "`{name}` という比較はありません"),
    "duplicate_rule": Problem("SW107", "rule `{id}` is here twice", "ルール `{id}` が二つあります"),
    "duplicate_name": Problem("SW107", "{thing} `{name}` is here twice", "{thing} `{name}` が二つあります"),
    "taken_name": Problem("SW107", "`{name}` is already a field", "`{name}` という項目がすでにあります"),
    "cannot_watch": Problem("SW108", "`{name}` cannot be watched", "`{name}` は監視できません"),
    "unknown_severity": Problem("SW109", "`{name}` is not a {key}", "`{name}` は {key} の値ではありません"),
    # ------------------------------------------------------------------------------------------ times and limits
    "needs_unit": Problem("SW110", "a number needs a unit", "単位が必要です"),
    "not_a_duration": Problem("SW110", "`{text}` is not a duration", "`{text}` は期間として読めません"),
    "zero_duration": Problem("SW110", "`{text}` is no time at all", "`{text}` では時間になりません"),
    "warn_too_long": Problem(
        "SW112",
        "warn ({warn}) is not shorter than the limit ({limit}, line {line}); "
        "the warning would come before the clock starts",
        "warn({warn})が期限({limit}、{line} 行目)以上です。時計が始まる前に警告が出てしまいます",
    ),
    "start_not_time": Problem(
        "SW113",
        "a clock must start at a date or time; {field} is {type}",
        "時計の開始には日付か日時が必要です。{field} は{type}です",
    ),
    "pause_not_time": Problem(
        "SW113", "a pause needs dates or times; {field} is {type}", "休止には日付か日時が必要です。{field} は{type}です"
    ),
    "unknown_start": Problem("SW114", "`{name}` does not start a clock", "`{name}` では時計を始められません"),
    "not_a_start": Problem("SW114", "this does not start a clock", "時計の開始として読めません"),
    "unknown_event": Problem("SW115", "unknown event `{name}`", "`{name}` というイベントはありません"),
    "no_by": Problem("SW116", "a table of limits needs `by:`", "期限の表には `by:` が必要です"),
    "row_never_used": Problem(
        "SW117", "this row is never used; line {line} comes first", "この行は使われません。{line} 行目が先に一致します"
    ),
    # ------------------------------------------------------------------------------------------ expressions, types
    "unexpected": Problem("SW120", "`{text}` does not fit here", "ここに `{text}` は書けません"),
    "ends_early": Problem("SW120", "the expression ends too early", "式が途中で終わっています"),
    "only_constants": Problem("SW120", "this compares no field", "項目と比べていません"),
    "single_equals": Problem("SW121", "`=` is not a comparison", "`=` は比較ではありません"),
    "full_width_expr": Problem("SW122", "`{char}` is a full-width character", "`{char}` は全角文字です"),
    "unclosed_text": Problem("SW123", "the text is not closed", "文字列が閉じていません"),
    "no_such_operator": Problem("SW124", "`{text}` is not part of expressions", "式に `{text}` は使えません"),
    "type_mismatch": Problem(
        "SW125",
        "cannot compare {field} ({type}) with {other} {value}",
        "{field}({type})と{other}は比べられません",
    ),
    "types_differ": Problem("SW125", "cannot compare {left} with {right}", "{left}と{right}は比べられません"),
    "no_order": Problem("SW125", "{field} ({type}) has no order", "{field}({type})に大小はありません"),
    "no_arithmetic": Problem("SW125", "cannot calculate with {type}", "{type}は計算に使えません"),
    "contains_text_only": Problem(
        "SW125", "`contains` needs a text field; {field} is {type}", "`contains` は文字列用です。{field} は{type}です"
    ),
    "needs_kind": Problem(
        "SW125", "`{key}` needs {wanted}; {field} is {type}", "`{key}` には{wanted}が必要です。{field} は{type}です"
    ),
    "wrong_shape": Problem("SW125", "`{key}` needs {wanted}", "`{key}` には{wanted}が必要です"),
    "changed_number": Problem(
        "SW125", "`{text}` would be read as the number {number}", "`{text}` は数値 {number} として読まれます"
    ),
    "not_an_id": Problem("SW125", "`{text}` cannot be a name", "`{text}` は名前に使えません"),
    "not_yes_no": Problem("SW126", "{what} is not a yes/no", "{what} は yes/no ではありません"),
    "not_true_false": Problem("SW126", "`{text}` is {type} here, not a yes/no", "`{text}` は{type}です(yes/no が必要)"),
    "reads_clock": Problem(
        "SW131", "a rule cannot read the clock (`{name}`)", "ルールから現在時刻は読めません(`{name}`)"
    ),
    # --------------------------------------------------------------------------------- exceptions, pauses, messages
    "endless_exception": Problem(
        "SW140",
        "an exception needs `until:` (a date); exceptions without an end become blind spots",
        "例外には `until:`(日付)が必要です。期限のない例外は見落としの原因になります",
    ),
    "ended_exception": Problem("SW141", "this exception ended on {date}", "この例外は {date} に終わっています", _WARN),
    "pause_without_from": Problem(
        "SW150", "a pause with `until` needs `from:`", "`until` の休止には `from:` が必要です"
    ),
    "pause_without_max": Problem("SW151", "a pause needs `max:`", "休止には `max:` が必要です"),
    "language_missing": Problem(
        "SW160", "`{key}` has no {language} text", "`{key}` に{language}の文がありません", _WARN
    ),
    "unknown_placeholder": Problem("SW161", "unknown placeholder {{{name}}}", "{{{name}}} という差し込みはありません"),
    # -------------------------------------------------------------------------------------------- across rules
    "unknown_mute": Problem("SW170", "no rule `{name}` to mute", "`{name}` というルールはありません"),
    "unknown_excepted": Problem("SW170", "no rule `{name}` to except", "`{name}` というルールはありません"),
    "mute_loop": Problem(
        "SW171",
        "mute loop: {loop_en}; all of these alerts would hide each other",
        "抑制が循環しています: {loop_ja}(互いに隠し合い、通知されません)",
    ),
    "unknown_escalation": Problem("SW180", "no escalation `{name}`", "`{name}` というエスカレーションはありません"),
    "unknown_route": Problem("SW180", "no route `{name}`", "`{name}` というルートはありません"),
    "unknown_calendar": Problem("SW180", "no calendar `{name}`", "`{name}` というカレンダーはありません"),
    "not_found": Problem("SW190", "`{name}` was not found", "`{name}` が見つかりません"),
    "circular": Problem("SW190", "`{name}` leads back to itself", "`{name}` が循環しています"),
    # --------------------------------------------------------------------------------------------- stalewatch.yaml
    "unknown_connection": Problem("SW200", "unknown connection type `{name}`", "`{name}` という接続の種類はありません"),
    "unset_variable": Problem("SW201", "the variable {name} is not set", "環境変数 {name} が設定されていません"),
    "clear_secret": Problem(
        "SW202", "`{key}` holds a secret in clear", "`{key}` に秘密情報がそのまま書かれています", _WARN
    ),
    "foreign_host": Problem("SW203", "host `{name}` is not allowed", "ホスト `{name}` は許可されていません"),
    "unknown_target": Problem("SW204", "unknown route target `{name}`", "`{name}` という宛先はありません"),
    "unmapped": Problem(
        "SW205", "`{name}` of {field} is not mapped", "{field} の `{name}` が対応付けられていません", _WARN
    ),
}

CURES: Final[dict[str, Words]] = {
    "did_you_mean": {"en": "did you mean `{name}`?", "ja": "`{name}` の間違いですか?"},
    "did_you_mean_placeholder": {"en": "did you mean {{{name}}}?", "ja": "{{{name}}} の間違いですか?"},
    "one_of": {"en": "one of: {names}", "ja": "使える値: {names}"},
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
