"""The daily message: what stands in it, in which order, and that nothing is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.backlog import compose_backlog_summary
from stalewatch.delivery.contents import MOST_ENTRIES
from stalewatch.delivery.customers import Heard, with_answers
from stalewatch.delivery.digest import MOST_CHIPS, compose_digest
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.subjects import place
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.domain.alerts import Cause, Kind
from stalewatch.domain.customer_answers import CustomerAnswer, Word
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Severity
from stalewatch.sdk.notifier import Message, Style
from tests.delivery.tellings import NOW, at, business_days, sato, settled, told, warned


def digest(*tellings: Telling, to: Recipient | None = None, **more: Any) -> Message:
    message = compose_digest(tellings, delivery="d", recipient=to or sato(), now=NOW, **more)
    assert message is not None
    return message


def body_of(telling: Telling, language: str = "en") -> str:
    return digest(telling, to=sato(language)).entries[0].body


def tanaka(**more: Any) -> Recipient:
    return sato(**{"key": "tanaka", "target": "person:tanaka@acme.example", "address": "tanaka@acme.example", **more})


def handed(count: int) -> list[Telling]:
    """Deals of Sato and Mori of which their manager is to hear, each a business day older than the one before."""
    return [
        told(
            f"d{number}", name=f"Deal {number}", kind=Kind.ESCALATE, unanswered=5 + number, days_over=20 - number,
            team="Kanto 1", owner=("sato", "mori")[number % 2], owner_name=("Sato", "Mori")[number % 2],
        )
        for number in range(count)
    ]  # fmt: skip


def headlines(message: Message) -> list[str]:
    return [entry.headline.split(" · ")[0] for entry in message.entries]


class TestADeal:
    def test_is_one_entry_the_worst_cause_speaks_and_the_rest_are_chips(self) -> None:
        message = digest(warned(), told())
        [entry] = message.entries
        assert entry.headline == "Hikari Foods · ¥12.4M · Proposal, 31 business days"
        assert entry.body == "No answer since 30 Oct."
        assert entry.chips == ("Customer went silent: 4 bd over", "No next meeting: 2 days left")
        assert entry.alerts == ("alert-d1-ghosted", "alert-d1-no-next-meeting")
        assert entry.severity == "critical"

    def test_reads_as_well_in_japanese(self) -> None:
        message = digest(warned(), told(), to=sato("ja"))
        [entry] = message.entries
        assert message.title == "次の一歩が必要な案件が1件あります · 1,240万円"
        assert entry.headline == "Hikari Foods · 1,240万円 · 提案(31営業日)"
        assert entry.body == "10月30日から反応がありません。"
        assert entry.chips == ("お客様からの返信なし 4営業日超過", "次回商談なし あと2日")

    def test_with_one_cause_has_a_short_chip(self) -> None:
        assert digest(told()).entries[0].chips == ("4 bd over",)

    def test_leads_by_severity_then_by_days_over(self) -> None:
        mild = told(rule="old", severity=Severity.INFO, days_over=90)
        longer = told(rule="longer", days_over=5)
        assert digest(mild, told(), longer).entries[0].alerts == (
            "alert-d1-longer",
            "alert-d1-ghosted",
            "alert-d1-old",
        )

    def test_a_cause_that_another_speaks_for_never_leads(self) -> None:
        muted = told(rule="loud", days_over=50, muted=True)
        assert digest(muted, told(severity=Severity.INFO)).entries[0].alerts[0] == "alert-d1-ghosted"

    def test_that_has_too_many_causes_counts_the_rest(self) -> None:
        entry = digest(*(told(rule=f"r{number}") for number in range(9))).entries[0]
        assert (len(entry.chips), entry.chips[-1], len(entry.alerts)) == (MOST_CHIPS + 1, "+3 more", 9)

    def test_with_two_meetings_that_lack_the_same_says_so_once(self) -> None:
        twice = [told(alert="a1", rule="notes", days_over=6), told(alert="a2", rule="notes", days_over=5)]
        entry = digest(*twice, warned()).entries[0]
        assert entry.chips == ("Customer went silent: 6 bd over, 2 times", "No next meeting: 2 days left")
        assert digest(*twice, to=sato("ja")).entries[0].chips == ("6営業日超過(2件)",)

    def test_without_amount_stage_or_name_is_still_shown(self) -> None:
        [entry] = digest(told(name="\u202e", amount=None, stage={})).entries
        assert entry.headline == "d1"
        assert digest(told(in_stage=business_days(0))).entries[0].headline.endswith("· Proposal")

    def test_links_only_to_plain_addresses(self) -> None:
        assert digest(told(url="https://crm.example/1")).entries[0].url == "https://crm.example/1"
        assert digest(told(url="javascript:alert(1)")).entries[0].url is None


class TestWhatIsSaid:
    def test_a_rule_without_a_message_tells_title_since_and_due(self) -> None:
        assert digest(told(message={})).entries[0].body == "Customer went silent: since 30 Oct, due 14 Nov."
        assert digest(told(message={}, anchor=None)).entries[0].body == "Customer went silent"

    def test_a_message_in_another_language_is_better_than_none(self) -> None:
        assert digest(told(message={"ja": "返信なし"})).entries[0].body == "返信なし"

    def test_a_warning_never_claims_that_it_is_late(self) -> None:
        message = {"en": "*{name}* should have closed on {due}."}
        close = warned(message=message, limit=business_days(0), title={"en": "Close date has passed"})
        assert digest(close).entries[0].body == "2 business days left, until 22 Nov, before “Close date has passed”."
        assert digest(warned(days_over=-1)).entries[0].body == "1 day left, until 22 Nov, before “No next meeting”."
        assert digest(warned(days_over=0)).entries[0].body == "Today is the last day before “No next meeting”."

    def test_asking_again_says_so(self) -> None:
        assert digest(told(kind=Kind.REPEAT)).entries[0].body == "Asking again. No answer since 30 Oct."
        assert digest(told(kind=Kind.REOPEN)).entries[0].body == "Open again. No answer since 30 Oct."

    def test_asking_again_says_why_and_how_long_it_has_been(self) -> None:
        again = told(kind=Kind.REPEAT, unanswered=3)
        assert body_of(again) == "Still open, 3 business days after we told you. No answer since 30 Oct."
        assert body_of(again, "ja") == (
            "お知らせから3営業日たちましたが、まだ動きがないようです。10月30日から反応がありません。"
        )
        assert body_of(told(kind=Kind.REPEAT, unanswered=1)).startswith("Still open, 1 business day after")
        agreed = told(kind=Kind.REPEAT, unanswered=9, was_answered=True)
        assert body_of(agreed) == "As agreed, we ask again. No answer since 30 Oct."
        assert body_of(agreed, "ja").startswith("お約束の時期になりましたので、")

    def test_what_is_passed_on_tells_since_when_its_owner_knows(self) -> None:
        handed = told(kind=Kind.ESCALATE, unanswered=5, owner_name="Sato")
        assert body_of(handed) == "Still open, 5 business days after Sato was told. No answer since 30 Oct."
        assert body_of(handed, "ja").startswith("Satoさんへのお知らせから5営業日、")
        nobody = told(kind=Kind.ESCALATE, unanswered=1, owner=None, owner_name="")
        assert body_of(nobody).startswith("Still open, 1 business day after the first message.")
        assert body_of(told(kind=Kind.ESCALATE)).startswith("Still open. ")

    def test_every_placeholder_has_its_words(self) -> None:
        said = told(
            message={"en": "{name}|{days_over}|{since}|{due}|{limit}|{missing}"},
            limit=Duration(24, Unit.HOUR),
            missing=({"en": "Budget"}, {"en": "Need"}, {"ja": "時期"}),
        )
        assert digest(said).entries[0].body == (
            "Hikari Foods|4|30 Oct 11:02|14 Nov 18:00|24 hours|Budget, Need, and 時期"
        )

    @pytest.mark.parametrize("cause", [None, *Cause])
    def test_every_way_to_settle_has_words(self, cause: Cause | None) -> None:
        for language in ("en", "ja"):
            message = digest(told(), settled("d2", name="Aozora Rail", cause=cause), to=sato(language))
            [line] = message.footer
            assert "✅ Aozora Rail" in line
            assert len(message.entries) == 1, "what is over needs nobody"


class TestTheWhole:
    def test_stands_worst_first_and_in_sections(self) -> None:
        message = digest(
            settled("d4", name="Answered"),
            warned("d3", name="Soon"),
            told("d2", name="Mild", severity=Severity.INFO),
            told("d1", name="Worst"),
        )
        assert headlines(message) == ["Worst", "Mild", "Soon"]
        assert [entry.section for entry in message.entries] == ["", "", "Soon"]
        assert message.footer == ["Settled: ✅ Answered (done)"]

    def test_counts_deals_leads_and_money_in_its_title(self) -> None:
        assert digest(told()).title == "1 deal needs a next step from you · ¥12.4M"
        both = digest(told(), told("d2"), told("l1", object="lead", amount=None))
        assert both.title == "2 deals and 1 lead need a next step from you · ¥24.8M"
        assert digest(told("l1", object="lead", amount=None), to=sato("ja")).title == (
            "次の一歩が必要なリードが1件あります"
        )

    def test_that_only_looks_ahead_says_so(self) -> None:
        message = digest(warned())
        assert (message.title, message.entries[0].section) == ("1 deal is due soon · ¥12.4M", "")

    def test_shows_ten_deals_and_counts_the_rest(self) -> None:
        message = digest(*(told(f"d{number}") for number in range(17)), list_url="https://sw.example/mine")
        assert len(message.entries) == MOST_ENTRIES
        assert message.footer == ["+7 more"]
        assert message.title.startswith("17 deals")
        assert (message.url, message.link) == ("https://sw.example/mine", "Open my list")

    def test_tells_what_settled_since_the_last_one(self) -> None:
        over = [settled(f"s{number}", name=f"Deal {number}", cause=Cause.CLOSED, outcome="won") for number in range(6)]
        yesterday = date(2025, 11, 19)
        assert digest(told(), over[0], since=yesterday).footer == ["Since yesterday: ✅ Deal 0 (deal won)"]
        assert digest(told(), over[0], since=date(2025, 11, 14)).footer[0].startswith("Since Friday: ")
        assert digest(told(), over[0], since=date(2025, 11, 3)).footer[0].startswith("Since 3 Nov: ")
        assert digest(told(), *over, since=yesterday).footer[0].endswith("✅ Deal 3 (deal won) · 2 more")
        japanese = digest(told(), *over, since=yesterday, to=sato("ja")).footer[0]
        assert japanese.startswith("昨日以降に解決:✅ Deal 0(受注")

    def test_shows_few_that_are_near_beside_those_that_are_late(self) -> None:
        near = [warned(f"w{number}", due=at("11-25 18:00"), days_over=-3) for number in range(5)]
        message = digest(told(), *near)
        assert [entry.section for entry in message.entries] == ["", "Soon", "Soon", "Soon"]
        assert message.footer == ["Soon: 2 more on Tuesday"]
        assert digest(told(), *near, to=sato("ja")).footer == ["まもなく期限:ほか2件(火曜日)"]
        later = warned("w9", due=at("11-27 18:00"), days_over=-5)
        assert digest(told(), *near, later).footer == ["Soon: 3 more, the first on Tuesday"]
        undated = [warned(f"u{number}", due=None, days_over=-3) for number in range(5)]
        assert digest(told(), *undated).footer == ["Soon: 2 more"]
        assert digest(told(), *undated, to=sato("ja")).footer == ["まもなく期限:ほか2件"]
        assert len(digest(*near).entries) == 5, "where nothing is late there is room"

    def test_ends_with_what_is_still_open(self) -> None:
        assert digest(told(), still_open=1_200).footer == ["Still open: 1,200"]
        assert digest(told(), to=sato("ja"), still_open=12).footer == ["対応待ち(お知らせ済み):12件"]

    def test_is_not_sent_when_nothing_needs_anybody(self) -> None:
        for tellings in ((), (settled(),)):
            assert compose_digest(tellings, delivery="d", recipient=sato(), now=NOW, still_open=5) is None

    def test_names_the_owner_to_everybody_else(self) -> None:
        manager = sato(key="tanaka", target="person:tanaka@acme.example")
        message = digest(told(), told("d2", owner=None, owner_name=""), to=manager)
        assert message.title.startswith("2 deals need a next step · ")
        assert [entry.headline.split(" · ")[-1] for entry in message.entries] == ["佐藤 蓮", "no owner"]

    def test_carries_where_it_goes(self) -> None:
        message = digest(told(), to=sato("ja"))
        assert (message.delivery, message.target, message.address, message.style, message.language) == (
            "d",
            "person:sato@acme.example",
            "sato@acme.example",
            Style.DIGEST,
            "ja",
        )


class TestGroups:
    def test_stand_by_name_and_count_what_is_in_them(self) -> None:
        message = digest(
            told("d1", name="Worst", owner="suzuki", owner_name="Suzuki", days_over=90),
            told("d2", name="Mild", owner="mori", owner_name="Mori"),
            told("d3", name="More", owner="mori", owner_name="Mori"),
            to=tanaka(),
        )
        assert headlines(message) == ["Mild", "More", "Worst"]
        assert [entry.section for entry in message.entries] == [
            "Mori: 2 deals · ¥24.8M", "Mori: 2 deals · ¥24.8M", "Suzuki: 1 deal · ¥12.4M",
        ]  # fmt: skip

    def test_of_a_single_owner_need_no_heading(self) -> None:
        assert [entry.section for entry in digest(told(), told("d2")).entries] == ["", ""]
        assert [entry.section for entry in digest(told(), warned("d2")).entries] == ["", "Soon"]

    @pytest.mark.parametrize(
        ("by", "headings"),
        [
            (("rule",), ["Customer went silent: 2 deals · ¥24.8M", "Too long: 1 deal · ¥12.4M"]),
            (("stage",), ["Proposal: 2 deals · ¥24.8M", "no stage: 1 deal · ¥12.4M"]),
            (("team",), ["Kanto: 1 deal · ¥12.4M", "Tohoku: 2 deals · ¥24.8M"]),
            (("team", "owner", "deal"), ["Kanto · Mori: 1 deal · ¥12.4M", "Tohoku · Mori: 1 deal · ¥12.4M",
                                         "Tohoku · Suzuki: 1 deal · ¥12.4M"]),
            (("deal",), [""]),
        ],
    )  # fmt: skip
    def test_by_what_the_route_says(self, by: Sequence[str], headings: Sequence[str]) -> None:
        some = (
            told("d1", owner="suzuki", owner_name="Suzuki", team="Tohoku", days_over=9),
            told("d2", owner="mori", owner_name="Mori", team="Tohoku", days_over=8),
            told("d3", owner="mori", owner_name="Mori", team="Kanto", days_over=7, stage={},
                 title={"en": "Too long"}),
        )  # fmt: skip
        message = digest(*some, to=tanaka(), group_by=by)
        assert list(dict.fromkeys(entry.section for entry in message.entries)) == headings

    def test_never_order_people_or_teams_by_how_much_is_late_with_them(self) -> None:
        names = ["Abe", "Mori", "Suzuki"]
        for late in ([1, 50, 9], [50, 1, 9], [9, 1, 50]):
            some = [
                told(f"d{number}", owner=name, owner_name=name, days_over=days)
                for number, (name, days) in enumerate(zip(names, late, strict=True))
            ]
            sections = [entry.section.split(":")[0] for entry in digest(*some, to=tanaka()).entries]
            assert sections == names


class TestWhatIsPassedOn:
    def test_to_a_manager_is_summed_up_for_the_team(self) -> None:
        message = digest(*handed(7), to=tanaka())
        assert message.title == (
            "Kanto 1: 7 deals without an answer from your team for 5 business days or more, ¥86.8M. "
            "Oldest: Deal 6 (Sato), 11 business days."
        )
        assert len(message.entries) == 5
        assert [entry.section for entry in message.entries] == [""] * 5
        assert message.footer == ["+2 more", "Kanto 1, by owner: Mori 3 and Sato 4"]
        assert message.entries[0].body.startswith("Still open, ")

    def test_reads_as_well_in_japanese(self) -> None:
        message = digest(*handed(7), to=tanaka(language="ja"))
        assert message.title == (
            "Kanto 1:チームからの返答が5営業日以上ない案件が7件(8,680万円)。最も古いもの:Deal 6(Sato、11営業日)"
        )
        assert message.footer == ["ほか2件", "Kanto 1 担当者別:Mori 3件、Sato 4件"]

    def test_to_a_channel_speaks_of_no_team_of_the_readers(self) -> None:
        desk = sato(key=None, target="channel:#deal-desk", address="#deal-desk")
        [one] = handed(1)
        assert digest(one, to=desk).title == (
            "Kanto 1: 1 deal without an answer for 5 business days, ¥12.4M: Deal 0 (Sato)"
        )
        assert digest(replace(one, unanswered=None, team=""), to=desk).title == "1 deal without an answer, ¥12.4M"

    def test_of_several_teams_stands_under_a_sentence_for_each(self) -> None:
        some = [*handed(2), *(replace(each, record=f"k{each.record}", team="Kansai") for each in handed(2))]
        message = digest(*some, to=tanaka())
        assert message.title.startswith("4 deals without an answer from your team for 5 business days or more, ¥49.6M.")
        kansai, kanto = dict.fromkeys(entry.section for entry in message.entries)
        assert kansai == "Kansai: 2 deals without an answer from your team for 5 business days or more, ¥24.8M"
        assert kanto.startswith("Kanto 1: 2 deals")

    def test_stands_below_the_readers_own(self) -> None:
        message = digest(*handed(7), told("mine", name="Mine", owner="tanaka"), to=tanaka())
        assert message.title == "1 deal needs a next step from you · ¥12.4M"
        assert headlines(message)[0] == "Mine"
        assert message.entries[1].section.startswith("Kanto 1: 7 deals without an answer")

    def test_says_of_a_team_that_has_no_room_how_many_there_are(self) -> None:
        mild = [replace(each, record=f"k{each.record}", team="Kansai", days_over=0) for each in handed(1)]
        footer = digest(*handed(5), *mild, to=tanaka()).footer
        assert footer[0] == "Kansai: 1 deal without an answer from your team for 5 business days, ¥12.4M."

    def test_of_many_owners_counts_those_beyond_the_twelfth_together(self) -> None:
        some = [replace(each, owner_name=f"Rep {n // 2:02}") for n, each in enumerate(handed(28))]
        named = ", ".join(f"Rep {n:02} 2" for n in range(12))
        assert f"Kanto 1, by owner: {named}, and 4 more" in digest(*some, to=tanaka()).footer


def test_one_deal_that_settled_says_by_what() -> None:
    won = settled(cause=Cause.CLOSED, outcome="won")
    message = compose_immediate([won], delivery="d", recipient=sato(), now=NOW)
    assert (message.title, message.entries[0].body) == ("✅ Hikari Foods", "“Customer went silent”: deal won.")
    japanese = compose_immediate([won], delivery="d", recipient=sato("ja"), now=NOW)
    assert japanese.entries[0].body == "「お客様からの返信なし」:受注"


class TestWhatCustomersAnswered:
    """The answer to a loss check, in the message of whoever owns the deal."""

    HEARD = Heard("d7", "Northwind", CustomerAnswer(Word.PRIORITY), at("11-19 16:00"))

    def with_answer(self, message: Message | None, language: str = "en") -> Message:
        said = with_answers(
            message, [self.HEARD], delivery="d", recipient=sato(language), now=NOW, list_url="https://sw.example/"
        )
        assert said is not None
        return said

    def test_stands_at_the_end_of_a_digest_under_a_heading_of_its_own(self) -> None:
        message = self.with_answer(digest(told()))
        assert message.title == digest(told()).title
        assert [(one.record, one.section) for one in message.entries] == [("d1", ""), ("d7", "Customers answered")]

    @pytest.mark.parametrize(("language", "title"), [
        ("en", "1 customer answered"), ("ja", "1件のお客様から回答がありました"),
    ])  # fmt: skip
    def test_is_a_message_of_its_own_where_nothing_else_is_to_be_said(self, language: str, title: str) -> None:
        message = self.with_answer(None, language)
        [entry] = message.entries
        assert (message.title, entry.headline, entry.section) == (title, "Northwind", "")
        assert (message.style, message.url) == (Style.DIGEST, "https://sw.example/")

    def test_nothing_heard_leaves_the_digest_as_it_is(self) -> None:
        message = digest(told())
        assert with_answers(message, [], delivery="d", recipient=sato(), now=NOW) is message


class TestABacklog:
    def test_is_one_line_in_a_digest(self) -> None:
        old = [told(f"d{number}", name=f"Deal {number}", days_over=number) for number in range(12)]
        footer = digest(told("new"), backlog=old).footer
        assert footer[0] == (
            "12 deals were already past their limit when we started watching: Deal 11, Deal 10, Deal 9, and 9 more."
        )
        assert footer[1].startswith("We send no reminders")

    def test_is_a_message_of_its_own_where_nothing_else_is_to_be_said(self) -> None:
        alone = compose_backlog_summary([told(), warned()], delivery="d", recipient=sato("ja"), now=NOW)
        assert alone is not None
        assert alone.title == ("見守りを始めた時点で、すでに期限を過ぎていた案件が1件あります:Hikari Foods")
        in_digest = digest(backlog=[told(), warned()], to=sato("ja"))
        assert (in_digest.title, in_digest.footer) == (alone.title, list(alone.footer))

    def test_of_nothing_is_no_message(self) -> None:
        assert compose_backlog_summary([], delivery="d", recipient=sato(), now=NOW) is None


class TestAnImmediateMessage:
    def test_is_one_deal_with_the_reason_at_its_end(self) -> None:
        message = compose_immediate(
            [told(url="https://crm.example/1"), warned()],
            delivery="d",
            recipient=sato(),
            now=NOW,
            why="due 14 Nov",
            thread={"ts": "t1"},
        )
        assert message.title == message.entries[0].headline
        assert message.footer == ("Why you see this: due 14 Nov",)
        assert (message.style, message.url, message.link) == (
            Style.IMMEDIATE,
            "https://crm.example/1",
            "Open the record",
        )
        assert message.thread == {"ts": "t1"}

    @pytest.mark.parametrize("tellings", [[], [told("d1"), told("d2")]])
    def test_is_never_about_none_or_several(self, tellings: Sequence[Telling]) -> None:
        with pytest.raises(ValueError, match="one record"):
            compose_immediate(tellings, delivery="d", recipient=sato(), now=NOW)


anything = st.lists(
    st.builds(
        told,
        record=st.integers(0, 15).map("d{}".format),
        rule=st.sampled_from([f"rule-{number}" for number in range(9)]),
        alert=st.uuids().map(str),
        kind=st.sampled_from(Kind),
        severity=st.sampled_from(Severity),
        days_over=st.integers(-20, 200),
        amount=st.one_of(st.none(), st.integers(-(10**12), 10**14)),
        owner=st.sampled_from([None, "sato", "tanaka"]),
        muted=st.booleans(),
        due=st.sampled_from([None, at("11-14 18:00")]),
        limit=st.builds(Duration, st.integers(0, 400), st.sampled_from(Unit)),
        message=st.sampled_from([{}, {"en": "{name}: {due}"}]),
        object=st.sampled_from(["deal", "partner_deal", "lead"]),
    ),
    max_size=60,
)


@given(anything, st.sampled_from(["en", "ja"]), st.sampled_from(["sato", "tanaka", None]))
def test_no_telling_is_lost(tellings: list[Telling], language: str, key: str | None) -> None:
    message = compose_digest(tellings, delivery="d", recipient=sato(language, key=key), now=NOW)
    alive = {each.record for each in tellings if each.kind is not Kind.RESOLVE}
    if message is None:
        assert not alive
        return
    shown = {alert for entry in message.entries for alert in entry.alerts}
    there = {entry.record for entry in message.entries}
    assert len(there) == len(message.entries) <= MOST_ENTRIES
    assert there <= alive
    assert shown == {each.alert for each in tellings if each.record in there}
    assert len(there) + counted_below(message) == len(alive)
    for entry in message.entries:
        reasons = {(each.rule, place(each)) for each in tellings if each.record == entry.record}
        chips = min(len(reasons), MOST_CHIPS) + (len(reasons) > MOST_CHIPS)
        assert len(entry.chips) == chips or (len(entry.alerts) == 1 and entry.body)
    sections = [entry.section for entry in message.entries]
    assert sections == sorted(sections, key=sections.index)


def counted_below(message: Message) -> int:
    """What is not shown and counted instead: "+7 more", "Soon: 2 more …"."""
    lines = [line for line in message.footer if re.match(r"\+\d|Soon: |ほか\d|まもなく", line)]
    return sum(int(found.group()) for line in lines if (found := re.search(r"\d+", line)))


@given(anything)
def test_the_order_does_not_depend_on_the_order_of_arrival(tellings: list[Telling]) -> None:
    def composed(tellings: list[Telling]) -> Message | None:
        return compose_digest(tellings, delivery="d", recipient=sato(), now=NOW)

    assert composed(tellings) == composed(tellings[::-1])
