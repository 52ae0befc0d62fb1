"""What can be said of stalewatch.yaml and of tests of rules, in English and Japanese; rule files: messages.py."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.messages import Problem, Severity
from stalewatch.domain.language.model import Words

PROJECT_PROBLEMS: Final[dict[str, Problem]] = {
    # ------------------------------------------------------------------------------------------ times and calendars
    "not_a_time": Problem("SW125", "`{text}` is not a time of day", "`{text}` は時刻として読めません"),
    "not_hours": Problem("SW125", "`{text}` are not hours of a day", "`{text}` は時間帯として読めません"),
    "not_weekdays": Problem("SW125", "`{text}` are not days of the week", "`{text}` は曜日として読めません"),
    "not_a_closure": Problem("SW125", "`{text}` is not a range of dates", "`{text}` は日付の範囲として読めません"),
    "not_a_share": Problem("SW125", "`{text}` is not a share", "`{text}` は割合として読めません"),
    "not_a_currency": Problem("SW125", "`{text}` is not a currency", "`{text}` は通貨として読めません"),
    "not_in_a_route": Problem(
        "SW103", "`{name}` cannot stand in the `where` of a route", "ルートの `where` に `{name}` は書けません"
    ),
    "unknown_mode_of": Problem(
        "SW170", "no rule or pack `{name}` here", "`{name}` というルールもパックもありません", Severity.WARNING
    ),
    "not_whole": Problem("SW125", "`{key}` needs a whole number", "`{key}` には整数が必要です"),
    "not_an_address": Problem("SW125", "`{text}` is not a web address", "`{text}` は URL として読めません"),
    "unknown_zone": Problem("SW180", "no time zone `{name}`", "`{name}` というタイムゾーンはありません"),
    "unknown_holidays": Problem(
        "SW180", "the holidays of `{name}` are not known", "`{name}` の祝日は登録されていません"
    ),
    "no_workday": Problem(
        "SW180", "the calendar `{name}` has no workday at all", "カレンダー `{name}` に営業日がありません"
    ),
    "no_last_calendar": Problem(
        "SW180",
        "the last row of `choose` must have no condition; some records would have no calendar",
        "`choose` の最後の行には条件を書けません(カレンダーのない案件が残ります)",
    ),
    # ---------------------------------------------------------------------------------------------- tests of rules
    "unknown_tested": Problem("SW170", "no rule `{name}` to test", "`{name}` というルールはありません"),
    "unknown_subject": Problem(
        "SW115", "no event `{name}` in this test", "このテストに `{name}` というイベントはありません"
    ),
    "nothing_happens": Problem("SW102", "a change needs one of: {names}", "変更には次のどれか一つが必要です: {names}"),
    # --------------------------------------------------------------------------------------------- stalewatch.yaml
    "open_secrets": Problem(
        "SW202", "`{name}` can be read by everybody on this machine", "`{name}` は誰でも読める状態です"
    ),
    "plain_address": Problem(
        "SW206",
        "`{key}` is not encrypted: who listens on the way could sign in",
        "`{key}` が暗号化されていません(通信を見た人がログインできます)",
    ),
    "any_tenant": Problem(
        "SW207",
        "with `{text}` everybody who has a Microsoft account signs in",
        "`{text}` では、どの会社の Microsoft アカウントでもログインできます",
    ),
    "no_public_url": Problem(
        "SW208",
        "signing in needs `web.public_url`: the provider sends people back there",
        "ログインには `web.public_url` が必要です(認証後に戻る先)",
    ),
    "no_letters": Problem(
        "SW209",
        "`{text}` gets no letters: this project sends none",
        "`{text}` にメールは届きません(メールの送信が設定されていません)",
        Severity.WARNING,
    ),
    "no_secret_file": Problem("SW201", "the file `{name}` cannot be read", "ファイル `{name}` が読めません"),
    "no_such_file": Problem("SW190", "`{name}` is not there", "`{name}` がありません"),
    "unread_file": Problem("SW001", "the file cannot be read: {what}", "ファイルが読めません: {what}"),
}

PROJECT_CURES: Final[dict[str, Words]] = {
    "time_example": {"en": "write it like 09:30", "ja": "09:30 のように書いてください"},
    "moment_example": {"en": "write it like 2026-03-31 09:00", "ja": "2026-03-31 09:00 のように書いてください"},
    "hours_example": {"en": 'write them like "09:00-18:00"', "ja": '"09:00-18:00" のように書いてください'},
    "weekdays_example": {"en": "write mon-fri, or [mon, wed]", "ja": "mon-fri か [mon, wed] のように書いてください"},
    "closure_example": {"en": 'write it like "12-29..01-03"', "ja": '"12-29..01-03" のように書いてください'},
    "currency_example": {"en": "write its code, such as JPY", "ja": "JPY のような符号で書いてください"},
    "share_example": {"en": "write it like 20%", "ja": "20% のように書いてください"},
    "zone_example": {"en": "write it like Asia/Tokyo", "ja": "Asia/Tokyo のように書いてください"},
    "holidays_example": {
        "en": "write a country such as JP or DE-BY, or leave it out",
        "ja": "JP や DE-BY のような国の符号を書くか、省いてください",
    },
    "last_calendar": {
        "en": "add `- {{use: {name}}}` as the last row",
        "ja": "最後の行に `- {{use: {name}}}` を追加してください",
    },
    "add_event": {
        "en": "add it to `changes`: {{at: 2026-03-31 09:00, event: {{type: meeting, id: m1}}}}",
        "ja": "`changes` に追加してください: {{at: 2026-03-31 09:00, event: {{type: meeting, id: m1}}}}",
    },
    "map_value": {
        "en": "add `{name}: [their words]`, or no deal of this connection is ever there",
        "ja": "`{name}: [CRM での値]` を追加してください。この接続の案件はこの値になりません",
    },
    "off": {"en": "or write `{key}: off`", "ja": "または `{key}: off` と書いてください"},
    "set_variable": {
        "en": "set it, or give a default: ${{{name}:-...}}",
        "ja": "設定するか、既定値を書いてください: ${{{name}:-...}}",
    },
    "use_variable": {
        "en": "write ${{{name}}} and set that variable, or `file:` with a path",
        "ja": "${{{name}}} と書いて環境変数に置くか、`file:` でファイルを指定してください",
    },
    "close_file": {"en": "chmod 600 {name}", "ja": "chmod 600 {name} を実行してください"},
    "custom_host": {
        "en": "add `allow_custom_host: true` beside it if this is meant",
        "ja": "意図したものなら、隣に `allow_custom_host: true` を書いてください",
    },
    "write_https": {"en": "write it with https://", "ja": "https:// で書いてください"},
    "own_tenant": {
        "en": "write the issuer of your own tenant: {address}",
        "ja": "自社テナントの発行者を書いてください: {address}",
    },
    "add_public_url": {
        "en": "add `web: {{public_url: https://stalewatch.acme.com}}`",
        "ja": "`web: {{public_url: https://stalewatch.acme.com}}` を追加してください",
    },
    "targets": {
        "en": 'owner, owner.manager, operator, a "#channel", or somebody\'s address',
        "ja": 'owner、owner.manager、operator、"#チャンネル"、またはメールアドレス',
    },
    "define_it": {"en": "define it under `{key}:`", "ja": "`{key}:` に定義してください"},
    "make_it": {"en": "make it, or correct the path", "ja": "作成するか、パスを直してください"},
    "address_example": {
        "en": "write it like https://stalewatch.acme.com",
        "ja": "https://stalewatch.acme.com のように書いてください",
    },
    "mail_section": {
        "en": "add `notify.email` with `url` and `from`",
        "ja": "`notify.email` に `url` と `from` を追加してください",
    },
    "mail_server_example": {
        "en": "write it like smtps://user:password@mail.acme.com",
        "ja": "smtps://user:password@mail.acme.com のように書いてください",
    },
}
