"""What an editor shows beside each word of rule files, tests and catalogues, in English and Japanese."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import Words
from stalewatch.domain.language.schema.parts import Schema

_TEXTS: Final[dict[str, Words]] = {
    # ----------------------------------------------------------------------------------------------- rule files
    "stalewatch": {"en": "The version of the file's language: 1.", "ja": "ファイルの書き方の版。1 と書きます。"},
    "pack": {
        "en": "The name of these rules together; without it the file's name.",
        "ja": "このファイルのルール全体の名前。なければファイル名です。",
    },
    "pack.title": {"en": "What people read for the pack.", "ja": "パックの表示名。"},
    "include": {"en": "Packs whose rules count as well.", "ja": "一緒に使うパック。"},
    "bands": {
        "en": "Choices computed from a number, such as price_band from the amount.",
        "ja": "数値から決まる区分。例: 金額から price_band。",
    },
    "band.of": {"en": "The number field that is divided.", "ja": "区分の元になる数値項目。"},
    "band.rows": {
        "en": "From small to large; the last row has no `below`.",
        "ja": "小さい順。最後の行には below がありません。",
    },
    "band.name": {"en": "The band's name, compared with in conditions.", "ja": "区分名。条件で使います。"},
    "band.below": {"en": "Up to, and not including, this number.", "ja": "この値未満。"},
    "scores": {
        "en": "score.<name>: the share of items that hold, 0 to 100.",
        "ja": "score.<名前>: 満たしている項目の割合(0〜100)。",
    },
    "score.items": {"en": "A condition for each item.", "ja": "項目ごとの条件。"},
    "rules": {"en": "The rules of this file.", "ja": "このファイルのルール。"},
    "exceptions": {"en": "Records for which rules are silent until a date.", "ja": "期限まで通知しない対象。"},
    # ---------------------------------------------------------------------------------------------------- a rule
    "id": {
        "en": "The rule's name for ever: letters, digits, - and _. Alerts are remembered under it.",
        "ja": "ルールの変わらない名前(文字・数字・- ・_)。アラートはこの名前で記録されます。",
    },
    "title": {"en": "What people read, {en: ..., ja: ...}.", "ja": "表示名。{en: ..., ja: ...}"},
    "watch": {"en": "What is watched.", "ja": "監視する対象。"},
    "where": {
        "en": "Which records. Where it is not true there is no clock.",
        "ja": "対象の条件。満たさないものには時計がありません。",
    },
    "start": {
        "en": "Where the clock starts: a date or time field, or one of these words.",
        "ja": "時計の起点。日付・日時の項目か、次の語。",
    },
    "latest_of": {"en": "At the latest of the fields that are set.", "ja": "入っている項目のうち最も遅い時点。"},
    "earliest_of": {"en": "At the earliest of the fields that are set.", "ja": "入っている項目のうち最も早い時点。"},
    "first_of": {"en": "At the first in the list that is set.", "ja": "並び順で最初に入っている項目の時点。"},
    "since": {
        "en": "When the condition became true, by the fields' history.",
        "ja": "条件が成り立った時点(項目の履歴から)。",
    },
    "each": {"en": "A clock of its own for every such event.", "ja": "イベントごとに一つの時計。"},
    "within": {
        "en": "The limit: 14d calendar days, 10bd business days, 24h, 4bh business hours; rows, the first that fits; "
        "or a table `by` a field.",
        "ja": "期限。14d(暦日)・10bd(営業日)・24h・4bh(営業時間)、行の一覧(最初に合う行)、または by の表。",
    },
    "is": {"en": "The limit of this row; the rest of it is a condition.", "ja": "この行の期限。ほかのキーは条件です。"},
    "by": {"en": "The field by whose value the limit is chosen.", "ja": "期限を決める項目。"},
    "else": {"en": "The limit of every other value.", "ja": "それ以外の値の期限。"},
    "until": {"en": "What stops the clock.", "ja": "時計を止める条件。"},
    "pause": {
        "en": "Days that do not count: the record's waits, or while a condition holds; `max` is mandatory.",
        "ja": "数えない日。保留の期間か、条件が成り立つ間。max は必須です。",
    },
    "pause.until": {"en": "The field that ends a wait: hold_until.", "ja": "保留の終わりの項目。例: hold_until"},
    "pause.from": {"en": "The field that begins a wait: hold_set_at.", "ja": "保留の始まりの項目。例: hold_set_at"},
    "pause.while": {"en": "Days on which this holds do not count.", "ja": "この条件が成り立つ日は数えません。"},
    "pause.max": {"en": "At most this much, each and together.", "ja": "一回ごと、合計ともにこの長さまで。"},
    "warn": {
        "en": "How long before the deadline we speak up; shorter than the smallest limit.",
        "ja": "期限のどれだけ前に知らせるか。最短の期限より短く。",
    },
    "because": {"en": "Why the rule exists, for those who ask.", "ja": "このルールがある理由。"},
    "severity": {"en": "info, warning (without the line) or critical.", "ja": "info・warning(省略時)・critical。"},
    "mutes": {
        "en": "Rules that keep quiet on the same record while this one is breached.",
        "ja": "このルールの期限切れ中、同じ対象で黙らせるルール。",
    },
    "escalate": {
        "en": "A ladder under `escalations:` of stalewatch.yaml.",
        "ja": "stalewatch.yaml の escalations にある段階。",
    },
    "mode": {
        "en": "off; shadow: computed, nobody is told; live. `modes:` in stalewatch.yaml says it better.",
        "ja": "off・shadow(計算のみ)・live。stalewatch.yaml の modes にまとめるのがお勧めです。",
    },
    "message": {
        "en": "What is said. {field} stands for any field, {since} {due} {limit} {days_over} {missing} for what the "
        "clock knows; *stars* make bold.",
        "ja": "通知の文。{項目} のほか {since} {due} {limit} {days_over} {missing} が使えます。*太字*",
    },
    "use": {
        "en": "A copy of this rule with the keys below changed; key+ adds to a list, key- takes away.",
        "ja": "このルールを写し、書いたキーだけ変えます。key+ は追加、key- は削除。",
    },
    "was": {
        "en": "Old ids of this rule: alerts and snoozes are carried over.",
        "ja": "以前の id。アラートやスヌーズを引き継ぎます。",
    },
    "owner": {"en": "Who looks after it.", "ja": "管理者。"},
    "tags": {"en": "Free words.", "ja": "自由な語。"},
    "edit+": {"en": "Adds to the list of the rule that is used.", "ja": "元のルールの一覧に追加します。"},
    "edit-": {"en": "Takes away from the list of the rule that is used.", "ja": "元のルールの一覧から除きます。"},
    "exception.rules": {"en": "The rules that are silent.", "ja": "黙らせるルール。"},
    "exception.until": {"en": "The last day, 2026-12-31; mandatory.", "ja": "最終日(必須)。例: 2026-12-31"},
    # ------------------------------------------------------------------------------------------------ conditions
    "all": {"en": "Every condition of the list holds.", "ja": "すべて成り立つ。"},
    "any": {"en": "One condition of the list holds.", "ja": "どれか一つが成り立つ。"},
    "none": {"en": "No condition of the list holds.", "ja": "どれも成り立たない。"},
    "filled": {"en": "All of these fields are set.", "ja": "これらの項目がすべて入力されている。"},
    "entered": {"en": "All of these fields changed since the clock started.", "ja": "時計の開始以降に更新された項目。"},
    "expr": {
        "en": "and, or, not, == != < <= > >=, in, is empty, is set, + - * / on numbers.",
        "ja": "and・or・not・== != < <= > >=・in・is empty・is set・数値の + - * /",
    },
    "at_least": {"en": "This much or more.", "ja": "以上。"},
    "more_than": {"en": "More than this.", "ja": "より大きい。"},
    "at_most": {"en": "This much or less.", "ja": "以下。"},
    "below": {"en": "Less than this.", "ja": "未満。"},
    "before": {"en": "Earlier than this.", "ja": "より前。"},
    "after": {"en": "Later than this.", "ja": "より後。"},
    "not": {"en": "Another value, and not empty.", "ja": "この値ではない(空欄は含みません)。"},
    "in": {"en": "One of these.", "ja": "いずれか。"},
    "not_in": {"en": "None of these, and not empty.", "ja": "いずれでもない(空欄は含みません)。"},
    "contains": {"en": "The text has this in it.", "ja": "この文字列を含む。"},
    "compare.is": {"en": "Exactly this.", "ja": "等しい。"},
    "from.crm": {"en": "from the CRM", "ja": "CRM の項目"},
    "from.derived": {"en": "from evidence", "ja": "記録から算出"},
    "from.stalewatch": {"en": "kept by stalewatch", "ja": "stalewatch が保持"},
    "from.rules": {"en": "computed by rules", "ja": "ルールで計算"},
    # ----------------------------------------------------------------------------------------------------- tests
    "stalewatch_test": {
        "en": "The version of the test file's language: 1.",
        "ja": "テストファイルの版。1 と書きます。",
    },
    "test.rules": {
        "en": "Files of rules, from this file's folder.",
        "ja": "ルールファイル(このファイルのフォルダーから)。",
    },
    "calendar": {
        "en": "Without it Asia/Tokyo, 09:00-18:00, mon-fri, JP, closed 12-29..01-03.",
        "ja": "省略時は Asia/Tokyo、09:00-18:00、平日、日本の祝日、12-29..01-03 休業。",
    },
    "tz": {"en": "An IANA time zone: Asia/Tokyo.", "ja": "タイムゾーン。例: Asia/Tokyo"},
    "hours": {"en": "Opening hours: 09:00-18:00.", "ja": "営業時間。例: 09:00-18:00"},
    "days": {"en": "mon-fri, all, or a list of days and ranges.", "ja": "mon-fri、all、または曜日の一覧。"},
    "holidays": {
        "en": "Public holidays of a country: JP, US, US-CA; or off.",
        "ja": "祝日の国。例: JP、US。または off",
    },
    "closed": {"en": "Days that are closed every year: 12-29..01-03.", "ja": "毎年の休業日。例: 12-29..01-03"},
    "live": {"en": "How alerts live in these tests.", "ja": "このテストでのアラートの扱い。"},
    "keep_for": {"en": "This long a clock must be fine before resolve is said.", "ja": "解消とみなすまでの時間。"},
    "reopen_within": {
        "en": "Late again within this time is the same story.",
        "ja": "この期間内の再発は同じ話の続きです。",
    },
    "repeat": {
        "en": "Business time after a breach was told, when it is said again.",
        "ja": "知らせてから、もう一度知らせるまでの営業時間。",
    },
    "live.escalate": {
        "en": "Business time after which it is passed on, level by level.",
        "ja": "知らせてから、上に伝えるまでの営業時間(段階ごと)。",
    },
    "tests": {"en": "Stories of one record each.", "ja": "一つの対象についての話の一覧。"},
    "name": {"en": "What the story tells.", "ja": "話の題。"},
    "given": {"en": "The record as it is from its creation on.", "ja": "作成時点の対象。"},
    "changes": {"en": "What happens then.", "ja": "その後の出来事。"},
    "at": {"en": "When, in the calendar's zone.", "ja": "日時(カレンダーのタイムゾーン)。"},
    "set": {"en": "Fields that change.", "ja": "変わる項目。"},
    "event": {"en": "Something that happens.", "ja": "出来事。"},
    "event.type": {"en": "The kind of event.", "ja": "出来事の種類。"},
    "event.id": {"en": "Its id, to expect something of it.", "ja": "期待値で指すための id。"},
    "event.began": {"en": "When it began, if earlier.", "ja": "始まった時点(終わりと違う場合)。"},
    "snooze": {"en": "Somebody snoozes an alert.", "ja": "スヌーズする。"},
    "snooze.until": {"en": "When it ends.", "ja": "終わり。"},
    "reason": {"en": "Why.", "ja": "理由。"},
    "hold": {"en": "Somebody puts the record on hold.", "ja": "保留にする。"},
    "hold.until": {"en": "The customer's date.", "ja": "お客様の日付。"},
    "expect": {"en": "What must be so, and when.", "ja": "期待すること。"},
    "rule": {"en": "The rule's id.", "ja": "ルールの id。"},
    "expect.event": {"en": "The id of the event whose clock is meant.", "ja": "対象となる出来事の id。"},
    "state": {"en": "The clock's state at that moment.", "ja": "その時点の状態。"},
    "breach_at": {"en": "The deadline.", "ja": "期限。"},
    "warn_at": {"en": "When it warns.", "ja": "予告の時点。"},
    "says": {"en": "Every message told so far: episode:kind.", "ja": "それまでの通知。回:種類 の一覧。"},
    # ------------------------------------------------------------------------------------------------ catalogues
    "fields": {"en": "Fields per object: deal, partner_deal, lead.", "ja": "対象ごとの項目。"},
    "extends": {"en": "The object whose fields this one has too.", "ja": "項目を引き継ぐ元の対象。"},
    "type": {"en": "The field's type.", "ja": "項目の型。"},
    "from": {"en": "Who fills it.", "ja": "入力元。"},
    "values": {"en": "The choices, in their order.", "ja": "選択肢(順番どおり)。"},
    "value_titles": {"en": "What people read for each choice.", "ja": "選択肢ごとの表示名。"},
    "events": {"en": "Kinds of events that `each` may follow.", "ja": "each で使える出来事の種類。"},
}


def described(word: str, language: str) -> str:
    """The line about a word."""
    return _TEXTS[word][language]


def captioned(word: str, language: str, schema: Schema) -> Schema:
    """A schema with the line about its word. Beside a reference draft-07 hears nothing, so it goes around it."""
    return {"description": described(word, language), **({"allOf": [schema]} if "$ref" in schema else schema)}
