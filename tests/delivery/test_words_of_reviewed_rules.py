"""What a review says of rules, in both languages; in a channel their number and a link, and nothing else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from stalewatch.delivery.review_post import Posted, compose_review
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.reviewed_rule_words import effect, idle, other_limits
from stalewatch.domain.learning.effect import Against, Measured
from stalewatch.domain.learning.intervals import Rate
from tests.delivery.tellings import NOW, sato

CLEAR, UNCLEAR = Against(Rate(263, 371), Rate(21, 41)), Against(Rate(220, 371), Rate(21, 41))
FEW = Against(Rate(100, 131), Rate(4, 12))
URL = "https://stalewatch.acme.example/review"


def reader(language: str) -> Reader:
    return Reader(language, NOW, "Asia/Tokyo")


@pytest.mark.parametrize(("language", "told"), [
    ("en", ("acted on within 5 business days: 71% of 371 told, 51% of 41 held out: +20 pts (+4 to +35); recovered "
            "within 10: 59% of 371 told, 51% of 41 held out: no clear difference (−7 to +24 pts)")),
    ("ja", ("5営業日以内の対応:通知した371件の71%、通知しない41件の51%、差は+20ポイント(+4~+35)。"
            "10営業日以内の解消:通知した371件の59%、通知しない41件の51%、明らかな差はありません(−7~+24ポイント)")),
])  # fmt: skip
def test_what_being_told_changes(language: str, told: str) -> None:
    assert effect(Measured(CLEAR, UNCLEAR), reader(language)) == told


@pytest.mark.parametrize(("language", "told"), [
    ("en", "not enough yet: 131 told and 12 held out; 200 it takes, 20 of them held out"),
    ("ja", "まだ件数が足りません(通知131件、通知しない対象12件。合計200件、うち通知しない対象20件が必要です)"),
])  # fmt: skip
def test_too_few_show_no_figure(language: str, told: str) -> None:
    assert effect(Measured(FEW, FEW), reader(language)) == told


@pytest.mark.parametrize(("language", "retired", "other"), [
    ("en", "No agenda: acted on 1 of 34 times in four weeks, surely less than 15%. It could be retired",
           "No agenda: the history suggests 3 other limits than the rule has"),
    ("ja", "No agenda:4週間の通知34件のうち対応は1件(多くても15%未満)。廃止を検討できます",
           "No agenda:履歴から見た期限が、ルールの期限と3件異なります"),
])  # fmt: skip
def test_what_is_to_be_done_about_a_rule(language: str, retired: str, other: str) -> None:
    assert idle("No agenda", Rate(1, 34), reader(language)) == retired
    assert other_limits("No agenda", 3, reader(language)) == other


@pytest.mark.parametrize(("language", "lines"), [
    ("en", ["• 2 rules on which nobody acts could be retired: the review says which",
            "• 1 rule has other limits than the history suggests: the review has the lines to paste"]),
    ("ja", ["• 対応のないルールが2件あり、廃止を検討できます。詳しくはレビューをご覧ください",
            "• 履歴から見た期限と異なるルールが1件あります。貼り付け用の記述はレビューにあります"]),
])  # fmt: skip
def test_a_channel_hears_their_number_a_line_each_and_has_the_link(language: str, lines: list[str]) -> None:
    posted = Posted(
        every="weekly", key="2026-W13", first=date(2026, 3, 23), last=date(2026, 3, 29), team=None, quiet=3, back=2,
        stalled=2, deals=4, resting=Decimal(0), whole=Decimal(0), currency="JPY", lost=0, entered=0, waiting=0,
        figures=(), idle=2, limits=1,
    )  # fmt: skip
    message = compose_review(posted, delivery="d", recipient=sato(language=language), now=NOW, url=URL)
    assert message.entries[0].body.split("\n")[1:] == lines
    assert message.url == URL
