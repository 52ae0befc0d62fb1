"""What `stalewatch db backup|restore|copy` says, in English and Japanese."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words

WORDS: Final[dict[str, Words]] = {
    "kept": {
        "en": "{path}: {rows} rows, {size}. Secrets in it are sealed; keep secrets.key elsewhere",
        "ja": "{path}: {rows} 行、{size}。中の秘密情報は封じたままです。secrets.key は別の場所に保管してください",
    },
    "restored": {
        "en": "{rows} rows, as they were at {as_of}",
        "ja": "{as_of} 時点の {rows} 行を戻しました",
    },
    "restored_next": {
        "en": "Next: stalewatch doctor, then start. What was revoked, erased or answered since has to be done again.",
        "ja": "次は stalewatch doctor、その後に起動です。"
        "バックアップ後の無効化・消去・回答は、もう一度行ってください。",
    },
    "copied": {
        "en": "{rows} rows of {tables} tables are in {where} now; this database is closed",
        "ja": "{tables} テーブル {rows} 行を {where} に移しました。元のデータベースは閉じています",
    },
    "copied_next": {
        "en": "Write into stalewatch.yaml, then `stalewatch db upgrade`, and start every process again:\n"
        "  database: {where}",
        "ja": "stalewatch.yaml に次のように書き、`stalewatch db upgrade` の後、"
        "すべてのプロセスを起動し直してください:\n"
        "  database: {where}",
    },
    "reopened": {"en": "this database is worked on again", "ja": "このデータベースでの処理を再開できます"},
    "was_open": {"en": "this database was not moved", "ja": "このデータベースは移されていません"},
    "waiting": {"en": "waiting for workers to let go of {many}", "ja": "処理中の {many} 件が終わるのを待っています"},
}
