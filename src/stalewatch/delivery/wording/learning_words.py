"""The words of `rules suggest` and `rules backtest`, in English and Japanese."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.language.model import Words

_WORDS: Final[dict[str, Words]] = {
    # ------------------------------------------------------------------------------------------------- what it is
    "deal": {"en": "deals", "ja": "案件"},
    "conversion": {"en": "leads, until they are a deal", "ja": "リード(案件化まで)"},
    "hand_off": {"en": "leads, until they are handed over", "ja": "リード(引き渡しまで)"},
    "all": {"en": "all", "ja": "すべて"},
    "whole": {"en": "whole deal", "ja": "案件全体"},
    # ------------------------------------------------------------------------------------------------- suggest
    "suggested": {
        "en": "Of {many} {about}, {began} to {until}: warn on day {warn}, late after day {limit}{sure}.",
        "ja": "{about} {many} 件({began}〜{until})からの提案: 予告は {warn} 日目、期限は {limit} 日{sure}。",
    },
    "suggested_some": {
        "en": "Of {many} {about}, {began} to {until}: a limit for {some} of {groups} groups.",
        "ja": "{about} {many} 件({began}〜{until}): {groups} グループ中 {some} グループの期限を提案できます。",
    },
    "not_enough": {
        "en": "Not enough history: {many} {about}, {began} to {until}.",
        "ja": "履歴が足りません: {about} {many} 件({began}〜{until})。",
    },
    "no_history": {
        "en": "Not enough history: there is none yet.",
        "ja": "履歴が足りません(まだ1件もありません)。",
    },
    "interval": {"en": " (95 %: {low}–{high})", "ja": "(95 %: {low}〜{high})"},
    "ends": {
        "en": "won {won}, lost {lost}, open {open}; {without} without a beginning, {late} were open before {since},"
        " when the watching began",
        "ja": "受注 {won} 件、失注 {lost} 件、進行中 {open} 件。作成日なし {without} 件、"
        "観測開始({since})より前から進行中 {late} 件",
    },
    "learned_until": {
        "en": "Learned from what was known on {day}; tried on what came after it.",
        "ja": "{day} までの記録から求め、その後の記録で確かめました。",
    },
    "honest": {
        "en": "This is an association, not an effect: what takes long is lost more often, whoever is told of it.",
        "ja": "これは関連であり、効果ではありません。長引く案件ほど失注が多いという事実で、通知の成果ではありません。",
    },
    "left_out": {"en": "left out: {many} × {reason}", "ja": "対象外: {many} 件({reason})"},
    "no_stages": {
        "en": "Nobody says which stages were entered (stages.csv): only limits on whole deals can be looked at.",
        "ja": "フェーズの履歴(stages.csv)がないため、案件全体の期限だけを調べました。",
    },
    "stage_order": {
        "en": "The catalogue does not know all of these stages; they were taken in this order: {stages}",
        "ja": "カタログにないフェーズがあるため、次の順とみなしました: {stages}",
    },
    "turns_up": {
        "en": "{group}: the chance turns up again on day {day}; a limit for each stage or segment says more.",
        "ja": "{group}: {day} 日目に受注の見込みが再び上がります。フェーズやセグメントごとの期限の方が適切です。",
    },
    "few_won": {
        "en": "{group}: not enough history: {won} won, fewer than {least}",
        "ja": "{group}: 履歴が足りません(受注 {won} 件、{least} 件未満)",
    },
    "none_lost_or_open": {
        "en": "{group}: not enough history: nothing was ever lost, and nothing is open",
        "ja": "{group}: 履歴が足りません(失注も進行中もありません)",
    },
    "few_at_risk": {
        "en": "{group}: not enough history: fewer than {least} are still open when the chance has fallen",
        "ja": "{group}: 履歴が足りません(見込みが下がる時点で進行中が {least} 件未満)",
    },
    "never_falls": {
        "en": "{group}: the chance to be won never falls to half of what it was at first",
        "ja": "{group}: 受注の見込みが当初の半分まで下がることはありません",
    },
    "no_lift": {
        "en": "{group}: a message on day {day} would have been right no more often than one on any day (lift {lift}):"
        " the limit says when the chance has halved, not which of them will be lost.",
        "ja": "{group}: {day} 日目の通知が当たる割合は、任意の日の通知と変わりません(倍率 {lift})。"
        "期限は見込みが半減した時点を示すもので、どれが失注するかは示しません。",
    },
    "no_lift_some": {
        "en": "In {some} of {groups} groups a message at the limit would have been right no more often than one on any"
        " day: the limit says when the chance has halved, not which of them will be lost.",
        "ja": "{groups} グループ中 {some} グループで、期限での通知が当たる割合は任意の日の通知と変わりません。"
        "期限は見込みが半減した時点を示すもので、どれが失注するかは示しません。",
    },
    "patch": {
        "en": "To paste into a rule file (it stays in shadow until you promote it):",
        "ja": "ルールファイルに貼り付ける内容(promote するまで通知しません):",
    },
    "patch_rule": {"en": "To paste into {rule}:", "ja": "{rule} に貼り付ける内容:"},
    "LIMITS": {"en": "LIMITS THAT THE HISTORY SUGGESTS", "ja": "履歴から求めた期限"},
    "DONE": {"en": "WHAT A LIMIT WOULD HAVE DONE, {horizon} DAYS LATER", "ja": "その期限の成績({horizon} 日後)"},
    "GROUP": {"en": "GROUP", "ja": "グループ"},
    "WON": {"en": "WON", "ja": "受注"},
    "LOST": {"en": "LOST", "ja": "失注"},
    "OPEN": {"en": "OPEN", "ja": "進行中"},
    "CHANCE": {"en": "CHANCE", "ja": "当初の見込み"},
    "WARN": {"en": "WARN", "ja": "予告"},
    "LIMIT": {"en": "LIMIT", "ja": "期限"},
    "SURE": {"en": "95 %", "ja": "95 %"},
    "CLOSE_OUT": {"en": "CLOSE OUT", "ja": "打ち切り"},
    "P75": {"en": "P75 WON", "ja": "受注の75%"},
    "P90": {"en": "P90 WON", "ja": "受注の90%"},
    "DAYS": {"en": "DAYS", "ja": "日数"},
    "FLAGGED": {"en": "FLAGGED", "ja": "通知"},
    "MATURE": {"en": "KNOWN", "ja": "判明"},
    "NOT_WON": {"en": "NOT WON", "ja": "受注せず"},
    "LIFT": {"en": "LIFT", "ja": "倍率"},
    "RECALL": {"en": "LOSSES SEEN", "ja": "失注の捕捉"},
    "LEAD": {"en": "AHEAD", "ja": "先行日数"},
    "days": {"en": "{days} d", "ja": "{days} 日"},
    # ------------------------------------------------------------------------------------------------- backtest
    "would": {
        "en": "Of {mature} {about} this {what} would have flagged with {horizon} days of hindsight, {over} ({share})"
        " were not won; {nagged} of the won ones would have been told of, and {recall} of the losses seen before.",
        "ja": "{horizon} 日後まで結果が分かる {about} {mature} 件のうち、{over} 件({share})は受注に至りませんでした。"
        "この{what}は、受注案件の {nagged} にも通知し、失注の {recall} を事前に捉えたはずです。",
    },
    "would_not": {
        "en": "Not enough history: this {what} flags {flagged}, none of them with {horizon} days of hindsight.",
        "ja": "履歴が足りません: この{what}の対象は {flagged} 件ですが、"
        "{horizon} 日後まで結果が分かるものはありません。",
    },
    "a_limit": {"en": "limit of {days} days", "ja": "期限({days} 日)"},
    "a_rule": {"en": "rule ({rule})", "ja": "ルール({rule})"},
    "records_lead": {"en": "leads", "ja": "リード"},
    "records_deal": {"en": "deals", "ja": "案件"},
    "records_partner_deal": {"en": "partner deals", "ja": "パートナー案件"},
    "rules_tried": {
        "en": "{rules} rules tried on {many} records, {began} to {until}: {alerts} alerts.",
        "ja": "{many} 件({began}〜{until})で {rules} 件のルールを試しました: アラート {alerts} 件。",
    },
    "flagged_whole": {
        "en": "flagged {flagged}: {won} were won later, {lost} lost, {open} are open; counted is what is open for more"
        " than {days} days, not what ends on the last of them; {late} more were so old when the watching began",
        "ja": "対象 {flagged} 件(その後の受注 {won} 件、失注 {lost} 件、進行中 {open} 件)。"
        "{days} 日を超えたものを数え、ちょうど {days} 日で終わったものは除きます。"
        "観測開始時にすでに超えていた {late} 件は含みません",
    },
    "flagged_rule": {
        "en": "flagged {flagged} times: {won} were won later, {lost} lost, {open} are open; counted is a deadline that"
        " passed before the record changed, by the rule's calendar; {late} more passed before the watching began",
        "ja": "通知 {flagged} 回(その後の受注 {won} 件、失注 {lost} 件、進行中 {open} 件)。ルールのカレンダーで、"
        "データが変わる前に期限を過ぎたものを数えます。観測開始前の {late} 件は含みません",
    },
    "base": {
        "en": "a message on any day would have been right in {base} of cases: lift {lift}",
        "ja": "任意の日の通知なら {base} が当たります(倍率 {lift})",
    },
    "zombies": {
        "en": "{over} of {of} that are open for longer than anything that ever closed would have been flagged",
        "ja": "これまで終結したどの案件よりも長く進行中のもの {of} 件のうち、{over} 件が対象です",
    },
    "ahead": {
        "en": "flagged losses: {p25}, {p50}, {p75} days ahead (quartiles); {early} of the losses two working days"
        " or more",
        "ja": "失注までの先行日数は {p25}・{p50}・{p75} 日(四分位)。失注の {early} を2営業日以上前に捉えました",
    },
    "money": {"en": "flagged amount: {amount}", "ja": "対象の金額: {amount}"},
    "naive": {
        "en": "* Of what is closed {share} were lost. That is no precision: silent losses are closed late or never, so"
        " this share falls where a rule is right.",
        "ja": "※ 終結した案件のうち失注は {share} ですが、これは精度ではありません。"
        "静かな失注は終結が遅いか終結しないため、ルールが正しいほどこの割合は下がります。",
    },
    "blind": {
        "en": "{rule}: cannot be tried, the past of {fields} is not kept",
        "ja": "{rule}: 過去の値が残っていないため試せません({fields})",
    },
    "RULE": {"en": "RULE", "ja": "ルール"},
    "RULES": {"en": "RULES", "ja": "ルール"},
    "OTHERS": {"en": "OTHER LIMITS", "ja": "ほかの期限"},
    "QUARTERS": {"en": "QUARTER BY QUARTER", "ja": "四半期ごと"},
    "LOADS": {"en": "WHO WOULD HAVE BEEN TOLD HOW MUCH", "ja": "担当者ごとの件数"},
    "QUARTER": {"en": "QUARTER", "ja": "四半期"},
    "OWNER": {"en": "OWNER", "ja": "担当者"},
    "ALERTS": {"en": "ALERTS", "ja": "件数"},
    "A_WEEK": {"en": "A WEEK", "ja": "週あたり"},
    "MOST": {"en": "MOST", "ja": "最大"},
    "EARLY": {"en": "2 BD AHEAD", "ja": "2営業日前"},
    "NAGGED": {"en": "WINNERS", "ja": "受注にも通知"},
    "AMOUNT": {"en": "AMOUNT", "ja": "金額"},
    "nobody": {"en": "(nobody)", "ja": "(担当者なし)"},
    "more": {"en": "+{count} more", "ja": "ほか {count} 件"},
    "backtest": {"en": "What would have been said", "ja": "過去に適用した結果"},
    # ------------------------------------------------------------------------------------------------- gaps
    "gaps": {
        "en": "{clear} of {all} questions went with losses when they were open: {items}",
        "ja": "未回答のとき失注が明らかに多い項目: {all} 項目中 {clear} 項目({items})",
    },
    "gaps_none": {
        "en": "Of {all} questions none clearly went with losses when it was open.",
        "ja": "{all} 項目のうち、未回答のとき失注が明らかに多いものはありません。",
    },
    "gaps_unknown": {
        "en": "Not enough history: of no question is known how closed deals answered it.",
        "ja": "履歴が足りません(終結した案件の回答が分かる項目がありません)。",
    },
    "GAPS": {"en": "QUESTIONS, AND HOW CLOSED DEALS ENDED", "ja": "項目と終結した案件の結果"},
    "ITEM": {"en": "QUESTION", "ja": "項目"},
    "GAP_OPEN": {"en": "OPEN", "ja": "未回答"},
    "GAP_LOST": {"en": "LOST", "ja": "失注率"},
    "GAP_ANSWERED": {"en": "ANSWERED", "ja": "回答済み"},
    "GAP_DIFFERENCE": {"en": "DIFFERENCE", "ja": "差"},
    "points": {"en": "{points} points", "ja": "{points} ポイント"},
    # ------------------------------------------------------------------------------------------------- diff
    "compared": {
        "en": "Over {began} to {until}: {old} → {new} alerts; {silent} records newly silent, {told} newly told of.",
        "ja": "{began}〜{until} の場合: アラート {old} → {new} 件。"
        "新たに通知しなくなるデータ {silent} 件、新たに通知するデータ {told} 件。",
    },
    "compared_same": {
        "en": "No difference over {began} to {until}: {new} alerts by either version.",
        "ja": "{began}〜{until} では違いがありません(どちらもアラート {new} 件)。",
    },
    "caught": {
        "en": "losses seen before: {old} → {new} of {of}",
        "ja": "事前に捉えた失注: {of} 件中 {old} → {new} 件",
    },
    "SILENT": {"en": "NEWLY SILENT", "ja": "新たに通知しないもの"},
    "TOLD": {"en": "NEWLY TOLD OF", "ja": "新たに通知するもの"},
    "RECORD": {"en": "RECORD", "ja": "データ"},
    "ENDED": {"en": "ENDED", "ja": "結果"},
    "BEFORE": {"en": "BEFORE", "ja": "変更前"},
    "AFTER": {"en": "AFTER", "ja": "変更後"},
    "NOT_WON_OLD": {"en": "NOT WON", "ja": "受注せず"},
    "NOT_WON_NEW": {"en": "NOT WON THEN", "ja": "変更後の受注せず"},
    "SEEN_OLD": {"en": "LOSSES SEEN", "ja": "失注の捕捉"},
    "SEEN_NEW": {"en": "LOSSES SEEN THEN", "ja": "変更後の捕捉"},
    "LEAD_OLD": {"en": "AHEAD", "ja": "先行日数"},
    "LEAD_NEW": {"en": "AHEAD THEN", "ja": "変更後の先行日数"},
    "won": {"en": "won", "ja": "受注"},
    "lost": {"en": "lost", "ja": "失注"},
    "open": {"en": "open", "ja": "進行中"},
    # ------------------------------------------------------------------------------------------------- a rule's page
    "past": {"en": "What the past says", "ja": "過去の記録での成績"},
    "past_counting": {
        "en": "What the rule would have said over the past is being counted.",
        "ja": "過去の記録でこのルールを試しています。",
    },
    "past_of": {"en": "of {many} records, up to {until}", "ja": "対象 {many} 件、{until} まで"},
    "OTHER_LIMITS": {"en": "Other limits", "ja": "ほかの期限"},
    "as_written": {"en": "{limit} (as written)", "ja": "{limit}(現在)"},
    "times": {"en": "{share} of each", "ja": "各期限の {share}"},
    "suggests": {"en": "What limit the history suggests", "ja": "履歴から求めた期限"},
    "suggests_which": {
        "en": "Learned from all records that you may see, in calendar days, whatever the rule's conditions and calendar"
        " say.",
        "ja": "閲覧できるすべてのデータから暦日で求めています(ルールの条件とカレンダーは考慮しません)。",
    },
    "nothing_learned": {"en": "Not enough history: there is none yet.", "ja": "履歴が足りません(まだありません)。"},
    # ------------------------------------------------------------------------------------------------- charts
    "chart_curve": {"en": "Remaining chance to win by days open: {group}", "ja": "経過日数ごとの受注の見込み: {group}"},
    "chart_chance": {"en": "chance to be won from here", "ja": "この先の受注の見込み"},
    "chart_warn": {"en": "warn (day {day})", "ja": "予告({day} 日目)"},
    "chart_limit": {"en": "limit (day {day})", "ja": "期限({day} 日)"},
    "chart_close": {"en": "close out (day {day})", "ja": "打ち切り({day} 日目)"},
    "chart_trade": {"en": "What other limits would have done", "ja": "期限を変えた場合の成績"},
    "chart_precision": {"en": "not won within {horizon} days", "ja": "{horizon} 日以内に受注しなかった割合"},
    "chart_recall": {"en": "share of losses seen", "ja": "失注を捕捉した割合"},
    "chart_nagged": {"en": "winners told of", "ja": "通知された受注案件の割合"},
    "chart_lead": {"en": "Warning days against the limit", "ja": "期限ごとの先行日数"},
    "chart_lead_days": {"en": "days ahead of the loss (median)", "ja": "失注までの先行日数(中央値)"},
    "report": {"en": "What the history suggests", "ja": "履歴からの提案"},
    "written": {"en": "wrote {name}", "ja": "{name} を作成しました"},
    "not_about": {
        "en": "limits are learned for clocks from created_at, stage_entered_at or mql_at; {rule} starts otherwise",
        "ja": "期限を求められるのは created_at、stage_entered_at、mql_at から始まるルールです({rule} は対象外)",
    },
}


def say(name: str, reader: Reader, /, **fillers: object) -> str:
    """A sentence or title in the reader's language; numbers with its separators."""
    words = _WORDS[name]
    told = {key: reader.number(value) if isinstance(value, int) else value for key, value in fillers.items()}
    return words[reader.language if reader.language in words else "en"].format(**told)
