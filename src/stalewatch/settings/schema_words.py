"""What an editor shows beside each key of stalewatch.yaml, in English and Japanese."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words

TEXTS: Final[dict[str, Words]] = {
    "stalewatch": {"en": "The version of the file: 1.", "ja": "ファイルの版。1 と書きます。"},
    "database": {
        "en": "sqlite:///stalewatch.db, or postgresql+psycopg://user@host/name.",
        "ja": "sqlite:///stalewatch.db または postgresql+psycopg://user@host/name",
    },
    "rules": {"en": "Files of rules, or folders of them.", "ja": "ルールのファイルかフォルダー。"},
    "catalogue": {"en": "Files with fields of your own.", "ja": "自社の項目を書いたファイル。"},
    "web": {"en": "Where the dashboard and the API are served.", "ja": "画面と API の公開先。"},
    "web.public_url": {"en": "The address by which people reach it.", "ja": "利用者から見たアドレス。"},
    "web.host": {"en": "127.0.0.1: this machine only.", "ja": "127.0.0.1 なら、この機械からのみ。"},
    "web.port": {"en": "8080 without it.", "ja": "省略時は 8080。"},
    "web.rate_limit": {
        "en": "Requests a minute of one caller; 600 without it, 0: no limit.",
        "ja": "1 人あたり毎分の要求数。省略時は 600、0 なら制限なし。",
    },
    "secrets": {"en": "Keys by which stored secrets are sealed.", "ja": "保存する秘密情報の鍵。"},
    "secrets.key": {
        "en": "The key; from the environment: ${STALEWATCH_KEY}.",
        "ja": "鍵。環境変数から: ${STALEWATCH_KEY}",
    },
    "secrets.previous": {
        "en": "Other keys that open: the one before, or, at first, the next one. A text or a list.",
        "ja": "ほかに開ける鍵。以前の鍵、または次に使う鍵(文字列かリスト)。",
    },
    "links": {"en": "The links that customers and partners get.", "ja": "顧客やパートナーに送るリンク。"},
    "links.company": {
        "en": "Your company as they know it; a text, or one each under en and ja.",
        "ja": "相手から見た自社名。文字列、または en と ja ごとに。",
    },
    "links.loss_check": {
        "en": "How long a customer's link is good; 30d without it.",
        "ja": "顧客向けリンクの有効期間。省略時は 30d。",
    },
    "links.partner": {
        "en": "How long a partner's link is good; 365d without it.",
        "ja": "パートナー向けリンクの有効期間。省略時は 365d。",
    },
    # ----------------------------------------------------------------------------------------------- connections
    "connections": {"en": "What is read: one row a CRM or export.", "ja": "読み込み元。CRM や書き出しごとに一つ。"},
    "connections.id": {
        "en": "Its name for ever: part of every record's id.",
        "ja": "変わらない名前。各データの id の一部になります。",
    },
    "connections.type": {"en": "The connector: csv, salesforce, hubspot.", "ja": "種類: csv・salesforce・hubspot"},
    "connections.every": {"en": "How often it is read; 5m without it.", "ja": "読み込みの間隔。省略時は 5m。"},
    "connections.auth": {
        "en": "How to sign in; the connector's page tells its keys.",
        "ja": "認証。キーは各コネクターの説明にあります。",
    },
    "connections.writeback": {
        "en": "What may be written into the CRM: `none` (nothing), `notes` (notes, tasks, meetings) or `fields` "
        "(these, and next step, close date, hold and lost).",
        "ja": "CRM に書き戻すもの。`none`(なし)、`notes`(メモ・タスク・商談予定)、"
        "`fields`(それらに加えて次アクション・完了予定日・保留・失注)。",
    },
    "connections.map": {"en": "ours: theirs, where names differ.", "ja": "名前が違うときの対応。自社の名前: 元の名前"},
    "connections.partner_deals": {"en": "Which deals are a partner's.", "ja": "パートナー案件の見分け方。"},
    "connections.own_domains": {
        "en": "Your own mail domains: their people are no customers.",
        "ja": "自社のメールドメイン(お客様として数えません)。",
    },
    "connections.base_url": {"en": "Another address of the CRM.", "ja": "CRM の別のアドレス。"},
    "connections.allow_custom_host": {"en": "The token may be sent there.", "ja": "そのホストにトークンを送ってよい。"},
    # -------------------------------------------------------------------------------------------------- speaking
    "notify": {
        "en": "How messages leave; without it they are printed.",
        "ja": "通知の送り先。なければ画面に表示します。",
    },
    "notify.slack": {
        "en": "Slack: bot_token, signing_secret or app_token.",
        "ja": "Slack: bot_token、signing_secret か app_token",
    },
    "notify.email": {"en": "The last way to reach somebody.", "ja": "ほかに届かないときのメール。"},
    "notify.email.url": {
        "en": "smtps://user:password@host, or smtp:// with STARTTLS.",
        "ja": "smtps://user:password@host(STARTTLS は smtp://)",
    },
    "notify.email.from": {"en": "The address that mail comes from.", "ja": "差出人のアドレス。"},
    "notify.email.allow_plain": {
        "en": "Without TLS; for a server on this machine.",
        "ja": "TLS なし(この機械のサーバーのみ)。",
    },
    "notify.operator": {"en": "Whom to tell of what the program itself needs.", "ja": "運用担当への連絡先。"},
    "notify.operator.channel": {"en": 'A channel: "#revops".', "ja": 'チャンネル。例: "#revops"'},
    "notify.operator.email": {"en": "An address.", "ja": "メールアドレス。"},
    "people": {
        "en": "By address; fills and overrides what the CRM says.",
        "ja": "アドレスごと。CRM の情報を補い、優先します。",
    },
    "people.slack": {"en": "Their Slack user id.", "ja": "Slack のユーザー id。"},
    "people.manager": {"en": "The manager's address.", "ja": "上長のアドレス。"},
    "people.team": {"en": "The team's name.", "ja": "チーム名。"},
    "people.language": {"en": "en or ja.", "ja": "en か ja。"},
    "people.via": {
        "en": "How they are told first: by e-mail, or in Slack as everybody.",
        "ja": "最初に使う連絡手段。email または slack。",
    },
    "people.tz": {"en": "An IANA time zone: Asia/Tokyo.", "ja": "タイムゾーン。例: Asia/Tokyo"},
    "teams": {"en": "Teams by name.", "ja": "チーム名ごと。"},
    "teams.channel": {"en": "Told where a person cannot be reached.", "ja": "本人に届かないときのチャンネル。"},
    "quiet": {"en": "Nothing is sent outside these hours; or: off.", "ja": "この時間の外では送りません。または off"},
    "quiet.send_between": {
        "en": 'In each reader\'s own zone: "09:00-18:30".',
        "ja": '受け取る人の時間帯で。例: "09:00-18:30"',
    },
    "quiet.days": {"en": "calendar: only on business days; all.", "ja": "calendar(営業日のみ)か all。"},
    "quiet.respect_slack_dnd": {"en": "Wait while Slack says do not disturb.", "ja": "Slack のおやすみ中は待ちます。"},
    "budget": {"en": "The most that one person is told in a day.", "ja": "一人一日あたりの通知の上限。"},
    "budget.immediate_per_day": {
        "en": "More wait for the daily message; 3 without it.",
        "ja": "超えた分は日次にまとめます。省略時は 3。",
    },
    "budget.digests_per_day": {"en": "Daily messages a day.", "ja": "まとめの通知の回数。"},
    "budget.escalations_per_manager_per_day": {
        "en": "Escalations told one by one; more are summed up. 5 without it.",
        "ja": "上長に一件ずつ知らせる上限。超えた分は合計で。省略時は 5。",
    },
    "routes": {"en": "Who is told, and how; the first row that fits.", "ja": "誰にどう知らせるか。最初に合う行。"},
    "routes.name": {"en": "What doctor and messages call it.", "ja": "この行の名前。"},
    "routes.where": {
        "en": "Conditions on the record and on severity, watch, rule, pack.",
        "ja": "対象と severity・watch・rule・pack の条件。",
    },
    "routes.to": {
        "en": 'owner, owner.manager, operator, "#channel", an address.',
        "ja": 'owner・owner.manager・operator・"#channel"・アドレス',
    },
    "routes.style": {"en": "digest: one message a day; immediate.", "ja": "digest(一日一回)か immediate(すぐに)。"},
    "routes.digest": {"en": "The daily message.", "ja": "日次のまとめ。"},
    "routes.digest.at": {"en": 'Its local time: "09:00".', "ja": '時刻。例: "09:00"'},
    "routes.digest.group_by": {"en": "How its lines are grouped.", "ja": "まとめ方。"},
    "routes.on_unknown": {
        "en": "A direct message whose fate nobody knows: park or resend.",
        "ja": "届いたか分からない通知: park か resend",
    },
    "escalations": {"en": "Ladders that rules name with escalate.", "ja": "ルールの escalate で使う段階。"},
    "escalations.after": {"en": "Business time after the breach was told.", "ja": "知らせてからの営業時間。"},
    "escalations.to": {"en": "Who is told next.", "ja": "次に知らせる相手。"},
    "escalations.say": {"en": "again: the same once more.", "ja": "again: もう一度知らせます。"},
    "escalations.style": {"en": "digest or immediate.", "ja": "digest か immediate。"},
    "escalations.stop": {"en": "The last step.", "ja": "ここで終わり。"},
    # --------------------------------------------------------------------------------------------------- judging
    "defaults": {"en": "How rules and alerts live where they say nothing.", "ja": "ルールに書かれていないときの扱い。"},
    "defaults.language": {"en": "owner: each reader's own; en; ja.", "ja": "owner(受け取る人ごと)・en・ja"},
    "defaults.currency": {"en": "The currency of all amounts: JPY.", "ja": "金額の通貨。例: JPY"},
    "defaults.max_data_age": {"en": "Older data are not judged.", "ja": "これより古いデータでは判定しません。"},
    "defaults.mode": {
        "en": "How new rules begin: shadow, live or off.",
        "ja": "新しいルールの始まり: shadow・live・off",
    },
    "defaults.warn": {
        "en": "How long before a deadline we speak up; or: off.",
        "ja": "期限のどれだけ前に知らせるか。または off",
    },
    "defaults.keep_for": {
        "en": "This long a deal must be fine before we say resolved.",
        "ja": "解消とみなすまでの時間。",
    },
    "defaults.reopen_within": {
        "en": "Late again within this time is the same story.",
        "ja": "この期間内の再発は同じ話の続きです。",
    },
    "defaults.repeat": {
        "en": "When a late deal is said again to its owner, where its rule names no ladder; or: off.",
        "ja": "escalate のないルールで、担当者にもう一度知らせるまでの時間。または off",
    },
    "defaults.snooze": {"en": "What a snooze may be.", "ja": "スヌーズの決まり。"},
    "defaults.snooze.max": {"en": "The longest.", "ja": "最長。"},
    "defaults.snooze.times": {"en": "How often in one episode.", "ja": "一回の期限切れでの回数。"},
    "defaults.snooze.reason": {"en": "required or optional.", "ja": "理由: required(必須)か optional"},
    "rollout": {
        "en": "How a rule that goes live begins to speak; or: off.",
        "ja": "本番にしたルールの始め方。または off",
    },
    "rollout.grace": {"en": "How long it is careful.", "ja": "慎重に知らせる期間。"},
    "rollout.max_new_alerts_per_owner": {
        "en": "New alerts per owner, rule and day.",
        "ja": "担当者・ルール・一日あたりの新規件数。",
    },
    "storm_guard": {
        "en": "Holds notices if too many come at once; or: off.",
        "ja": "一度に多すぎる通知を止めます。または off",
    },
    "storm_guard.share": {
        "en": "More than this share of the open records: 20%.",
        "ja": "進行中のうちこの割合を超えたら。例: 20%",
    },
    "storm_guard.at_least": {"en": "And at least this many.", "ja": "かつ、この件数以上。"},
    "holdout": {
        "en": "A share of the alerts stays silent, to measure what speaking does; or: off.",
        "ja": "効果を測るため、一部を知らせずにおきます。または off",
    },
    "holdout.share": {"en": "This share of them: 10%.", "ja": "知らせない割合。例: 10%"},
    "holdout.rules": {"en": "Only of these packs and rules.", "ja": "対象のパックやルール。"},
    "holdout.critical": {"en": "Critical ones, too.", "ja": "critical も対象にする。"},
    "modes": {
        "en": "off, shadow or live, per pack or rule; what rules promote writes.",
        "ja": "パックやルールごとに off・shadow・live",
    },
    "calendars": {
        "en": "Business calendars by name, and which record follows which.",
        "ja": "営業日カレンダーと、その選び方。",
    },
    "calendars.choose": {
        "en": "The first row that fits; the last has no condition.",
        "ja": "最初に合う行。最後の行には条件がありません。",
    },
    "calendars.use": {"en": "The calendar's name.", "ja": "カレンダーの名前。"},
    "acted": {
        "en": "The answers after which an alert is silent for a while.",
        "ja": "しばらく知らせるのをやめる対応。",
    },
    # ----------------------------------------------------------------------------------------------------- others
    "auth": {"en": "Who may sign in.", "ja": "ログインできる人。"},
    "auth.oidc": {
        "en": "The provider with which people sign in: Google Workspace, Entra ID, Okta, …",
        "ja": "ログインに使う ID プロバイダー(Google Workspace、Entra ID、Okta など)。",
    },
    "auth.oidc.issuer": {
        "en": "Its address, exactly as it names itself: https://accounts.google.com.",
        "ja": "発行者のアドレス(表記どおり)。例: https://accounts.google.com",
    },
    "auth.oidc.hd": {
        "en": "Google Workspace: only people of these domains.",
        "ja": "Google Workspace: このドメインの人だけを許可します。",
    },
    "auth.oidc.allow_custom_host": {
        "en": "It may be on this machine or in a private network.",
        "ja": "この機械や社内ネットワークにあってもよい。",
    },
    "auth.token_sign_in": {
        "en": "An API token opens the dashboard as well.",
        "ja": "API トークンでも画面にログインできます。",
    },
    "auth.oidc.client_id": {"en": "Our name there.", "ja": "クライアント id。"},
    "auth.oidc.client_secret": {
        "en": "Our secret there, from the environment.",
        "ja": "クライアントの秘密(環境変数から)。",
    },
    "auth.admins": {
        "en": "Addresses of those who answer for every record.",
        "ja": "すべての対象に責任を持つ人のアドレス。",
    },
    "heartbeat": {
        "en": "Told every minute that all is well; raises the alarm when it hears nothing.",
        "ja": "正常を毎分伝える先。途絶えたときに知らせてくれるサービス。",
    },
    "heartbeat.url": {"en": "The address that is asked for.", "ja": "呼び出すアドレス。"},
    "heartbeat.allow_custom_host": {
        "en": "It may lead into a private network.",
        "ja": "社内ネットワークのアドレスを許可する。",
    },
    "webhooks": {"en": "Addresses that are told of events.", "ja": "出来事を伝える先。"},
    "webhooks.url": {"en": "The address.", "ja": "アドレス。"},
    "webhooks.secret": {"en": "Signs what is sent; 24 characters at least.", "ja": "署名の鍵。24 文字以上。"},
    "webhooks.previous": {"en": "The secret before; signs as well.", "ja": "以前の鍵(切り替えの間は両方で署名)。"},
    "webhooks.allow_custom_host": {
        "en": "It may lead into a private network, and do without TLS.",
        "ja": "社内ネットワークや http:// を許可します。",
    },
    "webhooks.events": {"en": "Which events; all without it.", "ja": "伝える出来事。省略時はすべて。"},
    "reviews": {"en": "Where reviews are posted.", "ja": "レビューの投稿先。"},
    "reviews.weekly": {"en": "The review of the week before.", "ja": "前週のレビュー。"},
    "reviews.weekly.channel": {"en": "The channel: #sales.", "ja": "チャンネル: #sales"},
    "reviews.weekly.teams": {
        "en": "Teams whose own review goes to their channel.",
        "ja": "自チームのレビューを自チームのチャンネルに投稿するチーム。",
    },
    "reviews.weekly.day": {"en": "The weekday; mon without it.", "ja": "曜日。省略時は mon。"},
    "reviews.weekly.at": {"en": "The time; 09:00 without it.", "ja": "時刻。省略時は 09:00。"},
    "reviews.monthly": {"en": "The review of the month before.", "ja": "前月のレビュー。"},
    "reviews.monthly.channel": {"en": "The channel: #sales.", "ja": "チャンネル: #sales"},
    "reviews.monthly.teams": {
        "en": "Teams whose own review goes to their channel.",
        "ja": "自チームのレビューを自チームのチャンネルに投稿するチーム。",
    },
    "reviews.monthly.at": {
        "en": "The time on the first business day; 09:00 without it.",
        "ja": "月初の営業日の時刻。省略時は 09:00。",
    },
    "forecast": {"en": "What a deal counts for.", "ja": "案件の確度。"},
    "forecast.weights": {"en": "A share for each category.", "ja": "売上予測分類ごとの割合。"},
    "forecast.weights.commit": {"en": "90% without it.", "ja": "省略時は 90%。"},
    "forecast.weights.best_case": {"en": "50% without it.", "ja": "省略時は 50%。"},
    "forecast.weights.pipeline": {"en": "20% without it.", "ja": "省略時は 20%。"},
    "retention": {"en": "How long things are kept: 90d, 26w, 7y, off.", "ja": "保存期間(90d・26w・7y・off)。"},
    "retention.changes": {"en": "The history of records that ended; 730d.", "ja": "終了したデータの履歴。既定 730d。"},
    "retention.outbox": {"en": "The texts of messages; 90d.", "ja": "通知の文面。省略時は 90d。"},
    "retention.audit": {"en": "Who did what; 7y.", "ja": "操作の記録。省略時は 7y。"},
}
