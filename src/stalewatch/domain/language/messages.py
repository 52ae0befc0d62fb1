"""Every problem that `rules check` can find, in both languages, by the codes of docs/rules.md (cures: cures.py)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


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
    "too_short": Problem("SW110", "`{text}` is too short for `{key}`", "`{key}` に `{text}` は短すぎます"),
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
    "not_offered": Problem(
        "SW205",
        "the CRM's list for {field} has no `{name}`",
        "CRM の {field} の選択肢に `{name}` はありません",
        _WARN,
    ),
    "unmapped": Problem(
        "SW205", "`{name}` of {field} is not mapped", "{field} の `{name}` が対応付けられていません", _WARN
    ),
}
