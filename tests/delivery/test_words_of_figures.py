"""The sentences of the forecast, of key figures and of lists at their edges: nothing, all, and what nobody knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from stalewatch.delivery.wording import forecast_words, kpi_words, list_words, review_words
from stalewatch.delivery.wording.formula import with_numbers
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.explain import Explanation
from tests.delivery.tellings import NOW, at, sato

NOTHING = Decimal(0)
SOME, ALL = Decimal(41_200_000), Decimal(120_400_000)


def reader(language: str) -> Reader:
    return sato(language).reads(NOW)


@pytest.mark.parametrize(
    ("stalled", "deals", "resting", "whole", "english", "japanese"),
    [
        (0, 0, NOTHING, NOTHING, "No open deal is in the forecast.", "売上予測に含まれる進行中の案件はありません。"),
        (0, 9, NOTHING, ALL, "None of the ¥120M forecast rests on a stalled deal",
         "売上予測1億2,040万円のうち、滞留案件によるものはありません"),
        (2, 9, NOTHING, NOTHING, "2 of 9 deals in the forecast are stalled; nobody knows what they weigh",
         "売上予測に含まれる案件9件のうち2件が滞留しています(見込み額は不明)"),
        (1, 9, NOTHING, ALL, "1 stalled deal is in the ¥120M forecast, and nobody knows what it weighs",
         "売上予測1億2,040万円に滞留案件が1件含まれています(その見込み額は不明)"),
        (3, 9, SOME, ALL, "¥41.2M of the ¥120M forecast rests on 3 stalled deals",
         "売上予測1億2,040万円のうち4,120万円は、滞留中の3件に頼っています"),
    ],
    ids=["no deals", "none stalled", "no weights at all", "none of those that are stalled", "some"],
)  # fmt: skip
def test_how_much_of_the_forecast_rests_on_stalled_deals(
    stalled: int, deals: int, resting: Decimal, whole: Decimal, english: str, japanese: str
) -> None:
    for language, said in (("en", english), ("ja", japanese)):
        found = forecast_words.forecast_rests(stalled, deals, resting, whole, "JPY", reader(language))
        assert found == said


@pytest.mark.parametrize(
    ("percent", "source", "base", "english", "japanese"),
    [
        (None, "win_rate", (3, 12), "nobody says a weight", "確度は不明"),
        (60, "crm_probability", None, "60%, the CRM's probability", "60%(CRMの確度)"),
        (90, "forecast_category", None, "90%, the weight of its category", "90%(分類ごとの確度)"),
        (25, "win_rate", (3, 12), "25%, the win rate of its stage (3 of 12 closed deals)",
         "25%(フェーズごとの受注率。完了12件中、受注3件)"),
    ],
)  # fmt: skip
def test_a_weight_says_whose_it_is(
    percent: int | None, source: str, base: tuple[int, int] | None, english: str, japanese: str
) -> None:
    assert forecast_words.weight(percent, source, base, reader("en")) == english
    assert forecast_words.weight(percent, source, base, reader("ja")) == japanese


@pytest.mark.parametrize(
    ("key", "first", "last", "english", "japanese"),
    [
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "Jan 2026", "2026年1月"),
        ("2025-Q4", date(2025, 11, 20), date(2025, 12, 31), "Oct–Dec 2025", "2025年10〜12月"),
        ("overdue", None, date(2025, 11, 19), "passed", "過ぎている"),
    ],
)
def test_a_quarter_is_said_by_all_its_months(
    key: str, first: date | None, last: date | None, english: str, japanese: str
) -> None:
    assert forecast_words.period(key, first, last, reader("en")) == english
    assert forecast_words.period(key, first, last, reader("ja")) == japanese


@pytest.mark.parametrize(
    ("now", "before", "english", "japanese"),
    [
        (0.18, 0.24, "▼ 6 pts", "▼6ポイント"),
        (0.25, 0.24, "▲ 1 pt", "▲1ポイント"),
        (0.244, 0.236, "unchanged", "変化なし"),
        (None, 0.24, "", ""),
        (0.24, None, "", ""),
    ],
)
def test_a_rate_that_moved_says_by_how_many_points(
    now: float | None, before: float | None, english: str, japanese: str
) -> None:
    assert review_words.points(now, before, reader("en")) == english
    assert review_words.points(now, before, reader("ja")) == japanese


@pytest.mark.parametrize(
    ("overdue", "alone", "said"),
    [
        ((0, 0), (0, 0), "There are no open deals whose hygiene could be told"),
        ((0, 8), (0, 9), "Every open deal has a close date ahead and a next meeting"),
        ((0, 8), (2, 9),
         "{alone} of {open} open deals have no next meeting, {overdue} of {dated} are past their close date"),
    ],
)  # fmt: skip
def test_the_first_sentence_of_the_key_figures(overdue: tuple[int, int], alone: tuple[int, int], said: str) -> None:
    assert kpi_words.headline(overdue, alone, reader("en")) == said
    assert kpi_words.headline(overdue, alone, reader("ja")) != said


@pytest.mark.parametrize(
    ("count", "leads", "english", "japanese"),
    [(1, True, "1 lead", "リードが1件"), (3, True, "3 leads", "リードが3件"), (3, False, "3 deals", "案件が3件")],
)
def test_leads_are_counted_as_leads(count: int, leads: bool, english: str, japanese: str) -> None:
    assert list_words.counted(count, leads, reader("en")) == english
    assert list_words.counted(count, leads, reader("ja")) == japanese


def test_a_formula_needs_a_deadline() -> None:
    def formula(due: int | None, paused: int = 0) -> str:
        return with_numbers(
            Explanation(
                rule_id="stage-time", rule_title={"en": "Too long in one stage"}, state="breached", calendar="tokyo",
                zone="Asia/Tokyo", anchor=at("10-02 10:00"), limit=Duration(14, Unit.BUSINESS_DAY), due=due,
                paused_dates=paused,
            )
        )  # fmt: skip

    assert formula(at("10-27 18:00"), 3) == (
        "breach_at = tokyo.add(2025-10-02 10:00, 14bd, 3 paused) = 2025-10-27 18:00 JST"
    )
    assert formula(at("10-24 18:00")) == "breach_at = tokyo.add(2025-10-02 10:00, 14bd) = 2025-10-24 18:00 JST"
    assert formula(None) == ""
