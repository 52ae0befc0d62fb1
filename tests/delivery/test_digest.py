"""The daily message: what stands in it, in which order, and that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.backlog import compose_backlog_summary
from stalewatch.delivery.digest import MOST_CHIPS, MOST_ENTRIES, compose_digest
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.domain.alerts import Cause, Kind
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Severity
from stalewatch.sdk.notifier import Message, Style
from tests.delivery.tellings import NOW, at, business_days, sato, settled, told, warned


def digest(*tellings: Telling, to: Recipient | None = None, **more: Any) -> Message:
    message = compose_digest(tellings, delivery="d", recipient=to or sato(), now=NOW, **more)
    assert message is not None
    return message


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
        assert entry.body == "10月30日 から反応がありません。"
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
        entry = digest(told(), settled("d2", name="Aozora Rail", cause=cause)).entries[1]
        assert (entry.headline, entry.section, entry.resolved) == ("✅ Aozora Rail", "Settled since last time", True)
        assert entry.body.startswith("“Customer went silent”: ")


class TestTheWhole:
    def test_stands_worst_first_and_in_sections(self) -> None:
        message = digest(
            settled("d4", name="Answered"),
            warned("d3", name="Soon"),
            told("d2", name="Mild", severity=Severity.INFO),
            told("d1", name="Worst"),
        )
        assert headlines(message) == ["Worst", "Mild", "Soon", "✅ Answered"]
        assert [entry.section for entry in message.entries] == ["", "", "Soon", "Settled since last time"]

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

    def test_counts_settled_deals_that_do_not_fit(self) -> None:
        message = digest(*(told(f"d{number}") for number in range(9)), *(settled(f"s{number}") for number in range(3)))
        assert message.footer == ["+2 more settled"]

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


@given(anything, st.sampled_from(["en", "ja"]))
def test_no_telling_is_lost(tellings: list[Telling], language: str) -> None:
    message = compose_digest(tellings, delivery="d", recipient=sato(language), now=NOW)
    open_records = {each.record for each in tellings if each.kind is not Kind.RESOLVE}
    if message is None:
        assert not open_records
        return
    shown = {alert for entry in message.entries for alert in entry.alerts}
    records = {each.record for each in tellings}
    assert len({entry.record for entry in message.entries}) == len(message.entries) <= MOST_ENTRIES
    assert shown == {each.alert for each in tellings if each.record in {entry.record for entry in message.entries}}
    counted = sum(int("".join(filter(str.isdigit, line))) for line in message.footer)
    assert len(message.entries) + counted == len(records)
    for entry in message.entries:
        told_by_chips = len(entry.chips) if len(entry.chips) <= MOST_CHIPS else len(entry.alerts)
        assert told_by_chips == len(entry.alerts) or (entry.resolved and len(entry.alerts) == 1)
    sections = [entry.section for entry in message.entries]
    assert sections == sorted(sections, key=sections.index)


@given(anything)
def test_the_order_does_not_depend_on_the_order_of_arrival(tellings: list[Telling]) -> None:
    def composed(tellings: list[Telling]) -> Message | None:
        return compose_digest(tellings, delivery="d", recipient=sato(), now=NOW)

    assert composed(tellings) == composed(tellings[::-1])
