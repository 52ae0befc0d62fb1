"""Figures, dates and values as a reader of each language says them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.money import money, total
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_message import filled_in, without_the_name
from stalewatch.delivery.wording.times import day, duration, left, moment, over
from stalewatch.delivery.wording.values import Filled, shown
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import NEVER, OUTSIDE
from stalewatch.domain.language.model import FieldType
from stalewatch.sdk.records import Value
from tests.delivery.tellings import NOW, TOKYO, at

EN = Reader("en", NOW, "Asia/Tokyo")
JA = Reader("ja", NOW, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("amount", "currency", "english", "japanese"),
    [
        ("12400000", "JPY", "¥12.4M", "1,240万円"),
        ("21000000", "JPY", "¥21M", "2,100万円"),
        ("1200000", "USD", "$1.2M", "120万米ドル"),
        ("500000", "JPY", "¥500K", "50万円"),
        ("98000", "JPY", "¥98K", "98,000円"),
        ("9800.5", "USD", "$9,801", "9,801米ドル"),
        ("0", "JPY", "¥0", "0円"),
        ("-12400000", "JPY", "-¥12.4M", "-1,240万円"),
        ("124000000", "JPY", "¥124M", "1億2,400万円"),
        ("100000000", "JPY", "¥100M", "1億円"),
        ("99999999", "JPY", "¥100M", "1億円"),
        ("999999", "EUR", "€1M", "100万ユーロ"),
        ("12400000000", "JPY", "¥12.4B", "124億円"),
        ("1240000000000", "JPY", "¥1.2T", "1.2兆円"),
        ("1249000", "JPY", "¥1.2M", "125万円"),
        ("1250000", "JPY", "¥1.3M", "125万円"),
        ("12400000", "yen\n", "12.4M", "1,240万"),
        ("NaN", "JPY", "", ""),
    ],
)
def test_money_in_the_readers_habit(amount: str, currency: str, english: str, japanese: str) -> None:
    assert money(Decimal(amount), currency, EN).replace("\N{NO-BREAK SPACE}", "") == english
    assert money(Decimal(amount), currency, JA) == japanese


@given(st.decimals(allow_nan=True, allow_infinity=True), st.sampled_from(["JPY", "USD", "XXX", "", "é"]))
def test_any_amount_can_be_said_briefly(amount: Decimal, currency: str) -> None:
    assert all(len(money(amount, currency, reader)) < 40 for reader in (EN, JA))


def test_a_total_is_told_per_currency_the_largest_first() -> None:
    amounts = [(Decimal(500_000), "USD"), (Decimal(12_400_000), "JPY"), (Decimal(8_600_000), "JPY")]
    assert total(amounts, EN) == "¥21M + $500K"
    assert total(amounts, JA) == "2,100万円 + 50万米ドル"
    assert total([], EN) == total([(Decimal(0), "JPY")], EN) == ""
    many = [(Decimal(1), code) for code in ("AAA", "BBB", "CCC", "DDD")]
    assert total(many, EN).endswith("+ …")


class TestDates:
    def test_have_no_year_unless_it_differs(self) -> None:
        assert (day(date(2025, 10, 30), EN), day(date(2025, 10, 30), JA)) == ("30 Oct", "10月30日")
        assert (day(date(2026, 1, 9), EN), day(date(2026, 1, 9), JA)) == ("9 Jan 2026", "2026年1月9日")

    def test_the_present_year_is_the_one_where_the_date_counts(self) -> None:
        new_year = Reader("en", datetime(2025, 12, 31, 16, tzinfo=UTC), "UTC")
        assert day(date(2026, 1, 5), new_year, "Asia/Tokyo") == "5 Jan"
        assert day(date(2026, 1, 5), new_year) == "5 Jan 2026"

    def test_times_name_their_zone_only_where_clocks_differ(self) -> None:
        due = at("10-27 18:00")
        assert moment(due, EN, "Asia/Tokyo") == "27 Oct 18:00"
        assert moment(due, JA, "Asia/Tokyo") == "10月27日 18:00"
        assert moment(due, EN, "Asia/Seoul") == "27 Oct 18:00"
        abroad = Reader("en", NOW, "Europe/Berlin")
        assert moment(due, abroad, "Asia/Tokyo") == "27 Oct 18:00 JST"
        assert moment(due, abroad, "Asia/Dubai") == "27 Oct 13:00 UTC+04:00"
        assert moment(due, abroad, "Asia/Tokyo", timed=False) == "27 Oct"

    def test_beyond_the_calendar_are_still_dates(self) -> None:
        assert "9999" in moment(OUTSIDE, EN)
        assert moment(NEVER, EN)


@pytest.mark.parametrize(
    ("length", "english", "japanese"),
    [
        (Duration(14, Unit.BUSINESS_DAY), "14 business days", "14営業日"),
        (Duration(1, Unit.BUSINESS_DAY), "1 business day", "1営業日"),
        (Duration(14, Unit.DAY), "14 days", "14日"),
        (Duration(2, Unit.WEEK), "2 weeks", "2週間"),
        (Duration(24, Unit.HOUR), "24 hours", "24時間"),
        (Duration(4, Unit.BUSINESS_HOUR), "4 business hours", "4営業時間"),
        (Duration(30, Unit.MINUTE), "30 minutes", "30分"),
        (Duration(0, Unit.BUSINESS_DAY), "the same day", "当日中"),
        (Duration(1_000, Unit.DAY), "1,000 days", "1,000日"),
    ],
)
def test_durations(length: Duration, english: str, japanese: str) -> None:
    assert (duration(length, EN), duration(length, JA)) == (english, japanese)


def test_chips_say_bd_and_nothing_else_does() -> None:
    assert (over(4, Unit.BUSINESS_DAY, EN), over(4, Unit.BUSINESS_DAY, JA)) == ("4 bd over", "4営業日超過")
    assert (over(1, Unit.DAY, EN), over(1, Unit.DAY, JA)) == ("1 day over", "1日超過")
    assert (left(2, Unit.BUSINESS_DAY, EN), left(2, Unit.DAY, JA)) == ("2 bd left", "あと2日")
    assert (over(0, Unit.DAY, EN), left(0, Unit.DAY, EN)) == ("limit reached", "due today")
    assert (over(0, Unit.DAY, JA), left(0, Unit.DAY, JA)) == ("期限到来", "本日まで")


@pytest.mark.parametrize(
    ("type_", "value", "english", "japanese"),
    [
        (FieldType.TEXT, None, "not set", "未設定"),
        (FieldType.TEXT, "", "not set", "未設定"),
        (FieldType.TEXT, "Kana", "Kana", "Kana"),
        (FieldType.INT, 1_234, "1,234", "1,234"),
        (FieldType.MONEY, Decimal(8_100_000), "¥8.1M", "810万円"),
        (FieldType.BOOL, True, "yes", "はい"),
        (FieldType.BOOL, False, "no", "いいえ"),
        (FieldType.DATE, date(2025, 11, 24), "24 Nov", "11月24日"),
        (FieldType.DATETIME, datetime(2025, 11, 24, 14, tzinfo=TOKYO), "24 Nov 14:00", "11月24日 14:00"),
        (FieldType.DATETIME, datetime(2025, 11, 24, tzinfo=TOKYO), "24 Nov", "11月24日"),
        (FieldType.CHOICE, "first_meeting", "First meeting", "First meeting"),
    ],
)
def test_values_of_every_type(type_: FieldType, value: Value, english: str, japanese: str) -> None:
    filled = Filled(type_, value, currency="JPY")
    assert (shown(filled, EN), shown(filled, JA)) == (english, japanese)


def test_a_choice_is_said_by_its_title() -> None:
    stage = Filled(FieldType.CHOICE, "proposal", titles={"en": "Proposal", "ja": "提案"})
    assert (shown(stage, EN), shown(stage, JA)) == ("Proposal", "提案")
    assert shown(Filled(FieldType.CHOICE, "proposal", titles={"en": "Proposal"}), JA) == "Proposal"


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=-5)))))
def test_any_time_in_a_field_can_be_said(value: datetime) -> None:
    assert shown(Filled(FieldType.DATETIME, value), EN)


class TestARulesMessage:
    def test_is_filled_once_and_never_read_again(self) -> None:
        values = {"name": "{limit}", "limit": "10 business days", "score.meddic": "50"}
        said = filled_in("*{name}*: {limit}, MEDDIC {score.meddic}%, {nobody}", values)
        assert said == "*{limit}*: 10 business days, MEDDIC 50%, {nobody}"

    @pytest.mark.parametrize("attack", ["{name.__class__}", "{0}", "%s", "${name}{", "{{name}}", "{name!r}"])
    def test_is_no_template_engine(self, attack: str) -> None:
        assert filled_in(attack, {"name": "Acme"}) == attack.replace("{name}", "Acme")

    def test_a_field_of_the_company_may_have_any_letters(self) -> None:
        assert filled_in("{決裁番号} / {DealCode}", {"決裁番号": "R-7", "DealCode": "X1"}) == "R-7 / X1"

    def test_is_one_line(self) -> None:
        assert filled_in("*{name}*:\n  no next meeting.\n", {"name": "A"}) == "*A*: no next meeting."

    @pytest.mark.parametrize(
        ("message", "rest"),
        [
            ("*{name}*: no next meeting.", "No next meeting."),
            ("*{name}*:次回の商談が決まっていません。", "次回の商談が決まっていません。"),
            ("Lead *{name}*: accept it.", "Accept it."),
            ("*{name}* has been in {stage}.", "*{name}* has been in {stage}."),
            ("*{name}* ({partner}): old.", "*{name}* ({partner}): old."),
            ("*{name}*: ask {name} again.", "*{name}*: ask {name} again."),
        ],
    )
    def test_leaves_out_a_name_that_stands_above_it(self, message: str, rest: str) -> None:
        assert without_the_name(message) == rest


def test_bold_is_read_in_pairs_of_marks() -> None:
    assert bold_parts("*Acme*: 2 * 3 is *six*") == [
        ("Acme", True),
        (": 2 * 3 is ", False),
        ("six", True),
    ]
    assert bold_parts("no * marks") == [("no * marks", False)]
    assert bold_parts("") == []
