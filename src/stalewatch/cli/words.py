"""What the command line says, in English and Japanese."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words

WORDS: Final[dict[str, Words]] = {
    # ---------------------------------------------------------------------------------------------------- rules
    "mismatch": {
        "en": "{place}: {test}\n  {rule}{subject}: {what} at {at} should be {expected}, but is {found}",
        "ja": "{place}: {test}\n  {rule}{subject}: {at} の {what} は {expected} のはずですが、{found} です",
    },
    "not_there": {"en": "{place}: {test}\n  {rule}{subject}: {why}", "ja": "{place}: {test}\n  {rule}{subject}: {why}"},
    "did_you_mean": {"en": "did you mean `{name}`?", "ja": "`{name}` の間違いですか?"},
    "nothing": {"en": "nothing", "ja": "なし"},
    "no_such_event": {"en": "there is no such event at {at}", "ja": "{at} にそのイベントはありません"},
    "not_judged": {
        "en": "the rule does not watch this record",
        "ja": "このルールはこの種類のデータを監視していません",
    },
    "tested": {
        "en": "{files} file(s), {tests} test(s), {failed} failed",
        "ja": "{files} ファイル、テスト {tests} 件、失敗 {failed} 件",
    },
    "tested_errors": {
        "en": "{files} file(s), {tests} test(s), {failed} failed, {errors} error(s)",
        "ja": "{files} ファイル、テスト {tests} 件、失敗 {failed} 件、エラー {errors} 件",
    },
    "untested": {"en": "without a test: {rules}", "ja": "テストのないルール: {rules}"},
    "no_tests": {
        "en": "there is no *.test.yaml in {places}",
        "ja": "{places} に *.test.yaml がありません",
    },
    "unnoticed": {
        "en": "{place}: no test notices {values} instead of `{old}` ({rules})",
        "ja": "{place}: `{old}` を {values} に変えても、どのテストも気付きません({rules})",
    },
    "or": {"en": " or ", "ja": " や "},
    "pin_it": {
        "en": "A test notices if it expects the exact breach_at or warn_at, or a state on each side of the limit.",
        "ja": "breach_at や warn_at の時刻、または境目の前後の state を expect に書くと、テストが気付きます。",
    },
    "mutated": {
        "en": "{noticed} of {tried} changes noticed ({percent} %)",
        "ja": "{tried} 件の変更のうち {noticed} 件に気付きました({percent} %)",
    },
    "not_mutated": {
        "en": "No number was changed: first all tests must pass.",
        "ja": "数字は変えていません。先にすべてのテストを通してください。",
    },
    "too_few_noticed": {"en": "that is less than {least} %", "ja": "{least} % に届きません"},
    "no_rule": {"en": "there is no rule `{name}`", "ja": "`{name}` というルールはありません"},
    "no_rule_or_pack": {
        "en": "there is no rule or pack `{name}`",
        "ja": "`{name}` というルールやパックはありません",
    },
    "no_rule_cure": {
        "en": "`stalewatch rules explain --short` lists them",
        "ja": "一覧は `stalewatch rules explain --short` で見られます",
    },
    "no_record": {"en": "there is no deal or lead {name}", "ja": "{name} という案件やリードはありません"},
    "no_record_cure": {
        "en": "ids begin with their connection (sf:006...); `stalewatch deals stalled` shows some",
        "ja": "ID は接続名で始まります(sf:006...)。`stalewatch deals stalled` などで確認できます",
    },
    "several_records": {
        "en": "{name} is the id of several records; say which",
        "ja": "{name} という ID のデータが複数あります。どれか指定してください",
    },
    "cannot_judge": {
        "en": "{rule}: cannot judge by {connection}; map {fields}",
        "ja": "{rule}: {connection} では判定できません。{fields} を対応付けてください",
    },
    "formatted": {"en": "formatted {name}", "ja": "{name} を整えました"},
    "would_format": {"en": "would change {name}", "ja": "{name} は整形が必要です"},
    "formatted_count": {
        "en": "{files} file(s), {changed} not in canonical form",
        "ja": "{files} ファイル、整形が必要なもの {changed} 件",
    },
    "outdated_schema": {
        "en": "{name} is older than the project: `stalewatch rules schema --write` brings it up to date",
        "ja": "{name} が古くなっています。`stalewatch rules schema --write` で更新できます",
    },
    # ------------------------------------------------------------------------------------------------------ init
    "would_overwrite": {"en": "{name} is there already", "ja": "{name} はすでにあります"},
    "would_overwrite_cure": {
        "en": "nothing was written; name another folder, or move it away",
        "ja": "何も書き込んでいません。別のフォルダーを指定するか、移してください",
    },
    "written": {"en": "wrote {name}", "ja": "{name} を作成しました"},
    "next_steps": {
        "en": "Next: stalewatch doctor, then stalewatch rules check, then stalewatch run --once",
        "ja": "次は: stalewatch doctor、stalewatch rules check、stalewatch run --once",
    },
    # ---------------------------------------------------------------------------------------------------- tokens
    "token_once": {
        "en": "This is the only time it is shown; keep it in your secret store.",
        "ja": "表示されるのは今回だけです。安全な場所に保管してください。",
    },
    "sessions_ended": {
        "en": "{who}: {n} session(s) ended; they can sign in again, if their provider lets them",
        "ja": "{who}: セッション {n} 件を終了しました(プロバイダーが許可していれば、再びサインインできます)",
    },
    "resealed": {
        "en": "{anew} sealed anew, {kept} sealed with the present key before",
        "ja": "{anew} 件を新しい鍵で封じ直しました({kept} 件は済んでいました)",
    },
    "secret_shut": {
        "en": "{connection}: no key opens its {name}; write the one it was sealed with under secrets.previous",
        "ja": "{connection}: {name} を開ける鍵がありません。封じたときの鍵を secrets.previous に書いてください",
    },
    "secret_dropped": {
        "en": "{connection}: its {name} was dropped; authorize the app again",
        "ja": "{connection}: {name} を削除しました。アプリを認可し直してください",
    },
    "setup_token": {
        "en": "Nobody can sign in yet. Setup token, good once and until this ends, for the first admin:\n  {token}",
        "ja": "まだ誰もログインできません。最初の管理者用のトークンです(終了するまで一度だけ有効):\n  {token}",
    },
    "revoked": {"en": "revoked {id}", "ja": "{id} を無効にしました"},
    "for": {"en": "for", "ja": "対象"},
    "no_users": {"en": "nobody is known yet: `stalewatch sync`", "ja": "まだ誰もいません: `stalewatch sync`"},
    "granted": {"en": "{who} is {role} now", "ja": "{who} を {role} にしました"},
    "role_revoked": {
        "en": "{who} has no role of their own any more; what they see follows from the CRM",
        "ja": "{who} の役割を外しました。見える範囲は CRM のとおりです",
    },
    "address": {"en": "address", "ja": "アドレス"},
    "role": {"en": "role", "ja": "役割"},
    "role_from": {"en": "from", "ja": "根拠"},
    "sees": {"en": "sees", "ja": "見える範囲"},
    "sees_all": {"en": "every record", "ja": "すべて"},
    "sees_people": {"en": "records of {count}", "ja": "{count} 人分"},
    "left": {"en": "left", "ja": "退職"},
    "from_file": {"en": "stalewatch.yaml", "ja": "stalewatch.yaml"},
    "from_hand": {"en": "user grant", "ja": "user grant"},
    "from_crm": {"en": "the CRM", "ja": "CRM"},
    "no_tokens": {"en": "there is no token", "ja": "トークンはありません"},
    # -------------------------------------------------------------------------------------------------- database
    "schema_now": {"en": "{where}: schema {schema}", "ja": "{where}: スキーマ {schema}"},
    "schema_none": {"en": "{where}: no schema yet", "ja": "{where}: スキーマはまだありません"},
    "upgraded": {
        "en": "{where}: upgraded from {before} to {after}",
        "ja": "{where}: {before} から {after} に更新しました",
    },
    "queue_upgraded": {
        "en": "workers' queue: brought up to {step}",
        "ja": "ワーカー用のキュー: {step} に更新しました",
    },
    "up_to_date": {"en": "{where}: schema {schema}, up to date", "ja": "{where}: スキーマ {schema}(最新)"},
    # ---------------------------------------------------------------------------------------------------- titles
    "ours": {"en": "field", "ja": "項目"},
    "theirs": {"en": "source", "ja": "元の列"},
    "type": {"en": "type", "ja": "型"},
    "fill": {"en": "filled", "ja": "入力率"},
    "example": {"en": "example", "ja": "例"},
    "why": {"en": "why", "ja": "理由"},
    "write_it": {"en": "what to do", "ja": "対処"},
    "nothing_feeds": {
        "en": "Nothing feeds these; rules that need one cannot judge:",
        "ja": "次の項目には値が入りません。必要とするルールは判定できません:",
    },
    "no_object": {
        "en": "{connection} has no records of the kind {object}",
        "ja": "{connection} に {object} のデータはありません",
    },
    "kept": {"en": "stalewatch keeps by itself: {fields}", "ja": "stalewatch が自分で記録する項目: {fields}"},
    "object": {"en": "object", "ja": "対象"},
    "connection": {"en": "connection", "ja": "接続"},
    "id": {"en": "id", "ja": "ID"},
    "name": {"en": "name", "ja": "名前"},
    "scopes": {"en": "scopes", "ja": "権限"},
    "created": {"en": "created", "ja": "作成"},
    "expires": {"en": "expires", "ja": "期限"},
    "used": {"en": "last used", "ja": "最終利用"},
    "state": {"en": "state", "ja": "状態"},
    "valid": {"en": "valid", "ja": "有効"},
    "expired": {"en": "expired", "ja": "期限切れ"},
    "revoked_state": {"en": "revoked", "ja": "無効"},
    "no_connections": {"en": "no connection is configured", "ja": "接続が設定されていません"},
    # --------------------------------------------------------------------------------------------------- forget
    "forget_known": {"en": "To be erased: {names}", "ja": "消去の対象: {names}"},
    "forget_table": {"en": "TABLE", "ja": "テーブル"},
    "forget_rows": {"en": "ROWS", "ja": "行数"},
    "forget_nothing": {
        "en": "No row speaks of them. What a CRM tells of them from now on would be struck.",
        "ja": "該当する行はありません。今後 CRM から届く分は保存前に消します。",
    },
    "forget_ask": {"en": "This cannot be undone. Erase?", "ja": "元に戻せません。消去しますか?"},
    "forgotten": {
        "en": "Erased from {rows} rows. In figures and in the log they are {pseudonym}-… now.",
        "ja": "{rows} 行から消去しました。集計と記録には {pseudonym}-… として残ります。",
    },
    "forget_elsewhere": {
        "en": "Not in our hands: the CRM, what was posted to Slack or sent by mail, and backups.",
        "ja": "対象外: CRM、Slack に投稿済みの通知や送信済みのメール、バックアップ。",
    },
    "forget_configured": {
        "en": "stalewatch.yaml names {address}: take it out there.",
        "ja": "stalewatch.yaml に {address} の記載があります。削除してください。",
    },
    "forget_owned": {
        "en": "They own {owned} open deals and leads: give them to somebody in the CRM.",
        "ja": "担当中の案件・リードが {owned} 件あります。CRM で担当者を変更してください。",
    },
}
