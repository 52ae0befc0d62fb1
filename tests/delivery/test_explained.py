"""Why a clock says what it says, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.delivery.wording.explained import Part, explanation_parts, explanation_text
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.explain import AnchorSource, Explanation
from tests.delivery.tellings import NOW, at


def late(**more: Any) -> Explanation:
    usual: dict[str, Any] = {
        "rule_id": "stage-time",
        "rule_title": {"en": "Too long in one stage"},
        "state": "breached",
        "started_by": ({"en": "Stage Proposal", "ja": "提案ステージ"},),
        "anchor": at("10-02 10:00"),
        "limit": Duration(14, Unit.BUSINESS_DAY),
        "calendar": "tokyo",
        "zone": "Asia/Tokyo",
        "holidays_skipped": 2,
        "paused_dates": 3,
        "pause_reason": "legal",
        "due": at("10-27 18:00"),
        "connection": "sf",
    }
    return Explanation(**{**usual, **more})


def english(explanation: Explanation, zone: str = "Asia/Tokyo") -> str:
    return explanation_text(explanation, "en", NOW, zone)


def japanese(explanation: Explanation) -> str:
    return explanation_text(explanation, "ja", NOW, "Asia/Tokyo")


def test_a_deadline_says_all_that_one_needs_to_check_it() -> None:
    assert english(late(), "Europe/Berlin") == (
        "counted since 2 Oct (Stage Proposal, from sf) · limit 14 business days · calendar Tokyo, 2 holidays skipped"
        " · paused 3 days (waiting: legal) · due 27 Oct 18:00 JST"
    )
    assert japanese(late()) == (
        "10月2日 から計算(提案ステージ、出典 sf) · 上限 14営業日 · Tokyoカレンダー、休日2日を除外"
        " · 保留3日を除外(理由:legal) · 期限 10月27日 18:00"
    )


def test_what_does_not_apply_is_left_out() -> None:
    plain = late(holidays_skipped=0, paused_dates=0, started_by=(), connection="")
    assert english(plain) == (
        "counted since 2 Oct (from CRM) · limit 14 business days · calendar Tokyo · due 27 Oct 18:00"
    )


def test_a_limit_in_hours_says_the_hour_it_began() -> None:
    assert english(late(limit=Duration(24, Unit.HOUR))).startswith("counted since 2 Oct 10:00 ")


def test_parts_are_named() -> None:
    parts = [said.part for said in explanation_parts(late(), "en", NOW, "UTC")]
    assert parts == [Part.SINCE, Part.LIMIT, Part.CALENDAR, Part.PAUSED, Part.DUE]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (AnchorSource.SEEN, "no later than that: the day we first saw it"),
        (AnchorSource.ESTIMATED, "estimated from the record's creation"),
    ],
)
def test_an_uncertain_start_says_so(source: AnchorSource, words: str) -> None:
    assert f"(Stage Proposal, {words})" in english(late(source=source))


@pytest.mark.parametrize(
    ("state", "more", "english_words", "japanese_words"),
    [
        ("closed", {}, "closed", "クローズ済み"),
        ("not_applicable", {}, "this rule is not about this record", "このルールの対象ではありません"),
        ("no_clock", {}, "no clock: nothing to count from", "起点となる日付がないため数えていません"),
        ("satisfied", {}, "done", "対応済み"),
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
        "on hold until 1 Dec · paused 3 days · due 27 Oct 18:00 · still missing: Budget and Need"
    )


def test_a_reason_from_the_crm_cannot_break_the_line() -> None:
    assert "(waiting: a b ∗c∗)" in english(late(pause_reason="a\nb\u202e *c*"))
