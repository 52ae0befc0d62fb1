"""Why a clock says what it says, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.delivery.wording.explained import Part, explanation_parts, explanation_text
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.explain import AnchorSource, Clause, Explanation, StartedBy
from tests.delivery.tellings import NOW, at


def late(**more: Any) -> Explanation:
    usual: dict[str, Any] = {
        "rule_id": "stage-time",
        "rule_title": {"en": "Too long in one stage"},
        "state": "breached",
        "start": StartedBy.STAGE,
        "started_by": ({"en": "Proposal", "ja": "提案"},),
        "anchor": at("10-02 10:00"),
        "limit": Duration(14, Unit.BUSINESS_DAY),
        "calendar": "tokyo",
        "zone": "Asia/Tokyo",
        "source": AnchorSource.HISTORY,
        "holidays_skipped": 2,
        "paused_dates": 3,
        "pause_reason": "legal",
        "due": at("10-27 18:00"),
        "connection": "sf",
        "crm": "salesforce",
    }
    return Explanation(**{**usual, **more})


def english(explanation: Explanation) -> str:
    return explanation_text(explanation, "en", NOW)


def japanese(explanation: Explanation) -> str:
    return explanation_text(explanation, "ja", NOW)


def test_a_deadline_says_all_that_one_needs_to_check_it() -> None:
    assert english(late()) == (
        "Stage Proposal since 2 Oct (Salesforce history) · limit 14 business days · calendar Tokyo, 2 holidays skipped"
        " · paused 3 days (waiting: legal) · due 27 Oct 18:00 JST"
    )
    assert japanese(late()) == (
        "フェーズ「提案」10月2日から(Salesforceの履歴) · 上限 14営業日 · Tokyoカレンダー、休日2日を除外"
        " · 保留3日を除外(理由:legal) · 期限 10月27日 18:00 JST"
    )


def test_what_does_not_apply_is_left_out() -> None:
    plain = late(holidays_skipped=0, paused_dates=0, started_by=(), connection="", crm="", source=AnchorSource.CRM)
    assert (
        english(plain) == "counted since 2 Oct (CRM) · limit 14 business days · calendar Tokyo · due 27 Oct 18:00 JST"
    )


def test_a_limit_in_hours_says_the_hour_it_began() -> None:
    assert english(late(limit=Duration(24, Unit.HOUR))).startswith("Stage Proposal since 2 Oct 10:00 ")


def test_parts_are_named() -> None:
    parts = [said.part for said in explanation_parts(late(), "en", NOW)]
    assert parts == [Part.SINCE, Part.LIMIT, Part.CALENDAR, Part.PAUSED, Part.DUE]


@pytest.mark.parametrize(
    ("source", "english_words", "japanese_words"),
    [
        (AnchorSource.CRM, "Salesforce", "Salesforce"),
        (AnchorSource.SEEN, "first seen by us", "最初に確認した時点"),
        (AnchorSource.OURS, "recorded by us", "stalewatchの記録"),
        (AnchorSource.ESTIMATED, "estimated from the record's creation", "作成日からの推定"),
    ],
)
def test_a_start_says_who_says_so(source: AnchorSource, english_words: str, japanese_words: str) -> None:
    assert f"({english_words}) · limit" in english(late(source=source))
    assert f"({japanese_words}) · 上限" in japanese(late(source=source))


@pytest.mark.parametrize(
    ("start", "titles", "english_words", "japanese_words"),
    [
        (StartedBy.FIELD, [{"en": "Last meeting", "ja": "前回の商談"}], "Last meeting 2 Oct", "前回の商談 10月2日"),
        (StartedBy.EVENT, [{"en": "Meeting", "ja": "商談"}], "Meeting 2 Oct", "商談 10月2日"),
        (
            StartedBy.CONDITION,
            [{"en": "Next step is empty", "ja": "次のアクションが空"}],
            "Next step is empty since 2 Oct",
            "「次のアクションが空」の状態が10月2日から",
        ),
    ],
)
def test_a_start_is_said_as_what_it_is(
    start: StartedBy, titles: list[dict[str, str]], english_words: str, japanese_words: str
) -> None:
    clock = late(start=start, started_by=tuple(titles))
    assert english(clock).startswith(f"{english_words} (Salesforce history) · ")
    assert japanese(clock).startswith(f"{japanese_words}(Salesforceの履歴) · ")


def test_a_condition_of_many_fields_names_them() -> None:
    clock = late(start=StartedBy.FIELDS, started_by=({"en": "Budget"}, {"en": "Need"}), source=AnchorSource.SEEN)
    assert english(clock).startswith("counted since 2 Oct (Budget and Need; first seen by us) · ")


STAGE = {"en": "Stage", "ja": "フェーズ"}
NOT_HERE = Clause({"en": "Stage is Proposal", "ja": "フェーズが提案"}, ((STAGE, {"en": "Discovery", "ja": "調査"}),))
EMPTY = Clause({"en": "Amount is at least 5"}, (({"en": "Amount"}, {}),))
TWO = Clause({"en": "a or b"}, ((STAGE, {"en": "Discovery"}), ({"en": "Amount"}, {})))


@pytest.mark.parametrize(
    ("state", "more", "english_words", "japanese_words"),
    [
        ("closed", {}, "closed", "クローズ済み"),
        ("not_applicable", {}, "this rule is not about this record", "このルールの対象ではありません"),
        (
            "not_applicable",
            {"wanted": (NOT_HERE,)},
            "this rule is not about this record, it would need: Stage is Proposal (now: Discovery)",
            "このルールの対象ではありません。必要な条件:フェーズが提案(現在:調査)",
        ),
        ("no_clock", {"started_by": ()}, "no clock: nothing to count from", "起点となる日付がないため数えていません"),
        (
            "no_clock",
            {"start": StartedBy.FIELD, "started_by": ({"en": "Became MQL", "ja": "MQL化日時"},)},
            "no clock: Became MQL not set",
            "数えていません:MQL化日時が未入力",
        ),
        (
            "no_clock",
            {"start": StartedBy.EVENT, "started_by": ({"en": "Meeting", "ja": "商談"},)},
            "no clock, it starts with: Meeting",
            "数えていません。開始のきっかけ:商談",
        ),
        (
            "no_clock",
            {"start": StartedBy.CONDITION, "wanted": (NOT_HERE,)},
            "no clock, it starts when: Stage is Proposal (now: Discovery)",
            "数えていません。開始の条件:フェーズが提案(現在:調査)",
        ),
        ("satisfied", {}, "done", "対応済み"),
        (
            "satisfied",
            {"met": (NOT_HERE,)},
            "done: Stage is Proposal (Discovery)",
            "対応済み:フェーズが提案(調査)",
        ),
        ("cannot_judge", {}, "cannot be judged", "判定できません"),
        (
            "cannot_judge",
            {"unreadable": ({"en": "Next meeting", "ja": "次回商談"},), "connection": ""},
            "cannot be judged: Next meeting cannot be read",
            "判定できません:次回商談を読み込めません",
        ),
        (
            "cannot_judge",
            {"unreadable": ({"en": "Next meeting", "ja": "次回商談"},)},
            "cannot be judged: Next meeting cannot be read from sf",
            "判定できません:sf から次回商談を読み込めません",
        ),
        (
            "cannot_judge",
            {"unreadable": ({"en": "Agenda", "ja": "議題"},), "unmapped": ("agenda",), "scopes": ("tasks.read",)},
            "cannot be judged: Agenda cannot be read from sf · map agenda · grant tasks.read",
            "判定できません:sf から議題を読み込めません · 対応付けが必要:agenda · 権限が必要:tasks.read",
        ),
        (
            "cannot_judge",
            {"unreadable": ({"en": "Amount", "ja": "金額"},), "needed_by_exception": True, "connection": ""},
            "cannot be judged: Amount cannot be read, and an exception depends on it",
            "判定できません:金額を読み込めず、対象外の条件に当てはまるか分かりません",
        ),
        (
            "cannot_judge",
            {
                "unreadable": ({"en": "Amount", "ja": "金額"},),
                "needed_by_exception": True,
                "excepted_because": "renewal desk",
            },
            "cannot be judged: Amount cannot be read from sf, and an exception depends on it · exception: renewal desk",
            (
                "判定できません:sf から金額を読み込めず、対象外の条件に当てはまるか分かりません"
                " · 対象外の理由:renewal desk"
            ),
        ),
        ("excepted", {}, "excepted", "対象外に設定済み"),
        ("excepted", {"excepted_until": at("12-31 23:59")}, "excepted through 31 Dec", "12月31日 まで対象外"),
        (
            "excepted",
            {"excepted_until": at("12-31 23:59"), "excepted_because": "renewal desk"},
            "excepted through 31 Dec: renewal desk",
            "12月31日 まで対象外(renewal desk)",
        ),
    ],
)
def test_a_clock_that_does_not_run_says_why(
    state: str, more: dict[str, Any], english_words: str, japanese_words: str
) -> None:
    silent = late(**{"state": state, "anchor": None, "due": None, "paused_dates": 0, **more})
    assert (english(silent), japanese(silent)) == (english_words, japanese_words)


def test_a_wait_says_until_when_and_what_is_missing_is_listed() -> None:
    waiting = late(
        state="paused", paused_until=at("12-01 09:00"), missing=({"en": "Budget"}, {"en": "Need"}), pause_reason=""
    )
    assert english(waiting).endswith(
        "on hold until 1 Dec · paused 3 days · due 27 Oct 18:00 JST · still missing: Budget and Need"
    )


def test_what_is_not_set_says_so_and_of_what_holds_goes_without_saying() -> None:
    silent = late(state="not_applicable", anchor=None, due=None, paused_dates=0, wanted=(EMPTY, TWO))
    assert english(silent).endswith(
        "Amount is at least 5 (now: not set); a or b (now: Stage: Discovery, Amount: not set)"
    )
    assert english(late(state="satisfied", anchor=None, due=None, paused_dates=0, met=(EMPTY,))) == (
        "done: Amount is at least 5"
    )


def test_a_reason_from_the_crm_cannot_break_the_line() -> None:
    assert "(waiting: a b ∗c∗)" in english(late(pause_reason="a\nb\u202e *c*"))
