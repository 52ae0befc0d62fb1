"""What `stalewatch doctor` says, in English and Japanese; what a connector finds is in its own words."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words

WORDS: Final[dict[str, Words]] = {
    "configuration": {"en": "configuration", "ja": "設定"},
    "rules": {"en": "rules", "ja": "ルール"},
    "calendar": {"en": "calendar", "ja": "カレンダー"},
    "database": {"en": "database", "ja": "データベース"},
    "notifier": {"en": "notifier", "ja": "通知"},
    "config_ok": {"en": "{file} has no errors", "ja": "{file} に誤りはありません"},
    "config_warnings": {"en": "{count} warning(s)", "ja": "警告 {count} 件"},
    "config_errors": {
        "en": "{count} error(s); nothing starts, and what runs keeps the rules from before",
        "ja": "誤り {count} 件。起動できません。実行中のものは以前のルールで動き続けます",
    },
    "refused": {
        "en": "the engine works by the rules from before; what it read last has errors: {place}: {what}",
        "ja": "エンジンは以前のルールで動いています。最後に読んだものに誤りがありました: {place}: {what}",
    },
    "read_again": {
        "en": "a running engine reads what is put right within a minute; else start one",
        "ja": "実行中のエンジンは、直したものを 1 分以内に読みます。止まっている場合は起動してください",
    },
    "down": {
        "en": "{service} has taken no messages since {since}, and what is for it waits: {what}",
        "ja": "{service} は {since} からメッセージを受け取っていません。宛てた分は待機しています: {what}",
    },
    "see_work": {
        "en": "it is asked once a minute and goes on by itself; `stalewatch work ls` lists what waits",
        "ja": "1 分ごとに確認し、戻れば自動で再開します。待機中のものは `stalewatch work ls` で確認できます",
    },
    "see_check": {
        "en": "`stalewatch rules check` shows them with their places",
        "ja": "`stalewatch rules check` で場所と直し方が見られます",
    },
    "rules_ok": {
        "en": "{rules} rules: {live} live, {shadow} in shadow, {off} off",
        "ja": "ルール {rules} 件: 通知 {live}、試行 {shadow}、停止 {off}",
    },
    "no_rules": {"en": "there is no rule to judge by", "ja": "判定するルールがありません"},
    "add_rules": {"en": "put rule files into {places}", "ja": "{places} にルールファイルを置いてください"},
    "all_shadow": {
        "en": "no rule is live: nobody will be told anything",
        "ja": "通知するルールがありません。誰にも知らせません",
    },
    "make_live": {"en": "write `modes: {{PACK: live}}`", "ja": "`modes: {{パック名: live}}` と書いてください"},
    "calendar_ok": {
        "en": "{name}: {zone}, {hours}, {days} days a week, holidays: {holidays}",
        "ja": "{name}: {zone}、{hours}、週 {days} 日、祝日: {holidays}",
    },
    "no_holidays": {"en": "none", "ja": "なし"},
    "calendar_unnamed": {
        "en": "none is named, so Monday to Friday, 09:00-18:00 UTC, without holidays",
        "ja": "指定がないため、月〜金 09:00-18:00 UTC、祝日なしとして扱います",
    },
    "name_calendar": {"en": "name yours under `calendars:`", "ja": "`calendars:` に指定してください"},
    "database_ok": {"en": "{where}, schema {schema}", "ja": "{where}、スキーマ {schema}"},
    "no_connection": {"en": "there is no connection to read", "ja": "読み込む接続がありません"},
    "add_connection": {"en": "add one under `connections:`", "ja": "`connections:` に追加してください"},
    "can_judge": {
        "en": "{judging} of {rules} rules can judge",
        "ja": "{rules} 件中 {judging} 件のルールが判定できます",
    },
    "map_for": {"en": "map {fields} to enable {rules}", "ja": "{fields} を対応付けると {rules} が使えます"},
    "grant_for": {"en": "grant {lacking} to enable {rules}", "ja": "{lacking} を許可すると {rules} が使えます"},
    "correct_rows": {
        "en": "correct them in the CRM, or what is mapped; they are tried again when they change",
        "ja": "CRM の値か対応付けを直してください。変更があれば読み直します",
    },
    "data_age": {"en": "read {age} ago", "ja": "{age}前に読み込みました"},
    "data_too_old": {
        "en": "read {age} ago, and defaults.max_data_age is {most}: nothing is judged by it",
        "ja": "{age}前に読み込んだもので、defaults.max_data_age ({most}) より古いため判定しません",
    },
    "read_more": {
        "en": "stalewatch sync {connection}; `stalewatch serve` or a scheduled `stalewatch run --once` keeps it young",
        "ja": "stalewatch sync {connection} を実行し、`stalewatch serve` を動かしてください",
    },
    "minutes": {"en": "{many} min", "ja": "{many} 分"},
    "hours": {"en": "{many} h", "ja": "{many} 時間"},
    "days": {"en": "{many} days", "ja": "{many} 日"},
    "parked": {
        "en": "set aside, because reading it ended its worker again and again",
        "ja": "読み込むたびに処理が停止したため、対象から外しています",
    },
    "rejected": {"en": "rows left out: {count} ({reason})", "ja": "{count} 行を除外: {reason}"},
    "last_error": {"en": "the last sync failed: {error}", "ja": "前回の同期に失敗しました: {error}"},
    "never_synced": {"en": "not synced yet", "ja": "まだ同期していません"},
    "sealed": {
        "en": "the stored {name} cannot be opened with secrets.key",
        "ja": "保存されている {name} は、いまの secrets.key では開けません",
    },
    "unseal": {
        "en": "write the key that it was sealed with as secrets.previous; if it is lost, authorize the app again and "
        "write its new auth.refresh_token",
        "ja": "保存したときの鍵を secrets.previous に書いてください。失われた場合は、アプリを認可し直して新しい "
        "auth.refresh_token を書いてください",
    },
    "sign_in": {"en": "signing in", "ja": "サインイン"},
    "sign_in_ok": {
        "en": "{provider} says where to sign in, and shows its keys",
        "ja": "{provider} からサインイン先と鍵を取得できました",
    },
    "sign_in_cure": {
        "en": "auth.oidc.issuer must be what the provider calls itself, and be reached from here (docs/sign-in.md)",
        "ja": "auth.oidc.issuer が発行者の名前と一致し、ここから接続できることを確認してください(docs/sign-in.md)",
    },
    "sync_it": {"en": "stalewatch sync {connection}", "ja": "stalewatch sync {connection}"},
    "writes_nothing": {
        "en": "off: nothing is written into the CRM (`writeback: none`)",
        "ja": "オフ: CRM には何も書き込みません(`writeback: none`)",
    },
    "writes_notes": {
        "en": "notes: notes, tasks and meetings may be written, no field of a record",
        "ja": "notes: メモ・タスク・商談予定だけを書き込みます。データの項目は変更しません",
    },
    "writes_fields": {
        "en": "fields: notes, tasks, meetings, next step, close date, hold and lost may be written",
        "ja": "fields: メモ・タスク・商談予定のほか、次アクション・完了予定日・保留・失注を書き込みます",
    },
    "cannot_write": {
        "en": "this connection can only be read, but `writeback` is on",
        "ja": "この接続は読み込み専用ですが、`writeback` がオンになっています",
    },
    "write_nothing": {"en": "set `writeback: none`", "ja": "`writeback: none` にしてください"},
    "not_written": {"en": "cannot be written: {what}", "ja": "書き込めません: {what}"},
    "give_it": {
        "en": "give the integration user or its key: {what}",
        "ja": "連携ユーザーまたはキーに権限を付けてください: {what}",
    },
    "notifier_ok": {"en": "{name}", "ja": "{name}"},
    "notifier_console": {
        "en": "console: messages are printed here, nobody else sees them",
        "ja": "console: 通知はこの画面に表示されるだけです",
    },
}


def say(language: str, sentence: str, /, **fillers: object) -> str:
    """A sentence in a language."""
    return WORDS[sentence][language].format(**fillers)
